#include "load/players.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "load/client_frame.hpp"

namespace ringtick::swarm {

namespace {

std::uint32_t microseconds(Nanoseconds time) {
    return static_cast<std::uint32_t>(time / std::chrono::microseconds(1));
}

// What can be on its way: an input and, seldom, a ping, for each time that one falls due.
std::size_t delayed_max(const Settings& settings, std::size_t clients) {
    const auto trip = static_cast<std::uint64_t>(settings.round_trip.count());
    const std::uint64_t inputs = trip * settings.input_hz / 1'000'000'000 + 4;
    return clients * inputs * 2;
}

}  // namespace

Players::Players(Ring& ring,
                 std::span<Client> clients,
                 std::uint32_t first_id,
                 const Settings& settings)
    : ring_(ring),
      clients_(clients),
      first_id_(first_id),
      settings_(settings),
      delayed_(delayed_max(settings, clients.size())),
      pieces_(std::make_unique<std::byte[]>(clients.size() * message_size_max)),
      snapshots_(std::make_unique<railroids::Snapshot[]>(clients.size() * 2)) {
    players_.reserve(clients.size());
    queue_.reserve(clients.size());
    for (std::uint32_t index = 0; index < clients.size(); ++index) {
        players_.emplace_back(first_id + index);
        if (!is_marksman(index)) continue;
        players_[index].marksman = std::make_unique<Marksman>(Rng::mix(first_id + index));
    }
}

// As many as are wanted, spread over the ids.
bool Players::is_marksman(std::uint32_t index) const {
    const std::uint64_t id = first_id_ + index;
    const std::uint64_t clients = settings_.clients;
    return (id + 1) * settings_.aim / clients > id * settings_.aim / clients;
}

// Spread over the ids. Who aims begins anew with what it has seen.
bool Players::comes_back(std::uint32_t index) const {
    const std::uint32_t place = (first_id_ + index) * 37 % 100;
    return place < settings_.resume_percent && !is_marksman(index);
}

AimTally Players::aim() const {
    AimTally sum;
    for (const Player& player : players_) {
        if (player.marksman != nullptr) sum.add(player.marksman->tally());
    }
    return sum;
}

railroids::Name Players::name_of(std::uint32_t index) const {
    railroids::Name name;
    for (const char letter : fmt::format("Swarm {}", first_id_ + index)) name.push(letter);
    return name;
}

void Players::join(std::uint32_t index, Nanoseconds now) {
    Player before = std::exchange(players_[index], Player(Rng::mix(first_id_ + index)));
    Player& player = players_[index];
    player.queued = before.queued;
    player.marksman = std::move(before.marksman);
    player.shows_token = comes_back(index) && !before.back.key.token.none();
    if (player.shows_token) {
        player.tick = before.tick;
        player.latest = before.latest;
        player.back = before.back;
        player.back.tick = before.tick;
    }
    if (players_[index].marksman != nullptr) players_[index].marksman->start(now);
    railroids::Hello hello;
    hello.schema = railroids::schema_hash();
    hello.name = name_of(index);
    hello.watch = settings_.watch;
    hello.resume = player.back;
    const bool has_world = player.shows_token && player.tick > 0;
    if (has_world) hold(snapshots_[std::size_t{index} * 2 + player.latest], hello.resume.held);
    std::array<std::byte, hello_size_max> message{};
    const std::size_t size = encode(hello, message);
    ASSERT(size > 0);
    const bool room = enqueue(index, std::span(message).first(size));
    ASSERT(room);
}

std::optional<Players::Seen> Players::read(std::uint32_t index,
                                           const ServerFrameReader::Event& piece,
                                           Nanoseconds now) {
    const std::uint64_t size = piece.offset + piece.bytes.size();
    const bool whole = piece.offset == 0 && piece.message_end;
    const auto message = whole ? piece.bytes : gather(index, piece);
    if (!piece.message_end) return std::nullopt;
    Seen seen;
    const bool readable = piece.opcode == Opcode::binary && size <= message_size_max;
    if (readable) seen = understand(index, message, now);
    Marksman* const marksman = players_[index].marksman.get();
    if (seen.valid && marksman != nullptr) marksman->on_message(message, now);
    seen.size = size;
    return seen;
}

// The message so far, as much of it as one may be long.
std::span<const std::byte> Players::gather(std::uint32_t index,
                                           const ServerFrameReader::Event& piece) {
    const std::span pieces(pieces_.get() + index * message_size_max, message_size_max);
    const std::size_t begin = std::min<std::uint64_t>(piece.offset, pieces.size());
    const auto room = pieces.subspan(begin);
    const std::size_t size = std::min(room.size(), piece.bytes.size());
    copy_bytes(room, piece.bytes.first(size));
    return pieces.first(begin + size);
}

Players::Seen Players::understand(std::uint32_t index,
                                  std::span<const std::byte> message,
                                  Nanoseconds now) {
    Player& player = players_[index];
    MessageTag tag;
    if (!read_tag(message, tag)) return {};
    if (tag.kind == MessageKind::welcome) return on_welcome(player, message);
    if (!player.welcomed) return {};
    Stats stats;
    Rate rate;
    switch (tag.kind) {
        case MessageKind::snapshot:
            return on_snapshot(index, message);
        case MessageKind::event:
            return on_event(index, message);
        case MessageKind::pong:
            return on_pong(message, now);
        case MessageKind::rate:
            return {.valid = decode(message, rate)};
        case MessageKind::stats:
            return {.valid = decode(message, stats)};
        default:
            return {};  // What a player says, or a goodbye: the build is not ours.
    }
}

Players::Seen Players::on_welcome(Player& player, std::span<const std::byte> message) {
    railroids::Welcome welcome;
    if (player.welcomed || !decode(message, welcome)) return {};
    const railroids::Scale scale = welcome.scale();
    if (!knows_world_) {
        knows_world_ = true;
        scale_ = scale;
        seed_ = welcome.seed;
        terrain_.generate(welcome.seed, welcome.side);
    }
    const ResumeAnswer& resume = welcome.resume;
    const bool own = resume.resumed == Resumed::fresh ||
                     (player.shows_token && welcome.id == player.back.key.id);
    player.welcomed = true;
    player.id = welcome.id;
    player.back = {.key = {.id = welcome.id, .token = resume.token_after(player.back.key.token)},
                   .knows_world = true,
                   .events = resume.events};
    if (resume.resumed != Resumed::delta) player.tick = 0;
    player.ticks_under_way = static_cast<std::uint32_t>(
        settings_.round_trip * welcome.tick_rate_hz / std::chrono::seconds(1));
    const bool same_world =
        scale.ships == scale_.ships && scale.side == scale_.side && welcome.seed == seed_;
    return {.valid = own && same_world,
            .welcome = true,
            .resumed = player.shows_token ? std::optional(resume.resumed) : std::nullopt};
}

Players::Seen Players::on_snapshot(std::uint32_t index, std::span<const std::byte> message) {
    Player& player = players_[index];
    const bool first = player.tick == 0;  // Since there is nothing that it goes on from.
    const bool again = !player.shown;     // What was between was not for this connection.
    railroids::Snapshot* const both = &snapshots_[std::size_t{index} * 2];
    const railroids::Snapshot* const before = first ? nullptr : &both[player.latest];
    railroids::Snapshot& snapshot = both[1U - player.latest];
    if (!decode(message, scale_, terrain_, before, snapshot)) return {};
    const std::uint32_t tick = snapshot.header.tick;
    if (tick <= player.tick) return {};
    const std::uint32_t gaps = again ? 0 : tick - player.tick - 1;
    player.tick = tick;
    player.latest = static_cast<std::uint16_t>(1U - player.latest);
    player.shown = true;
    return {.valid = true, .shown_again = again, .tick = tick, .gaps = gaps};
}

// Whoever is told that we have come is told our name.
Players::Seen Players::on_event(std::uint32_t index, std::span<const std::byte> message) {
    FieldReader reader(message);
    MessageTag tag;
    describe_tag(reader, tag, MessageKind::event);
    bool right = true;
    while (reader.more()) {
        railroids::Event event;
        describe_event(reader, event);
        const bool of_us = settings_.watch == to_play && event.id == players_[index].id;
        if (event.type != railroids::EventType::join || !of_us) continue;
        const railroids::Name name = name_of(index);
        right = right && std::ranges::equal(event.name, name);
    }
    players_[index].back.events += 1;
    return {.valid = reader.finished() && right};
}

Players::Seen Players::on_pong(std::span<const std::byte> message, Nanoseconds now) {
    Pong pong;
    if (!decode(message, pong)) return {};
    return {.valid = true,
            .latency = std::chrono::microseconds(std::uint32_t{microseconds(now) - pong.sent_us})};
}

void Players::play(std::uint32_t index, Nanoseconds due, Nanoseconds now) {
    Player& player = players_[index];
    if (!player.welcomed || player.tick == 0) return;
    Delayed message{.index = index,
                    .generation = clients_[index].generation,
                    .release = due + settings_.round_trip,
                    .is_input = true};
    const bool aims = player.marksman != nullptr;
    std::size_t size = 0;
    if (settings_.watch == to_play) {
        size = aims ? player.marksman->play(now, message.bytes)
                    : write_input(player, due, message.bytes);
    }
    message.size = static_cast<std::uint8_t>(size);
    if (size > 0) delay(message);

    player.inputs += 1;
    if (player.inputs % settings_.input_hz != 1 && settings_.input_hz > 1) return;
    Ping ping;
    ping.sent_us = microseconds(due);
    if (player.id * 37U % 100U < settings_.cells_percent) ping.tag.flags |= Ping::wants_cells;
    message.size = static_cast<std::uint8_t>(encode(ping, message.bytes));
    message.is_input = false;
    delay(message);
}

std::size_t Players::write_input(Player& player, Nanoseconds due, std::span<std::byte> out) const {
    steer(player);
    // The next tick that has no input of ours yet, and such that it is there a tick or two before
    // it is wanted, as a page's is: the server applies each in the tick of its stamp.
    const std::uint32_t reached = player.tick + player.ticks_under_way;
    player.stamp = std::clamp(player.stamp + 1, reached + 2, reached + 3);
    railroids::InputMessage input{.acknowledged_tick = player.tick,
                                  .tick = player.stamp,
                                  .sent_us = static_cast<std::uint16_t>(microseconds(due))};
    input.inputs.push(player.wish);
    input.view_back = 512;  // A page shows what was two ticks before.
    const std::size_t size = encode(input, out);
    ASSERT(size > 0);
    return size;
}

// If it is full, it is of what those wanted to say who have left.
void Players::delay(const Delayed& message) {
    if (!delayed_.full()) delayed_.push(message);
}

bool Players::is_there(const Delayed& delayed) const {
    const Client& client = clients_[delayed.index];
    return client.generation == delayed.generation && client.state == Client::State::open;
}

// A new wish now and then, of which a trigger is only pulled once.
void Players::steer(Player& player) const {
    using railroids::Input;
    player.wish.buttons &= static_cast<std::uint8_t>(~Input::fire);
    if (!player.rng.chance(7)) return;
    std::uint8_t buttons = player.rng.chance(60) ? Input::thrust : std::uint8_t{0};
    if (player.rng.chance(40)) buttons |= player.rng.chance(50) ? Input::left : Input::right;
    if (player.rng.chance(10)) buttons |= Input::brake;
    const bool fires = player.rng.chance(50);
    if (fires && settings_.aim == 0) buttons |= Input::fire;
    player.wish.buttons = buttons;
    player.wish.aim = static_cast<std::uint8_t>(player.rng.below(256));
}

bool Players::enqueue(std::uint32_t index, std::span<const std::byte> message) {
    Player& player = players_[index];
    const auto room = std::span(player.out).subspan(player.out_size);
    const std::size_t size = write_client_frame(room, Opcode::binary, message);
    if (size == 0) return false;
    player.out_size += size;
    if (!player.queued) queue_.push_back(index);
    player.queued = true;
    return true;
}

void Players::flush() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        const std::uint32_t index = queue_[i];
        Player& player = players_[index];
        const Client& client = clients_[index];
        // What was sent the last time is known by now, but for what is sent below.
        std::copy(player.out.begin() + static_cast<std::ptrdiff_t>(player.out_taken),
                  player.out.begin() + static_cast<std::ptrdiff_t>(player.out_size),
                  player.out.begin());
        player.out_size -= player.out_taken;
        player.out_taken = 0;
        player.queued = player.out_size > 0 && client.state == Client::State::open;
        if (!player.queued) continue;
        ring_.broadcast(client.socket, std::span(player.out).first(player.out_size),
                        {.op = Op::broadcast, .owner = client.handle(index)});
        player.out_taken = player.out_size;
        queue_[kept++] = index;  // To be looked at once more.
    }
    queue_.resize(kept);
    ring_.submit();
}

void Players::on_short(std::uint32_t index, std::int32_t result) {
    if (result < 0 && result != -EAGAIN) return;
    players_[index].out_taken = result > 0 ? static_cast<std::size_t>(result) : 0;
}

}  // namespace ringtick::swarm
