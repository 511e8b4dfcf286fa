#include "railroids/herald.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>

namespace railroids {

namespace {

constexpr std::size_t event_size_max = 128;
constexpr std::size_t told_leaders = 3;  // Whose deaths everyone hears of.

bool is_playing(const Seat& seat) {
    return seat.taken;
}
bool is_there(const Seat& seat) {
    return seat.taken || seat.looks_on;
}

// Encodes one event and nothing around it. Its fields fill whole bytes (see wire.hpp).
std::size_t encode_event(const Event& event, std::span<std::byte> out) {
    ringtick::FieldWriter writer(out);
    describe_event(writer, event);
    const std::size_t size = writer.finish();
    ASSERT(!writer.overflowed());
    return size;
}

}  // namespace

Herald::Herald(std::size_t ships) {
    greetings_.reserve(ships);
    came_.reserve(ships);
    left_.reserve(ships);
}

void Herald::Batch::add(const Event& event) {
    std::array<std::byte, event_size_max> bytes{};
    const std::size_t event_size = encode_event(event, bytes);
    if (size_ + event_size > message_.size()) send();
    if (size_ == 0) message_[size_++] = static_cast<std::byte>(MessageKind::event);
    size_ += ringtick::copy_bytes(std::span(message_).subspan(size_),
                                  std::span(bytes).first(event_size));
}

void Herald::Batch::send() {
    if (size_ == 0) return;
    const auto message = std::span(message_).first(size_);
    size_ = 0;
    if (everyone_.empty()) return outbox_.send(one_, message);
    for (std::size_t slot = 0; slot < everyone_.size(); ++slot) {
        if (!is_there(everyone_[slot])) continue;
        outbox_.send({static_cast<std::uint16_t>(slot)}, message);
    }
}

void Herald::greet(PlayerId player) {
    tell_who_is_here(player);
    came_.push_back(player);
}

void Herald::tell_who_is_here(PlayerId player) {
    std::erase_if(greetings_, [&](const Greeting& greeting) { return greeting.player == player; });
    greetings_.push_back({.player = player});
}

void Herald::on_unwatch(PlayerId player) {
    std::erase_if(greetings_, [&](const Greeting& greeting) { return greeting.player == player; });
}

void Herald::on_leave(PlayerId player) {
    on_unwatch(player);
    std::erase(came_, player);
    left_.push_back(player);
}

void Herald::tick(const World& world,
                  std::span<const Seat> seats,
                  std::uint16_t bots,
                  Outbox& outbox) {
    const bool somebody_is_new = std::ranges::any_of(
        greetings_, [](const Greeting& greeting) { return greeting.next == 0; });
    if (somebody_is_new || world.tick() % every == 0) {
        rank(world);
        standings_.people = static_cast<std::uint16_t>(std::ranges::count_if(seats, is_playing));
        standings_.bots = bots;
        standings_.leaders = leaders_;
    }
    tell_who_is_here(seats, outbox);
    tell_who_came(seats, outbox);
    tell_kills(world, seats, outbox);
    tell_standings(world, seats, outbox);
}

void Herald::tell_who_is_here(std::span<const Seat> seats, Outbox& outbox) {
    for (Greeting& greeting : greetings_) go_on(greeting, seats, outbox);
    std::erase_if(greetings_,
                  [&](const Greeting& greeting) { return greeting.next == seats.size(); });
}

void Herald::go_on(Greeting& greeting, std::span<const Seat> seats, Outbox& outbox) const {
    Batch batch(greeting.player, outbox);
    if (greeting.next == 0) batch.add(standings_);
    for (std::size_t names = 0; names < names_per_tick && greeting.next < seats.size();) {
        const std::size_t slot = greeting.next++;
        if (!is_playing(seats[slot]) || slot == greeting.player.slot) continue;
        batch.add(
            {.type = EventType::join, .id = static_cast<ShipId>(slot), .name = seats[slot].name});
        names += 1;
    }
    batch.send();
}

// Who left is told first and whole (three bytes each): a seat may have been taken anew.
void Herald::tell_who_came(std::span<const Seat> seats, Outbox& outbox) {
    if (came_.empty() && left_.empty()) return;
    Batch batch(seats, outbox);
    for (const PlayerId player : left_) {
        batch.add({.type = EventType::leave, .id = player.slot});
    }
    left_.clear();
    const auto told = std::span(came_).first(std::min(came_.size(), names_per_tick));
    for (const PlayerId player : told) {
        batch.add({.type = EventType::join,
                   .id = player.slot,
                   .is_new = true,
                   .name = seats[player.slot].name});
    }
    batch.send();
    came_.erase(came_.begin(), came_.begin() + std::ssize(told));
}

void Herald::tell_kills(const World& world, std::span<const Seat> seats, Outbox& outbox) {
    for (const Kill& kill : world.kills()) {
        const Event event{.type = EventType::kill, .id = kill.killer, .other = kill.victim};
        bool notable = is_leader(kill.killer) || is_leader(kill.victim);
        for (const ShipId id : {kill.killer, kill.victim}) {
            if (id >= seats.size() || !is_playing(seats[id])) continue;  // A bot.
            notable = true;
            Batch batch(PlayerId{id}, outbox);
            if (is_playing(seats[id])) batch.add(event);
            batch.send();
        }
        if (!notable) continue;
        notable_[notable_count_ % notable_.size()] = {.tick = world.tick(), .kill = kill};
        notable_count_ += 1;
    }
}

void Herald::tell_standings(const World& world, std::span<const Seat> seats, Outbox& outbox) {
    for (std::size_t slot = world.tick() % every; slot < seats.size(); slot += every) {
        if (!is_there(seats[slot])) continue;
        Batch batch(PlayerId{static_cast<std::uint16_t>(slot)}, outbox);
        batch.add(standings_);
        const std::size_t kept = std::min(notable_count_, notable_.size());
        for (std::size_t i = notable_count_ - kept; i < notable_count_; ++i) {
            const auto& [tick, kill] = notable_[i % notable_.size()];
            const bool told = kill.killer == slot || kill.victim == slot;
            if (told || tick + every <= world.tick()) continue;
            batch.add({.type = EventType::kill, .id = kill.killer, .other = kill.victim});
        }
        batch.send();
    }
}

void Herald::rank(const World& world) {
    leaders_.clear();
    const auto ships = world.ships();
    for (std::size_t i = 0; i < ships.size(); ++i) {
        if (!ships[i].present() || ships[i].score == 0) continue;
        const LeaderRecord ship{.id = static_cast<ShipId>(i), .score = ships[i].score};
        if (leaders_.full() && leaders_[leaders_.size() - 1].score >= ship.score) continue;
        if (leaders_.full()) leaders_.resize(leaders_.size() - 1);
        leaders_.push(ship);
        // Up to its place; of equals, the lower id stays ahead.
        for (std::size_t at = leaders_.size() - 1; at > 0; --at) {
            if (leaders_[at - 1].score >= leaders_[at].score) break;
            std::swap(leaders_[at - 1], leaders_[at]);
        }
    }
}

bool Herald::is_leader(ShipId id) const {
    const std::size_t count = std::min(leaders_.size(), told_leaders);
    return std::any_of(leaders_.begin(), leaders_.begin() + count,
                       [&](const LeaderRecord& leader) { return leader.id == id; });
}

}  // namespace railroids
