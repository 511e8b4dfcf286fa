#pragma once

#include "base/assert.hpp"
#include "replica/models.hpp"
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
// Memory at construction; one serves all viewers.
template <class Entity>
class ViewWriter {
public:
    ViewWriter(Models<Entity>& models, unsigned id_bits) : models_(models), id_bits_(id_bits) {
        kept_.reserve(models.capacity());
        entered_.reserve(models.capacity());
        leaves_.reserve(models.capacity());
        order_.reserve(models.capacity());
        urgencies_.reserve(models.capacity());
        nearest_.reserve(models.capacity());
    }

    static constexpr std::uint32_t nobody = 0xFFFF'FFFF;

    struct Viewer {
        std::span<const Known> before;  // What it knows since its last snapshot; a keyframe: none.
        std::uint32_t since = 0;        // That snapshot's tick.
        std::span<const std::uint16_t> seen;  // What it is to know now. All lists ascend by id.
        std::uint32_t own = nobody;           // The one that it is itself is told in each snapshot.
        std::size_t bits_max = 0;             // The room there is,
        std::size_t bits_wanted = ~std::size_t{0};  // and the budget.
    };

    // Fills `after`, the viewer's next `before`, with room for all that is seen, and returns how
    // many are in it. Nothing, and nothing is written, if the least that has to be said does not
    // fit. `urgency(id)` says who is nearer: of two the one that has more of it.
    template <class Urgency>
    std::optional<std::size_t> write(FieldWriter& writer,
                                     const Viewer& viewer,
                                     std::span<Known> after,
                                     Urgency urgency) {
        ASSERT(viewer.seen.size() <= after.size());
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
            rank(viewer.own, urgency);
            tell_ranked(room, budget);
        }

        write_leaves(writer);
        write_kept(writer);
        write_entered(writer);
        return remember(after);
    }

    // Of how many the last write() said nothing, though there was something to say.
    std::size_t put_off() const { return put_off_; }

    // The least that has to be said to a viewer who knows so many takes no more bits than this: for
    // who is kept one, for who leaves four and a few for the distance.
    static constexpr std::size_t least_width_max(std::size_t known) {
        return 5 * known + std::size_t{2} * detail::count_width(0xFFFF);
    }

private:
    struct Candidate {
        std::uint16_t id = 0;
        bool whole = false;
        bool told = false;
        std::uint32_t missed = 0;  // If it is not told now either.
        std::uint32_t width =
            0;  // Beyond the bit that says whether it is told. 0: nothing to tell.
    };

    void sort_out(std::span<const Known> before, std::span<const std::uint16_t> seen) {
        kept_.clear();
        entered_.clear();
        leaves_.clear();
        place_ = 0;
        auto next = before.begin();
        for (const std::uint16_t id : seen) {
            for (; next != before.end() && next->id < id; ++next) pass(*next, false);
            const Known* const known = next != before.end() && next->id == id ? &*next : nullptr;
            const bool same =
                known != nullptr && !known->awaited && models_.shown_since(id) <= since_;
            if (same) {
                kept_.push_back(to_tell(*known));
            } else {
                entered_.push_back(newcomer(id, known));
            }
            if (known != nullptr) pass(*next++, same);
        }
        for (; next != before.end(); ++next) pass(*next, false);
    }

    // The viewer's own list is without those that it has to await.
    void pass(const Known& known, bool stays) {
        if (known.awaited) return;
        if (!stays) leaves_.push_back(place_);
        place_ += 1;
    }

    std::uint32_t missed_by_now(const Known& known) const {
        return known.missed + (models_.tick() - since_);
    }

    Candidate newcomer(std::uint16_t id, const Known* known) {
        const bool was_awaited = known != nullptr && known->awaited;
        return {.id = id,
                .whole = true,
                .missed = was_awaited ? missed_by_now(*known) : 1,
                .width = id_bits_ + models_.whole(id).width};
    }

    // What there is to tell of an entity that the viewer knows, in the shorter of two ways.
    Candidate to_tell(const Known& known) {
        Candidate candidate{.id = known.id};
        const std::uint32_t ticks = models_.tick() - since_;
        if (known.missed == 0 && !models_.changed_since(known.id, since_)) return candidate;
        candidate.missed = missed_by_now(known);
        if (known.missed == 0 && models_.remembers(known.id, since_)) {
            candidate.width = 1 + (ticks > 1 ? ticks : 0);
            for (std::uint32_t tick = since_ + 1; tick <= models_.tick(); ++tick) {
                candidate.width += models_.correction(known.id, tick).width;
            }
            // Of a single tick, the correction is always the shorter.
            if (ticks == 1 || candidate.width <= 1U + models_.whole(known.id).width) {
                return candidate;
            }
        }
        candidate.whole = true;
        candidate.width = 1U + models_.whole(known.id).width;
        return candidate;
    }

    std::size_t least_width() const {
        std::size_t width = detail::count_width(static_cast<std::uint32_t>(leaves_.size()));
        for_each_leave([&](std::uint32_t distance) { width += detail::count_width(distance); });
        width += kept_.size() + detail::count_width(static_cast<std::uint32_t>(entered_.size()));
        ASSERT(width <= least_width_max(kept_.size() + leaves_.size()));
        return width;
    }

    std::size_t all_width() const {
        std::size_t width = 0;
        for (const Candidate& candidate : kept_) width += candidate.width;
        for (const Candidate& candidate : entered_) width += candidate.width;
        return width;
    }

    void tell_all() {
        for (Candidate& candidate : kept_) candidate.told = candidate.width > 0;
        for (Candidate& candidate : entered_) candidate.told = true;
    }

    // Puts those of whom there is something to tell in order. Priority is missed ticks, counted
    // so that every bound is the same number. A correction has the priority of the bound: it is
    // short, and who misses it has to be told all.
    template <class Urgency>
    void rank(std::uint32_t own, Urgency& urgency) {
        urgencies_.clear();
        for (std::size_t i = 0; i < count(); ++i) urgencies_.push_back(urgency(at(i).id));
        const std::uint32_t near = least_of_the_near();
        order_.clear();
        for (std::size_t i = 0; i < count(); ++i) {
            const Candidate& candidate = at(i);
            if (candidate.width == 0) continue;
            const bool is_near = urgencies_[i] >= near;
            std::uint32_t priority =
                candidate.missed * (is_near ? Staleness::far_ticks / Staleness::near_ticks : 1);
            if (!candidate.whole) priority = std::max(priority, due - 1);
            if (candidate.id == own) priority = priority_max;
            order_.push_back({.rank = rank_of(std::min(priority, priority_max), urgencies_[i]),
                              .index = static_cast<std::uint32_t>(i)});
        }
        std::ranges::sort(order_, [](const Ranked& a, const Ranked& b) {
            return a.rank != b.rank ? a.rank > b.rank : a.index < b.index;
        });
    }

    std::uint32_t least_of_the_near() {
        if (urgencies_.size() <= Staleness::near_count) return 0;
        nearest_ = urgencies_;
        const auto last = nearest_.begin() + (Staleness::near_count - 1);
        std::ranges::nth_element(nearest_, last, std::ranges::greater{});
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

    // All that are seen: first those that stay, then newcomers.
    std::size_t count() const { return kept_.size() + entered_.size(); }
    Candidate& at(std::size_t index) {
        return index < kept_.size() ? kept_[index] : entered_[index - kept_.size()];
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

    void write_kept(FieldWriter& writer) {
        for (const Candidate& candidate : kept_) {
            writer.bits(candidate.told, 1);
            if (!candidate.told) continue;
            writer.bits(candidate.whole, 1);
            if (candidate.whole) {
                const auto whole = models_.whole(candidate.id);
                writer.packed(whole.bits, whole.width);
            } else {
                write_corrections(writer, candidate.id);
            }
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

    std::size_t remember(std::span<Known> after) const {
        std::size_t count = 0;
        const auto add = [&](const Candidate& candidate, bool is_new) {
            const bool misses = candidate.width > 0 && !candidate.told;
            const std::uint32_t missed =
                misses ? std::min<std::uint32_t>(candidate.missed, Known::missed_max) : 0;
            after[count++] = {.id = candidate.id,
                              .missed = static_cast<std::uint8_t>(missed),
                              .awaited = is_new && misses};
        };
        auto newcomer = entered_.begin();
        const auto add_newcomers_below = [&](std::uint32_t id) {
            for (; newcomer != entered_.end() && newcomer->id < id; ++newcomer) {
                add(*newcomer, true);
            }
        };
        for (const Candidate& candidate : kept_) {
            add_newcomers_below(candidate.id);
            add(candidate, false);
        }
        add_newcomers_below(0x1'0000);
        return count;
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
    std::size_t place_ = 0;  // While they are sorted out: in the viewer's list.
    std::size_t put_off_ = 0;
    std::vector<Candidate> kept_;
    std::vector<Candidate> entered_;
    std::vector<std::size_t> leaves_;
    std::vector<Ranked> order_;
    std::vector<std::uint32_t> urgencies_;
    std::vector<std::uint32_t> nearest_;
};

}  // namespace ringtick
