#pragma once

#include "base/rng.hpp"
#include "railroids/client.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "load/findings.hpp"

namespace ringtick::swarm {

// A player of Railroids who aims with what a page would draw, by the page's own client, and fires
// only when the ray, as drawn, meets a ship in flight: anywhere on it, not at its middle. What the
// server says of the beam is held against it. Stands still to do so, and waits until its recoil is
// over: then its own place is the same on its screen and on the server. No socket and no clock.
class Marksman {
public:
    explicit Marksman(std::uint64_t seed);

    // A new connection; a shot that was under way on the last one is forgotten.
    void start(Nanoseconds now);
    void on_message(std::span<const std::byte> message, Nanoseconds now);
    // Draws a frame, looks at it, and writes the input of someone who sees it. Returns its size; 0
    // if no tick wants one yet.
    std::size_t play(Nanoseconds now, std::span<std::byte> out);

    const AimTally& tally() const { return tally_; }

private:
    struct Shot {
        std::int32_t target = 0;
        std::int32_t hits_before = 0;  // Of the own ship.
        Nanoseconds fired{};
    };

    bool ready() const;
    std::optional<std::int32_t> choose_target(std::uint8_t& aim);
    void judge(Nanoseconds now);
    void judge_beam(const Shot& shot, std::int32_t hit);

    std::unique_ptr<railroids::RailroidsClient> client_;
    Rng rng_;
    std::uint8_t aim_ = 0;
    std::optional<Shot> shot_;  // Under way.
    std::int32_t last_beam_ = -1;
    AimTally tally_;
};

}  // namespace ringtick::swarm
