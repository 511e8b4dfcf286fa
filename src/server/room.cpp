#include "server/room.hpp"

#include "base/assert.hpp"
#include "server/token_digest.hpp"

#include <algorithm>
#include <utility>

namespace ringtick {

Room::Room(std::unique_ptr<Game> game,
           const RoomLimits& limits,
           Connections& connections,
           const RoomSetup& setup)
    : setup_(setup),
      game_(std::move(game)),
      connections_(connections),
      inbox_(limits.inbox_messages, limits.inbox_bytes),
      seats_(limits.players_max) {
    ASSERT(game_ != nullptr);
    ASSERT(limits.players_max > 0);
    ASSERT(limits.players_max <= 65'535);
    messages_share_ = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(limits.inbox_messages / 2 / limits.players_max, 65'535));
    bytes_share_ = limits.inbox_bytes / 2 / limits.players_max;
    free_seats_.reserve(seats_.size());
    changed_.reserve(seats_.size());
    viewers_.reserve(seats_.size());
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
    Seat& seat = seats_[player.slot];
    if (seat.tick != ticks_) {
        seat.tick = ticks_;
        seat.messages = 0;
        seat.bytes = 0;
    }
    const bool welcome = inbox_.half_free() || within_share(seat, message.size());
    if (!welcome || !inbox_.push(player, message)) {
        messages_dropped_ += 1;
        return;
    }
    hide_token(game_->secret_in(inbox_.newest()));
    seat.messages += 1;
    seat.bytes += static_cast<std::uint32_t>(message.size());
}

bool Room::order(std::span<const std::byte> order) {
    return game_->obeys(order) && inbox_.push(operator_id, order);
}

void Room::tell_rate(PlayerId player, std::uint32_t divisor) {
    // The game does not know of those who are still joining; nor have they missed anything.
    if (seats_[player.slot].state == Seat::State::present) game_->on_rate(player, divisor, *this);
}

std::optional<Handle> Room::connection_of_viewer(PlayerId player) const {
    const auto all = viewers();
    const auto found = std::ranges::find(all, player, &Viewer::player);
    if (found == all.end()) return std::nullopt;
    return found->connection;
}

void Room::tell_refused(PlayerId player) {
    if (seats_[player.slot].state == Seat::State::present) game_->on_snapshot_refused(player);
}

bool Room::within_share(const Seat& seat, std::size_t size) const {
    return seat.messages < messages_share_ && seat.bytes + size <= bytes_share_;
}

// A seat is let again only after the game has heard that its last player left, so a slot never
// means two players within one tick.
void Room::settle_seats() {
    for (const std::uint16_t slot : changed_) {
        Seat& seat = seats_[slot];
        if (seat.state == Seat::State::left) {
            remove_viewer(slot);
            tell_leave({slot});
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
        seat.place = static_cast<std::uint16_t>(viewers_.size());
        viewers_.push_back({.player = {slot}, .connection = seat.connection});
        tell_join({slot});
    }
    changed_.clear();
}

void Room::record_to(RecordWriter& record, std::uint32_t number) {
    ASSERT(ticks_ == 0);  // What went before would be missing.
    record_ = &record;
    number_ = number;
}

void Room::keep_in(LastSeconds& kept) {
    ASSERT(ticks_ == 0);
    kept_ = &kept;
}

void Room::tell_join(PlayerId player) {
    const ResumeToken plain = tokens_.draw();
    const IssuedToken token{.plain = plain, .digest = digest_of(plain)};
    if (record_ != nullptr) record_->join(number_, player, token.digest);
    if (kept_ != nullptr) kept_->join(player, token.digest);
    game_->on_join(player);
    game_->on_token(player, token);
}

void Room::tell_leave(PlayerId player) {
    if (record_ != nullptr) record_->leave(number_, player);
    if (kept_ != nullptr) kept_->leave(player);
    game_->on_leave(player);
}

void Room::remove_viewer(std::uint16_t slot) {
    const std::uint16_t place = seats_[slot].place;
    ASSERT(viewers_[place].player.slot == slot);
    viewers_[place] = viewers_.back();
    seats_[viewers_[place].player.slot].place = place;
    viewers_.pop_back();
}

std::size_t Room::keep_commands_of_present(std::span<Command> commands) const {
    const auto gone = std::ranges::remove_if(commands, [this](const Command& command) {
        return command.player != operator_id &&
               seats_[command.player.slot].state != Seat::State::present;
    });
    return commands.size() - gone.size();
}

void Room::tick(std::uint64_t tick) {
    settle_seats();
    const auto arrived = inbox_.commands();
    play(tick, arrived.first(keep_commands_of_present(arrived)));
    inbox_.clear();
    ticks_ += 1;
}

void Room::end_period() {
    tick_p99_ns_ = tick_times_.percentile(990);
    tick_times_.clear();
}

void Room::play(std::uint64_t tick, std::span<const Command> commands) {
    if (record_ != nullptr) {
        for (const Command& command : commands) record_->command(number_, command);
    }
    if (kept_ != nullptr) {
        for (const Command& command : commands) kept_->command(command);
    }
    game_->tick(tick, commands, *this);
    if (kept_ != nullptr) kept_->tick(tick, *game_);
}

void Room::send(PlayerId player, std::span<const std::byte> message) {
    ASSERT(player.slot < seats_.size());
    const Seat& seat = seats_[player.slot];
    if (seat.state != Seat::State::present) return;
    connections_.send_message(seat.connection, Opcode::binary, message);
}

void Room::close(PlayerId player) {
    ASSERT(player.slot < seats_.size());
    const Seat& seat = seats_[player.slot];
    if (seat.state != Seat::State::present) return;
    connections_.close(seat.connection, CloseCode::normal_closure, "done", CloseReason::finished);
}

}  // namespace ringtick
