#pragma once

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "replica/ack_window.hpp"
#include "replica/event_log.hpp"
#include "replica/host_connection.hpp"
#include "replica/host_messages.hpp"
#include "replica/host_options.hpp"
#include "replica/host_view.hpp"
#include "replica/onlookers.hpp"
#include "replica/player_inputs.hpp"
#include "replica/saved_game.hpp"
#include "replica/seats.hpp"
#include "replica/session.hpp"
#include "replica/snapshot_writer.hpp"
#include "replica/to_seats.hpp"
#include "tick/game.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtick {

// A game that is one struct G, as the server sees a game: players say HELLO and take their seats,
// their inputs wait for their ticks, the world steps, and each is told what it can see. A seat
// outlives its connection for a while (seats.hpp, resume.hpp): the inputs are let go, the world
// goes on, and whoever has the token comes back to it. So a PlayerId that G is given or gives is a
// seat, and EVENT messages to it arrive exactly once, whatever becomes of its connections; but for
// who missed more than is kept (event_log.hpp), and is told the world anew.
//
//     commands --> input queues --one each--> g.on_input
//                                             g.tick --> models --> snapshots
//
// What G gives is listed in host_view.hpp; it never sees a message, a clock or a float. One thread;
// no allocation after construction.
template <class G>
class Host : public SavedGame<Host<G>> {
public:
    static constexpr bool has_state = detail::has_state<G>;
    using Input = typename G::Input;
    using Writer = SnapshotWriter<G, typename detail::RulesOf<G>::Type>;
    static_assert(TickInput<Input>,
                  "ringtick::Host: the game's Input needs absorb(skipped) and let_go(): see "
                  "replica/tick_input.hpp");

    template <class... Arguments>
    explicit Host(const HostOptions& options, const Arguments&... arguments)
        : options_(options),
          rewind_max_(TickTime{options.rewind_ms} * options.tick_rate_hz * whole_tick / 1000),
          game_(arguments...),
          writer_(
              rules(), game_.entities(), Onlookers::viewers_max(options), options.snapshot_bytes),
          connections_(std::size_t{options.players_max} + options.guests_max),
          seats_(options.players_max, options.absence_ticks(), options.guests_max),
          inputs_(options.players_max),
          events_(connections_.size(), events_size),
          onlookers_(options) {}

    void on_join(PlayerId player) override {
        ASSERT(player.slot < options_.players_max);
        begin(player);
    }
    bool is_present(PlayerId who) const override { return connections_[who.slot].is_here(); }
    void on_token(PlayerId player, const IssuedToken& token) override {
        ASSERT(connections_[player.slot].state == Connection::State::silent);
        connections_[player.slot].token = token;
    }
    std::span<std::byte> secret_in(std::span<std::byte> said) override { return token_in(said); }
    bool obeys(std::span<const std::byte> order) const override { return can_obey(game_, order); }

    void on_leave(PlayerId player) override {
        ASSERT(player.slot < options_.players_max);
        ASSERT(connections_[player.slot].state != Connection::State::none);
        if (onlookers_.includes(player)) unwatch(player);
        seats_.lose(player.slot, now());
        connections_[player.slot] = {};
    }

    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        tick_ = tick;
        for (Connection& connection : connections_) connection.answered_ping = false;
        seats_.expire(static_cast<std::uint32_t>(tick), give_up());
        for (const Command& command : commands) on_command(command, outbox);
        while (onlookers_.spectators().count() > 0 && is_crowded()) turn_out_spectator(outbox);
        onlookers_.look_elsewhere(can_watch(), [&](PlayerId player) {
            refuse(player, ByeReason::nothing_to_watch, outbox);
            unwatch(player);
        });
        for (std::size_t seat = 0; seat < inputs_.size(); ++seat) {
            if (plays(seat)) give_input(static_cast<std::uint16_t>(seat));
        }
        if constexpr (requires { game_.tick(tick, outbox); }) {
            ToSeats to_seats(seats_, events_, outbox);
            game_.tick(tick, to_seats);
        } else {
            game_.tick(tick);
        }
        writer_.begin_tick(static_cast<std::uint32_t>(tick));
        if constexpr (requires { game_.on_told(writer_); }) game_.on_told(writer_);
    }

    SnapshotKey snapshot_key(PlayerId viewer) override {
        ASSERT(viewer.slot < connections_.size());
        if (onlookers_.includes(viewer)) {
            return onlookers_.of(viewer).take(viewer, now());
        }
        const AckWindow& window = connections_[viewer.slot].window;
        if (!window.behind(now())) return SnapshotKey::own;
        counters_.snapshots_held_back += 1;
        return SnapshotKey::held_back;
    }

    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override {
        ASSERT(viewer.slot < connections_.size());
        if (onlookers_.includes(viewer)) {
            Spectators& spectators = onlookers_.of(viewer);
            const auto write = [&](auto& to, auto pass) {
                to.slot = onlookers_.first_viewer(viewer);
                to.input_stamp = now();
                return spectators.write(viewer, writer_, to, out, pass);
            };
            return with_viewer<Writer>(game_, spectators.subject_of(viewer), write);
        }
        if (!playing(viewer)) return 0;
        const PlayerId seat{seats_.seat_of(viewer.slot)};
        PlayerInputs<G>& inputs = inputs_[seat.slot];
        const std::size_t size = with_viewer<Writer>(game_, seat, [&](auto& to, auto pass) {
            to.slot = seat.slot;
            to.input_stamp = inputs.stamp();
            to.input_lead = inputs.lead();
            return writer_.write(to, out, pass);
        });
        if (size > 0) {
            inputs.reported();
            connections_[viewer.slot].window.on_sent(now());
        }
        return size;
    }

    void on_snapshot_refused(PlayerId viewer) override {
        if (onlookers_.includes(viewer)) return onlookers_.of(viewer).lose(viewer);
        if (!playing(viewer)) return;
        writer_.take_back(seats_.seat_of(viewer.slot));
        connections_[viewer.slot].window.on_refused();
    }

    void on_stats(const ServerStats& stats, Outbox& outbox) override {
        const Stats message = told(stats);
        for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
            const PlayerId player{static_cast<std::uint16_t>(slot)};
            if (playing(player)) send(player, message, outbox);
        }
    }

    std::string_view name_of(PlayerId player) const override {
        return name_in(game_, seats_.seat_of(player.slot));
    }

    // Who does not play yet is shown nothing, and so misses nothing.
    void on_rate(PlayerId viewer, std::uint32_t divisor, Outbox& outbox) override {
        ASSERT(divisor >= 1 && divisor <= Rate::divisor_max);
        if (!playing(viewer)) return;
        send(viewer, Rate{.divisor = static_cast<std::uint8_t>(divisor)}, outbox);
    }

    bool on_guest(PlayerId guest) override {
        ASSERT(onlookers_.is_guest(guest));
        begin(guest);
        return true;
    }

    void on_guest_message(PlayerId guest,
                          std::span<const std::byte> message,
                          Outbox& outbox) override {
        MessageTag tag;
        if (!read_tag(message, tag)) return;
        connections_[guest.slot].answered_ping = false;
        if (tag.kind == MessageKind::hello) on_hello(guest, message, outbox);
        if (tag.kind == MessageKind::ping) on_ping(guest, message, outbox);
    }

    void on_guest_leave(PlayerId guest) override {
        if (onlookers_.includes(guest)) unwatch(guest);
        connections_[guest.slot] = {};
    }

    // See state.hpp: what everyone was told, the world, what was said and is not in it yet.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        Writer::describe_state(codec, self.writer_, self.now());
        if constexpr (has_state) G::describe_state(codec, self.game_, self.tick_);
        for (auto& connection : players(self)) HostConnection::describe_state(codec, connection);
        Spectators::describe_state(codec, self.onlookers_.spectators());
        Seats::describe_state(codec, self.seats_);
        for (std::size_t seat = 0; seat < self.inputs_.size(); ++seat) {
            codec.only_if(self.seats_.taken(seat), [&] {
                PlayerInputs<G>::describe_state(codec, self.inputs_[seat], self.now());
            });
        }
        expect(codec, self.adds_up());
    }

    std::uint32_t now() const { return static_cast<std::uint32_t>(tick_); }
    void begin_at(std::uint64_t tick) {
        tick_ = tick;
        events_.lose_count();
        for (auto& connection : connections_) connection.expect(options_.tick_rate_hz);
    }
    template <class Number>
    void tell_rules(Number number) const {
        options_.tell_rules(number);
        PlayerInputs<G>::tell_rules(number);
    }

    HostCounters host_counters() const {
        HostCounters counters = counters_;
        counters.people = count_here(players(*this));
        counters.spectators = onlookers_.spectators().count();
        counters.spectator_snapshots = onlookers_.spectators().snapshots_written();
        counters.snapshots = writer_.counters();
        return counters;
    }
    const G& game() const { return game_; }
    G& game() { return game_; }

private:
    using Rules = typename detail::RulesOf<G>::Type;

    // Of the messages that must arrive: what is kept for each player, for a second or two of a
    // crowd coming in and for half a minute of everything else.
    static constexpr std::size_t events_size = 8'192;
    using Connection = HostConnection;

    const Rules& rules() const { return detail::rules_of(game_); }

    template <class Self>  // Without guests.
    static auto players(Self& self) {
        return std::span(self.connections_).first(self.options_.players_max);
    }
    void begin(PlayerId player) {
        ASSERT(connections_[player.slot].state == Connection::State::none);
        connections_[player.slot] = {.state = Connection::State::silent,
                                     .window = AckWindow(options_.tick_rate_hz)};
    }

    void on_command(const Command& command, Outbox& outbox) {
        MessageTag tag;
        bool fine = read_tag(command.bytes, tag);
        if (command.player == operator_id) {
            fine = tell_order(game_, command.bytes);
        } else if (fine && tag.kind == MessageKind::hello) {
            fine = on_hello(command.player, command.bytes, outbox);
        } else if (fine && tag.kind == MessageKind::input) {
            fine = on_inputs(command.player, command.bytes);
        } else if (fine && tag.kind == MessageKind::ping) {
            fine = on_ping(command.player, command.bytes, outbox);
        } else if (fine && tag.kind == MessageKind::bye) {
            fine = on_bye(command.player, command.bytes, outbox);
        } else {
            fine = false;
        }
        if (!fine) counters_.messages_refused += 1;
    }

    bool on_hello(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
        Connection& connection = connections_[player.slot];
        if (connection.state != Connection::State::silent) return false;
        // A client of another build may have laid out even its HELLO otherwise: whatever is not
        // ours is told to load the page again.
        Hello<G> hello;
        const bool ours = decode(message, hello) && hello.protocol == protocol_version &&
                          hello.schema == schema_hash<G>();
        if (!ours) return refuse(player, ByeReason::reload, outbox);
        if (onlookers_.is_guest(player)) return show(player, {hello.watch}, outbox);
        if (hello.watch != to_play) return watch(player, {hello.watch}, outbox);
        connection.state = Connection::State::playing;
        const ResumeKey& key = hello.resume.key;
        if (seats_.owns(key.id, key.token)) {
            come_back(player, hello.resume, outbox);
        } else {
            take_seat(player, hello, outbox);
        }
        return true;
    }

    // If only by looking on.
    bool playing(PlayerId player) const { return seats_.seat_of(player.slot) != Seats::none; }
    // It is closed behind the word that says why.
    bool refuse(PlayerId player, ByeReason reason, Outbox& outbox) {
        connections_[player.slot].state = Connection::State::refused;
        send(player, Bye{.reason = reason}, outbox);
        outbox.close(player);
        return false;
    }

    void take_seat(PlayerId player, const Hello<G>& hello, Outbox& outbox) {
        const IssuedToken token = std::exchange(connections_[player.slot].token, {});
        const bool keeps_others_out = !seats_.has_free() && onlookers_.spectators().count() > 0;
        if (keeps_others_out) turn_out_spectator(outbox);
        const PlayerId seat{seats_.take(player.slot, token.digest, give_up())};
        inputs_[seat.slot].start(now(), options_.tick_rate_hz / HostOptions::holds_per_second);
        events_.start(seat.slot);
        tell_join(game_, seat, hello);
        welcome(player, {.token = token.plain}, outbox);
    }

    void come_back(PlayerId player, const ResumeWish& wish, Outbox& outbox) {
        const std::uint16_t seat = wish.key.id;
        const std::uint16_t displaced = seats_.resume(player.slot, seat);
        if (displaced != Seats::none) {
            connections_[displaced].state = Connection::State::refused;
            outbox.close({displaced});
        }
        inputs_[seat].reconnect();
        counters_.resumed += 1;
        if (!wish.knows_world || !events_.keeps(seat, wish.events)) {
            events_.forget(seat);
            welcome(player, {Resumed::anew, {}, events_.told(seat)}, outbox);
            return introduce(seat);
        }
        const bool delta = wish.is_recent(tick_, options_.delta_ticks_max()) &&
                           writer_.go_on_from(seat, wish.tick, bytes_of(wish.held));
        counters_.resumed_by_delta += delta ? 1 : 0;
        welcome(player, {delta ? Resumed::delta : Resumed::keyframe, {}, wish.events}, outbox);
        events_.for_each_behind(seat, wish.events, [&](std::span<const std::byte> message) {
            outbox.send(player, message);
        });
    }

    void welcome(PlayerId player, const ResumeAnswer& resume, Outbox& outbox) {
        const std::uint16_t seat = seats_.seat_of(player.slot);
        if (resume.resumed != Resumed::delta) writer_.forget(seat);
        if (!resume.goes_on()) writer_.encode_by(seat, Encoding::changes);
        Welcome<G> message;
        if constexpr (requires { game_.facts(); }) {
            static_cast<FactsOf<G>&>(message) = game_.facts();
        }
        message.id = seat;
        message.resume = resume;
        if (onlookers_.includes(player)) {
            message.tag.flags |= welcome_to_watch;
            message.id = onlookers_.of(player).subject_of(player).slot;
        }
        message.slot = player.slot;
        message.tick_rate_hz = options_.tick_rate_hz;
        message.rewind_ms = static_cast<std::uint16_t>(options_.rewind_ms);
        message.tick = now();
        send(player, message, outbox);
    }

    void introduce(std::uint16_t seat) {
        if constexpr (requires { game_.introduce(PlayerId{seat}); }) game_.introduce({seat});
    }

    auto give_up() {
        return [this](std::uint16_t seat) { game_.on_leave({seat}); };
    }

    // For good.
    bool on_bye(PlayerId player, std::span<const std::byte> bytes, Outbox& outbox) {
        Bye bye;
        const bool leaves = decode(bytes, bye) && bye.reason == ByeReason::leave;
        if (!leaves || !playing(player) || onlookers_.includes(player)) return false;
        game_.on_leave({seats_.seat_of(player.slot)});
        seats_.release(player.slot);
        connections_[player.slot].state = Connection::State::refused;
        outbox.close(player);
        return true;
    }

    bool on_inputs(PlayerId player, std::span<const std::byte> bytes) {
        InputMessage<G> message;
        const bool is_ours = playing(player) && !onlookers_.includes(player);
        if (!is_ours || !decode(bytes, message)) return false;
        const auto said = inputs_[seats_.seat_of(player.slot)].push(message, tick_, rewind_max_);
        if (!said.is_possible) return false;
        counters_.views_too_old += said.too_old ? 1 : 0;
        AckWindow& window = connections_[player.slot].window;
        window.on_acknowledged(message.acknowledged_tick, now());
        return true;
    }

    // Of who is absent, the last is held for a moment and then let go.
    void give_input(std::uint16_t seat) {
        const Order<Input> order = inputs_[seat].take(tick_, rewind_max_);
        if (inputs_[seat].is_fresh()) {
            counters_.inputs_applied += 1;
        } else if (!seats_.absent(seat)) {
            counters_.inputs_held += 1;
        }
        tell_input(game_, {seat}, order);
    }

    bool on_ping(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
        Ping ping;
        if (!playing(player) || !decode(message, ping)) return false;
        Connection& sender = connections_[player.slot];
        // Where ticks stood still for a moment an honest client's pings come together.
        if (sender.answered_ping) return true;
        sender.answered_ping = true;
        send(player, writer_.answer(seats_.seat_of(player.slot), ping, now()), outbox);
        return true;
    }

    // Somebody's seat who does more than look on, be it that he is away for a moment.
    bool plays(std::size_t seat) const {
        const std::uint16_t slot = seats_.slot_of(seat);
        return seats_.taken(seat) && (slot == Seats::none || !onlookers_.includes({slot}));
    }
    auto can_watch() const {
        return [this](PlayerId subject) {
            if constexpr (requires { game_.can_watch(subject); }) return game_.can_watch(subject);
            return subject.slot < seats_.count() && plays(subject.slot);
        };
    }

    // Of a state that was taken in: those who play or look on have a seat, and nobody else has.
    bool adds_up() const {
        for (std::size_t slot = 0; slot < options_.players_max; ++slot) {
            const PlayerId player{static_cast<std::uint16_t>(slot)};
            const bool plays_or_looks = connections_[slot].state == Connection::State::playing;
            if (playing(player) != plays_or_looks) return false;
            if (onlookers_.includes(player) && !plays_or_looks) return false;
            if constexpr (requires { game_.is_in(player); }) {
                if (game_.is_in(player) != plays(slot)) return false;
            }
        }
        return true;
    }

    // So that there is a place for whoever comes to play. Who has not said what for it came does
    // not count yet.
    bool is_crowded(std::size_t newcomers = 0) const {
        const auto here =
            std::ranges::count(players(*this), Connection::State::playing, &Connection::state);
        return static_cast<std::size_t>(here) + newcomers > options_.onlookers_may_take();
    }
    void turn_out_spectator(Outbox& outbox) {
        const PlayerId player = onlookers_.spectators().last();
        unwatch(player);
        refuse(player, ByeReason::no_room, outbox);
    }

    // Who merely looks on takes no seat that somebody may come back to.
    bool watch(PlayerId player, PlayerId subject, Outbox& outbox) {
        const bool has_room = !is_crowded(1) && seats_.has_free();
        if (!has_room) return refuse(player, ByeReason::no_room, outbox);
        if (!onlookers_.look_at(player, subject, can_watch())) {
            return refuse(player, ByeReason::nothing_to_watch, outbox);
        }
        const std::uint16_t seat = seats_.take(player.slot, {}, give_up());  // Not to come back to.
        inputs_[seat].start(now(), 0);
        begin_to_watch(player, outbox);
        return true;
    }
    // A guest takes nobody's place.
    bool show(PlayerId guest, PlayerId subject, Outbox& outbox) {
        if (subject.slot == to_play) subject.slot = overview;
        if (!onlookers_.look_at(guest, subject, can_watch())) {
            return refuse(guest, ByeReason::nothing_to_watch, outbox);
        }
        seats_.take_guest(guest.slot);
        begin_to_watch(guest, outbox);
        return true;
    }
    void begin_to_watch(PlayerId player, Outbox& outbox) {
        const std::uint16_t seat = seats_.seat_of(player.slot);
        connections_[player.slot].state = Connection::State::playing;
        events_.start(seat);
        if constexpr (requires { game_.on_watch(PlayerId{seat}); }) game_.on_watch({seat});
        welcome(player, {}, outbox);
        introduce(seat);
    }
    void unwatch(PlayerId player) {
        const PlayerId seat{seats_.seat_of(player.slot)};
        if constexpr (requires { game_.on_unwatch(seat); }) game_.on_unwatch(seat);
        seats_.release(player.slot);
        onlookers_.of(player).end(player);
    }

    HostOptions options_;
    TickTime rewind_max_;
    G game_;
    Writer writer_;
    std::vector<Connection> connections_;
    Seats seats_;
    std::vector<PlayerInputs<G>> inputs_;  // By seat.
    EventLog events_;
    Onlookers onlookers_;  // By slot. Each has a seat, but for its events.
    std::uint64_t tick_ = 0;
    HostCounters counters_;  // Those that nobody else counts.
};

}  // namespace ringtick
