#include "agones/answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringtick::agones {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t rooms_sane = 1'000'000;
constexpr std::uint64_t players_sane = 1'000'000;  // In a room. So no sum can overflow.
constexpr std::size_t state_size_max = 64;

Json parse(std::string_view text) {
    return Json::parse(text, nullptr, false);
}

std::optional<std::uint64_t> number(const Json& object, const char* name, std::uint64_t most) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto value = found->get<std::uint64_t>();
    if (value > most) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Places> read_rooms(std::string_view json) {
    const Json answer = parse(json);
    if (!answer.is_object()) return std::nullopt;
    const auto rooms_max = number(answer, "rooms_max", rooms_sane);
    const auto rooms = answer.find("rooms");
    if (!rooms_max || rooms == answer.end() || !rooms->is_array() || rooms->size() > rooms_sane) {
        return std::nullopt;
    }
    Places places;
    std::uint64_t smallest = players_sane;
    for (const Json& room : *rooms) {
        if (!room.is_object()) return std::nullopt;
        const auto players = number(room, "players", players_sane);
        const auto most = number(room, "players_max", players_sane);
        if (!players || !most) return std::nullopt;
        places.players += *players;
        places.capacity += *most;
        smallest = std::min(smallest, *most);
    }
    if (*rooms_max > rooms->size() && !rooms->empty()) {
        places.capacity += (*rooms_max - rooms->size()) * smallest;
    }
    return places;
}

std::optional<std::string> read_state(std::string_view json) {
    const Json answer = parse(json);
    if (!answer.is_object()) return std::nullopt;
    const auto status = answer.find("status");
    if (status == answer.end() || !status->is_object()) return std::nullopt;
    const auto state = status->find("state");
    if (state == status->end() || !state->is_string()) return std::nullopt;
    auto text = state->get<std::string>();
    if (text.empty() || text.size() > state_size_max) return std::nullopt;
    return text;
}

bool is_object(std::string_view json) {
    return parse(json).is_object();
}

std::string counter_update(const Places& places) {
    return Json{{"count", std::to_string(places.players)},
                {"capacity", std::to_string(places.capacity)}}
        .dump();
}

}  // namespace ringtick::agones
