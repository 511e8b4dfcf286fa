#include "railroids/railroids.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace railroids {

namespace {

constexpr std::uint16_t players_expected_by_default = 64;

std::uint16_t as_ids_are_left(const RailroidsOptions& options, std::uint16_t bots) {
    const std::uint32_t ids_left = ships_max - options.players_max;
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(bots, ids_left));
}

std::uint16_t bots_in(const RailroidsOptions& options) {
    return as_ids_are_left(options, options.bots);
}

std::int32_t side_of(const RailroidsOptions& options) {
    const std::uint16_t by_default = std::min(options.players_max, players_expected_by_default);
    const std::uint16_t people =
        options.players_expected > 0 ? options.players_expected : by_default;
    return side_for(std::uint32_t{people} + bots_in(options));
}

Facts facts_of(const RailroidsOptions& options) {
    return {.seed = options.seed,
            .side = static_cast<std::uint16_t>(side_of(options)),
            .people_max = options.players_max,
            .bots_max = as_ids_are_left(options, std::max(options.bots, options.bots_max)),
            .bots = bots_in(options)};
}

// From the tick under way, as far back as an input may reach when it comes and by its own tick.
std::size_t history_ticks(const RailroidsOptions& options) {
    const std::uint32_t rewound = (options.rewind_ms * options.tick_rate_hz + 999) / 1000;
    return rewound + 1 + ringtick::input_wait_ticks;
}

Rect box_around(FixedVector center, std::int32_t more) {
    return Rect::around(center, Fixed::from_int(view_width / 2 + more),
                        Fixed::from_int(view_height / 2 + more));
}

}  // namespace

Arena::Arena(const RailroidsOptions& options)
    : facts_(facts_of(options)),
      scale_(facts_.scale()),
      world_(facts_.seed, facts_.side, scale_.ships, history_ticks(options)),
      rules_(scale_, world_.terrain()),
      beams_(world_, scale_, options.snapshot_bytes),
      bots_(facts_.seed, facts_.people_max, facts_.bots_max),
      herald_(scale_.ships + options.guests_max),
      seats_(std::size_t{options.players_max} + options.guests_max),
      orders_(scale_.ships) {
    ASSERT(scale_.ships <= ships_max);
    bots_.fly(facts_.bots, world_);
}

void Arena::on_join(PlayerId player, const Greeting& greeting) {
    seats_[player.slot] = {
        .taken = true,
        .name = clean_name({greeting.name.begin(), greeting.name.size()}, player.slot)};
    world_.enter(player.slot);
    herald_.greet(player);
}

void Arena::on_leave(PlayerId player) {
    world_.leave(player.slot);
    herald_.on_leave(player);
    seats_[player.slot] = {};
}

void Arena::on_watch(PlayerId player) {
    seats_[player.slot] = {.looks_on = true};
}

void Arena::on_unwatch(PlayerId player) {
    herald_.on_unwatch(player);
    seats_[player.slot] = {};
}

bool Arena::can_watch(PlayerId subject) const {
    if (subject.slot == ringtick::overview) return true;
    return subject.slot < world_.ships().size() && world_.ships()[subject.slot].present();
}

void Arena::tick(std::uint64_t tick, Outbox& outbox) {
    bots_.give_orders(world_, tick, orders_);
    world_.step(tick, orders_);
    lookout_.position = world_.terrain().beacon_at(tick).position;
    herald_.tick(world_, seats_, static_cast<std::uint16_t>(bots_.count()), outbox);
}

void Arena::on_told(const Writer& writer) {
    const auto& models = writer.models<Ship>();
    world_.remember([&](ShipId id) { return models.model(id).position; });
}

std::tuple<ringtick::EntityList<Ship>, ringtick::EntityList<Gem>> Arena::entities() const {
    return {{world_.ships(), &world_.ship_grid()}, {world_.gems(), &world_.gem_grid()}};
}

ringtick::Sight Arena::sight(PlayerId player) const {
    const FixedVector center = own(player).position;
    return {.center = center,
            .inner = box_around(center, sight_margin),
            .outer = box_around(center, sight_margin + sight_hysteresis)};
}

void Arena::write_passing(ringtick::FieldWriter& writer,
                          std::uint32_t since,
                          const ringtick::Sight& sight) {
    beams_.write(writer, since, sight.inner);
}

Facts Arena::facts() const {
    Facts facts = facts_;
    facts.bots = static_cast<std::uint16_t>(bots_.count());
    return facts;
}

Railroids::Railroids(const RailroidsOptions& options)
    : Host({.players_max = options.players_max,
            .guests_max = options.guests_max,
            .tick_rate_hz = options.tick_rate_hz,
            .rewind_ms = options.rewind_ms,
            .snapshot_bytes = options.snapshot_bytes},
           options) {
}

RailroidsCounters Railroids::totals() const {
    const ringtick::HostCounters host = host_counters();
    const WorldCounters& world = game().world().counters();
    return {.people = host.people,
            .resumed = host.resumed,
            .resumed_by_delta = host.resumed_by_delta,
            .spectators = host.spectators,
            .spectator_snapshots = host.spectator_snapshots,
            .bots = game().bots(),
            .inputs_applied = host.inputs_applied,
            .inputs_held = host.inputs_held,
            .messages_refused = host.messages_refused,
            .shots = world.shots,
            .shots_rewound = world.shots_rewound,
            .views_too_old = host.views_too_old,
            .hits = world.hits,
            .kills = world.kills,
            .gems_taken = world.gems_taken,
            .snapshots_held_back = host.snapshots_held_back,
            .snapshots = host.snapshots};
}

std::span<const ringtick::GameCounter> Railroids::counters() {
    const RailroidsCounters now = totals();
    const ringtick::SnapshotParts& parts = now.snapshots.parts;
    counters_ = {{{"people", now.people},
                  {"resumed", now.resumed},
                  {"resumed_by_delta", now.resumed_by_delta},
                  {"spectators", now.spectators},
                  {"spectator_snapshots", now.spectator_snapshots},
                  {"bots", now.bots},
                  {"inputs_applied", now.inputs_applied},
                  {"inputs_held", now.inputs_held},
                  {"messages_refused", now.messages_refused},
                  {"shots", now.shots},
                  {"shots_rewound", now.shots_rewound},
                  {"views_too_old", now.views_too_old},
                  {"hits", now.hits},
                  {"kills", now.kills},
                  {"gems_taken", now.gems_taken},
                  {"snapshots_cut", now.snapshots.cut},
                  {"snapshots_over_budget", now.snapshots.over_budget},
                  {"snapshots_held_back", now.snapshots_held_back},
                  {"snapshot_bytes_header", parts.header / 8},
                  {"snapshot_bytes_own", parts.own / 8},
                  {"snapshot_bytes_shots", parts.passing / 8},
                  {"snapshot_bytes_comings", parts.comings / 8},
                  {"snapshot_bytes_updates", parts.updates / 8},
                  {"snapshot_bytes_cells", parts.cells / 8}}};
    return counters_;
}

}  // namespace railroids

template class ringtick::Host<railroids::Arena>;
