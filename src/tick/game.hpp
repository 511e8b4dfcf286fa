#pragma once

#include "base/resume_token.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick {

struct PlayerId {
    std::uint16_t slot;  // 0 to players_max - 1, stable while the player stays.

    friend bool operator==(PlayerId, PlayerId) = default;
};

// Whose commands are an operator's orders to the room, who is no player.
inline constexpr PlayerId operator_id{0xFFFF};

struct Command {
    PlayerId player;
    std::span<const std::byte> bytes;  // One WebSocket message. Valid during tick() only.
};

// Where a game puts messages that must arrive: a welcome, names, a kill feed. Each is one binary
// WebSocket message. They wait in a bounded queue per player, apart from snapshots; a player whose
// queue is full is cut off (never silently), for a lost message would leave it with a false world.
class Outbox {
public:
    virtual void send(PlayerId player, std::span<const std::byte> message) = 0;
    // Ends the player's connection, behind what it was sent; on_leave() follows at a later tick.
    virtual void close(PlayerId player) { (void)player; }

protected:
    ~Outbox() = default;
};

// What the server measured over the last second, for a game to show. Not an input of the world: a
// match replayed from its commands sees none of it.
struct ServerStats {
    std::uint32_t players = 0;
    std::uint32_t tick_rate_hz = 0;
    std::uint32_t tick_work_p50_us = 0;  // From the tick's start to its last send, in microseconds.
    std::uint32_t tick_work_p99_us = 0;
    std::uint32_t tick_late_p99_us = 0;  // From the deadline to the tick's start.
    std::uint32_t snapshots_skipped = 0;
};

// A figure of the game's own, for /metrics and /stats.json.
struct GameCounter {
    const char* name;  // Lower case with underscores: "shots_fired".
    std::uint64_t value;
};

// Which snapshot a viewer gets. Of those with an equal key, all get the same bytes: they are
// written once, for one of them. Any number that is not named here may be a key.
enum class SnapshotKey : std::uint32_t {
    own = 0,                  // One of its own.
    everyones = 1,            // The same for all, also for who is not there any more.
    held_back = 0xFFFF'FFFF,  // None in this tick, though one is due: it would come too late, for
                              // those before it are under way still. It counts as skipped.
};

// What a game must supply. The server calls it from one thread, at the tick rate, and never in
// answer to a packet: commands wait in the inbox until the tick they belong to.
class Game {
public:
    virtual ~Game() = default;

    virtual void on_join(PlayerId player) = 0;
    virtual void on_leave(PlayerId player) = 0;

    // Right behind on_join(), for a game that lets a player come back on another connection: what
    // to tell that player, and nobody else, so that it can show who it is then. Drawn at random;
    // the digest is an input of the world and recorded, the plain one neither.
    virtual void on_token(PlayerId player, const IssuedToken& token) {
        (void)player;
        (void)token;
    }

    // Where a player shows its token in what it says, if it does: those 16 bytes (`first` before
    // `second`, little-endian) are replaced by their digest before tick() gets the message.
    virtual std::span<std::byte> secret_in(std::span<std::byte> message) {
        (void)message;
        return {};
    }

    // Advances the world by one fixed step. `commands` arrived since the last tick, oldest first.
    virtual void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) = 0;

    // Between ticks: whether this order of an operator's (room_order.hpp) can be carried out. One
    // that can comes with the next tick's commands, as operator_id's; any other never comes.
    virtual bool obeys(std::span<const std::byte> order) const {
        (void)order;
        return false;
    }

    // Writes what `viewer` should see, as one message. Returns the bytes used of `out`, at most
    // out.size(); 0 sends nothing. Called only for a viewer who has taken all that was sent before.
    // Even so the socket may refuse what was written: on_snapshot_refused() says so. Asked again in
    // the same tick for one of the same key, it must write the same.
    virtual std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) = 0;

    // Asked once for each snapshot that a viewer can take, right before it is sent.
    virtual SnapshotKey snapshot_key(PlayerId viewer) {
        (void)viewer;
        return SnapshotKey::own;
    }

    // Not a byte of the last snapshot that was made for this viewer left. Called before the next
    // one is asked for, so that a delta starts from what the viewer has. Not an input of the world.
    virtual void on_snapshot_refused(PlayerId viewer) { (void)viewer; }

    // Between ticks: what people call this player, for the operator's page. Nothing: it has no
    // name, or nobody is there. Anybody's word, in UTF-8 if it is well formed; lives until the next
    // tick.
    virtual std::string_view name_of(PlayerId player) const {
        (void)player;
        return {};
    }

    // Once a second, between ticks.
    virtual void on_stats(const ServerStats& stats, Outbox& outbox) {
        (void)stats;
        (void)outbox;
    }

    // From now on this viewer gets a snapshot every `divisor` ticks at the most (2, 3 or 6), for it
    // could not take them as often; 1: every tick again. Between ticks; not an input of the world.
    virtual void on_rate(PlayerId viewer, std::uint32_t divisor, Outbox& outbox) {
        (void)viewer;
        (void)divisor;
        (void)outbox;
    }

    // Counters since the start; the span lives until the next call.
    virtual std::span<const GameCounter> counters() { return {}; }

    // A recorded match is shown, and somebody looks on who was not there then. A guest's slot is
    // none of a player's: players_max and up, as many as the game was made for. What it says comes
    // between ticks and is told at once; snapshots are asked for as for anybody. None of it is an
    // input of the world. False: this game shows itself to no guest.
    virtual bool on_guest(PlayerId guest) {
        (void)guest;
        return false;
    }
    virtual void on_guest_message(PlayerId guest,
                                  std::span<const std::byte> message,
                                  Outbox& outbox) {
        (void)guest;
        (void)message;
        (void)outbox;
    }
    virtual void on_guest_leave(PlayerId guest) { (void)guest; }

    // Between ticks: a number that is equal only if all that later ticks depend on is. A recording
    // keeps it once a second, so that a replay can be held against it; 0: there is none.
    virtual std::uint64_t state_hash() const { return 0; }

    // So many bytes are enough for save_state(); 0: this game cannot.
    virtual std::size_t state_size_max() const { return 0; }
    // Between ticks: all that later ticks depend on, but for the tick's number. Returns the bytes
    // used of `out`, which has room for state_size_max().
    virtual std::size_t save_state(std::span<std::byte> out) const {
        (void)out;
        return 0;
    }
    // Of a state that was loaded: whether this player was told to have joined, and not left since.
    virtual bool is_present(PlayerId player) const {
        (void)player;
        return false;
    }
    // Of a game made with the same options that nobody has played: goes on from there, at the end
    // of this tick, to the last bit. No guest is here then. The bytes are somebody's word. False:
    // they are no such state, and this game is good for nothing any more.
    [[nodiscard]] virtual bool load_state(std::uint64_t tick, std::span<const std::byte> bytes) {
        (void)tick;
        (void)bytes;
        return false;
    }
};

}  // namespace ringtick
