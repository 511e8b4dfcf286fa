#pragma once

#include "net/connections.hpp"
#include "net/events.hpp"
#include "server/drain.hpp"
#include "server/http_pages.hpp"
#include "server/metrics.hpp"
#include "server/room.hpp"
#include "server/room_directory.hpp"
#include "server/room_maker.hpp"
#include "server/shard_place.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// The rooms of one thread, and which player sits where, for every connection that plays: what
// arrives on a connection becomes a command in a room's inbox. Nothing here runs game code.
//
// A room that nobody asked for at start is made when the first player comes, and ends when it has
// been empty for a while. Several share a tick: rooms are spread over `phases` parts of its period,
// each in that with the fewest.
class Rooms final : public ConnectionEvents {
public:
    static constexpr std::uint32_t phases_max = 8;

    struct Limits {
        std::uint32_t connections_max = 0;
        std::uint32_t phases = 1;   // Up to phases_max.
        std::uint32_t empty_s = 0;  // After which a room that was made on demand ends.
        ShardPlace place;
        bool any_path = false;  // Every path leads to the first room (for measuring).
    };
    struct Parts {
        const HttpPages& pages;
        const Drain& drain;
        RoomDirectory& directory;
        RoomMaker& maker;
    };
    Rooms(const Limits& limits, const Parts& parts);

    // Makes those that are always there.
    void open();

    std::span<const std::unique_ptr<Room>> all() const { return rooms_; }
    std::span<Room* const> of_phase(std::uint32_t phase) const { return phases_[phase]; }
    std::uint32_t phases() const { return limits_.phases; }
    bool has_rooms(std::uint32_t phase) const { return !phases_[phase].empty(); }
    const ShardPlace& place() const { return limits_.place; }
    Room* find(std::string_view name) const;

    // Ends rooms that have been empty for long enough. Between two ticks.
    void pass_second();
    const RoomStats& stats() const { return stats_; }
    // Of the heap, for rooms that were made or ended since the start.
    std::uint64_t allocations() const { return allocations_; }

    struct Seat {
        RoomName room;
        PlayerId player{};  // As the game knows it.
    };
    // Where an open connection plays; nothing of any other.
    std::optional<Seat> seat_of(Handle connection) const;

    // To and from another process: see Room. What is read may be refused.
    void save_moved(ImageWriter& image, Room::PlaceOf place_of) const;
    void adopt(ImageReader& image, std::span<const Handle> moved);

    std::uint32_t shard_for(const http::Request& request) override;
    http::Status on_open(Handle connection, const http::Request& request) override;
    void on_message(Handle connection, Opcode opcode, std::span<const std::byte> message) override;
    void on_close(Handle connection, CloseReason reason) override;
    void on_rate(Handle connection, std::uint32_t divisor) override;
    void on_snapshot_refused(Handle connection) override;
    HttpAnswer on_request(const http::Request& request, std::span<std::byte> out) override;

private:
    struct Place {
        Room* room = nullptr;
        PlayerId player{};
        Handle connection;
    };

    Room* make(const RoomSetup& setup);
    bool end(std::uint32_t number);
    Room* of_number(std::uint32_t number) const;
    Room* room_for(std::string_view path, http::Status& refusal);
    HttpAnswer send_to_match(const http::Request& request, std::span<std::byte> out);
    HttpAnswer tell_of_room(std::string_view name,
                            const http::Request& request,
                            std::span<std::byte> out) const;
    Place& place_of(Handle connection);

    Limits limits_;
    Parts parts_;
    std::vector<std::unique_ptr<Room>> rooms_;  // In the order in which they were made.
    std::array<std::vector<Room*>, phases_max> phases_;
    std::vector<Place> places_;  // By the connection's slot.
    RoomStats stats_;
    std::uint64_t allocations_ = 0;
};

}  // namespace ringtick
