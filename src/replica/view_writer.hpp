#pragma once

#include "base/assert.hpp"
#include "replica/id_set.hpp"
#include "replica/models.hpp"
#include "replica/snapshot_parts.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ringtick {

// Writes what became of one viewer's list of entities (view.hpp draws it) into so many bits.
//
// If not all of it is within the viewer's budget, each entity gains priority by every tick that it
// is missed, and beyond its bound of staleness (view.hpp) it is told whatever the budget: where the
// two contradict each other, the bounds win, and only the frame's room is harder.
//
//     beyond its bound, or the own    within the room       | of all of them those
//     a correction, or at its bound   within the budget     | first that are more
//     missed for so many ticks        what the budget left  v urgent
//
// Most of what is in sight goes on as its model does, and nothing is told of it. So all lists are
// sets of bits, and only of whom there is something to tell is anything looked up. Memory at
// construction; one serves all viewers.
template <class Entity>
class ViewWriter {
public:
    ViewWriter(Models<Entity>& models, unsigned id_bits)
        : models_(models),
          id_bits_(id_bits),
          listed_(models.capacity()),
          kept_(models.capacity()),
          owed_(models.capacity()),
          missed_(models.capacity()) {
        changed_.reserve(models.capacity());
        entered_.reserve(models.capacity());
        leaves_.reserve(models.capacity());
        order_.reserve(models.capacity());
        nearness_.reserve(models.capacity());
    }

    static constexpr std::uint32_t nobody = 0xFFFF'FFFF;

    struct Viewer {
        std::span<const Known> before;  // What it knows since its last snapshot; a keyframe: none.
        std::uint32_t since = 0;        // That snapshot's tick.
        const IdSet& seen;              // What it is to know now.
        std::uint32_t own = nobody;     // The one that it is itself is told in each snapshot.
        std::size_t bits_max = 0;       // The room there is,
        std::size_t bits_wanted = ~std::size_t{0};  // and the budget.
    };

    // Fills `after`, the viewer's next `before`, with room for all that is seen, and returns how
    // many are in it. Both ascend by id. Nothing, and nothing is written, if the least that has to
    // be said does not fit. `urgency(id)` says who is nearer: of two the one that has more of it.
    template <class Urgency>
    std::optional<std::size_t> write(FieldWriter& writer,
                                     const Viewer& viewer,
                                     std::span<Known> after,
                                     Urgency urgency) {
        since_ = viewer.since;
        put_off_ = 0;
        sort_out(viewer.before, viewer.seen);
        const std::size_t least = least_width();
        if (least > viewer.bits_max) return std::nullopt;
        const std::size_t room = viewer.bits_max - least;
        const std::size_t budget = viewer.bits_wanted - std::min(viewer.bits_wanted, least);
        if (all_width() <= std::min(room, budget)) {
            tell_all();
        } else {
            rank(viewer, urgency);
            tell_ranked(room, budget);
        }

        BitsPassed passed(writer);
        write_leaves(writer);
        parts_ = {.comings = passed.take()};
        write_kept(writer);
        parts_.updates = passed.take();
        write_entered(writer);
        parts_.comings += passed.take();
        return remember(viewer.seen, after);
    }

    // What the last write() took.
    const SnapshotParts& parts() const { return parts_; }

    // Of how many the last write() said nothing, though there was something to say.
    std::size_t put_off() const { return put_off_; }

    // The least that has to be said to a viewer who knows so many takes no more bits than this: for
    // who is kept one, for who leaves four and a few for the distance.
    static constexpr std::size_t least_width_max(std::size_t known) {
        return 5 * known + std::size_t{2} * detail::count_width(0xFFFF);
    }

private:
    // Of whom there is something to tell.
    struct Candidate {
        std::uint16_t id = 0;
        bool whole = false;
        bool told = false;
        std::uint32_t missed = 0;  // If it is not told now either.
        std::uint32_t width = 0;   // Beyond the bit that says whether it is told.
    };

    void sort_out(std::span<const Known> before, const IdSet& seen) {
        changed_.clear();
        entered_.clear();
        leaves_.clear();
        list(before);
        // Who knows nobody could do with any.
        const auto& news = models_.news_since(before.empty() ? models_.tick() - 1 : since_);
        kept_.clear();
        std::uint64_t leaving = 0;
        const auto sort_out_word = [&](std::size_t index) {
            const std::uint64_t listed = listed_.word(index);
            const std::uint64_t kept = listed & seen.word(index) & ~news.appeared.word(index);
            kept_.add(index, kept);
            leaving |= listed & ~kept;
            IdSet::for_each_in(kept & (news.changed.word(index) | owed_.word(index)), index,
                               [&](std::uint16_t id) { changed_.push_back(to_tell(id)); });
            IdSet::for_each_in(seen.word(index) & ~kept, index,
                               [&](std::uint16_t id) { entered_.push_back(newcomer(id)); });
        };
        seen.for_each_word(sort_out_word, listed_);
        if (leaving != 0) find_leaves(before);
        kept_count_ = listed_count_ - leaves_.size();
    }

    // By their places in the viewer's own list.
    void find_leaves(std::span<const Known> before) {
        std::size_t place = 0;
        for (const Known& known : before) {
            if (known.awaited) continue;
            if (!kept_.contains(known.id)) leaves_.push_back(place);
            place += 1;
        }
    }

    // The viewer's own list is without those that it has to await.
    void list(std::span<const Known> before) {
        owed_.for_each([&](std::uint16_t id) { missed_[id] = 0; });
        owed_.clear();
        listed_.clear();
        listed_count_ = 0;
        for (const Known& known : before) {
            listed_.insert_if(!known.awaited, known.id);
            listed_count_ += known.awaited ? 0 : 1;
            if (known.missed == 0) continue;
            owed_.insert(known.id);
            missed_[known.id] = known.missed;
        }
    }

    std::uint32_t missed_by_now(std::uint16_t id) const {
        return missed_[id] + (models_.tick() - since_);
    }

    Candidate newcomer(std::uint16_t id) {
        const bool was_awaited = owed_.contains(id) && !listed_.contains(id);
        return {.id = id,
                .whole = true,
                .missed = was_awaited ? missed_by_now(id) : 1,
                .width = id_bits_ + models_.whole(id).width};
    }

    // What there is to tell of an entity that the viewer knows, in the shorter of two ways.
    Candidate to_tell(std::uint16_t id) {
        Candidate candidate{.id = id, .missed = missed_by_now(id)};
        const std::uint32_t ticks = models_.tick() - since_;
        if (missed_[id] == 0 && models_.remembers(id, since_)) {
            candidate.width = 1 + (ticks > 1 ? ticks : 0);
            for (std::uint32_t tick = since_ + 1; tick <= models_.tick(); ++tick) {
                candidate.width += models_.correction(id, tick).width;
            }
            // Of a single tick, the correction is always the shorter.
            if (ticks == 1 || candidate.width <= 1U + models_.whole(id).width) return candidate;
        }
        candidate.whole = true;
        candidate.width = 1U + models_.whole(id).width;
        return candidate;
    }

    std::size_t least_width() const {
        std::size_t width = detail::count_width(static_cast<std::uint32_t>(leaves_.size()));
        for_each_leave([&](std::uint32_t distance) { width += detail::count_width(distance); });
        width += kept_count_ + detail::count_width(static_cast<std::uint32_t>(entered_.size()));
        ASSERT(width <= least_width_max(kept_count_ + leaves_.size()));
        return width;
    }

    std::size_t all_width() const {
        std::size_t width = 0;
        for (const Candidate& candidate : changed_) width += candidate.width;
        for (const Candidate& candidate : entered_) width += candidate.width;
        return width;
    }

    void tell_all() {
        for (Candidate& candidate : changed_) candidate.told = true;
        for (Candidate& candidate : entered_) candidate.told = true;
    }

    // Puts those of whom there is something to tell in order. Priority is missed ticks, counted
    // so that every bound is the same number. A correction has the priority of the bound: it is
    // short, and who misses it has to be told all.
    template <class Urgency>
    void rank(const Viewer& viewer, Urgency& urgency) {
        nearness_.clear();
        viewer.seen.for_each(
            [&](std::uint16_t id) { nearness_.push_back(nearness_of(urgency(id), id)); });
        const std::uint64_t near = least_of_the_near();
        order_.clear();
        for (std::size_t i = 0; i < changed_.size() + entered_.size(); ++i) {
            const Candidate& candidate = at(i);
            const std::uint32_t urgent = urgency(candidate.id);
            const bool is_near = nearness_of(urgent, candidate.id) >= near;
            std::uint32_t priority =
                candidate.missed * (is_near ? Staleness::far_ticks / Staleness::near_ticks : 1);
            if (!candidate.whole) priority = std::max(priority, due - 1);
            if (candidate.id == viewer.own) priority = priority_max;
            order_.push_back({.rank = rank_of(std::min(priority, priority_max), urgent),
                              .index = static_cast<std::uint32_t>(i)});
        }
        std::ranges::sort(order_, [](const Ranked& a, const Ranked& b) {
            return a.rank != b.rank ? a.rank > b.rank : a.index < b.index;
        });
    }

    // Of two that are as urgent, the lower id is nearer: of no two it is equal, so that where all
    // are as urgent no more are near than anywhere else.
    static constexpr std::uint64_t nearness_of(std::uint32_t urgency, std::uint16_t id) {
        return std::uint64_t{urgency} << 16 | (0xFFFFU - id);
    }
    std::uint64_t least_of_the_near() {
        if (nearness_.size() <= Staleness::near_count) return 0;
        const auto last = nearness_.begin() + (Staleness::near_count - 1);
        std::ranges::nth_element(nearness_, last, std::ranges::greater{});
        return *last;
    }

    void tell_ranked(std::size_t room, std::size_t budget) {
        std::size_t width = 0;
        for (const Ranked& ranked : order_) {
            Candidate& candidate = at(ranked.index);
            const bool cannot_wait = ranked.rank >= rank_of(due, 0);
            const std::size_t most = cannot_wait ? room : std::min(room, budget);
            if (width + candidate.width <= most) {
                candidate.told = true;
                width += candidate.width;
            } else {
                put_off_ += 1;
            }
        }
    }

    // First of those that stay, then newcomers.
    Candidate& at(std::size_t index) {
        return index < changed_.size() ? changed_[index] : entered_[index - changed_.size()];
    }

    void write_leaves(FieldWriter& writer) const {
        detail::write_count(writer, static_cast<std::uint32_t>(leaves_.size()));
        for_each_leave([&](std::uint32_t distance) { detail::write_count(writer, distance); });
    }

    // How far in the list each is behind the one before.
    template <class Visit>
    void for_each_leave(Visit visit) const {
        std::size_t next = 0;
        for (const std::size_t place : leaves_) {
            visit(static_cast<std::uint32_t>(place - next));
            next = place + 1;
        }
    }

    // A run of those of whom nothing is told is a run of zeros.
    void write_kept(FieldWriter& writer) {
        std::size_t silent = 0;
        auto next = changed_.cbegin();
        kept_.for_each_word([&](std::size_t index) {
            std::uint64_t left = kept_.word(index);
            for (; next != changed_.cend() && next->id / IdSet::ids_in_word == index; ++next) {
                if (!next->told) continue;
                const std::uint64_t below = IdSet::bit_of(next->id) - 1;
                write_zeros(writer, silent + IdSet::count_of(left & below));
                write_change(writer, *next);
                silent = 0;
                left &= ~(below | IdSet::bit_of(next->id));
            }
            silent += IdSet::count_of(left);
        });
        write_zeros(writer, silent);
    }

    static void write_zeros(FieldWriter& writer, std::size_t count) {
        constexpr std::size_t most = 32;
        for (; count > most; count -= most) writer.bits(0, most);
        writer.bits(0, static_cast<unsigned>(count));
    }

    void write_change(FieldWriter& writer, const Candidate& candidate) {
        writer.bits(1U | (candidate.whole ? 2U : 0U), 2);
        if (candidate.whole) {
            const auto whole = models_.whole(candidate.id);
            writer.packed(whole.bits, whole.width);
        } else {
            write_corrections(writer, candidate.id);
        }
    }

    void write_corrections(FieldWriter& writer, std::uint16_t id) {
        const std::uint32_t ticks = models_.tick() - since_;
        for (std::uint32_t i = 1; ticks > 1 && i <= ticks; ++i) {
            writer.bits(models_.correction(id, since_ + i).width > 0, 1);
        }
        for (std::uint32_t i = 1; i <= ticks; ++i) {
            const auto correction = models_.correction(id, since_ + i);
            writer.packed(correction.bits, correction.width);
        }
    }

    // From the highest id down, as the reader wants it.
    void write_entered(FieldWriter& writer) {
        const auto count = std::ranges::count_if(entered_, &Candidate::told);
        detail::write_count(writer, static_cast<std::uint32_t>(count));
        for (auto candidate = entered_.rbegin(); candidate != entered_.rend(); ++candidate) {
            if (!candidate->told) continue;
            const auto whole = models_.whole(candidate->id);
            writer.bits(candidate->id, id_bits_);
            writer.packed(whole.bits, whole.width);
        }
    }

    std::size_t remember(const IdSet& seen, std::span<Known> after) const {
        std::size_t count = 0;
        seen.for_each(
            [&](std::uint16_t id) { after[count++] = {.id = id, .missed = 0, .awaited = false}; });
        if (put_off_ > 0) {
            mark_put_off(after, changed_, false);
            mark_put_off(after, entered_, true);
        }
        return count;
    }
    static void mark_put_off(std::span<Known> after,
                             const std::vector<Candidate>& candidates,
                             bool are_new) {
        auto known = after.begin();
        for (const Candidate& candidate : candidates) {
            if (candidate.told) continue;
            while (known->id != candidate.id) ++known;
            known->missed = static_cast<std::uint8_t>(
                std::min<std::uint32_t>(candidate.missed, Known::missed_max));
            known->awaited = are_new;
        }
    }

    static constexpr std::uint32_t due = Staleness::far_ticks + 1;  // Past every bound.
    static constexpr std::uint32_t priority_max = 0xFFFF'FFFF;

    static constexpr std::uint64_t rank_of(std::uint32_t priority, std::uint32_t urgency) {
        return std::uint64_t{priority} << 32 | urgency;
    }
    struct Ranked {
        std::uint64_t rank = 0;
        std::uint32_t index = 0;
    };

    Models<Entity>& models_;
    unsigned id_bits_;
    std::uint32_t since_ = 0;
    std::size_t put_off_ = 0;
    SnapshotParts parts_;
    IdSet listed_;  // What the viewer has.
    std::size_t listed_count_ = 0;
    IdSet kept_;  // Of that, what stays.
    std::size_t kept_count_ = 0;
    IdSet owed_;  // Of what there was something to tell the last time: for so many ticks.
    std::vector<std::uint8_t> missed_;
    std::vector<Candidate> changed_;  // Of what stays.
    std::vector<Candidate> entered_;
    std::vector<std::size_t> leaves_;
    std::vector<Ranked> order_;
    std::vector<std::uint64_t> nearness_;
};

}  // namespace ringtick
