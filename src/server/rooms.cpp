#include "server/rooms.hpp"

#include "base/assert.hpp"
#include "base/image.hpp"

#include <algorithm>
#include <charconv>

namespace ringtick {

Rooms::Rooms(std::uint32_t slots, const HttpPages& pages, const Drain& drain, bool any_path)
    : places_(slots), pages_(pages), drain_(drain), any_path_(any_path) {
}

Room* Rooms::room_at(std::string_view path) const {
    if (any_path_) return rooms_.front().get();
    constexpr std::string_view play = "/play/";
    if (!path.starts_with(play)) return nullptr;
    path.remove_prefix(play.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
    if (error != std::errc{} || end != path.data() + path.size()) return nullptr;
    return number >= 1 && number <= rooms_.size() ? rooms_[number - 1].get() : nullptr;
}

Rooms::Place& Rooms::place_of(Handle connection) {
    Place& place = places_[connection.slot];
    ASSERT(place.room != nullptr);
    ASSERT(place.connection == connection);
    return place;
}

std::optional<Rooms::Seat> Rooms::seat_of(Handle connection) const {
    const Place& place = places_[connection.slot];
    if (place.room == nullptr || place.connection != connection) return std::nullopt;
    const auto at =
        std::ranges::find(rooms_, place.room, [](const auto& room) { return room.get(); });
    ASSERT(at != rooms_.end());
    return Seat{.room = static_cast<std::uint32_t>(at - rooms_.begin()) + 1,
                .player = place.room->known_as(place.player)};
}

void Rooms::save_moved(ImageWriter& image, Room::PlaceOf place_of) const {
    for (const auto& room : rooms_) room->save_moved(image, place_of);
}

void Rooms::adopt(ImageReader& image, std::span<const Handle> moved) {
    std::size_t adopted = 0;
    for (const auto& room : rooms_) {
        for (const auto& [player, connection] : room->adopt(image, moved)) {
            Place& place = places_[connection.slot];
            if (place.room != nullptr) image.refuse();
            place = {.room = room.get(), .player = player, .connection = connection};
            adopted += 1;
        }
    }
    if (adopted != moved.size()) image.refuse();
}

http::Status Rooms::on_open(Handle connection, const http::Request& request) {
    Room* const room = room_at(request.path);
    if (room == nullptr) return http::Status::not_found;
    if (drain_.on() || room->full()) return http::Status::service_unavailable;
    Place& place = places_[connection.slot];
    ASSERT(place.room == nullptr);
    place = {.room = room, .player = room->enter(connection), .connection = connection};
    return http::Status::switching_protocols;
}

void Rooms::on_message(Handle connection, Opcode, std::span<const std::byte> message) {
    const Place& place = place_of(connection);
    place.room->push(place.player, message);
}

void Rooms::on_close(Handle connection, CloseReason) {
    Place& place = place_of(connection);
    place.room->leave(place.player);
    place = {};
}

void Rooms::on_rate(Handle connection, std::uint32_t divisor) {
    const Place& place = place_of(connection);
    place.room->tell_rate(place.player, divisor);
}

void Rooms::on_snapshot_refused(Handle connection) {
    const Place& place = place_of(connection);
    place.room->tell_refused(place.player);
}

HttpAnswer Rooms::on_request(const http::Request& request, std::span<std::byte> out) {
    return pages_.answer(request, out);
}

}  // namespace ringtick
