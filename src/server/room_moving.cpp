// A room that another process goes on with (server/handover.hpp).
#include "base/assert.hpp"
#include "base/image.hpp"
#include "server/room.hpp"

#include <algorithm>

namespace ringtick {

void Room::save_moved(ImageWriter& image, PlaceOf place_of) const {
    for (std::size_t slot = 0; slot < seats_.size(); ++slot) {
        const Seat& seat = seats_[slot];
        const bool is_here =
            seat.state == Seat::State::joining || seat.state == Seat::State::present;
        const bool is_known = seat.state == Seat::State::present || seat.state == Seat::State::left;
        if (!is_here && !is_known) continue;
        image.whole(static_cast<std::uint16_t>(slot));
        image.whole(is_known);
        image.whole(is_here ? place_of[seat.connection.slot] : no_place);
    }
    image.whole(operator_id.slot);
    const std::span<const Command> commands = inbox_.commands();
    image.whole(static_cast<std::uint32_t>(commands.size()));
    for (const Command& command : commands) {
        image.whole(command.player.slot);
        image.whole(static_cast<std::uint32_t>(command.bytes.size()));
        image.bytes(command.bytes);
    }
}

Room::Adopted Room::adopt(ImageReader& image, std::span<const Handle> moved) {
    ASSERT(players_ == 0);
    Adopted adopted;
    std::uint16_t slot = 0;
    for (image.whole(slot); image.ok() && slot != operator_id.slot; image.whole(slot)) {
        adopt_seat({slot}, image, moved, adopted);
    }
    std::uint32_t commands = 0;
    image.whole(commands);
    for (; commands > 0 && image.ok(); --commands) adopt_command(image);
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        const bool is_known = game_->is_present({static_cast<std::uint16_t>(i)});
        if (is_known && seats_[i].state == Seat::State::free) image.refuse();
    }
    return adopted;
}

void Room::adopt_seat(PlayerId player,
                      ImageReader& image,
                      std::span<const Handle> moved,
                      Adopted& adopted) {
    bool is_known = false;
    std::uint32_t place = 0;
    image.whole(is_known);
    image.whole(place);
    const bool is_free =
        player.slot < seats_.size() && seats_[player.slot].state == Seat::State::free;
    const bool is_placed = place < moved.size();
    if (!is_free || is_known != game_->is_present(player) || (!is_placed && place != no_place)) {
        return image.refuse();
    }
    seat(player, is_placed ? moved[place] : Handle{}, is_known);
    if (!is_placed) return leave(player);
    adopted.emplace_back(player, moved[place]);
}

void Room::adopt_command(ImageReader& image) {
    std::uint16_t slot = 0;
    std::uint32_t size = 0;
    image.whole(slot);
    image.whole(size);
    const auto bytes = image.take(size);
    const bool is_order = slot == operator_id.slot && game_->obeys(bytes);
    const bool is_players = slot < seats_.size() && seats_[slot].state != Seat::State::free;
    const bool could_be = image.ok() && (is_order || is_players);
    if (!could_be || !inbox_.push({slot}, bytes)) image.refuse();
}

void Room::seat(PlayerId player, Handle connection, bool is_known) {
    std::erase(free_seats_, player.slot);
    Seat& seat = seats_[player.slot];
    seat = {.connection = connection, .state = Seat::State::joining};
    players_ += 1;
    if (!is_known) {
        changed_.push_back(player.slot);
        return;
    }
    seat.state = Seat::State::present;
    seat.place = static_cast<std::uint16_t>(viewers_.size());
    viewers_.push_back({.player = player, .connection = connection});
}

}  // namespace ringtick
