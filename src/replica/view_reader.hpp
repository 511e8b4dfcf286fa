#pragma once

#include "replica/change.hpp"
#include "replica/snapshot_parts.hpp"
#include "replica/view.hpp"

#include <cstddef>
#include <cstdint>

namespace ringtick {

// Between which ticks, and in which world.
struct ViewSpan {
    std::uint32_t since = 0;  // Of the snapshot before; the same as `tick` in a keyframe.
    std::uint32_t tick = 0;
    Extent extent;
    std::uint32_t ids = 0;  // Ids are below this.
    unsigned id_bits = 0;
};

// Reads one list (view.hpp) into `after`. It goes on from `before`: null in a keyframe. False, and
// `after` means nothing, for bytes that no writer of ours wrote. `step(entity, tick)` is the
// server's. Steps every entity once for each tick between: a caller bounds them.
template <class Entity, std::size_t Capacity, class Step>
class ViewReader {
public:
    using List = VisibleList<Entity, Capacity>;

    ViewReader(FieldReader& reader, const ViewSpan& span, Step step)
        : reader_(reader), span_(span), step_(step) {}

    bool read(const List* before, List& after) {
        after.clear();
        leaves_.clear();
        BitsPassed passed(reader_);
        read_leaves(before != nullptr ? before->size() : 0);
        parts_ = {.comings = passed.take()};
        if (before != nullptr) read_kept(*before, after);
        parts_.updates = passed.take();
        read_entered(after);
        parts_.comings += passed.take();
        return reader_.ok();
    }

    // What of it was what.
    const SnapshotParts& parts() const { return parts_; }

private:
    auto telling() const { return Telling{Entity::wire, span_.extent}; }

    // Who knows nobody sees nobody leave.
    void read_leaves(std::size_t known) {
        std::uint32_t leaves = detail::read_count(reader_, static_cast<std::uint32_t>(known));
        std::size_t place = 0;
        for (; leaves > 0 && reader_.ok(); --leaves) {
            place += detail::read_count(reader_, Capacity);
            if (place >= known) return reader_.refuse();
            leaves_.push(place);
            place += 1;
        }
    }

    void read_kept(const List& before, List& after) {
        std::size_t next_leave = 0;
        for (std::size_t i = 0; i < before.size() && reader_.ok(); ++i) {
            if (next_leave < leaves_.size() && leaves_[next_leave] == i) {
                next_leave += 1;
                continue;
            }
            read_entity(after.push(before[i]).entity);
        }
    }

    void read_entity(Entity& entity) {
        bool told = false;
        bool whole = false;
        reader_.bits(told, 1);
        if (told) reader_.bits(whole, 1);
        if (whole) return describe_whole(reader_, telling(), entity);

        const std::uint32_t ticks = span_.tick - span_.since;
        std::uint32_t corrected = told ? 1 : 0;
        if (told && ticks > 32) return reader_.refuse();
        if (told && ticks > 1) reader_.bits(corrected, ticks);
        if (told && corrected == 0) return reader_.refuse();
        for (std::uint32_t i = 1; i <= ticks; ++i) {
            const auto step = [&](Entity& model) { step_(model, span_.since + i); };
            if ((corrected & 1) != 0) {
                read_step(reader_, telling(), entity, step);
            } else {
                step_model(telling(), entity, step);
            }
            corrected >>= 1;
        }
    }

    // Both lists ascend: what came goes between what stayed.
    void read_entered(List& after) {
        const auto room = static_cast<std::uint32_t>(Capacity - after.size());
        const std::size_t count = detail::read_count(reader_, room);
        std::size_t kept = after.size();
        after.resize(kept + count);
        std::size_t end = kept + count;
        // The writer begins with the highest, so that each finds its place behind what stayed.
        for (std::size_t left = count; left > 0 && reader_.ok(); --left) {
            Visible<Entity> seen;
            reader_.bits(seen.id, span_.id_bits);
            describe_whole(reader_, telling(), seen.entity);
            while (kept > 0 && after[kept - 1].id > seen.id) after[--end] = after[--kept];
            after[--end] = seen;
            const bool ascends = (kept == 0 || after[kept - 1].id < seen.id) &&
                                 (end + 1 == after.size() || seen.id < after[end + 1].id);
            if (seen.id >= span_.ids || !ascends) return reader_.refuse();
        }
    }

    FieldReader& reader_;
    ViewSpan span_;
    Step step_;
    BoundedList<std::size_t, Capacity> leaves_;
    SnapshotParts parts_;
};

}  // namespace ringtick
