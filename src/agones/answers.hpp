#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringtick::agones {

// Who plays on a server, and how many may; 0: there is no room yet, so nobody knows.
struct Places {
    std::uint64_t players = 0;
    std::uint64_t capacity = 0;

    bool operator==(const Places&) const = default;
};

// What a server's GET /rooms says: the sum of its rooms, and for each room that can still be made
// as many places as the smallest of those that are there has. Nothing if it is not what it should
// be.
std::optional<Places> read_rooms(std::string_view json);

// The state in what the SDK's GET /gameserver says, such as "Ready". Nothing if it is
// not what it should be.
std::optional<std::string> read_state(std::string_view json);

// Whether the SDK has taken what it was told: it answers with an object, mostly an empty one.
bool is_object(std::string_view json);

// The body of an update of a Counter. int64 is text in protobuf's JSON.
std::string counter_update(const Places& places);

}  // namespace ringtick::agones
