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

// Writes what became of one viewer's list of entities (view.hpp draws it) into so many bits. If not
// everything fits, what is told is chosen by urgency times how long it has been missed; newcomers
// that do not fit come with a later snapshot. Memory at construction; one serves all viewers.
template <class Entity>
class ViewWriter {
public:
    ViewWriter(Models<Entity>& models, unsigned id_bits) : models_(models), id_bits_(id_bits) {
        kept_.reserve(models.capacity());
        entered_.reserve(models.capacity());
        leaves_.reserve(models.capacity());
        order_.reserve(models.capacity());
    }

    struct Viewer {
        std::span<const Known> before;  // What it knows since its last snapshot; a keyframe: none.
        std::uint32_t since = 0;        // That snapshot's tick.
        std::span<const std::uint16_t> seen;  // What it is to know now. All lists ascend by id.
        std::size_t bits_max = 0;
    };

    // Fills `after`, the viewer's next `before`, and returns how many are in it. Nothing, and
    // nothing is written, if the least that has to be said does not fit. `urgency(id)` is from 1 to
    // 2^24.
    template <class Urgency>
    std::optional<std::size_t> write(FieldWriter& writer,
                                     const Viewer& viewer,
                                     std::span<Known> after,
                                     Urgency urgency) {
        since_ = viewer.since;
        sort_out(viewer.before, viewer.seen);
        const std::size_t least = least_width();
        if (least > viewer.bits_max) return std::nullopt;
        std::size_t left = viewer.bits_max - least;
        left -= choose(kept_, left, kept_.size(), urgency);
        ASSERT(kept_.size() <= after.size());
        choose(entered_, left, after.size() - kept_.size(), urgency);

        write_leaves(writer);
        write_kept(writer);
        write_entered(writer);
        return remember(after);
    }

    // The least that has to be said to a viewer who knows so many takes no more bits than this: for
    // who is kept one, for who leaves four and a few for the distance.
    static constexpr std::size_t least_width_max(std::size_t known) {
        return 5 * known + std::size_t{2} * detail::count_width(0xFFFF);
    }

private:
    struct Candidate {
        std::uint16_t id = 0;
        std::uint8_t missed = 0;
        bool whole = false;
        bool told = false;
        std::uint32_t width =
            0;  // Beyond the bit that says whether it is told. 0: nothing to tell.
    };

    void sort_out(std::span<const Known> before, std::span<const std::uint16_t> seen) {
        kept_.clear();
        entered_.clear();
        leaves_.clear();
        std::size_t place = 0;
        for (const std::uint16_t id : seen) {
            for (; place < before.size() && before[place].id < id; ++place) {
                leaves_.push_back(place);
            }
            const bool known = place < before.size() && before[place].id == id;
            const bool same = known && models_.shown_since(id) <= since_;
            if (known && !same) leaves_.push_back(place);
            if (same) {
                kept_.push_back(to_tell(before[place]));
            } else {
                entered_.push_back(
                    {.id = id, .whole = true, .width = id_bits_ + models_.whole(id).width});
            }
            if (known) place += 1;
        }
        for (; place < before.size(); ++place) leaves_.push_back(place);
    }

    // What there is to tell of an entity that the viewer knows, in the shorter of two ways.
    Candidate to_tell(const Known& known) {
        Candidate candidate{.id = known.id, .missed = known.missed};
        const std::uint32_t ticks = models_.tick() - since_;
        if (known.missed == 0 && !models_.changed_since(known.id, since_)) return candidate;
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

    // Marks those that are told within so many bits, and so many of them; returns the bits.
    template <class Urgency>
    std::size_t choose(std::vector<Candidate>& candidates,
                       std::size_t bits_max,
                       std::size_t count_max,
                       Urgency& urgency) {
        std::size_t width = 0;
        for (const Candidate& candidate : candidates) width += candidate.width;
        const bool all = width <= bits_max && candidates.size() <= count_max;
        if (!all) return choose_most_urgent(candidates, bits_max, count_max, urgency);
        for (Candidate& candidate : candidates) candidate.told = candidate.width > 0;
        return width;
    }

    template <class Urgency>
    std::size_t choose_most_urgent(std::vector<Candidate>& candidates,
                                   std::size_t bits_max,
                                   std::size_t count_max,
                                   Urgency& urgency) {
        order_.clear();
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            const std::uint32_t ticks = candidates[i].missed + 1U;
            const std::uint32_t weight = urgency(candidates[i].id);
            if (candidates[i].width > 0) order_.push_back({weight * ticks, i});
        }
        std::ranges::sort(order_, [](const Ranked& a, const Ranked& b) {
            return a.urgency != b.urgency ? a.urgency > b.urgency : a.index < b.index;
        });
        std::size_t width = 0;
        std::size_t count = 0;
        for (const Ranked& ranked : order_) {
            Candidate& candidate = candidates[ranked.index];
            if (count == count_max || width + candidate.width > bits_max) continue;
            candidate.told = true;
            width += candidate.width;
            count += 1;
        }
        return width;
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
        auto newcomer = entered_.begin();
        const auto add_newcomers_below = [&](std::uint32_t id) {
            for (; newcomer != entered_.end() && newcomer->id < id; ++newcomer) {
                if (newcomer->told) after[count++] = {.id = newcomer->id};
            }
        };
        for (const Candidate& candidate : kept_) {
            add_newcomers_below(candidate.id);
            after[count++] = {.id = candidate.id, .missed = missed_by(candidate)};
        }
        add_newcomers_below(0x1'0000);
        return count;
    }

    std::uint8_t missed_by(const Candidate& candidate) const {
        if (candidate.told || candidate.width == 0) return 0;
        const std::uint32_t missed = candidate.missed + (models_.tick() - since_);
        return static_cast<std::uint8_t>(std::min<std::uint32_t>(missed, Known::missed_max));
    }

    struct Ranked {
        std::uint32_t urgency = 0;
        std::size_t index = 0;
    };

    Models<Entity>& models_;
    unsigned id_bits_;
    std::uint32_t since_ = 0;
    std::vector<Candidate> kept_;
    std::vector<Candidate> entered_;
    std::vector<std::size_t> leaves_;
    std::vector<Ranked> order_;
};

}  // namespace ringtick
