#pragma once

#include "base/assert.hpp"
#include "replica/state.hpp"
#include "replica/tick_input.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// One player's inputs between their arrival and the tick that applies them: exactly one a tick,
// whatever arrives. Each is stamped with the tick it is meant for.
//
//     stamp:   ... late | tick | next 15 | too early: dropped
//                   |       |       |
//              at most 2    |    wait for
//              wait for a   |    their tick
//              tick without |
//              its own      applied now
//
// Late ones are not played back: they fill ticks that have no input of their own, and of more than
// two the oldest are skipped. So nobody moves faster by having been slow. What must not be lost of
// a skipped input, its successor absorbs. With nothing new the last is held for a while; then it
// lets go. No stamp that a peer may choose does more than waste its own inputs.
template <TickInput Input>
class InputQueue {
public:
    static constexpr std::uint32_t early_max = 16;  // Ticks from the next one on.
    static constexpr std::size_t late_max = 2;

    // Begins anew: `tick` is the first to be taken.
    void start(std::uint32_t tick, std::uint32_t hold_ticks) {
        *this = InputQueue{};
        next_ = tick;
        newest_ = tick - 1;
        hold_ticks_ = held_ticks_ = hold_ticks;
    }

    void push(std::uint32_t stamp, const Input& input) {
        newest_ = stamp;
        const std::int32_t early = ticks_between(next_, stamp);
        note_lead(early);
        if (early < 0) return push_late({.stamp = stamp, .waiting = true, .input = input});
        if (early >= static_cast<std::int32_t>(early_max)) return;

        // All that wait are within early_max of each other: a place is shared by one stamp only.
        Place& place = places_[stamp % early_max];
        ASSERT(!place.waiting || place.stamp == stamp);
        Input newer = input;
        if (place.waiting) newer.absorb(place.input);
        place = {.stamp = stamp, .waiting = true, .input = newer};
    }

    // The input for this tick; each is asked for once, in order, and some may be left out.
    const Input& take(std::uint32_t tick) {
        ASSERT(ticks_between(next_, tick) >= 0);
        pass_over(tick);
        next_ = tick + 1;
        note_lead(ticks_between(tick, newest_));

        Place& own = places_[tick % early_max];
        is_fresh_ = own.waiting || late_count_ > 0;
        if (own.waiting) {
            if (late_count_ == 2) late_[1].input.absorb(late_[0].input);
            if (late_count_ > 0) own.input.absorb(late_[late_count_ - 1].input);
            late_count_ = 0;
            apply(own);
            own.waiting = false;
        } else if (late_count_ > 0) {
            apply(late_[0]);
            drop_oldest_late();
        } else {
            hold();
        }
        return current_;
    }

    bool is_fresh() const { return is_fresh_; }  // The last one taken is a new input.
    std::uint32_t stamp() const { return applied_; }

    // All that later inputs depend on (see state.hpp), at the end of `tick`: `input` describes one.
    template <class Codec, class Self, class Each>
    static void describe_state(Codec& codec, Self& self, std::uint32_t tick, Each input) {
        codec.whole(self.next_);
        expect(codec, ticks_between(self.next_, tick + 1) >= 0);
        const auto describe = [&](auto& place) {
            codec.whole(place.stamp);
            input(place.input);
        };
        for (std::size_t i = 0; i < early_max; ++i) {
            auto& place = self.places_[i];
            codec.bits(place.waiting, 1);
            codec.only_if(place.waiting, [&] { describe(place); });
            const std::int32_t early = ticks_between(self.next_, place.stamp);
            const bool is_its = early >= 0 && early < static_cast<std::int32_t>(early_max) &&
                                place.stamp % early_max == i;
            expect(codec, !place.waiting || is_its);
        }
        describe_count(codec, self.late_count_, late_max);
        for (std::size_t i = 0; i < late_max; ++i) {
            codec.only_if(i < self.late_count_, [&] { describe(self.late_[i]); });
        }
        codec.bits(self.has_applied_, 1);
        codec.whole(self.applied_);
        input(self.current_);
        codec.whole(self.newest_);
        codec.whole(self.hold_ticks_);
        codec.whole(self.held_ticks_);
    }

    // How many ticks early inputs come: of those since the last report the least, for one that
    // comes too late is no better for the others having been early. Below zero: a tick went without
    // its input, or will have.
    std::int8_t lead() const { return static_cast<std::int8_t>(std::clamp(lead_, -128, 127)); }
    void reported() { is_reported_ = true; }

private:
    static_assert(late_max == 2);  // As take() and push_late() have it.

    struct Place {
        std::uint32_t stamp = 0;
        bool waiting = false;
        Input input{};
    };

    void note_lead(std::int32_t lead) {
        lead_ = is_reported_ ? lead : std::min(lead_, lead);
        is_reported_ = false;
    }

    void push_late(const Place& late) {
        // Nothing goes back in time: not behind what was applied, nor behind what waits.
        const bool newer_than_applied = !has_applied_ || ticks_between(applied_, late.stamp) > 0;
        const bool newer_than_waiting =
            late_count_ == 0 || ticks_between(late_[late_count_ - 1].stamp, late.stamp) > 0;
        if (!newer_than_applied || !newer_than_waiting) return;
        if (late_count_ == late_max) {
            late_[1].input.absorb(late_[0].input);
            drop_oldest_late();
        }
        late_[late_count_] = late;
        late_count_ += 1;
    }
    void drop_oldest_late() {
        late_[0] = late_[1];
        late_count_ -= 1;
    }

    // What waits for a tick that is left out is late at the one that comes.
    void pass_over(std::uint32_t tick) {
        const std::uint32_t left_out = std::min(tick - next_, early_max);
        for (std::uint32_t i = 0; i < left_out; ++i) {
            Place& place = places_[(next_ + i) % early_max];
            if (place.waiting) push_late(place);
            place.waiting = false;
        }
    }

    void apply(const Place& place) {
        current_ = place.input;
        applied_ = place.stamp;
        has_applied_ = true;
        held_ticks_ = 0;
    }
    void hold() {
        if (held_ticks_ < hold_ticks_) {
            held_ticks_ += 1;
        } else {
            current_.let_go();
        }
    }

    std::array<Place, early_max> places_{};  // By stamp.
    std::array<Place, late_max> late_{};     // Oldest first.
    std::size_t late_count_ = 0;
    Input current_{};
    std::uint32_t next_ = 0;     // The tick to come.
    std::uint32_t newest_ = 0;   // The stamp that came last.
    std::uint32_t applied_ = 0;  // The stamp of `current_`.
    std::uint32_t hold_ticks_ = 0;
    std::uint32_t held_ticks_ = 0;
    std::int32_t lead_ = 0;
    bool is_reported_ = true;
    bool has_applied_ = false;
    bool is_fresh_ = false;
};

}  // namespace ringtick
