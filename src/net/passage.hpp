#pragma once

#include "base/assert.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/memory.hpp"
#include "net/peer.hpp"
#include "tls/session.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ringtick {

// A connection whose request another thread answers: all that is known of it. It has been heard
// and not been answered yet, so that is little.
struct PassedConnection {
    int socket = -1;
    Peer peer;
    TlsSession session;  // Of one that speaks TLS.
    bool is_tls = false;
    bool ended_by_peer = false;
    bool counted = false;  // Its place goes with it, and how it is counted.
    IpAddress counted_as;
    std::uint32_t requests = 0;  // Answered before this one.
    Nanoseconds heard_at{};
    Nanoseconds deadline{};
    std::size_t input_size = 0;
};

// The way of connections from one thread to another: a fixed number of places, each of which is
// the one's or the other's. The one writes a place and sends its number through the rings; the
// other takes what is in it and gives the place back. So nothing is locked, and neither waits.
//
// Policy at the bound: with no place free, a connection waits where it is, within its deadline.
//
// Threading: free_place() and send() are the sender's, the others the receiver's; open() comes
// before both threads, and they read it only after they have been told of it in a way that orders
// it. The flag of a place orders what is in it.
class Passage {
public:
    static constexpr std::uint32_t places_count = 64;

    // `input_size_max`: bytes that a connection may have sent and not be answered yet. Address
    // space, backed as it is used.
    [[nodiscard]] Result<void> open(std::size_t input_size_max) {
        places_ = std::make_unique<Place[]>(places_count);
        return inputs_.open(places_count, input_size_max);
    }

    struct Ref {
        PassedConnection& connection;
        std::span<std::byte> input;
    };
    Ref at(std::uint32_t place) {
        ASSERT(place < places_count);
        return {places_[place].connection, inputs_.of(place)};
    }

    std::optional<std::uint32_t> free_place() {
        for (std::uint32_t i = 0; i < places_count; ++i) {
            const std::uint32_t place = (next_ + i) % places_count;
            if (places_[place].is_sent.load(std::memory_order_acquire)) continue;
            next_ = (place + 1) % places_count;
            return place;
        }
        return std::nullopt;
    }
    // To be called before the number is sent.
    void send(std::uint32_t place) {
        ASSERT(!places_[place].is_sent.load(std::memory_order_relaxed));
        places_[place].is_sent.store(true, std::memory_order_release);
    }

    // Once the number has come.
    bool has_come(std::uint32_t place) const {
        return place < places_count && places_[place].is_sent.load(std::memory_order_acquire);
    }
    void give_back(std::uint32_t place) {
        places_[place].connection = {};
        places_[place].is_sent.store(false, std::memory_order_release);
    }

private:
    // Of a cache line or more of its own: two threads write them.
    struct alignas(64) Place {
        std::atomic<bool> is_sent = false;
        PassedConnection connection;
    };

    std::unique_ptr<Place[]> places_;
    SlotMemory inputs_;
    std::uint32_t next_ = 0;
};

}  // namespace ringtick
