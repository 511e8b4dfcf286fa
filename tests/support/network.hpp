#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ringtick {

// One direction of a connection on a simulated network: what goes in comes out later, whole and in
// order, as TCP has it. Whatever jitter or a stall delays, delays all that follows.
class Path {
public:
    struct Weather {
        Nanoseconds delay{};
        Nanoseconds jitter{};  // On top, from none to this.
    };

    Path(const Weather& weather, std::uint64_t seed) : weather_(weather), rng_(seed) {}

    void send(std::vector<std::byte> message, Nanoseconds now) {
        const auto wait = static_cast<std::uint64_t>(weather_.jitter.count()) * rng_.below(1024);
        const Nanoseconds arrives =
            now + weather_.delay + Nanoseconds(static_cast<std::int64_t>(wait / 1024));
        last_ = std::max({last_, arrives, stalled_until_});
        messages_.push_back({.arrives = last_, .bytes = std::move(message)});
    }

    // Hands over what has arrived by now.
    template <class Take>
    void deliver(Nanoseconds now, Take take) {
        while (!messages_.empty() && messages_.front().arrives <= now) {
            take(messages_.front().bytes);
            messages_.pop_front();
        }
    }

    // Nothing arrives for a while, not even what is on its way: a segment is lost.
    void stall(Nanoseconds until) {
        stalled_until_ = last_ = std::max(last_, until);
        for (Message& message : messages_) message.arrives = std::max(message.arrives, until);
    }

private:
    struct Message {
        Nanoseconds arrives{};
        std::vector<std::byte> bytes;
    };

    Weather weather_;
    Rng rng_;
    std::deque<Message> messages_;
    Nanoseconds last_{};
    Nanoseconds stalled_until_{};
};

// A clock that runs fast or slow, and was set wrong.
struct LocalClock {
    Nanoseconds offset{};
    std::int64_t fast_ppm = 0;

    Nanoseconds at(Nanoseconds now) const { return offset + now + now * fast_ppm / 1'000'000; }
};

}  // namespace ringtick
