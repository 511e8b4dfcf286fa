#pragma once

#include "base/rng.hpp"
#include "replica/bounded_list.hpp"
#include "replica/declared.hpp"
#include "replica/game_types.hpp"
#include "replica/protocol.hpp"
#include "replica/resume.hpp"
#include "replica/snapshot.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

// What a client and a game say to each other beside the snapshots. Each message carries what the
// game adds to it (game_types.hpp).
namespace ringtick {

inline constexpr std::uint16_t protocol_version = 1;

// What HELLO may say in place of whom its sender wants to look at: nobody, it plays; or what the
// game finds worth to be looked at, if there is such a thing (host.hpp).
inline constexpr std::uint16_t to_play = 0xFFFF;
inline constexpr std::uint16_t overview = 0xFFFE;

template <class G>
struct Hello : GreetingOf<G> {
    MessageTag tag{.kind = MessageKind::hello};
    std::uint16_t protocol = protocol_version;
    std::uint64_t schema = 0;
    ResumeWish resume;
    std::uint16_t watch = to_play;

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& hello) {
        describe_tag(codec, hello.tag, MessageKind::hello);
        codec.whole(hello.protocol);
        codec.whole(hello.schema);
        ResumeWish::describe(codec, hello.resume);
        codec.whole(hello.watch);
        GreetingOf<G>::describe(codec, hello);
    }
};

// Where a message shows a token, if it is a HELLO of this layout, whatever else it says.
inline std::span<std::byte> token_in(std::span<std::byte> message) {
    constexpr std::size_t before = 13;  // Tag, protocol, schema, and whose seat it is.
    MessageTag tag;
    const bool shows_one = read_tag(message, tag) && tag.kind == MessageKind::hello &&
                           message.size() >= before + ResumeToken::size;
    return shows_one ? message.subspan(before, ResumeToken::size) : std::span<std::byte>();
}

template <class G>
struct Welcome : FactsOf<G> {
    MessageTag tag{.kind = MessageKind::welcome};
    std::uint16_t tick_rate_hz = 0;
    std::uint16_t id = 0;    // The player's own, or what it looks at.
    std::uint32_t tick = 0;  // Now.
    ResumeAnswer resume;
    std::uint16_t rewind_ms = 0;  // How far back an input may look. 0: all see the present.
    std::uint16_t slot = 0;  // The connection's, by which the server's operator knows this player.

    bool is_possible() const {
        if constexpr (requires(const FactsOf<G>& facts) { facts.is_possible(id); }) {
            if (id != overview && !FactsOf<G>::is_possible(id)) return false;
        }
        return tick_rate_hz > 0;
    }

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& welcome) {
        describe_tag(codec, welcome.tag, MessageKind::welcome);
        codec.whole(welcome.tick_rate_hz);
        codec.whole(welcome.id);
        codec.whole(welcome.tick);
        ResumeAnswer::describe(codec, welcome.resume);
        codec.whole(welcome.rewind_ms);
        codec.whole(welcome.slot);
        FactsOf<G>::describe(codec, welcome);
    }
};

// What a player wants in a few ticks, one after the other.
template <class G>
struct InputMessage {
    using Input = typename G::Input;

    static constexpr std::int64_t view_back_unit = 256;  // Of 1/65,536 tick.

    MessageTag tag{.kind = MessageKind::input};
    std::uint32_t acknowledged_tick = 0;  // Of the last snapshot applied.
    std::uint32_t tick = 0;               // Of the first input; the others follow one by one.
    std::uint16_t sent_us = 0;            // The client's own clock; wraps.
    BoundedList<Input, 8> inputs;
    // Only if an input looks back: from the acknowledged tick to what was drawn, in 1/256 tick.
    std::uint16_t view_back = 0;

    bool is_possible() const { return !inputs.empty(); }
    bool looks_back() const {
        return std::ranges::any_of(inputs, [](const Input& input) { return looks(input); });
    }

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& message) {
        describe_tag(codec, message.tag, MessageKind::input);
        codec.whole(message.acknowledged_tick);
        codec.whole(message.tick);
        codec.whole(message.sent_us);
        bool back = false;
        const Telling telling{Input::wire, Extent{}};
        codec.list(message.inputs, [&](auto& input) {
            describe_whole(codec, telling, input);
            back = back || looks(input);
        });
        codec.only_if(back, [&] { codec.whole(message.view_back); });
    }

    // Whether it asks where others were when its player saw them.
    static constexpr bool looks(const Input& input) {
        if constexpr (requires { input.looks_back(); }) return input.looks_back();
        return false;
    }
};

// The layout of all that travels in one number, with what the game's rules depend on: compared in
// HELLO, and kept in a recording.
template <class G>
std::uint64_t schema_hash() {
    constexpr std::uint64_t layout = [] {
        FieldHasher hasher;
        const auto add = [&hasher](auto message) { decltype(message)::describe(hasher, message); };
        add(Hello<G>{});
        add(Welcome<G>{});
        add(InputMessage<G>{});
        add(Stats{});
        add(Bye{});
        add(Ping{});
        add(Pong{});
        add(Rate{});
        hash_snapshot<G>(hasher);
        return hasher.hash();
    }();
    if constexpr (requires { G::rules_hash(); }) return Rng::mix(layout ^ G::rules_hash());
    return layout;
}

}  // namespace ringtick
