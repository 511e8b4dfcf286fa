#pragma once

#include "base/assert.hpp"
#include "replica/state.hpp"
#include "tick/game.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// Who looks on, and at what. Those who look at the same share a view: one viewer that is nobody,
// for whom one stream of snapshots is written, each going on from the one before. Whoever missed
// one of the stream is shown the whole view once and is in it again, together with all others who
// need that in this tick. So a view costs one snapshot a tick, or two, however many look on.
//
//     tick      7       8       9      10
//     stream    7 ----> 8 ----> 9 ---> 10
//     Ann       7       8       9      10      of the stream, as Bob's
//     Bob       7       8       -   whole 10   his socket was full at 9
//     Cid                    whole 9   10      came
class Spectators {
public:
    Spectators(std::size_t players_max, std::size_t views_max)
        : views_(views_max), spectators_(players_max) {}

    std::size_t count() const { return count_; }

    // This one looks at that from now on, and knows nothing yet. False: there is no view left but
    // for so many that are to stay free.
    bool begin(PlayerId spectator, PlayerId subject, std::ptrdiff_t to_stay_free = 0) {
        ASSERT(!is_one(spectator));
        const auto same = std::ranges::find_if(views_, [&](const View& view) {
            return view.spectators > 0 && view.subject == subject;
        });
        const auto found =
            same != views_.end() ? same : std::ranges::find(views_, 0U, &View::spectators);
        const auto free = std::ranges::count(views_, 0U, &View::spectators);
        if (same == views_.end() && free <= to_stay_free) return false;
        if (found->spectators == 0) *found = {.subject = subject};
        found->spectators += 1;
        count_ += 1;
        spectators_[spectator.slot] = {.view = static_cast<std::uint16_t>(found - views_.begin())};
        return true;
    }
    // There is no view left: this one looks at what most others look at. False: there is nothing.
    bool join_most(PlayerId spectator) {
        const auto most = std::ranges::max_element(views_, {}, &View::spectators);
        if (most == views_.end() || most->spectators == 0) return false;
        return begin(spectator, most->subject);
    }
    void end(PlayerId spectator) {
        if (!is_one(spectator)) return;
        views_[spectators_[spectator.slot].view].spectators -= 1;
        spectators_[spectator.slot] = {};
        count_ -= 1;
    }
    bool is_one(PlayerId player) const {
        ASSERT(player.slot < spectators_.size());
        return spectators_[player.slot].view != none;
    }
    // Of all of them that in the highest slot.
    PlayerId last() const {
        ASSERT(count_ > 0);
        const auto found =
            std::ranges::find_if(spectators_.rbegin(), spectators_.rend(),
                                 [](const Spectator& one) { return one.view != none; });
        return {static_cast<std::uint16_t>(spectators_.rend() - found - 1)};
    }
    PlayerId subject_of(PlayerId spectator) const { return view_of(spectator).subject; }

    // Which snapshot this one gets in this tick, and takes it as taken.
    SnapshotKey take(PlayerId spectator, std::uint32_t tick) {
        ASSERT(is_one(spectator));
        Spectator& one = spectators_[spectator.slot];
        View& view = views_[one.view];
        if (view.latest != tick) {
            view.before = view.is_broken ? 0 : view.latest;
            view.latest = tick;
            view.is_broken = false;
        }
        if (one.has != tick) one.needs_all = view.before != 0 && one.has != view.before;
        if (one.needs_all && view.is_broken) return SnapshotKey::held_back;
        one.has = tick;
        const std::uint32_t first = 2;  // Past the keys with a name.
        return static_cast<SnapshotKey>(first + 2U * one.view + (one.needs_all ? 1U : 0U));
    }
    // Writes that: the next of the stream, or all of the view, from which the stream then goes on.
    // `viewer` has the slot of the first view.
    template <class Writer, class Viewer, class Pass>
    std::size_t write(
        PlayerId spectator, Writer& writer, Viewer viewer, std::span<std::byte> out, Pass pass) {
        viewer.slot += spectators_[spectator.slot].view;
        written_ += 1;
        if (!needs_all(spectator)) {
            if (begins_anew(spectator)) writer.forget(viewer.slot);
            return writer.write(viewer, out, pass);
        }
        std::size_t size = 1;
        if (!writer.has_written(viewer.slot)) {
            written_ += 1;
            size = writer.write(viewer, out, pass);
        }
        if (size > 0) size = writer.write_whole(viewer, out, pass);
        if (size == 0) give_up_whole(spectator);
        return size;
    }
    std::uint64_t snapshots_written() const { return written_; }

    // What it took: the whole view, or the next of the stream; and whether that begins anew.
    bool needs_all(PlayerId spectator) const { return spectators_[spectator.slot].needs_all; }
    bool begins_anew(PlayerId spectator) const { return view_of(spectator).before == 0; }
    // What it took never left, or it is to begin anew.
    void lose(PlayerId spectator) { spectators_[spectator.slot].has = 0; }
    // The whole view does not fit into a snapshot: in the next tick its stream begins anew, for
    // all.
    void give_up_whole(PlayerId spectator) {
        lose(spectator);
        views_[spectators_[spectator.slot].view].is_broken = true;
    }

    // Of each that somebody looks at.
    template <class Holds>
    bool all_subjects(Holds holds) const {
        return std::ranges::all_of(
            views_, [&](const View& view) { return view.spectators == 0 || holds(view.subject); });
    }

    // Who looks at what (see state.hpp). Who takes that in has shown it to nobody.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        for (std::size_t slot = 0; slot < self.spectators_.size(); ++slot) {
            const PlayerId player{static_cast<std::uint16_t>(slot)};
            bool is_one = self.is_one(player);  // NOLINT(misc-const-correctness): readers assign.
            codec.bits(is_one, 1);
            codec.only_if(is_one, [&] {
                PlayerId subject{};
                if (self.is_one(player)) subject = self.subject_of(player);
                codec.whole(subject.slot);
                if constexpr (reads<Codec>) expect(codec, self.begin(player, subject));
            });
        }
    }

private:
    static constexpr std::uint16_t none = 0xFFFF;

    struct View {
        PlayerId subject{};
        std::uint32_t spectators = 0;  // 0: it is free.
        std::uint32_t latest = 0;      // Ticks of the stream: the last one,
        std::uint32_t before = 0;      // and the one that it goes on from; 0: it begins.
        bool is_broken = false;
    };
    struct Spectator {
        std::uint16_t view = none;
        bool needs_all = true;
        std::uint32_t has = 0;  // The tick of the last snapshot that it was sent.
    };

    const View& view_of(PlayerId spectator) const {
        ASSERT(is_one(spectator));
        return views_[spectators_[spectator.slot].view];
    }

    std::vector<View> views_;
    std::vector<Spectator> spectators_;  // By player slot.
    std::size_t count_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace ringtick
