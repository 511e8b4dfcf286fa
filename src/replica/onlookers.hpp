#pragma once

#include "replica/host_options.hpp"
#include "replica/session.hpp"
#include "replica/spectators.hpp"
#include "tick/game.hpp"

#include <cstddef>
#include <cstdint>

namespace ringtick {

// All who look on and take no part: spectators of the match, and guests, to whom a recorded match
// is shown. What a spectator looks at is a part of the match. So guests have views of their own,
// and whatever they do takes none from a spectator.
//
//     viewers of a snapshot writer:
//         players' and guests' seats | spectators' views | guests' views
class Onlookers {
public:
    explicit Onlookers(const HostOptions& options)
        : players_max_(options.players_max),
          views_max_(options.views_max),
          seats_(std::size_t{options.players_max} + options.guests_max),
          spectators_(options.players_max, options.views_max),
          guests_(options.guests_max > 0 ? seats_ : 0, options.guests_max > 0 ? views_max_ : 0) {}

    bool is_guest(PlayerId player) const { return player.slot >= players_max_; }
    Spectators& of(PlayerId player) { return is_guest(player) ? guests_ : spectators_; }
    const Spectators& of(PlayerId player) const { return is_guest(player) ? guests_ : spectators_; }
    bool includes(PlayerId player) const { return of(player).is_one(player); }
    Spectators& spectators() { return spectators_; }
    const Spectators& spectators() const { return spectators_; }

    // Who cannot look at whom it wants to looks at what there is, for which a view stays free; and
    // where there is nothing of the kind and no view left, at what most others look at. False:
    // there is nothing.
    template <class CanWatch>
    bool look_at(PlayerId player, PlayerId subject, CanWatch can_watch) {
        Spectators& spectators = of(player);
        const bool has_more = can_watch(PlayerId{overview});
        const bool can = can_watch(subject);
        if (can && spectators.begin(player, subject, has_more ? 1 : 0)) return true;
        if (has_more && spectators.begin(player, {overview})) return true;
        return can && spectators.join_most(player);
    }

    // Those whose subject is not there any more look at something else, without another word: what
    // they are shown next stands alone. Of who finds nothing: give_up(player).
    template <class CanWatch, class GiveUp>
    void look_elsewhere(CanWatch can_watch, GiveUp give_up) {
        if (spectators_.all_subjects(can_watch) && guests_.all_subjects(can_watch)) return;
        for (std::size_t slot = 0; slot < seats_; ++slot) {
            const PlayerId player{static_cast<std::uint16_t>(slot)};
            if (!includes(player) || can_watch(of(player).subject_of(player))) continue;
            of(player).end(player);
            if (!look_at(player, {overview}, can_watch)) give_up(player);
        }
    }

    // Of the writer: where the views begin that are for those like this one.
    std::size_t first_viewer(PlayerId player) const {
        return seats_ + (is_guest(player) ? views_max_ : 0);
    }
    static std::size_t viewers_max(const HostOptions& options) {
        const std::size_t kinds = options.guests_max > 0 ? 2 : 1;
        return std::size_t{options.players_max} + options.guests_max + kinds * options.views_max;
    }

private:
    std::size_t players_max_;
    std::size_t views_max_;
    std::size_t seats_;
    Spectators spectators_;
    Spectators guests_;
};

}  // namespace ringtick
