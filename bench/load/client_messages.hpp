#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick::swarm {

// What clients send: messages of one size, each a function of who sends it and of its number. So
// nothing that was sent has to be kept: not to go on behind a send that was cut short, and not to
// compare an echo with. A client's stream is frame after frame of the same size.
class ClientMessages {
public:
    explicit ClientMessages(std::size_t payload_size);

    std::size_t frame_size() const { return header_size_ + mask_size + payload_size_; }

    // The frame of message `number`, masked (RFC 6455, section 5.1). `out` holds frame_size().
    void write_frame(std::uint32_t client, std::uint64_t number, std::span<std::byte> out) const;

    // Whether `piece` is what stands at `offset` in that message.
    bool matches(std::uint32_t client,
                 std::uint64_t number,
                 std::uint64_t offset,
                 std::span<const std::byte> piece) const;

    std::size_t payload_size() const { return payload_size_; }

private:
    static constexpr std::size_t mask_size = 4;
    // A prime, so that a message moved by a power of two is not taken for another.
    static constexpr std::size_t pattern_period = 251;

    std::size_t payload_size_;
    std::size_t header_size_;
    std::vector<std::byte> pattern_;
};

}  // namespace ringtick::swarm
