#include "server/rooms.hpp"

#include "base/assert.hpp"
#include "base/image.hpp"
#include "http/response.hpp"
#include "server/allocation_counter.hpp"
#include "server/page_answer.hpp"
#include "server/room_json.hpp"
#include "server/text_writer.hpp"

#include <algorithm>
#include <array>

namespace ringtick {

namespace {

constexpr std::string_view quick_match = "/play";
constexpr std::string_view play = "/play/";

// The name that a path asks for; empty: none.
std::string_view name_in(std::string_view path) {
    return path.starts_with(play) ? path.substr(play.size()) : std::string_view();
}

}  // namespace

Rooms::Rooms(const Limits& limits, const Parts& parts)
    : limits_(limits), parts_(parts), places_(limits.connections_max) {
    ASSERT(limits.phases >= 1);
    ASSERT(limits.phases <= phases_max);
    rooms_.reserve(parts.directory.rooms_max());
}

void Rooms::open() {
    for (std::uint32_t number = 1; number <= parts_.directory.rooms_max(); ++number) {
        const auto setup = parts_.directory.permanent_room(number, limits_.place.number);
        if (setup) make(*setup);
    }
    stats_ = {};
}

Room* Rooms::make(const RoomSetup& setup) {
    const std::uint64_t before = allocations_of_this_thread().value_or(0);
    rooms_.push_back(parts_.maker.make(setup));
    Room* const room = rooms_.back().get();
    const auto phases = std::span(phases_).first(limits_.phases);
    std::ranges::min_element(phases, {}, [](const auto& all) {
        return all.size();
    })->push_back(room);
    allocations_ += allocations_of_this_thread().value_or(0) - before;
    stats_.made += 1;
    return room;
}

// False: its game has not heard yet that the last player left.
bool Rooms::end(std::uint32_t number) {
    const auto found =
        std::ranges::find(rooms_, number, [](const auto& room) { return room->setup().number; });
    if (found == rooms_.end()) return true;  // Nobody came for whom it would have been made.
    ASSERT((*found)->players() == 0);
    if (!(*found)->viewers().empty()) return false;
    const std::uint64_t before = allocations_of_this_thread().value_or(0);
    parts_.maker.forget((*found)->setup());
    for (auto& phase : phases_) std::erase(phase, found->get());
    rooms_.erase(found);
    allocations_ += allocations_of_this_thread().value_or(0) - before;
    stats_.ended += 1;
    return true;
}

void Rooms::pass_second() {
    parts_.directory.pass_second(limits_.place.number, limits_.empty_s,
                                 [this](std::uint32_t number) { return end(number); });
}

Room* Rooms::find(std::string_view name) const {
    const auto found =
        std::ranges::find(rooms_, name, [](const auto& room) { return room->setup().name.text(); });
    return found == rooms_.end() ? nullptr : found->get();
}

Room* Rooms::of_number(std::uint32_t number) const {
    const auto found =
        std::ranges::find(rooms_, number, [](const auto& room) { return room->setup().number; });
    return found == rooms_.end() ? nullptr : found->get();
}

// Who plays is with the thread that has the room. A place in it is kept only for who asks to play.
std::uint32_t Rooms::shard_for(const http::Request& request) {
    if (limits_.place.count == 1 || limits_.any_path) return any_shard;
    const bool plays = http::asks_for_websocket(request) && !parts_.drain.on();
    std::optional<RoomDirectory::Way> way;
    if (request.path == quick_match && plays) {
        way = parts_.directory.quick_match(true);
    } else if (const std::string_view name = name_in(request.path); !name.empty()) {
        way = plays ? parts_.directory.find_or_reserve(name) : parts_.directory.find(name);
    } else if (const std::string_view about = parts_.pages.room_in(request); !about.empty()) {
        way = parts_.directory.find(about);
    }
    if (way) return way->shard;
    return parts_.pages.shard_for(request, limits_.place).value_or(any_shard);
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
    return Seat{.room = place.room->setup().name, .player = place.room->known_as(place.player)};
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
            parts_.directory.on_enter(room->setup().number);
            adopted += 1;
        }
    }
    if (adopted != moved.size()) image.refuse();
}

// The room, made if there is none yet; or null, and why.
Room* Rooms::room_for(std::string_view path, http::Status& refusal) {
    if (limits_.any_path) return rooms_.front().get();
    refusal = http::Status::not_found;
    std::optional<RoomDirectory::Way> way;
    if (path == quick_match) {
        refusal = http::Status::service_unavailable;
        way = parts_.directory.quick_match(true, limits_.place.number);
    } else if (const auto name = RoomName::from(name_in(path))) {
        refusal = http::Status::service_unavailable;
        way = parts_.directory.find_or_reserve(name->text());
    }
    // It may have ended, and begun on another thread, on somebody's way here: so they ask again.
    if (!way || way->shard != limits_.place.number) return nullptr;
    Room* const room = of_number(way->setup.number);
    return room != nullptr ? room : make(way->setup);
}

http::Status Rooms::on_open(Handle connection, const http::Request& request) {
    if (parts_.drain.on()) return http::Status::service_unavailable;
    http::Status refusal{};
    Room* const room = room_for(request.path, refusal);
    if (room != nullptr && room->full()) refusal = http::Status::service_unavailable;
    if (room == nullptr || room->full()) {
        stats_.refused += refusal == http::Status::service_unavailable ? 1 : 0;
        return refusal;
    }
    Place& place = places_[connection.slot];
    ASSERT(place.room == nullptr);
    place = {.room = room, .player = room->enter(connection), .connection = connection};
    parts_.directory.on_enter(room->setup().number);
    return http::Status::switching_protocols;
}

void Rooms::on_message(Handle connection, Opcode, std::span<const std::byte> message) {
    const Place& place = place_of(connection);
    place.room->push(place.player, message);
}

void Rooms::on_close(Handle connection, CloseReason) {
    Place& place = place_of(connection);
    place.room->leave(place.player);
    parts_.directory.on_leave(place.room->setup().number);
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
    const bool reads = request.method != http::Method::post;
    if (request.path == quick_match && reads && !limits_.any_path) {
        return send_to_match(request, out);
    }
    if (const std::string_view name = HttpPages::room_listed(request); !name.empty() && reads) {
        return tell_of_room(name, request, out);
    }
    return parts_.pages.answer(request, out);
}

HttpAnswer Rooms::tell_of_room(std::string_view name,
                               const http::Request& request,
                               std::span<std::byte> out) const {
    const Room* const room = find(name);
    if (room == nullptr) {
        return refuse_request(out, http::Status::not_found,
                              "There is no room of that name: see /rooms.", request);
    }
    return answer_page(out, http::Status::ok, "application/json", request,
                       [&](std::span<char> body) { return write_room_json(body, *room); });
}

// To the page, which is told by its address where to play.
HttpAnswer Rooms::send_to_match(const http::Request& request, std::span<std::byte> out) {
    const auto way = parts_.directory.quick_match(false);
    if (!way || parts_.drain.on()) {
        return refuse_request(out, http::Status::service_unavailable, "All rooms are full.",
                              request);
    }
    std::array<char, 128> memory;
    TextWriter extra(memory);
    extra.add("Location: /?room={}\r\nCache-Control: no-store\r\n", way->setup.name.text());
    return {.head_size =
                http::write_response_head(out, {.status = http::Status::see_other,
                                                .content_type = "text/plain; charset=utf-8",
                                                .content_length = 0,
                                                .keep_alive = request.keep_alive,
                                                .extra = {memory.data(), extra.size()}})};
}

}  // namespace ringtick
