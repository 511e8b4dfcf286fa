#include "railroids/railroids.hpp"

#include "base/assert.hpp"
#include "railroids/names.hpp"

#include <algorithm>
#include <array>

namespace railroids {

namespace {

constexpr std::uint16_t players_expected_by_default = 64;
constexpr std::size_t answer_size_max = 64;
constexpr std::size_t input_wait_ticks = 2;    // Of an honest client, for its own tick.
constexpr std::uint32_t holds_per_second = 4;  // How long an input is held: a quarter of a second.

RailroidsOptions within_limits(RailroidsOptions options) {
    const std::uint32_t ids_left = ships_max - options.players_max;
    options.bots = static_cast<std::uint16_t>(std::min<std::uint32_t>(options.bots, ids_left));
    return options;
}

std::uint32_t ships_in(const RailroidsOptions& options) {
    return std::uint32_t{options.players_max} + options.bots;
}

std::int32_t side_of(const RailroidsOptions& options) {
    const std::uint16_t by_default = std::min(options.players_max, players_expected_by_default);
    const std::uint16_t people =
        options.players_expected > 0 ? options.players_expected : by_default;
    return side_for(std::uint32_t{people} + options.bots);
}

TickTime rewind_max(const RailroidsOptions& options) {
    return TickTime{options.rewind_ms} * options.tick_rate_hz * ringtick::whole_tick / 1000;
}

// From the tick under way, as far back as an input may reach when it comes and by its own tick.
std::size_t history_ticks(const RailroidsOptions& options) {
    const TickTime up = ringtick::whole_tick - 1;
    const auto ticks = static_cast<std::size_t>((rewind_max(options) + up) / ringtick::whole_tick);
    return ticks + 1 + input_wait_ticks;
}

template <class Message>
void send(PlayerId player, const Message& message, Outbox& outbox) {
    std::array<std::byte, answer_size_max> bytes{};
    const std::size_t size = encode(message, bytes);
    ASSERT(size > 0);
    outbox.send(player, std::span(bytes).first(size));
}

}  // namespace

Railroids::Railroids(const RailroidsOptions& options)
    : options_(within_limits(options)),
      rewind_max_(rewind_max(options_)),
      scale_(Scale::of(ships_in(options_), side_of(options_))),
      world_(options_.seed, side_of(options_), ships_in(options_), history_ticks(options_)),
      bots_(options_.seed, options_.players_max, options_.bots),
      herald_(ships_in(options_)),
      snapshot_writer_(world_, scale_, options_.players_max),
      seats_(options_.players_max),
      players_(options_.players_max),
      orders_(ships_in(options_)) {
    ASSERT(ships_in(options_) <= ships_max);
    for (std::size_t i = 0; i < bots_.count(); ++i) {
        world_.enter(static_cast<ShipId>(bots_.first_id() + i));
    }
}

void Railroids::on_join(PlayerId player) {
    ASSERT(player.slot < seats_.size());
    ASSERT(seats_[player.slot].state == Seat::State::empty);
    seats_[player.slot].state = Seat::State::silent;
    players_[player.slot] = {};
    people_ += 1;
}

void Railroids::on_leave(PlayerId player) {
    ASSERT(player.slot < seats_.size());
    ASSERT(seats_[player.slot].state != Seat::State::empty);
    if (playing(player)) {
        world_.leave(player.slot);
        herald_.on_leave(player);
    }
    seats_[player.slot] = {};
    people_ -= 1;
}

void Railroids::tick(std::uint64_t tick,
                     std::span<const ringtick::Command> commands,
                     Outbox& outbox) {
    tick_ = tick;
    for (Player& player : players_) player.answered_ping = false;
    for (const ringtick::Command& command : commands) on_command(command, outbox);

    for (std::size_t slot = 0; slot < players_.size(); ++slot) {
        if (seats_[slot].state != Seat::State::playing) continue;
        ringtick::InputQueue<Order>& inputs = players_[slot].inputs;
        orders_[slot] = within_rewind(inputs.take(static_cast<std::uint32_t>(tick)));
        (inputs.is_fresh() ? inputs_applied_ : inputs_held_) += 1;
    }
    bots_.give_orders(world_, tick, orders_);
    world_.step(tick, orders_);
    herald_.tick(world_, seats_, options_.bots, outbox);
    snapshot_writer_.begin_tick();
    world_.remember([this](ShipId id) { return snapshot_writer_.told_place(id); });
}

void Railroids::on_command(const ringtick::Command& command, Outbox& outbox) {
    ringtick::MessageTag tag;
    bool fine = ringtick::read_tag(command.bytes, tag);
    if (fine && tag.kind == MessageKind::hello) {
        fine = on_hello(command.player, command.bytes, outbox);
    } else if (fine && tag.kind == MessageKind::input) {
        fine = on_input(command.player, command.bytes);
    } else if (fine && tag.kind == MessageKind::ping) {
        const bool answers = !players_[command.player.slot].watched;
        fine = !answers || on_ping(command.player, command.bytes, outbox);
    } else {
        fine = false;
    }
    if (!fine) messages_refused_ += 1;
}

bool Railroids::on_hello(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
    Seat& seat = seats_[player.slot];
    if (seat.state != Seat::State::silent) return false;

    // A page of another build may have laid out even its HELLO otherwise: whatever is not ours is
    // told to load the page again.
    Hello hello;
    const bool ours = decode(message, hello) && hello.protocol == protocol_version &&
                      hello.schema == schema_hash();
    if (!ours) {
        seat.state = Seat::State::refused;
        send(player, Bye{.reason = ByeReason::reload}, outbox);
        return false;
    }
    seat.name = clean_name({hello.name.begin(), hello.name.size()}, player.slot);
    seat.state = Seat::State::playing;
    players_[player.slot].inputs.start(static_cast<std::uint32_t>(tick_),
                                       options_.tick_rate_hz / holds_per_second);
    world_.enter(player.slot);
    welcome(player, outbox);
    herald_.greet(player);
    return true;
}

void Railroids::welcome(PlayerId player, Outbox& outbox) {
    snapshot_writer_.forget(player.slot);
    send(player,
         Welcome{.tag = {.kind = MessageKind::welcome,
                         .flags = players_[player.slot].watched ? ringtick::welcome_to_watch
                                                                : std::uint8_t{0}},
                 .tick_rate_hz = options_.tick_rate_hz,
                 .id = player.slot,
                 .tick = static_cast<std::uint32_t>(tick_),
                 .seed = options_.seed,
                 .side = static_cast<std::uint16_t>(world_.terrain().side()),
                 .people_max = options_.players_max,
                 .bots = options_.bots},
         outbox);
}

// Who is silent is shown nothing before its HELLO, with which the welcome comes.
void Railroids::on_watch(PlayerId player, Outbox& outbox) {
    ASSERT(player.slot < seats_.size());
    players_[player.slot].watched = true;
    if (!playing(player)) return;
    welcome(player, outbox);
    herald_.tell_who_is_here(player);
}

void Railroids::on_watch_message(PlayerId player,
                                 std::span<const std::byte> message,
                                 Outbox& outbox) {
    ringtick::MessageTag tag;
    const bool pings = ringtick::read_tag(message, tag) && tag.kind == MessageKind::ping;
    if (pings) on_ping(player, message, outbox);
}

bool Railroids::on_input(PlayerId player, std::span<const std::byte> message) {
    InputMessage input;
    if (!playing(player) || !decode(message, input)) return false;
    Player& sender = players_[player.slot];
    if (!sender.seen.acknowledge(input.acknowledged_tick, tick_)) return false;
    const TickTime view = view_of(sender, input);
    std::uint32_t stamp = input.tick;
    for (const Input& wanted : input.inputs) {
        sender.inputs.push(stamp, {.input = wanted, .view = view});
        stamp += 1;
    }
    return true;
}

// An input may be stamped far ahead and wait; an honest one waits for a tick or two. Who waits
// longer sees no farther back for it.
Order Railroids::within_rewind(Order order) const {
    const TickTime now = static_cast<TickTime>(tick_) * ringtick::whole_tick;
    const TickTime waited = TickTime{input_wait_ticks} * ringtick::whole_tick;
    const TickTime oldest = now - rewind_max_ - waited;
    if (order.view != Order::present) order.view = std::max(order.view, oldest);
    return order;
}

// What is believed of it is settled here, when it comes: the world is given moments that it can
// take as they are, and is a function of them.
TickTime Railroids::view_of(const Player& player, const InputMessage& input) {
    if (rewind_max_ == 0) return Order::present;
    const TickTime back = TickTime{input.view_back} * InputMessage::view_back_unit;
    const ringtick::Seen::Moment moment = player.seen.moment(back, tick_, rewind_max_);
    const bool fires =
        std::ranges::any_of(input.inputs, [](Input wanted) { return wanted.pressed(Input::fire); });
    if (fires && moment.too_old) views_too_old_ += 1;
    return moment.time;
}

bool Railroids::on_ping(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
    ringtick::Ping ping;
    if (!playing(player) || !decode(message, ping)) return false;
    Player& sender = players_[player.slot];
    if (sender.answered_ping) return false;
    sender.answered_ping = true;
    ringtick::Pong pong;
    pong.sent_us = ping.sent_us;
    pong.tick = static_cast<std::uint32_t>(tick_);
    send(player, pong, outbox);
    return true;
}

std::size_t Railroids::write_snapshot(PlayerId viewer, std::span<std::byte> out) {
    ASSERT(viewer.slot < players_.size());
    if (!playing(viewer)) return 0;
    Player& player = players_[viewer.slot];
    const std::size_t size = snapshot_writer_.write({.id = viewer.slot,
                                                     .input_stamp = player.inputs.stamp(),
                                                     .input_lead = player.inputs.lead()},
                                                    out);
    if (size > 0) player.inputs.reported();
    return size;
}

void Railroids::on_snapshot_refused(PlayerId viewer) {
    ASSERT(viewer.slot < players_.size());
    if (playing(viewer)) snapshot_writer_.take_back(viewer.slot);
}

void Railroids::on_stats(const ringtick::ServerStats& stats, Outbox& outbox) {
    const Stats message{.players = stats.players,
                        .tick_rate_hz = stats.tick_rate_hz,
                        .tick_work_p50_us = stats.tick_work_p50_us,
                        .tick_work_p99_us = stats.tick_work_p99_us,
                        .tick_late_p99_us = stats.tick_late_p99_us,
                        .snapshots_skipped = stats.snapshots_skipped};
    for (std::size_t slot = 0; slot < seats_.size(); ++slot) {
        const PlayerId player{static_cast<std::uint16_t>(slot)};
        if (playing(player)) send(player, message, outbox);
    }
}

// Who does not play yet is shown nothing, and so misses nothing.
void Railroids::on_rate(PlayerId viewer, std::uint32_t divisor, Outbox& outbox) {
    ASSERT(viewer.slot < seats_.size());
    ASSERT(divisor >= 1 && divisor <= ringtick::Rate::divisor_max);
    if (!playing(viewer)) return;
    ringtick::Rate message;
    message.divisor = static_cast<std::uint8_t>(divisor);
    send(viewer, message, outbox);
}

bool Railroids::playing(PlayerId player) const {
    return seats_[player.slot].state == Seat::State::playing;
}

RailroidsCounters Railroids::totals() const {
    const WorldCounters& world = world_.counters();
    return {.people = people_,
            .bots = bots_.count(),
            .inputs_applied = inputs_applied_,
            .inputs_held = inputs_held_,
            .messages_refused = messages_refused_,
            .shots = world.shots,
            .shots_rewound = world.shots_rewound,
            .views_too_old = views_too_old_,
            .hits = world.hits,
            .kills = world.kills,
            .gems_taken = world.gems_taken};
}

std::span<const ringtick::GameCounter> Railroids::counters() {
    const RailroidsCounters now = totals();
    counters_ = {{{"people", now.people},
                  {"bots", now.bots},
                  {"inputs_applied", now.inputs_applied},
                  {"inputs_held", now.inputs_held},
                  {"messages_refused", now.messages_refused},
                  {"shots", now.shots},
                  {"shots_rewound", now.shots_rewound},
                  {"views_too_old", now.views_too_old},
                  {"hits", now.hits},
                  {"kills", now.kills},
                  {"gems_taken", now.gems_taken}}};
    return counters_;
}

std::uint64_t Railroids::state_hash() const {
    std::uint64_t hash = world_.hash() ^ bots_.hash();
    // Where ships are told to be is where they are shot at.
    hash = ringtick::Rng::mix(hash ^ snapshot_writer_.ships_hash());
    const auto fold = [&hash](std::uint64_t value) { hash = ringtick::Rng::mix(hash ^ value) + 1; };
    // What was said and is not in the world yet.
    for (std::size_t slot = 0; slot < players_.size(); ++slot) {
        fold(static_cast<std::uint64_t>(seats_[slot].state));
        if (seats_[slot].state != Seat::State::playing) continue;
        fold(players_[slot].seen.acknowledged());
        players_[slot].inputs.tell_state(fold, [&fold](const Order& order) {
            fold(std::uint64_t{order.input.buttons} << 8 | order.input.aim);
            fold(static_cast<std::uint64_t>(order.view));
        });
    }
    return ringtick::Rng::mix(hash);
}

}  // namespace railroids
