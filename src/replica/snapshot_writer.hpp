#pragma once

#include "base/assert.hpp"
#include "replica/cell_writer.hpp"
#include "replica/game_types.hpp"
#include "replica/protocol.hpp"
#include "replica/recent_ticks.hpp"
#include "replica/snapshot.hpp"
#include "replica/told.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace ringtick {

namespace detail {

template <class Entities>
struct CellsOf;
template <class... Entities>
struct CellsOf<Types<Entities...>> {
    using Type = CellWriter<Entities...>;
};

}  // namespace detail

// Writes what became of the world for one viewer since its last snapshot (snapshot.hpp). One serves
// all viewers of a world; its memory is its own, all of it at construction.
template <class G, class Rules>
class SnapshotWriter {
public:
    // `lists` is a tuple of an EntityList for each type. Rules and entities must live as long.
    // `snapshot_bytes` is the budget of a snapshot, beyond which goes only what cannot wait any
    // longer (see view_writer.hpp); 0: there is none. By cells nothing can wait: there its fourfold
    // is the bound, and what does not fit is a narrower view. Who is told the whole has no budget.
    template <class... Entities>
    SnapshotWriter(const Rules& rules,
                   const std::tuple<EntityList<Entities>...>& lists,
                   std::size_t viewers_max,
                   std::size_t snapshot_bytes = 0)
        : rules_(rules),
          bits_wanted_(snapshot_bytes > 0 ? snapshot_bytes * 8 : ~std::size_t{0}),
          told_(typename detail::Told<Entities>::Scope{std::get<EntityList<Entities>>(lists),
                                                       rules.extent(), viewers_max}...),
          cells_(cell_grid_of<Entities...>(rules.extent()),
                 {std::get<EntityList<Entities>>(lists).all.size()...}),
          cells_size_max_(snapshot_bytes > 0 ? 4 * snapshot_bytes : ~std::size_t{0}),
          baselines_(viewers_max),
          encodings_(viewers_max),
          told_all_(viewers_max) {
        // Of other widths, the reader would understand nothing.
        ASSERT(((std::get<EntityList<Entities>>(lists).all.size() ==
                 rules.ids(std::type_identity<Entities>{})) &&
                ...));
        ASSERT(((std::get<EntityList<Entities>>(lists).all.size() <= 0x1'0000) && ...));
    }

    struct Viewer {
        std::size_t slot = 0;  // Below viewers_max.
        std::uint32_t input_stamp = 0;
        std::int8_t input_lead = 0;
        const OwnOf<G>* own = nullptr;
        const Sight* sight = nullptr;  // Null: it sees everything.
    };

    // After the world's tick, before the first write().
    void begin_tick(std::uint32_t tick) {
        tick_ = tick;
        std::apply([&](auto&... told) { (told.advance(tick, rules_), ...); }, told_);
    }

    // Returns the bytes used of `out`; 0: not even the least that has to be told fits.
    // `pass(writer, since)` writes what passes, all of it since that tick.
    template <class Pass>
    std::size_t write(const Viewer& viewer, std::span<std::byte> out, Pass pass) {
        ASSERT(viewer.slot < baselines_.size());
        if (latest(viewer.slot).tick == tick_) take_back(viewer.slot);  // Asked again: never left.
        const std::uint32_t ticks = tick_ - latest(viewer.slot).tick;
        if (ticks > SnapshotHeader::ticks_since_max) forget(viewer.slot);
        std::size_t size = 0;
        if (encoding(viewer.slot) == Encoding::cells) {
            size = write_cells(viewer, out.first(std::min(out.size(), cells_size_max_)), pass);
        }
        // Where a single cell is too much, the nearest are picked.
        if (size == 0) size = write_changes(viewer, out, pass);
        // A list that has grown out of the room there is for its changes is begun anew.
        if (size == 0) forget(viewer.slot);
        return size;
    }

    // For somebody who knows nothing what this viewer knows since its snapshot of this tick:
    // whoever has read either goes on from there alike. 0: it does not fit.
    template <class Pass>
    std::size_t write_whole(const Viewer& viewer, std::span<std::byte> out, Pass pass) {
        const Baselines& baselines = baselines_[viewer.slot];
        ASSERT(has_written(viewer.slot));
        FieldWriter writer(out);
        SnapshotHeader header = header_for(viewer, 0, Encoding::changes);
        if (has_own<G>) header.tag.flags |= SnapshotHeader::own_whole;
        describe_snapshot_header(writer, header, 0);
        if constexpr (has_own<G>) {
            OwnOf<G> own = latest(viewer.slot).own;
            describe_whole(writer, Telling{OwnOf<G>::owner_wire, rules_.extent()}, own);
        }
        pass(writer, 0U);
        const auto write_list = [&](auto& told) {
            return !writer.overflowed() && told.write_whole(writer, viewer.slot, baselines.latest);
        };
        const bool fits =
            std::apply([&](auto&... told) { return (write_list(told) && ...); }, told_);
        if (!fits) return 0;
        const std::size_t size = writer.finish();
        ASSERT(!writer.overflowed());
        return size;
    }

    // For this viewer, in this tick.
    bool has_written(std::size_t viewer) const { return latest(viewer).tick == tick_; }
    // The last snapshot that was written for it never left: what it knows is what it knew before.
    void take_back(std::size_t viewer) { baselines_[viewer].latest ^= 1; }
    // It has applied the snapshot of this tick, of which it has what `held` says (held.hpp), and
    // nothing that was written for it behind that: the next goes on from there. What it says need
    // not be true, but then it understands nothing. False, and it knows nothing, if that is no list
    // of ours or no tick before the next.
    bool go_on_from(std::size_t viewer, std::uint32_t tick, std::span<const std::byte> held) {
        const bool is_current = told_all_[viewer].has(tick);
        forget(viewer);
        FieldReader reader(held);
        bool by_cells = false;
        reader.bits(by_cells, 1);
        const auto take_up = [&](auto& told) { return told.take_up(reader, viewer, is_current); };
        const bool is_list =
            by_cells || std::apply([&](auto&... told) { return (take_up(told) && ...); }, told_);
        if (!is_list || !reader.finished() || tick == 0 || tick > tick_) return false;
        baselines_[viewer].both[0] = {.tick = tick,
                                      .encoding = by_cells ? Encoding::cells : Encoding::changes,
                                      .own_is_known = false};
        return true;
    }
    // It knows nothing: the next snapshot is a keyframe.
    void forget(std::size_t viewer) { baselines_[viewer] = {}; }

    // From its next snapshot on.
    void encode_by(std::size_t viewer, Encoding encoding) { encodings_[viewer] = encoding; }
    Encoding encoding(std::size_t viewer) const { return encodings_[viewer]; }

    // What a viewer asks for beside its snapshots, and is told.
    Pong answer(std::size_t viewer, const Ping& ping, std::uint32_t tick) {
        encode_by(viewer, ping.wanted());
        Pong pong{.sent_us = ping.sent_us, .tick = tick};
        if ((ping.tag.flags & Ping::wants_put_off) != 0) tell_put_off(viewer, pong);
        return pong;
    }

    // Of all that write() wrote, be it that it never left.
    const SnapshotCounters& counters() const { return counters_; }

    // What whoever sees an entity is told that it is.
    template <class Entity>
    const Models<Entity>& models() const {
        return std::get<detail::Told<Entity>>(told_).models();
    }
    // See state.hpp: all models, at the end of `tick`.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint32_t tick) {
        std::apply([&](auto&... told) { (told.describe_models(codec, told, tick), ...); },
                   self.told_);
    }

private:
    using Cells = typename detail::CellsOf<typename G::Entities>::Type;

    // What a viewer has been told, when its snapshot of this tick is applied.
    struct Baseline {
        std::uint32_t tick = 0;  // 0: nothing.
        Encoding encoding = Encoding::changes;
        bool own_is_known = true;
        OwnOf<G> own{};
    };
    struct Baselines {
        std::array<Baseline, 2> both{};  // In turns: one is taken back if it never left.
        std::uint8_t latest = 0;
    };

    const Baseline& latest(std::size_t viewer) const {
        return baselines_[viewer].both[baselines_[viewer].latest];
    }

    // Where the whole or cells are told, nobody is put off.
    void tell_put_off(std::size_t viewer, Pong& pong) const {
        pong.tag.flags |= Pong::tells_put_off;
        const Baseline& last = latest(viewer);
        if (last.tick == 0 || last.encoding != Encoding::changes) return;
        static_assert(std::tuple_size_v<decltype(told_)> <= 1U << EntityName::type_bits);
        EntityName name;
        const auto tell = [&](const auto& told) {
            told.for_each_put_off(viewer, baselines_[viewer].latest, [&](std::uint16_t id) {
                name.id = id;
                if (!pong.put_off.full()) pong.put_off.push(name);
            });
            name.type += 1;
        };
        std::apply([&](const auto&... told) { (tell(told), ...); }, told_);
    }

    template <class Pass>
    std::size_t write_changes(const Viewer& viewer, std::span<std::byte> out, Pass& pass) {
        Baselines& baselines = baselines_[viewer.slot];
        const Baseline& before = latest(viewer.slot);
        Baseline& after = baselines.both[1U - baselines.latest];
        after = {.tick = tick_, .encoding = Encoding::changes, .own = before.own};
        // Cells leave no list that changes could go on from, and the whole needs none.
        const bool whole = encoding(viewer.slot) == Encoding::whole;
        const bool goes_on = before.encoding == Encoding::changes && !whole;
        const std::uint32_t since = goes_on ? before.tick : 0;

        FieldWriter writer(out);
        BitsPassed passed(writer);
        SnapshotHeader header = header_for(viewer, since, Encoding::changes);
        const bool own_whole = since == 0 || !before.own_is_known;
        if (has_own<G> && own_whole) header.tag.flags |= SnapshotHeader::own_whole;
        describe_snapshot_header(writer, header, since);
        SnapshotParts parts{.header = passed.take()};
        if constexpr (has_own<G>) {
            write_own(writer, own_whole ? 0 : since, after.own, *viewer.own);
        }
        parts.own = passed.take();
        pass(writer, before.tick);
        parts.passing = passed.take();

        const detail::ListPlace place{
            .viewer = viewer.slot, .generation = baselines.latest, .since = since};
        const std::size_t room = out.size() * 8;
        const std::size_t beyond_budget = whole ? 0 : room - std::min(room, bits_wanted_);
        if (!write_lists(writer, place, viewer, beyond_budget)) return 0;

        const std::size_t size = writer.finish();
        ASSERT(!writer.overflowed());
        told_all_[viewer.slot].note(tick_, put_off() == 0);
        if (!whole) count_budget(size);
        add_lists(parts);
        parts.header += size * 8 - parts.sum();  // The filling.
        counters_.parts.add(parts);
        baselines.latest ^= 1;
        return size;
    }

    // All of it is told as to somebody who knows nothing, so that nothing has to be remembered.
    template <class Pass>
    std::size_t write_cells(const Viewer& viewer, std::span<std::byte> out, Pass& pass) {
        using Shown = typename Cells::Shown;
        Baselines& baselines = baselines_[viewer.slot];
        const std::uint32_t since = latest(viewer.slot).tick;
        FieldWriter writer(out);
        SnapshotParts parts = begin_cells(writer, viewer, since);
        BitsPassed passed(writer);
        pass(writer, since);
        parts.passing = passed.take();

        const Shown shown = cells_of_now().write(writer, cells_viewer(viewer, writer.bits_left()));
        if (shown == Shown::nothing) return 0;
        if (shown == Shown::less) counters_.cut += 1;
        parts.cells = passed.take();
        ASSERT(!writer.overflowed());
        counters_.parts.add(parts);
        Baseline& after = baselines.both[1U - baselines.latest];
        after.tick = tick_;
        after.encoding = Encoding::cells;
        after.own_is_known = false;
        baselines.latest ^= 1;
        told_all_[viewer.slot].note(tick_, false);
        return writer.finish();
    }

    // With a writer of its own and flat, so that this lies in registers.
    [[gnu::flatten]] SnapshotParts begin_cells(FieldWriter& out,
                                               const Viewer& viewer,
                                               std::uint32_t since) const {
        FieldWriter writer = out;
        BitsPassed passed(writer);
        SnapshotHeader header = header_for(viewer, since, Encoding::cells);
        if (has_own<G>) header.tag.flags |= SnapshotHeader::own_whole;
        describe_snapshot_header(writer, header, since);
        writer.align();
        SnapshotParts parts{.header = passed.take()};
        if constexpr (has_own<G>) {
            const Telling telling{OwnOf<G>::owner_wire, rules_.extent()};
            OwnOf<G> own;
            begin_model(telling, own, *viewer.own);
            describe_whole(writer, telling, own);
        }
        parts.own = passed.take();
        out = writer;
        return parts;
    }

    // Built when somebody is told by them.
    const Cells& cells_of_now() {
        if (cells_tick_ != tick_) {
            std::apply([&](const auto&... told) { cells_.build(told.all()...); }, told_);
            cells_tick_ = tick_;
        }
        return cells_;
    }
    typename Cells::Viewer cells_viewer(const Viewer& viewer, std::size_t bits_max) const {
        const Fixed side = Fixed::from_int(rules_.extent().side);
        const Rect seen =
            viewer.sight != nullptr ? viewer.sight->inner : Rect{.x1 = side, .y1 = side};
        return {.from = {seen.x0, seen.y0}, .to = {seen.x1, seen.y1}, .bits_max = bits_max};
    }

    // Of how many the last lists of changes said nothing, for the budget's sake.
    std::size_t put_off() const {
        return std::apply([](const auto&... told) { return (told.put_off() + ...); }, told_);
    }
    void count_budget(std::size_t size) {
        if (put_off() > 0) counters_.cut += 1;
        if (size * 8 > bits_wanted_) counters_.over_budget += 1;
    }

    void add_lists(SnapshotParts& parts) const {
        std::apply([&](const auto&... told) { (parts.add(told.parts()), ...); }, told_);
    }

    // Each gets what the least of those behind it leaves: of the room, and of the budget, which is
    // less by so many bits.
    bool write_lists(FieldWriter& writer,
                     detail::ListPlace place,
                     const Viewer& viewer,
                     std::size_t beyond_budget) {
        std::size_t reserved = 0;
        const auto reserve = [&](const auto& told) { reserved += told.least_width_max(place); };
        std::apply([&](const auto&... told) { (reserve(told), ...); }, told_);
        const auto write_list = [&](auto& told) {
            reserved -= told.least_width_max(place);
            if (writer.overflowed() || writer.bits_left() < reserved) return false;
            place.bits_max = writer.bits_left() - reserved;
            place.bits_wanted = place.bits_max - std::min(place.bits_max, beyond_budget);
            return told.write(writer, place, viewer.sight, viewer.own);
        };
        return std::apply([&](auto&... told) { return (write_list(told) && ...); }, told_);
    }

    SnapshotHeader header_for(const Viewer& viewer, std::uint32_t since, Encoding encoding) const {
        const bool is_keyframe = since == 0;
        const bool skipped = !is_keyframe && tick_ > since + 1;
        const auto stamp = static_cast<std::int32_t>(viewer.input_stamp - tick_);
        SnapshotHeader header{.tick = tick_,
                              .input_tick = static_cast<std::int8_t>(std::clamp(stamp, -128, 127)),
                              .input_lead = viewer.input_lead};
        if (is_keyframe) header.tag.flags |= SnapshotHeader::keyframe;
        if (skipped) header.tag.flags |= SnapshotHeader::rate_delayed;
        if (encoding == Encoding::cells) header.tag.flags |= SnapshotHeader::cells;
        return header;
    }

    // `own` is what the viewer was told of its entity and becomes what it is told now; the
    // counterpart of read_own in snapshot.hpp.
    void write_own(FieldWriter& writer,
                   std::uint32_t since,
                   OwnOf<G>& own,
                   const OwnOf<G>& actual) const {
        const Telling telling{OwnOf<G>::owner_wire, rules_.extent()};
        if (since == 0) {
            begin_model(telling, own, actual);
            return describe_whole(writer, telling, own);
        }
        for (std::uint32_t tick = since + 1; tick < tick_; ++tick) {
            step_model(telling, own, [&](auto& model) { rules_.step(model, tick); });
        }
        const auto miss =
            follow(telling, own, actual, [&](auto& model) { rules_.step(model, tick_); });
        writer.bits(miss.mask != 0, 1);
        if (miss.mask != 0) write_miss(writer, telling, miss, own, actual);
    }

    const Rules& rules_;
    std::size_t bits_wanted_;
    SnapshotCounters counters_;
    typename detail::ToldOf<typename G::Entities>::Type told_;
    Cells cells_;  // Of the world as it is in cells_tick_.
    std::uint32_t cells_tick_ = 0;
    std::size_t cells_size_max_;
    std::vector<Baselines> baselines_;
    std::vector<Encoding> encodings_;
    std::vector<RecentTicks> told_all_;  // In which ticks nothing was put off for a viewer.
    std::uint32_t tick_ = 0;
};

}  // namespace ringtick
