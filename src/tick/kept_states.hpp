#pragma once

#include "base/assert.hpp"
#include "tick/playback.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ringtick {

// States of a recorded match, from which it can be played on: one every so many ticks, by tick.
// Policy at the bound: every other one is let go, and from then on they are kept half as often.
class KeptStates {
public:
    struct State {
        Playback playback;
        std::vector<std::byte> game;
    };

    // `size_max`: of all of them, in bytes. `playback_size`: of what a playback keeps.
    KeptStates(std::size_t size_max, std::size_t playback_size, std::uint64_t ticks_between)
        : size_max_(size_max), playback_size_(playback_size), ticks_between_(ticks_between) {
        ASSERT(ticks_between > 0);
    }

    // Whether that is to be kept: not if it was played before.
    bool want(const Playback& playback) const {
        const std::uint64_t last = states_.empty() ? 0 : states_.back().playback.ticks_played();
        return playback.ticks_played() >= last + ticks_between_;
    }
    void keep(const Playback& playback, std::span<const std::byte> game) {
        ASSERT(want(playback));
        states_.push_back({.playback = playback, .game = {game.begin(), game.end()}});
        size_ += size_of(states_.back());
        if (size_ > size_max_) thin();
    }
    // The last at this tick or before it; none: there is none.
    const State* before(std::uint64_t tick) const {
        const auto behind = std::ranges::upper_bound(
            states_, tick, {}, [](const State& state) { return state.playback.tick(); });
        return behind == states_.begin() ? nullptr : &*(behind - 1);
    }

    std::size_t count() const { return states_.size(); }
    std::size_t size() const { return size_; }

private:
    std::size_t size_of(const State& state) const { return playback_size_ + state.game.size(); }
    void thin() {
        ticks_between_ *= 2;
        std::vector<State> kept;
        for (std::size_t i = 1; i < states_.size(); i += 2) kept.push_back(std::move(states_[i]));
        states_ = std::move(kept);
        size_ = 0;
        for (const State& state : states_) size_ += size_of(state);
    }

    std::size_t size_max_;
    std::size_t playback_size_;
    std::uint64_t ticks_between_;
    std::vector<State> states_;
    std::size_t size_ = 0;
};

}  // namespace ringtick
