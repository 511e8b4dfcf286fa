#include "server/room_json.hpp"

#include "server/json_text.hpp"
#include "server/room.hpp"
#include "server/text_writer.hpp"

namespace ringtick {

namespace {

constexpr std::size_t names_max = 64;

}  // namespace

std::size_t write_room_json(std::span<char> out, const Room& room) {
    TextWriter text(out);
    text.add(R"({{"id":"{0}","path":"/play/{0}","players":{1},"players_max":{2},"names":[)",
             room.setup().name.text(), room.players(), room.players_max());
    std::size_t names = 0;
    for (const Viewer& viewer : room.viewers()) {
        const std::string_view name = room.game().name_of(viewer.player);
        if (name.empty()) continue;
        if (++names > names_max) break;
        add_player_name(text, name);
        text.add(",");
    }
    text.trim(',');
    text.add("]}}\n");
    return text.size();
}

}  // namespace ringtick
