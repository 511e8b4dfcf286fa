#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ringtick {

class Room;

// What one room tells of itself to whoever thinks of going there, as JSON: how many are in it and
// what those are called who play, up to 64 of them in no particular order. Who only looks on is
// counted and has no name.
//
// Returns the size; 0 if it does not fit. Threading: the room's, between two ticks.
std::size_t write_room_json(std::span<char> out, const Room& room);

}  // namespace ringtick
