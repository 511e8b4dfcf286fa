#pragma once

#include "replica/game_types.hpp"
#include "replica/order.hpp"
#include "replica/seats.hpp"
#include "replica/snapshot.hpp"
#include "replica/state.hpp"
#include "tick/game.hpp"
#include "tick/room_order.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

// What a host asks of its game (host.hpp). G names its types (game_types.hpp) and gives
//
//     void on_join(PlayerId), on_leave(PlayerId)
//     void on_input(PlayerId, const Input&)           exactly one a player and tick, before tick()
//     void tick(std::uint64_t tick)                   or with an Outbox&, for messages of its own
//     entities()                                      a std::tuple of an EntityList for each type
//
// and, where it wants more than the least:
//
//     void on_join(PlayerId, const Greeting&)  instead, with a Greeting
//     void on_input(PlayerId, const Order<Input>&)  instead: with the moment that its player saw
//     static constexpr std::uint16_t players_max    of whom there can be no more in a room
//     Facts facts() const                      with Facts
//     const Own& own(PlayerId) const           with an Own
//     const Rules& rules() const               with rules that need more than types (PlainRules)
//     Sight sight(PlayerId) const              whoever sees less than everything
//     write_passing(writer, since, PlayerId)   with Passing; rules().passing() reads it; or with
//                                              what sight() said, a const Sight&, in place of whose
//     on_told(const SnapshotWriter&)           after each tick: what everybody is told
//     template <class Codec, class Self>
//     static void describe_state(Codec&, Self&, std::uint64_t tick)
//                                              all that later ticks depend on (state.hpp), at the
//                                              end of that one: so that replays are verified, and
//                                              begin anywhere; with
//     bool is_in(PlayerId) const               whether it has joined and not left
//     introduce(PlayerId)                      tell it again all that only a newcomer is told
//     on_watch(PlayerId), on_unwatch(PlayerId)  it takes or leaves a seat only to look on; one of
//                                              players_max and up, if it is a guest's (game.hpp)
//     std::string_view name_of(PlayerId) const  what people call it (game.hpp)
//     bool can_obey(const RoomOrder&) const    an operator's orders (tick/room_order.hpp): which of
//     on_order(const RoomOrder&)               them; and, before the tick's inputs, one of these
//     bool can_watch(PlayerId) const           more can be looked at than who plays: if `overview`
//                                              can, it is asked about as a player is
namespace ringtick {

namespace detail {

template <class G>
struct RulesOf {
    using Type = PlainRules<G>;
};
template <class G>
requires requires(const G& game) {
    game.rules();
}
struct RulesOf<G> {
    using Type = std::remove_cvref_t<decltype(std::declval<const G&>().rules())>;
};

template <class G>
const typename RulesOf<G>::Type& rules_of(const G& game) {
    if constexpr (requires { game.rules(); }) {
        return game.rules();
    } else {
        static constexpr typename RulesOf<G>::Type plain{};
        return plain;
    }
}

// Whoever it is told for: a player, or its Sight. A game has one of the two.
template <class G, class Whom>
void write_passing_to(G& game, FieldWriter& writer, std::uint32_t since, const Whom& whom) {
    if constexpr (requires { game.write_passing(writer, since, whom); }) {
        game.write_passing(writer, since, whom);
    }
}

template <class G>
inline constexpr bool has_state = requires(StateHasher& hasher, const G& game) {
    G::describe_state(hasher, game, std::uint64_t{});
};

}  // namespace detail

// What a game can be told in more than one way, or need not be told.

template <class G, class Hello>
void tell_join(G& game, PlayerId seat, const Hello& hello) {
    if constexpr (requires { game.on_join(seat, hello); }) {
        game.on_join(seat, hello);
    } else {
        game.on_join(seat);
    }
}

template <class G>
void tell_input(G& game, PlayerId seat, const Order<typename G::Input>& order) {
    if constexpr (requires { game.on_input(seat, order); }) {
        game.on_input(seat, order);
    } else {
        game.on_input(seat, order.input);
    }
}

template <class G>
bool can_obey(const G& game, std::span<const std::byte> bytes) {
    if constexpr (requires(const RoomOrder& order) { game.can_obey(order); }) {
        const auto order = RoomOrder::decoded(bytes);
        return order && game.can_obey(*order);
    }
    return false;
}
template <class G>
bool tell_order(G& game, std::span<const std::byte> bytes) {
    if constexpr (requires(const RoomOrder& order) { game.on_order(order); }) {
        const auto order = RoomOrder::decoded(bytes);
        if (!order || !game.can_obey(*order)) return false;
        game.on_order(*order);
        return true;
    }
    return false;
}

// Of who sits there, if anybody does.
template <class G>
std::string_view name_in(const G& game, std::uint16_t seat) {
    if constexpr (requires { game.name_of(PlayerId{seat}); }) {
        if (seat != Seats::none) return game.name_of(PlayerId{seat});
    }
    return {};
}

// Calls write(viewer, pass) with what is seen by this player, or of it.
template <class Writer, class G, class Write>
std::size_t with_viewer(G& game, PlayerId subject, Write write) {
    typename Writer::Viewer to;
    if constexpr (has_own<G>) to.own = &game.own(subject);
    if constexpr (requires { game.sight(subject); }) {
        const Sight sight = game.sight(subject);
        to.sight = &sight;
        return write(to, [&](FieldWriter& writer, std::uint32_t since) {
            detail::write_passing_to(game, writer, since, sight);
            detail::write_passing_to(game, writer, since, subject);
        });
    } else {
        return write(to, [&](FieldWriter& writer, std::uint32_t since) {
            detail::write_passing_to(game, writer, since, subject);
        });
    }
}

}  // namespace ringtick
