#pragma once

#include "base/assert.hpp"
#include "base/fixed.hpp"
#include "replica/interpolation.hpp"
#include "replica/state.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ringtick {

// Where everything of one kind was over the last ticks, so that what a player did can be judged by
// what that player saw. A ring of rows, one for each tick, in which each id has its entry:
//
//     tick 40  [ place, life | place, life | ... ]
//     tick 41  [ place, life | place, life | ... ]   <- newest
//     tick 33  [ place, life | place, life | ... ]   <- oldest, the next to be written over
//
// An id is used again, by whoever comes next, or by the same one somewhere else after a death. So
// the game numbers lives, no two alike, and asks about one of them: it finds no predecessor in its
// place. All memory at construction.
class History {
public:
    struct Entry {
        FixedVector place;
        std::uint32_t life = 0;  // 0: not there.
    };

    // The past at one moment. Valid until the next record().
    class Instant {
    public:
        // Where that life was, if it was there: just where a client draws it by what it was sent of
        // the two ticks around the moment. Who came between the two is there from the later on.
        std::optional<FixedVector> find(std::size_t id, std::uint32_t life) const {
            ASSERT(life != 0);
            if (from_ == nullptr || from_[id].life != life) return std::nullopt;
            if (to_ == nullptr || to_[id].life != life) return from_[id].place;
            return between(from_[id].place, to_[id].place, part_, leap_);
        }

        // From the end of which tick it is told, counted back: 1 is the newest; 0: nothing is kept.
        std::size_t ticks_back() const { return ticks_back_; }

    private:
        friend class History;

        std::size_t ticks_back_ = 0;
        const Entry* from_ = nullptr;
        const Entry* to_ = nullptr;
        TickTime part_ = 0;
        Fixed leap_;
    };

    // For `ids` ids, over so many ticks. What moves farther than `leap` in a tick was put there.
    History(std::size_t ids, std::size_t ticks, Fixed leap)
        : ids_(ids), leap_(leap), ticks_(ticks), entries_(ids * ticks) {
        ASSERT(ids > 0);
        ASSERT(ticks > 0);
    }

    // What is the case at the end of this tick. `entry_of(id)` says it of each.
    template <class EntryOf>
    void record(std::uint64_t tick, EntryOf entry_of) {
        ASSERT(count_ == 0 || tick > newest());
        ticks_[count_ % ticks_.size()] = tick;
        Entry* const row = entries_.data() + count_ % ticks_.size() * ids_;
        for (std::size_t id = 0; id < ids_; ++id) row[id] = entry_of(id);
        count_ += 1;
    }

    // The moment, or the nearest that is kept: nothing newer than the newest tick is guessed at.
    Instant at(TickTime moment) const {
        Instant instant;
        instant.leap_ = leap_;
        TickTime later = 0;
        for (std::size_t back = 1; back <= kept(); ++back) {
            const std::uint64_t row = (count_ - back) % ticks_.size();
            const TickTime time = static_cast<TickTime>(ticks_[row]) * whole_tick;
            instant.to_ = instant.from_;
            instant.from_ = entries_.data() + row * ids_;
            instant.ticks_back_ = back;
            // A server that stalled leaves ticks out: then the line is longer than from tick to
            // tick.
            const bool between_two = time <= moment && instant.to_ != nullptr;
            if (between_two) instant.part_ = (moment - time) * whole_tick / (later - time);
            if (time <= moment) break;
            later = time;
        }
        return instant;
    }

    // All that at() could tell (see state.hpp), the newest first. The world's `tick` is over, and
    // everything lies within `side`.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint64_t tick, std::int32_t side) {
        std::uint64_t kept = self.kept();  // NOLINT(misc-const-correctness): readers assign.
        describe_count(codec, kept, self.ticks_.size());
        if constexpr (reads<Codec>) self.count_ = kept;
        std::uint64_t later = tick + 1;
        for (std::size_t back = 1; back <= self.ticks_.size(); ++back) {
            codec.only_if(back <= kept, [&] {
                const std::size_t row = self.row_of(back);
                codec.whole(self.ticks_[row]);
                expect(codec, self.ticks_[row] < later);
                later = self.ticks_[row];
                auto* const entries = self.entries_.data() + row * self.ids_;
                describe_entries(codec, std::span(entries, self.ids_), side);
            });
        }
    }

private:
    template <class Codec, class Entries>
    static void describe_entries(Codec& codec, Entries entries, std::int32_t side) {
        for (auto& entry : entries) {
            bool is_there = entry.life != 0;  // NOLINT(misc-const-correctness): readers assign.
            codec.bits(is_there, 1);
            codec.only_if(is_there, [&] {
                codec.whole(entry.life);
                describe_place(codec, entry.place, side);
            });
        }
    }
    // Of so many ticks ago, the newest being 1; any, if that is not kept.
    std::size_t row_of(std::size_t back) const {
        return (count_ + ticks_.size() - back) % ticks_.size();
    }
    std::size_t kept() const { return std::min<std::uint64_t>(count_, ticks_.size()); }
    std::uint64_t newest() const { return ticks_[(count_ - 1) % ticks_.size()]; }

    std::size_t ids_;
    Fixed leap_;
    std::vector<std::uint64_t> ticks_;  // Of each row.
    std::vector<Entry> entries_;        // Row after row.
    std::uint64_t count_ = 0;           // Rows written, ever.
};

}  // namespace ringtick
