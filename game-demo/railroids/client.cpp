#include "railroids/client.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace railroids {

namespace {

using ringtick::FieldReader;
using ringtick::Moment;
using ringtick::scaled;
using ringtick::TickTime;
using ringtick::whole_tick;

constexpr Nanoseconds beam_time = std::chrono::milliseconds(600);

float to_float(Fixed value) {
    return static_cast<float>(value.raw()) * (1.0F / Fixed::one);
}

float to_radians(Angle angle) {
    return static_cast<float>(angle.turns) * (6.283185307F / 65'536.0F);
}

float to_milliseconds(Nanoseconds duration) {
    return static_cast<float>(duration / std::chrono::microseconds(1)) * 0.001F;
}

std::int32_t whole_milliseconds(Nanoseconds duration) {
    return static_cast<std::int32_t>(duration / std::chrono::milliseconds(1));
}

// How far between the two snapshots the moment is, in 1/65,536.
TickTime part_of(const Moment<Snapshot>& moment) {
    return moment.to == nullptr ? 0 : moment.since_from * whole_tick / moment.between;
}

FixedVector ahead(FixedVector position, FixedVector velocity, TickTime time) {
    return {position.x + scaled(velocity.x, time), position.y + scaled(velocity.y, time)};
}

FixedVector between(FixedVector from, FixedVector to, TickTime part) {
    return ringtick::between(from, to, part, rules::leap);
}

Angle between(Angle from, Angle to, TickTime part) {
    const TickTime turn = (to - from).signed_turns() * part / whole_tick;
    return from + Angle{static_cast<std::uint16_t>(turn)};
}

// What moves, moves; all else is as it is at the later time.
Ship between(const Ship& from, const Ship& to, TickTime part) {
    Ship ship = to;
    ship.position = between(from.position, to.position, part);
    ship.velocity = between(from.velocity, to.velocity, part);
    ship.heading = between(from.heading, to.heading, part);
    ship.aim = between(from.aim, to.aim, part);
    return ship;
}

// A ship at the drawn moment: `to` is what it is in the later snapshot, if it is in there.
Ship drawn(const Ship& from, const Ship* to, const Moment<Snapshot>& moment) {
    if (to != nullptr) return between(from, *to, part_of(moment));
    Ship ship = from;
    if (ship.alive()) ship.position = ahead(ship.position, ship.velocity, moment.since_from);
    return ship;
}

}  // namespace

void ClientSide::start() {
    welcome_ = {};
    scale_ = {};
    beacon_ = {};
    view_ = {};
    view_.own_id = view_.own_slot = -1;
    view_.rtt_ms = -1.0F;
    beams_.clear();
    feed_.clear();
    for (Name& name : names_) name.clear();
}

bool ClientSide::on_welcome(std::span<const std::byte> message, ringtick::WelcomeTime& time) {
    Welcome welcome;
    if (!decode(message, welcome)) return false;
    time.tick = welcome.tick;
    time.period = Nanoseconds(std::chrono::seconds(1)) / welcome.tick_rate_hz;
    time.id = welcome.id;
    time.resume = welcome.resume;
    time.rewind = std::chrono::milliseconds(welcome.rewind_ms);
    time.slot = welcome.slot;
    if (welcome.resume.goes_on()) return welcome.seed == welcome_.seed && welcome.id == welcome_.id;

    start();
    welcome_ = welcome;
    scale_ = welcome.scale();
    terrain_.generate(welcome.seed, welcome.side);
    view_.connected = 1;
    view_.own_id = welcome.id;
    view_.world_side = welcome.side;
    view_.tick_rate_hz = welcome.tick_rate_hz;
    view_.bots = welcome.bots;
    view_.bots_max = welcome.bots_max;
    view_.beacon_radius = to_float(rules::beacon_radius);
    view_.cell_size = ringtick::cell_grid_of<Ship>(scale_.extent()).cell_size();
    view_.sight_width = view_width + 2 * sight_margin;
    view_.sight_height = view_height + 2 * sight_margin;
    view_.sight_margin = sight_hysteresis;
    show_terrain();
    return true;
}

bool ClientSide::on_snapshot(std::span<const std::byte> message,
                             const Snapshot* before,
                             Snapshot& snapshot) const {
    return decode(message, scale_, terrain_, before, snapshot);
}

void ClientSide::on_applied(const Snapshot& snapshot) {
    for (const BeamRecord& record : snapshot.passing) {
        if (beams_.full()) {
            std::copy(beams_.begin() + 1, beams_.end(), beams_.begin());
            beams_.resize(beams_.size() - 1);
        }
        beams_.push({.record = record, .tick = snapshot.header.tick - record.ticks_ago});
    }
    if (looks_inside_) show_told(snapshot);
}

void ClientSide::show_told(const Snapshot& snapshot) {
    view_.by_cells = snapshot.header.has(ringtick::SnapshotHeader::cells) ? 1 : 0;
    view_.stands_alone = snapshot.header.has(ringtick::SnapshotHeader::keyframe) ? 1 : 0;
    view_.told_x = to_float(snapshot.own.position.x);
    view_.told_y = to_float(snapshot.own.position.y);
    view_.told_heading = to_radians(snapshot.own.heading);
    const auto& ships = snapshot.of<Ship>();
    view_.told_count = static_cast<std::int32_t>(ships.size());
    for (std::size_t i = 0; i < ships.size(); ++i) {
        view_.told_id[i] = ships[i].id;
        view_.told_ship_x[i] = to_float(ships[i].entity.position.x);
        view_.told_ship_y[i] = to_float(ships[i].entity.position.y);
    }
}

bool ClientSide::on_event(std::span<const std::byte> message, Nanoseconds now) {
    // Twice over the message: all of it is checked before any of it counts.
    for (const bool applies : {false, true}) {
        FieldReader reader(message);
        MessageTag tag;
        describe_tag(reader, tag, MessageKind::event);
        while (reader.more()) {
            Event event;
            describe_event(reader, event);
            if (applies) apply(event, now);
        }
        if (!reader.finished()) return false;
    }
    return true;
}

void ClientSide::apply(const Event& event, Nanoseconds now) {
    if (event.type == EventType::standings) {
        view_.players = event.people;
        view_.bots = event.bots;
        view_.leader_count = static_cast<std::int32_t>(event.leaders.size());
        for (std::size_t i = 0; i < event.leaders.size(); ++i) {
            view_.leader_id[i] = event.leaders[i].id;
            view_.leader_score[i] = static_cast<std::int32_t>(event.leaders[i].score);
        }
        return;
    }
    const bool joins = event.type == EventType::join;
    if (joins && event.id < names_.size()) names_[event.id] = event.name;
    if (joins && !event.is_new) return;

    if (feed_.full()) {
        std::copy(feed_.begin() + 1, feed_.end(), feed_.begin());
        feed_.resize(feed_.size() - 1);
    }
    feed_serial_ += 1;
    feed_.push(
        {.type = event.type, .a = event.id, .b = event.other, .at = now, .serial = feed_serial_});
}

bool ClientSide::on_stats(std::span<const std::byte> message) {
    ringtick::Stats stats;
    if (!decode(message, stats)) return false;
    view_.tick_work_p50_us = static_cast<std::int32_t>(stats.tick_work_p50_us);
    view_.tick_work_p99_us = static_cast<std::int32_t>(stats.tick_work_p99_us);
    view_.tick_late_p99_us = static_cast<std::int32_t>(stats.tick_late_p99_us);
    view_.snapshots_skipped = static_cast<std::int32_t>(stats.snapshots_skipped);
    return true;
}

bool ClientSide::on_bye(std::span<const std::byte> message) {
    ringtick::Bye bye;
    return decode(message, bye);
}

void ClientSide::on_put_off(std::span<const ringtick::EntityName> entities) {
    constexpr std::uint8_t ships = 0;  // The first of all types.
    static_assert(std::is_same_v<Messages::Entities, ringtick::Types<Ship, Gem>>);
    static_assert(decltype(ringtick::Pong::put_off)::capacity <= View::ships_max);
    view_.put_off_count = 0;
    for (const ringtick::EntityName& entity : entities) {
        if (entity.type != ships) continue;
        view_.put_off_id[view_.put_off_count++] = entity.id;
    }
}

std::size_t ClientSide::write_hello(std::span<const char> name,
                                    const ringtick::ResumeWish& wish,
                                    std::uint16_t watch,
                                    std::span<std::byte> out) {
    Hello hello;
    hello.schema = schema_hash();
    hello.resume = wish;
    hello.watch = watch;
    const std::size_t size = std::min(name.size(), Name::capacity);
    for (const char letter : name.first(size)) hello.name.push(letter);
    return encode(hello, out);
}

std::size_t ClientSide::write_inputs(const ringtick::InputStamp& stamp,
                                     std::span<const Input> inputs,
                                     std::span<std::byte> out) {
    InputMessage message;
    message.acknowledged_tick = stamp.acknowledged_tick;
    message.tick = stamp.tick;
    message.sent_us = stamp.sent_us;
    message.view_back = stamp.view_back;
    for (const Input& input : inputs) message.inputs.push(input);
    return encode(message, out);
}

void ClientSide::show(const Moment<Snapshot>& moment,
                      const ringtick::ClientNumbers& numbers,
                      Nanoseconds now) {
    const auto tick = static_cast<std::uint64_t>(std::max<TickTime>(moment.time, 0) / whole_tick);
    show_numbers(numbers);
    show_prediction(numbers);
    const TickTime ahead = moment.time - TickTime{numbers.server_tick} * whole_tick;
    const Nanoseconds period = Nanoseconds(std::chrono::seconds(1)) / welcome_.tick_rate_hz;
    view_.drawn_ahead_ms = to_milliseconds(ringtick::time_of(ahead, period));
    show_beacon(tick);
    show_own(moment);
    show_ships(moment);
    show_gems(*moment.from);
    show_beams(tick, now);
    show_feed(now);
}

void ClientSide::show_nothing(const ringtick::ClientNumbers& numbers, Nanoseconds now) {
    show_numbers(numbers);
    show_feed(now);
}

void ClientSide::show_terrain() {
    const auto asteroids = terrain_.asteroids();
    view_.asteroid_count = static_cast<std::int32_t>(asteroids.size());
    for (std::size_t i = 0; i < asteroids.size(); ++i) {
        view_.asteroid_x[i] = to_float(asteroids[i].position.x);
        view_.asteroid_y[i] = to_float(asteroids[i].position.y);
        view_.asteroid_radius[i] = to_float(asteroids[i].radius);
        view_.asteroid_seed[i] = static_cast<std::int32_t>(asteroids[i].shape);
    }
}

void ClientSide::show_numbers(const ringtick::ClientNumbers& numbers) {
    view_.own_slot = numbers.slot;
    view_.server_tick = static_cast<std::int32_t>(numbers.server_tick);
    view_.rtt_ms = numbers.round_trip ? to_milliseconds(*numbers.round_trip) : -1.0F;
    view_.snapshot_divisor = static_cast<std::int32_t>(numbers.snapshot_divisor);
    view_.snapshots_per_second = static_cast<std::int32_t>(numbers.snapshots_per_second);
    view_.snapshot_bytes_per_second = static_cast<std::int32_t>(numbers.snapshot_bytes_per_second);
    view_.interpolation_delay_ms = to_milliseconds(numbers.interpolation_delay);
    view_.snapshot_age_ms = to_milliseconds(numbers.snapshot_age);
    view_.shot_age_ms = to_milliseconds(numbers.view_age);
    view_.rewind_ms = static_cast<std::int32_t>(numbers.rewind / std::chrono::milliseconds(1));
    view_.resumptions = static_cast<std::int32_t>(numbers.resumptions);
    view_.messages_refused = static_cast<std::int32_t>(numbers.messages_refused);
    view_.rtt_last_ms = to_milliseconds(numbers.round_trip_last);
    view_.rtt_count = static_cast<std::int32_t>(numbers.round_trips);
    view_.snapshots = static_cast<std::int32_t>(numbers.snapshots);
    view_.snapshots_missed = static_cast<std::int32_t>(numbers.snapshots_missed);
    show_parts(numbers.parts);
}

void ClientSide::show_parts(const ringtick::SnapshotParts& parts) {
    const auto bytes = [](std::uint64_t bits) { return static_cast<std::int32_t>(bits / 8); };
    view_.bytes_header = bytes(parts.header);
    view_.bytes_own = bytes(parts.own);
    view_.bytes_shots = bytes(parts.passing);
    view_.bytes_comings = bytes(parts.comings);
    view_.bytes_updates = bytes(parts.updates);
    view_.bytes_cells = bytes(parts.cells);
}

void ClientSide::show_prediction(const ringtick::ClientNumbers& numbers) {
    const ringtick::PredictionNumbers& prediction = numbers.prediction;
    view_.input_lead = numbers.input_lead;
    view_.inputs_late = static_cast<std::int32_t>(numbers.inputs_late);
    view_.inputs_waiting = static_cast<std::int32_t>(prediction.inputs_waiting);
    view_.corrections = static_cast<std::int32_t>(prediction.corrections);
    view_.corrections_unexplained = static_cast<std::int32_t>(prediction.corrections_unexplained);
    view_.correction_last = to_float(prediction.correction_last);
    view_.correction_worst = to_float(prediction.correction_worst);
}

bool ClientSide::is_in_beacon(FixedVector place) const {
    const FixedVector off = place - beacon_.position;
    return dot(off, off) < squared(rules::beacon_radius);
}

void ClientSide::show_beacon(std::uint64_t tick) {
    beacon_ = terrain_.beacon_at(tick);
    view_.beacon_x = to_float(beacon_.position.x);
    view_.beacon_y = to_float(beacon_.position.y);
    view_.beacon_ms_left =
        static_cast<std::int32_t>(beacon_.ticks_left * 1000 / welcome_.tick_rate_hz);
}

void ClientSide::on_own(const ringtick::OwnMoment<Ship>& moment) {
    own_ = between(*moment.from, *moment.to, moment.part);
    own_.position += moment.error;
    own_is_predicted_ = true;
}

// It flies ahead of the snapshots; what happens to it is shown with the world around it.
void ClientSide::show_own(const Moment<Snapshot>& moment) {
    const Ship& own = moment.from->own;
    if (!own_is_predicted_) {
        own_ = drawn(own, moment.to != nullptr ? &moment.to->own : nullptr, moment);
    }
    own_is_predicted_ = false;
    const auto ticks_per_second = static_cast<float>(welcome_.tick_rate_hz);
    view_.own_x = to_float(own_.position.x);
    view_.own_y = to_float(own_.position.y);
    view_.own_vx = to_float(own_.velocity.x) * ticks_per_second;
    view_.own_vy = to_float(own_.velocity.y) * ticks_per_second;
    view_.own_heading = to_radians(own_.heading);
    view_.own_aim = to_radians(own_.aim);
    view_.own_alive = own.alive() ? 1 : 0;
    view_.own_energy = own.energy;
    view_.own_score = static_cast<std::int32_t>(own.score);
    view_.own_kills = own.kills;
    view_.own_deaths = own.deaths;
    view_.own_cooldown_ms = own_.cooldown_ticks * 1000 / welcome_.tick_rate_hz;
    view_.own_respawn_ms = own.respawn_ticks * 1000 / welcome_.tick_rate_hz;
    view_.own_in_beacon = own.alive() && is_in_beacon(own.position) ? 1 : 0;
    view_.hit_serial = own.hits;
    view_.kill_serial = own.kills;
}

// Both lists ascend by id, so one walk pairs them. Who is only in the earlier snapshot is shown up
// to the later one; who is only in the later one, from then on.
void ClientSide::show_ships(const Moment<Snapshot>& moment) {
    view_.ship_count = 0;
    std::size_t later = 0;
    for (const auto& [id, ship] : moment.from->of<Ship>()) {
        const Ship* pair = nullptr;
        if (moment.to != nullptr) {
            const auto& ships = moment.to->of<Ship>();
            while (later < ships.size() && ships[later].id < id) later += 1;
            if (later < ships.size() && ships[later].id == id) pair = &ships[later].entity;
        }
        // The own ship is known to the last digit, and ahead of the others.
        show_ship(id, id == welcome_.id ? own_ : drawn(ship, pair, moment));
    }
}

void ClientSide::show_ship(ShipId id, const Ship& ship) {
    const std::int32_t flags = (ship.thrusting ? View::ship_thrusting : 0) |
                               (ship.braking ? View::ship_braking : 0) |
                               (id >= welcome_.people_max ? View::ship_bot : 0) |
                               (is_in_beacon(ship.position) ? View::ship_in_beacon : 0) |
                               (id == welcome_.id ? View::ship_own : 0);
    const auto ticks_per_second = static_cast<float>(welcome_.tick_rate_hz);
    const auto i = static_cast<std::size_t>(view_.ship_count++);
    view_.ship_id[i] = id;
    view_.ship_x[i] = to_float(ship.position.x);
    view_.ship_y[i] = to_float(ship.position.y);
    view_.ship_vx[i] = to_float(ship.velocity.x) * ticks_per_second;
    view_.ship_vy[i] = to_float(ship.velocity.y) * ticks_per_second;
    view_.ship_heading[i] = to_radians(ship.heading);
    view_.ship_aim[i] = to_radians(ship.aim);
    view_.ship_energy[i] = ship.energy;
    view_.ship_flags[i] = flags;
}

void ClientSide::show_gems(const Snapshot& snapshot) {
    view_.gem_count = static_cast<std::int32_t>(snapshot.of<Gem>().size());
    for (std::size_t i = 0; i < snapshot.of<Gem>().size(); ++i) {
        view_.gem_id[i] = snapshot.of<Gem>()[i].id;
        view_.gem_x[i] = to_float(snapshot.of<Gem>()[i].entity.position.x);
        view_.gem_y[i] = to_float(snapshot.of<Gem>()[i].entity.position.y);
    }
}

// A beam appears when the drawn moment reaches its tick: with the ships that it joins.
void ClientSide::show_beams(std::uint64_t tick, Nanoseconds now) {
    view_.beam_count = 0;
    std::size_t kept = 0;
    for (Beam beam : beams_) {
        if (!beam.shown && beam.tick <= tick) {
            beam.shown = true;
            beam.shown_at = now;
        }
        const Nanoseconds age = now - beam.shown_at;
        if (beam.shown && age > beam_time) continue;
        beams_[kept++] = beam;
        if (!beam.shown) continue;

        const auto i = static_cast<std::size_t>(view_.beam_count++);
        view_.beam_id[i] = beam.record.id;
        view_.beam_x0[i] = static_cast<float>(beam.record.x);
        view_.beam_y0[i] = static_cast<float>(beam.record.y);
        view_.beam_x1[i] = static_cast<float>(beam.record.x + beam.record.dx);
        view_.beam_y1[i] = static_cast<float>(beam.record.y + beam.record.dy);
        view_.beam_shooter[i] = beam.record.shooter;
        view_.beam_hit[i] = beam.record.is_hit ? beam.record.hit : -1;
        view_.beam_age_ms[i] = whole_milliseconds(age);
    }
    beams_.resize(kept);
}

void ClientSide::show_feed(Nanoseconds now) {
    view_.feed_count = static_cast<std::int32_t>(feed_.size());
    for (std::size_t i = 0; i < feed_.size(); ++i) {
        view_.feed_kind[i] = static_cast<std::int32_t>(feed_[i].type);
        view_.feed_a[i] = feed_[i].a;
        view_.feed_b[i] = feed_[i].b;
        view_.feed_age_ms[i] = whole_milliseconds(now - feed_[i].at);
        view_.feed_serial[i] = feed_[i].serial;
    }
}

const char* ClientSide::name_of(std::int32_t id) {
    const bool person = id >= 0 && id < welcome_.people_max;
    const bool bot = id >= welcome_.people_max && id < welcome_.people_max + welcome_.bots_max;
    Name name;
    if (person && static_cast<std::size_t>(id) < names_.size()) {
        name = names_[static_cast<std::size_t>(id)];
    }
    if (bot) name = bot_name(welcome_.seed, static_cast<ShipId>(id));
    std::copy(name.begin(), name.end(), name_text_.begin());
    name_text_[name.size()] = '\0';
    return name_text_.data();
}

}  // namespace railroids
