#pragma once

#include "base/handle.hpp"
#include "base/histogram.hpp"
#include "net/connections.hpp"
#include "server/room_setup.hpp"
#include "server/token_source.hpp"
#include "tick/game.hpp"
#include "tick/inbox.hpp"
#include "tick/last_seconds.hpp"
#include "tick/record_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ringtick {

class ImageReader;
class ImageWriter;

struct Viewer {
    PlayerId player;
    Handle connection;
};

struct RoomLimits {
    std::uint32_t players_max = 0;
    std::uint32_t inbox_messages = 0;
    std::size_t inbox_bytes = 0;
};

// One game and those who play it. Players come and go while packets are read; the game hears of it
// at the next tick, together with what they sent, in that order: leaves, joins, commands.
//
// Policy at the bounds: a player without a free seat is refused at the door; a player whose queue
// of messages overflows is cut off. Half of the inbox is shared out evenly, so that nobody can take
// another's place in it; the other half is for whoever comes first; what fits neither is dropped
// and counted.
class Room : public Outbox {
public:
    Room(std::unique_ptr<Game> game,
         const RoomLimits& limits,
         Connections& connections,
         const RoomSetup& setup = {});

    virtual ~Room() = default;
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    const RoomSetup& setup() const { return setup_; }

    bool full() const { return free_seats_.empty(); }
    PlayerId enter(Handle connection);
    void leave(PlayerId player);
    void push(PlayerId player, std::span<const std::byte> message);
    // Puts an operator's order before the game with the tick's commands. False: it has no room for
    // it, or nobody to take it.
    virtual bool order(std::span<const std::byte> order);
    virtual void tell_rate(PlayerId player, std::uint32_t divisor);
    virtual void tell_refused(PlayerId player);

    // From now on all that the game is told is written down, as of the room of this number.
    void record_to(RecordWriter& record, std::uint32_t number);

    // From now on what the game is told is kept for a while.
    void keep_in(LastSeconds& kept);

    void tick(std::uint64_t tick);

    // room_moving.cpp: to and from another process, between two ticks: who sits where, and what
    // came since the last. `place_of` says where among those that move a connection is.
    static constexpr std::uint32_t no_place = 0xFFFF'FFFF;
    using PlaceOf = std::span<const std::uint32_t>;  // By the connection's slot.
    void save_moved(ImageWriter& image, PlaceOf place_of) const;
    // Of a room that nobody has entered, whose game knows already who is there. `moved`: those that
    // move. Who sat there and does not move has left.
    using Adopted = std::vector<std::pair<PlayerId, Handle>>;
    Adopted adopt(ImageReader& image, std::span<const Handle> moved);

    // Outbox, for the game, during tick(), on_stats() and on_rate().
    void send(PlayerId player, std::span<const std::byte> message) override;
    void close(PlayerId player) override;

    Game& game() { return *game_; }
    const Game& game() const { return *game_; }
    // Those whom the game knows, in no particular order.
    virtual std::span<const Viewer> viewers() const { return viewers_; }
    // Of them: nothing, if the game knows of no such player.
    std::optional<Handle> connection_of_viewer(PlayerId player) const;
    // The number by which the game knows who sits there.
    virtual PlayerId known_as(PlayerId seat) const { return seat; }
    std::size_t players_max() const { return seats_.size(); }
    std::uint32_t players() const { return players_; }
    std::uint64_t messages_dropped() const { return messages_dropped_; }

    // How long a tick took: of the last whole period, as long as whoever ends them makes them.
    void record_tick_ns(std::uint64_t time) { tick_times_.record(time); }
    void end_period();
    std::uint64_t tick_p99_ns() const { return tick_p99_ns_; }

protected:
    // What a room of another kind does otherwise: one seat or the other is let, a tick is played.
    virtual void tell_join(PlayerId player);
    virtual void tell_leave(PlayerId player);
    virtual void play(std::uint64_t tick, std::span<const Command> commands);

    Connections& connections() { return connections_; }
    Handle connection_of(PlayerId player) const { return seats_[player.slot].connection; }
    void replace_game(std::unique_ptr<Game> game) { game_ = std::move(game); }

private:
    struct Seat {
        // left: the game is told of it at the tick. left_unseen: it never knew of this player.
        enum class State : std::uint8_t { free, joining, present, left_unseen, left };

        Handle connection;
        State state = State::free;
        std::uint16_t place = 0;     // In viewers_.
        std::uint16_t messages = 0;  // Of this tick, as are the bytes.
        std::uint32_t bytes = 0;
        std::uint64_t tick = 0;
    };

    void adopt_seat(PlayerId player,
                    ImageReader& image,
                    std::span<const Handle> moved,
                    Adopted& adopted);
    void adopt_command(ImageReader& image);
    void seat(PlayerId player, Handle connection, bool is_known);
    void settle_seats();
    void remove_viewer(std::uint16_t slot);
    bool within_share(const Seat& seat, std::size_t size) const;
    std::size_t keep_commands_of_present(std::span<Command> commands) const;

    RoomSetup setup_;
    std::unique_ptr<Game> game_;
    Connections& connections_;
    TokenSource tokens_;
    RecordWriter* record_ = nullptr;
    std::uint32_t number_ = 0;  // In the record.
    LastSeconds* kept_ = nullptr;
    Inbox inbox_;
    std::vector<Seat> seats_;
    std::vector<Viewer> viewers_;
    std::vector<std::uint16_t> free_seats_;
    std::vector<std::uint16_t> changed_;  // Seats that joined or left since the last tick.
    std::uint16_t messages_share_ = 0;    // Of each player, per tick.
    std::size_t bytes_share_ = 0;
    std::uint64_t ticks_ = 0;
    std::uint32_t players_ = 0;
    std::uint64_t messages_dropped_ = 0;
    BasicHistogram<3> tick_times_;  // Of this period. Coarser than others: there is one a room.
    std::uint64_t tick_p99_ns_ = 0;
};

}  // namespace ringtick
