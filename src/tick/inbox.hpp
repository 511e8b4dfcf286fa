#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "tick/game.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

// Where messages wait for the tick. Bounded in messages and in bytes, allocated once. What does not
// fit is refused: the newest gives way, since what came first was promised its place.
class Inbox {
public:
    Inbox(std::uint32_t messages_max, std::size_t bytes_max)
        : commands_(std::make_unique<Command[]>(messages_max)),
          bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes_max)),
          messages_max_(messages_max),
          bytes_max_(bytes_max) {
        ASSERT(messages_max > 0);
        ASSERT(bytes_max > 0);
    }

    // Copies the message in. False, and nothing is kept, if it does not fit.
    [[nodiscard]] bool push(PlayerId player, std::span<const std::byte> message) {
        if (count_ == messages_max_ || bytes_max_ - bytes_used_ < message.size()) return false;
        const std::span<std::byte> place(bytes_.get() + bytes_used_, message.size());
        copy_bytes(place, message);
        commands_[count_] = {.player = player, .bytes = place};
        count_ += 1;
        bytes_used_ += message.size();
        return true;
    }

    // The one that was pushed last.
    std::span<std::byte> newest() {
        ASSERT(count_ > 0);
        const std::size_t size = commands_[count_ - 1].bytes.size();
        return {bytes_.get() + bytes_used_ - size, size};
    }

    // Half of it, in messages and in bytes, is still free.
    bool half_free() const { return count_ < messages_max_ / 2 && bytes_used_ < bytes_max_ / 2; }

    // Oldest first. The bytes live until clear().
    std::span<Command> commands() { return {commands_.get(), count_}; }
    std::span<const Command> commands() const { return {commands_.get(), count_}; }
    void clear() {
        count_ = 0;
        bytes_used_ = 0;
    }

private:
    std::unique_ptr<Command[]> commands_;
    std::unique_ptr<std::byte[]> bytes_;
    std::uint32_t messages_max_;
    std::uint32_t count_ = 0;
    std::size_t bytes_max_;
    std::size_t bytes_used_ = 0;
};

}  // namespace ringtick
