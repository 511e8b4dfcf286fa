#pragma once

#include "net/connections.hpp"
#include "net/events.hpp"
#include "server/drain.hpp"
#include "server/http_pages.hpp"
#include "server/room.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// Which player sits where, for every connection that plays: what arrives on a connection becomes a
// command in a room's inbox. Nothing here runs game code.
class Rooms final : public ConnectionEvents {
public:
    // `any_path`: every path leads to the first room (for measuring); otherwise /play/1, /play/2...
    Rooms(std::uint32_t connections_max, const HttpPages& pages, const Drain& drain, bool any_path);

    void add(std::unique_ptr<Room> room) { rooms_.push_back(std::move(room)); }
    std::span<const std::unique_ptr<Room>> all() const { return rooms_; }

    struct Seat {
        std::uint32_t room = 0;  // From 1 on.
        PlayerId player{};       // As the game knows it.
    };
    // Where an open connection plays; nothing of any other.
    std::optional<Seat> seat_of(Handle connection) const;

    // To and from another process: see Room. What is read may be refused.
    void save_moved(ImageWriter& image, Room::PlaceOf place_of) const;
    void adopt(ImageReader& image, std::span<const Handle> moved);

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

    Room* room_at(std::string_view path) const;
    Place& place_of(Handle connection);

    std::vector<std::unique_ptr<Room>> rooms_;
    std::vector<Place> places_;  // By the connection's slot.
    const HttpPages& pages_;
    const Drain& drain_;
    bool any_path_;
};

}  // namespace ringtick
