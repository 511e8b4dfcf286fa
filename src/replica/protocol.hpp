#pragma once

#include "replica/bounded_list.hpp"
#include "replica/fields.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace ringtick {

// The messages every game speaks; what is in HELLO, WELCOME, INPUT, SNAP and EVENT beyond the
// fields below is the game's. The first byte of a message is its kind, with four flags above it:
//
//     7       4 3       0
//    [  flags  |  kind   ]
enum class MessageKind : std::uint8_t {
    hello = 1,
    welcome = 2,
    input = 3,
    snapshot = 4,
    event = 5,
    ping = 6,
    pong = 7,
    rate = 8,
    bye = 9,
    stats = 10,
};

// A flag of WELCOME: who is welcomed watches, and what it wishes moves nothing.
inline constexpr std::uint8_t welcome_to_watch = 1;

struct MessageTag {
    MessageKind kind = MessageKind::hello;
    std::uint8_t flags = 0;
};

// False for a first byte that is no kind of ours.
inline bool read_tag(std::span<const std::byte> message, MessageTag& tag) {
    if (message.empty()) return false;
    const auto first = std::to_integer<std::uint8_t>(message[0]);
    tag.kind = static_cast<MessageKind>(first & 0xF);
    tag.flags = static_cast<std::uint8_t>(first >> 4);
    return tag.kind >= MessageKind::hello && tag.kind <= MessageKind::stats;
}

template <class Codec, class Tag>
constexpr void describe_tag(Codec& codec, Tag& tag, MessageKind kind) {
    codec.one_of(tag.kind, kind, kind, 4);
    codec.bits(tag.flags, 4);
}

// How a viewer is told: of each list what became of it (view.hpp), in few bytes; by the cells in
// sight (cells.hpp), in little time; or, to see what the first two are worth, all of what is in
// sight anew each time.
enum class Encoding : std::uint8_t { changes, cells, whole };

// Each message describes itself once (see fields.hpp), so encode() and decode() serve all of them.
struct Ping {
    // Flags: which encoding the client asks for. Without either, changes.
    static constexpr std::uint8_t wants_cells = 1;
    static constexpr std::uint8_t wants_whole = 2;
    // Whether the pong is to tell whom the budget put off.
    static constexpr std::uint8_t wants_put_off = 4;

    MessageTag tag{.kind = MessageKind::ping};
    std::uint32_t sent_us = 0;  // The client's own clock; wraps after 71 minutes.

    Encoding wanted() const {
        if ((tag.flags & wants_cells) != 0) return Encoding::cells;
        return (tag.flags & wants_whole) != 0 ? Encoding::whole : Encoding::changes;
    }
    void want(Encoding encoding) {
        tag.flags = encoding == Encoding::cells   ? wants_cells
                    : encoding == Encoding::whole ? wants_whole
                                                  : std::uint8_t{0};
    }

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& ping) {
        describe_tag(codec, ping.tag, MessageKind::ping);
        codec.whole(ping.sent_us);
    }
};

// An entity, by its place in the game's list of types and its id.
struct EntityName {
    static constexpr unsigned type_bits = 4;

    std::uint8_t type = 0;
    std::uint16_t id = 0;
};

struct Pong {
    static constexpr std::uint8_t tells_put_off = 1;

    MessageTag tag{.kind = MessageKind::pong};
    std::uint32_t sent_us = 0;  // As the ping said it.
    std::uint32_t tick = 0;     // The tick that answered: its wait for that tick is in the time.
    // Only if the flag says so. Those that the asker knows, and of whom its last snapshot said
    // nothing though there was something to say: as many as there is room for.
    BoundedList<EntityName, 255> put_off;

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& pong) {
        describe_tag(codec, pong.tag, MessageKind::pong);
        codec.whole(pong.sent_us);
        codec.whole(pong.tick);
        codec.only_if((pong.tag.flags & tells_put_off) != 0, [&] {
            codec.list(pong.put_off, [&](auto& entity) {
                codec.bits(entity.type, EntityName::type_bits);
                codec.whole(entity.id);
            });
        });
    }
};

// Told when the server changes how often this connection gets a snapshot, because it took too few
// of them or takes all of them again.
struct Rate {
    static constexpr std::uint8_t divisor_max = 6;

    MessageTag tag{.kind = MessageKind::rate};
    std::uint8_t divisor = 1;  // A snapshot every so many ticks, at the most.

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& rate) {
        describe_tag(codec, rate.tag, MessageKind::rate);
        codec.ranged(rate.divisor, 1, Rate::divisor_max);
    }
};

// What the server measured over the last second (ServerStats of tick/game.hpp).
struct Stats {
    MessageTag tag{.kind = MessageKind::stats};
    std::uint32_t players = 0;
    std::uint32_t tick_rate_hz = 0;
    std::uint32_t tick_work_p50_us = 0;
    std::uint32_t tick_work_p99_us = 0;
    std::uint32_t tick_late_p99_us = 0;
    std::uint32_t snapshots_skipped = 0;

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& stats) {
        describe_tag(codec, stats.tag, MessageKind::stats);
        codec.whole(stats.players);
        codec.whole(stats.tick_rate_hz);
        codec.whole(stats.tick_work_p50_us);
        codec.whole(stats.tick_work_p99_us);
        codec.whole(stats.tick_late_p99_us);
        codec.whole(stats.snapshots_skipped);
    }
};

enum class ByeReason : std::uint8_t {
    reload = 1,  // To a client that is not of this server's build.
    leave = 2,   // Of a player who does not mean to come back: the server closes the connection.
    nothing_to_watch = 3,  // To who wanted to look on: there is nobody.
    no_room = 4            // To who looks on, or wanted to: the places are for those who play.
};

struct Bye {
    MessageTag tag{.kind = MessageKind::bye};
    ByeReason reason = ByeReason::reload;
    std::uint16_t retry_after_s = 0;

    template <class Codec, class Message>
    static constexpr void describe(Codec& codec, Message& bye) {
        describe_tag(codec, bye.tag, MessageKind::bye);
        codec.one_of(bye.reason, ByeReason::reload, ByeReason::no_room, 8);
        codec.whole(bye.retry_after_s);
    }
};

// Returns the bytes written, or 0 if `out` is too small.
template <class Message>
requires requires(FieldWriter& writer, const Message& message) {
    Message::describe(writer, message);
}
std::size_t encode(const Message& message, std::span<std::byte> out) {
    FieldWriter writer(out);
    Message::describe(writer, message);
    const std::size_t size = writer.finish();
    return writer.overflowed() ? 0 : size;
}

// False for bytes that are not exactly one such message, and for values that no server or client of
// ours sends: then `message` means nothing.
template <class Message>
requires requires(FieldReader& reader, Message& message) {
    Message::describe(reader, message);
}
bool decode(std::span<const std::byte> in, Message& message) {
    FieldReader reader(in);
    Message::describe(reader, message);
    if (!reader.finished()) return false;
    if constexpr (requires { message.is_possible(); }) return message.is_possible();
    return true;
}

// What every snapshot begins with.
struct SnapshotHeader {
    // A keyframe stands alone. Without this flag a snapshot tells what became of the last one that
    // was sent, or, to who came back, applied; and its tick is counted from there.
    static constexpr std::uint8_t keyframe = 1;
    static constexpr std::uint8_t own_whole = 2;     // The viewer's own entity is told in full.
    static constexpr std::uint8_t rate_delayed = 4;  // Snapshots were skipped since the last one.
    static constexpr std::uint8_t cells = 8;         // The lists are whole cells (cells.hpp).

    static constexpr std::int32_t ticks_since_max = 256;  // After more, there is a keyframe.

    bool has(std::uint8_t flag) const { return (tag.flags & flag) != 0; }

    MessageTag tag{.kind = MessageKind::snapshot};
    std::uint32_t tick = 0;
    std::int8_t input_tick = 0;  // The stamp of the last input applied, counted from `tick`.
    std::int8_t input_lead = 0;  // How many ticks before its stamp that input arrived.
};

// `since` is the tick of the snapshot before; a keyframe needs none.
template <class Codec, class Header>
constexpr void describe_snapshot_header(Codec& codec, Header& header, std::uint32_t since) {
    describe_tag(codec, header.tag, MessageKind::snapshot);
    const bool is_keyframe = (header.tag.flags & SnapshotHeader::keyframe) != 0;
    codec.only_if(is_keyframe, [&] { codec.whole(header.tick); });
    codec.only_if(!is_keyframe, [&] {
        auto ticks =
            static_cast<std::int32_t>(header.tick - since);  // NOLINT(misc-const-correctness)
        codec.ranged(ticks, 1, SnapshotHeader::ticks_since_max);
        if constexpr (!std::is_const_v<Header>) {
            header.tick = since + static_cast<std::uint32_t>(ticks);
        }
    });
    codec.whole(header.input_tick);
    codec.whole(header.input_lead);
}

}  // namespace ringtick
