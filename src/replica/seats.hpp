#pragma once

#include "base/assert.hpp"
#include "base/resume_token.hpp"
#include "replica/state.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// Whose a game's places are. A player's connection has a slot and comes and goes; what it plays
// with hangs on a seat, which outlives the connection for a while:
//
//     free --newcomer--> held --connection lost--> absent --the token is shown--> held
//      ^                                             |
//      +---- its time is over, or all are taken and a newcomer needs it; who says that he leaves
//            gives it up at once
//
// All of it is a function of what came and of the ticks, so that a match replays alike. Guests, who
// look at a match that was recorded, have slots and seats of their own behind all others, each that
// of its slot: nobody else is let one, and they are no part of what is told here.
class Seats {
public:
    static constexpr std::uint16_t none = 0xFFFF;

    // For `count` slots as many seats, each kept for so many ticks while nobody is there.
    Seats(std::size_t count, std::uint32_t absence_ticks_max, std::size_t guests = 0)
        : absence_ticks_max_(absence_ticks_max),
          count_(count),
          seats_(count + guests),
          seat_of_(count + guests, none),
          links_(count + 2) {
        ASSERT(count + guests < none);
        for (const std::size_t list : {free_list(), absent_list()}) {
            links_[list] = {.before = index(list), .next = index(list)};
        }
        for (std::size_t seat = 0; seat < count; ++seat) append(free_list(), seat);
    }

    std::size_t count() const { return count_; }  // Without guests'.
    bool has_free() const { return links_[free_list()].next != free_list(); }
    // Or `none`.
    std::uint16_t seat_of(std::size_t slot) const { return seat_of_[slot]; }
    std::uint16_t slot_of(std::size_t seat) const { return seats_[seat].slot; }
    // Somebody's, if only of one who may come back.
    bool taken(std::size_t seat) const { return seats_[seat].state != State::free; }
    bool absent(std::size_t seat) const { return seats_[seat].state == State::absent; }

    // Whether this is the digest of this seat's token, whoever says so.
    bool owns(std::size_t seat, const ResumeToken& digest) const {
        return seat < count_ && taken(seat) && !digest.none() && seats_[seat].digest == digest;
    }

    // The connection in this slot takes the seat whose token it has. Returns the slot that held it
    // until now, of a connection that is as good as dead, or `none`.
    std::uint16_t resume(std::size_t slot, std::size_t seat) {
        ASSERT(seat_of_[slot] == none);
        ASSERT(taken(seat));
        const std::uint16_t held_by = seats_[seat].slot;
        if (held_by == none) unlink(seat);
        if (held_by != none) seat_of_[held_by] = none;
        hold(slot, seat);
        return held_by;
    }

    // The connection in this slot takes a seat of its own: that of the same number, if it is free.
    // If none is, whoever has been absent longest gives his up: `give_up(seat)`.
    template <class GiveUp>
    std::uint16_t take(std::size_t slot, const ResumeToken& digest, GiveUp give_up) {
        ASSERT(seat_of_[slot] == none);
        std::size_t seat = slot;
        if (taken(seat)) seat = links_[free_list()].next;
        if (seat == free_list()) seat = free_longest_absent(give_up);
        unlink(seat);
        seats_[seat].digest = digest;
        hold(slot, seat);
        return index(seat);
    }

    // The guest in this slot takes its seat.
    void take_guest(std::size_t slot) {
        ASSERT(is_guest(slot));
        hold(slot, slot);
    }
    bool is_guest(std::size_t slot) const { return slot >= count_; }

    // The connection in this slot is gone. Returns the seat that is without a player now.
    std::uint16_t lose(std::size_t slot, std::uint32_t tick) {
        const std::uint16_t seat = seat_of_[slot];
        if (seat == none) return none;
        ASSERT(seats_[seat].slot == slot);
        seat_of_[slot] = none;
        seats_[seat].state = State::absent;
        seats_[seat].slot = none;
        seats_[seat].lost_at = tick;
        append(absent_list(), seat);
        return seat;
    }

    // The connection in this slot gives its seat up, for good.
    void release(std::size_t slot) {
        const std::uint16_t seat = seat_of_[slot];
        ASSERT(seat != none);
        seat_of_[slot] = none;
        seats_[seat] = {};
        if (!is_guest(slot)) append(free_list(), seat);
    }

    // Those who did not come back in time.
    template <class GiveUp>
    void expire(std::uint32_t tick, GiveUp give_up) {
        while (true) {
            const std::size_t seat = links_[absent_list()].next;
            if (seat == absent_list()) return;
            if (tick - seats_[seat].lost_at < absence_ticks_max_) return;
            free_longest_absent(give_up);
        }
    }

    // All that later claims depend on (see state.hpp): whose each seat is, and in which order the
    // free and the absent became so.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        std::size_t waiting = 0;
        for (std::size_t i = 0; i < self.count_; ++i) {
            auto& seat = self.seats_[i];
            codec.one_of(seat.state, State::free, State::absent, 2);
            codec.only_if(seat.state != State::free, [&] {
                codec.whole(seat.digest.first);
                codec.whole(seat.digest.second);
                codec.whole(seat.lost_at);
            });
            codec.only_if(seat.state == State::held, [&] { codec.whole(seat.slot); });
            if constexpr (reads<Codec>) self.settle(codec, i);
            if (seat.state != State::held) waiting += 1;
        }
        if constexpr (reads<Codec>) self.empty_lists();
        std::size_t last = self.free_list();
        for (std::size_t i = 0; i < waiting && last < self.links_.size(); ++i) {
            if constexpr (reads<Codec>) {
                last = self.take_into_list(codec);
            } else {
                last = self.links_[last].next;
                if (last == self.free_list()) last = self.links_[self.absent_list()].next;
                codec.whole(index(last));
            }
        }
    }

private:
    enum class State : std::uint8_t { free, held, absent };

    struct Seat {
        ResumeToken digest;  // Of the token.
        std::uint32_t lost_at = 0;
        std::uint16_t slot = none;
        State state = State::free;
    };
    // The free and the absent, each in the order in which they became so: two rings of neighbours,
    // closed by two places behind the seats.
    struct Link {
        std::uint16_t before = 0;
        std::uint16_t next = 0;
    };

    std::size_t free_list() const { return count_; }
    std::size_t absent_list() const { return count_ + 1; }
    static std::uint16_t index(std::size_t place) { return static_cast<std::uint16_t>(place); }

    void hold(std::size_t slot, std::size_t seat) {
        seats_[seat].state = State::held;
        seats_[seat].slot = index(slot);
        seat_of_[slot] = index(seat);
    }

    // Of a state that is taken in: one seat, and then the next in one of the two lists.
    template <class Codec>
    void settle(Codec& codec, std::size_t seat) {
        if (seats_[seat].state != State::held) {
            seats_[seat].slot = none;
            return;
        }
        const std::size_t slot = seats_[seat].slot;
        const bool can_hold = slot < count_ && seat_of_[slot] == none;
        expect(codec, can_hold);
        if (can_hold) {
            seat_of_[slot] = index(seat);
        } else {
            seats_[seat] = {};
        }
    }
    void empty_lists() {
        for (std::size_t seat = 0; seat < count_; ++seat) links_[seat] = {none, none};
        for (const std::size_t list : {free_list(), absent_list()}) {
            links_[list] = {.before = index(list), .next = index(list)};
        }
    }
    template <class Codec>
    std::size_t take_into_list(Codec& codec) {
        std::uint16_t seat = 0;
        codec.whole(seat);
        const bool is_new =
            seat < count_ && seats_[seat].state != State::held && links_[seat].next == none;
        expect(codec, is_new);
        if (!is_new) return links_.size();
        append(seats_[seat].state == State::free ? free_list() : absent_list(), seat);
        return seat;
    }

    template <class GiveUp>
    std::size_t free_longest_absent(GiveUp& give_up) {
        const std::size_t seat = links_[absent_list()].next;
        // There are as many seats as slots, and the one who asks has none yet.
        ASSERT(seat != absent_list());
        ASSERT(absent(seat));
        give_up(index(seat));
        unlink(seat);
        seats_[seat] = {};
        append(free_list(), seat);
        return seat;
    }

    void append(std::size_t list, std::size_t seat) {
        const std::uint16_t last = links_[list].before;
        links_[seat] = {.before = last, .next = index(list)};
        links_[last].next = links_[list].before = index(seat);
    }
    void unlink(std::size_t seat) {
        const Link link = links_[seat];
        links_[link.before].next = link.next;
        links_[link.next].before = link.before;
    }

    std::uint32_t absence_ticks_max_;
    std::size_t count_;
    std::vector<Seat> seats_;
    std::vector<std::uint16_t> seat_of_;  // By slot.
    std::vector<Link> links_;
};

}  // namespace ringtick
