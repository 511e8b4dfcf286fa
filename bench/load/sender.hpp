#pragma once

#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "load/client.hpp"
#include "load/client_messages.hpp"

namespace ringtick::swarm {

// Puts on the wire what clients have issued: in chunks, encoded into one hot piece of memory and
// submitted, and never waiting for room. What a socket does not take is encoded again the next
// time.
class Sender {
public:
    Sender(Ring& ring, const ClientMessages& messages, std::span<Client> clients);

    // `client` has something to send.
    void enqueue(std::uint32_t client);
    // At most one send for each client. How it went is known once the ring is reaped: that comes
    // before the next flush.
    void flush(std::uint32_t first_client_id);
    // The completion of a send that did not take all.
    void on_short(std::uint32_t client, std::int32_t result);

    // Somebody's socket had no room.
    bool waiting() const { return !queue_.empty(); }

    // Between two messages of `client`, where a control frame may stand.
    bool at_boundary(const Client& client) const {
        return client.stream_sent % messages_.frame_size() == 0;
    }

private:
    static constexpr std::uint32_t sends_per_chunk = 128;
    static constexpr std::size_t chunk_size_least = 256 * 1024;

    void send(std::uint32_t index, std::uint32_t client_id);
    void submit();

    Ring& ring_;
    const ClientMessages& messages_;
    std::span<Client> clients_;
    std::size_t chunk_size_;
    std::unique_ptr<std::byte[]> chunk_;
    std::size_t chunk_used_ = 0;
    std::uint32_t chunk_sends_ = 0;
    std::vector<std::uint32_t> queue_;
    std::vector<std::uint32_t> turn_;  // The queue that is being flushed.
};

}  // namespace ringtick::swarm
