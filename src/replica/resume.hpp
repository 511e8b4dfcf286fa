#pragma once

#include "base/resume_token.hpp"
#include "replica/held.hpp"

#include <cstdint>

// What is said of a connection that was lost when its player comes back on another. Part of HELLO
// and of WELCOME.
//
//     the client's HELLO             the server's WELCOME
//     no token, or one that is       fresh     a seat of its own; the world is told from scratch
//     nobody's any more
//     a seat's token, and no more    anew      that seat; the world is told from scratch
//     a seat's token, how many       keyframe  that seat; what must arrive goes on where it broke
//     EVENTs it had, the last                  off, the next snapshot stands alone
//     snapshot that it applied, and  delta     and the next snapshot goes on from that one
//     what is in it (held.hpp)
//
// A delta goes on from any snapshot of the last two seconds, however many were sent behind it and
// lost: what the viewer knows it says itself. It tells the own entity in full; and all others, if
// anything was put off in that snapshot, or it is more than 64 ticks old. If the server does not
// keep all EVENTs that are missing, the world is told anew.
namespace ringtick {

template <class Codec, class Token>
constexpr void describe_token(Codec& codec, Token& token) {
    codec.whole(token.first);
    codec.whole(token.second);
}

// What it takes to come back: whose seat, and the proof.
struct ResumeKey {
    std::uint16_t id = 0;
    ResumeToken token;

    template <class Codec, class Record>
    static constexpr void describe(Codec& codec, Record& key) {
        codec.whole(key.id);
        describe_token(codec, key.token);
    }
};

struct ResumeWish {
    ResumeKey key;
    bool knows_world = false;  // Of this seat. If not, the rest says nothing.
    std::uint32_t tick = 0;    // Of the last snapshot applied; 0: none.
    std::uint32_t events = 0;  // How many EVENT messages its seat was told, as far as it knows.
    Held held;                 // What is in that snapshot.

    // Whether that was at most so many ticks before this one; no tick to come was.
    bool is_recent(std::uint64_t now, std::uint32_t ticks_max) const {
        return now - tick <= ticks_max;
    }

    template <class Codec, class Record>
    static constexpr void describe(Codec& codec, Record& wish) {
        ResumeKey::describe(codec, wish.key);
        codec.bits(wish.knows_world, 8);
        codec.whole(wish.tick);
        codec.whole(wish.events);
        codec.list(wish.held, [&](auto& byte) { codec.bits(byte, 8); });
    }
};

enum class Resumed : std::uint8_t { fresh, anew, keyframe, delta };

struct ResumeAnswer {
    Resumed resumed = Resumed::fresh;
    ResumeToken token;         // With which to come back. None: nobody can; but who has come back
                               // keeps the one it showed, for nobody else knows that.
    std::uint32_t events = 0;  // How many EVENT messages came before those that follow.

    const ResumeToken& token_after(const ResumeToken& shown) const {
        return resumed == Resumed::fresh || !token.none() ? token : shown;
    }
    // What the client knew still holds.
    constexpr bool goes_on() const {
        return resumed == Resumed::keyframe || resumed == Resumed::delta;
    }

    template <class Codec, class Record>
    static constexpr void describe(Codec& codec, Record& answer) {
        codec.one_of(answer.resumed, Resumed::fresh, Resumed::delta, 8);
        describe_token(codec, answer.token);
        codec.whole(answer.events);
    }
};

}  // namespace ringtick
