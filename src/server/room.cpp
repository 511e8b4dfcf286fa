#include "server/room.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace ringtick {

Room::Room(std::unique_ptr<Game> game, const RoomLimits& limits, Connections& connections)
    : game_(std::move(game)),
      connections_(connections),
      inbox_(limits.inbox_messages, limits.inbox_bytes),
      seats_(limits.players_max) {
    ASSERT(game_ != nullptr);
    ASSERT(limits.players_max <= 65'535);
    free_seats_.reserve(seats_.size());
    changed_.reserve(seats_.size());
    present_.reserve(seats_.size());
    // The lowest numbers are given out first.
    for (std::size_t slot = seats_.size(); slot > 0; --slot) {
        free_seats_.push_back(static_cast<std::uint16_t>(slot - 1));
    }
}

PlayerId Room::enter(Handle connection) {
    ASSERT(!full());
    const std::uint16_t slot = free_seats_.back();
    ASSERT(seats_[slot].state == Seat::State::free);
    free_seats_.pop_back();
    seats_[slot] = {.connection = connection, .state = Seat::State::joining};
    changed_.push_back(slot);
    players_ += 1;
    return {slot};
}

void Room::leave(PlayerId player) {
    Seat& seat = seats_[player.slot];
    ASSERT(seat.state == Seat::State::joining || seat.state == Seat::State::present);
    // One that is joining is on the list already.
    const bool present = seat.state == Seat::State::present;
    seat.state = present ? Seat::State::left : Seat::State::left_unseen;
    if (present) changed_.push_back(player.slot);
    players_ -= 1;
}

void Room::push(PlayerId player, std::span<const std::byte> message) {
    if (!inbox_.push(player, message)) messages_dropped_ += 1;
}

// A seat is let again only after the game has heard that its last player left, so a slot never
// means two players within one tick.
void Room::settle_seats() {
    for (const std::uint16_t slot : changed_) {
        Seat& seat = seats_[slot];
        if (seat.state == Seat::State::left) {
            std::erase(present_, PlayerId{slot});
            game_->on_leave({slot});
        }
        if (seat.state == Seat::State::left || seat.state == Seat::State::left_unseen) {
            seat = {};
            free_seats_.push_back(slot);
        }
    }
    for (const std::uint16_t slot : changed_) {
        Seat& seat = seats_[slot];
        if (seat.state != Seat::State::joining) continue;
        seat.state = Seat::State::present;
        present_.push_back({slot});
        game_->on_join({slot});
    }
    changed_.clear();
}

std::size_t Room::keep_commands_of_present(std::span<Command> commands) const {
    const auto gone = std::ranges::remove_if(commands, [this](const Command& command) {
        return seats_[command.player.slot].state != Seat::State::present;
    });
    return commands.size() - gone.size();
}

void Room::tick(std::uint64_t tick) {
    settle_seats();
    const auto commands = inbox_.commands();
    const std::size_t count = keep_commands_of_present(commands);
    game_->tick(tick, commands.first(count), *this);
    inbox_.clear();
}

void Room::send(PlayerId player, std::span<const std::byte> message) {
    ASSERT(player.slot < seats_.size());
    const Seat& seat = seats_[player.slot];
    if (seat.state != Seat::State::present) return;
    connections_.send_message(seat.connection, Opcode::binary, message);
}

}  // namespace ringtick
