#pragma once

#include "replica/game_types.hpp"
#include "replica/snapshot.hpp"
#include "tick/game.hpp"

#include <cstdint>
#include <type_traits>
#include <utility>

// What a host asks of its game (host.hpp), which may leave out what it does not need.
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

}  // namespace detail

// Calls write(viewer, pass) with what is seen by this player, or of it.
template <class Writer, class G, class Write>
std::size_t with_viewer(G& game, PlayerId subject, Write write) {
    typename Writer::Viewer to;
    if constexpr (has_own<G>) to.own = &game.own(subject);
    const auto pass = [&](FieldWriter& writer, std::uint32_t since) {
        if constexpr (requires { game.write_passing(writer, since, subject); }) {
            game.write_passing(writer, since, subject);
        }
    };
    if constexpr (requires { game.sight(subject); }) {
        const Sight sight = game.sight(subject);
        to.sight = &sight;
        return write(to, pass);
    } else {
        return write(to, pass);
    }
}

}  // namespace ringtick
