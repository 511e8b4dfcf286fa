#pragma once

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "replica/ack_window.hpp"
#include "replica/input_queue.hpp"
#include "replica/order.hpp"
#include "replica/seen.hpp"
#include "replica/session.hpp"
#include "replica/snapshot_writer.hpp"
#include "tick/game.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace ringtick {

namespace detail {

template <class G>
struct RulesOf {
    using Type = PlainRules<G>;
};
template <class G>
requires requires(const G& game) {
    game.rules();
}
struct RulesOf<G> {
    using Type = std::remove_cvref_t<decltype(std::declval<const G&>().rules())>;
};

}  // namespace detail

// How long an honest client's input waits for its tick, at the most.
inline constexpr std::uint32_t input_wait_ticks = 2;

struct HostOptions {
    std::uint16_t players_max = 64;
    std::uint16_t tick_rate_hz = 30;
    std::uint32_t rewind_ms = 250;     // How far back an input may look. 0: all see the present.
    std::uint32_t snapshot_bytes = 0;  // A snapshot's budget (see snapshot_writer.hpp); 0: none.
};

struct HostCounters {
    std::uint64_t people = 0;
    std::uint64_t inputs_applied = 0;
    std::uint64_t inputs_held = 0;       // Ticks of a player that went without an input.
    std::uint64_t messages_refused = 0;  // Not one of ours, or with values no client of ours sends.
    std::uint64_t views_too_old = 0;     // Inputs that look back farther than is allowed.
    std::uint64_t snapshots_cut = 0;     // Told less than there was to tell, by the budget.
    std::uint64_t snapshots_over_budget = 0;  // Told more: it could not wait.
    std::uint64_t snapshots_held_back = 0;    // Not made: those before were under way for too long.
};

// A game that is one struct G, as the server sees a game: players say HELLO and take their seats,
// their inputs wait for their ticks, the world steps, and each is told what it can see.
//
//     commands --> input queues --one each--> g.on_input
//                                             g.tick --> models --> snapshots
//
// G names its types (game_types.hpp) and gives
//
//     void on_join(PlayerId), on_leave(PlayerId)
//     void on_input(PlayerId, const Order<Input>&)    exactly one a player and tick, before tick()
//     void tick(std::uint64_t tick)                   or with an Outbox&, for messages of its own
//     entities()                                      a std::tuple of an EntityList for each type
//
// and, where it wants more than the least:
//
//     bool on_join(PlayerId, const Greeting&)  instead, with a Greeting
//     Facts facts() const                      with Facts
//     const Own& own(PlayerId) const           with an Own
//     const Rules& rules() const               with rules that need more than types (PlainRules)
//     Sight sight(PlayerId) const              whoever sees less than everything
//     write_passing(writer, since, PlayerId)   with Passing; rules().passing() reads it
//     on_told(const SnapshotWriter&)           after each tick: what everybody is told
//     std::uint64_t hash() const               of all that later ticks depend on, for replays
//     on_watch(PlayerId, Outbox&)              in a replay: tell all that only a newcomer is told
//
// G never sees a message, a clock or a float. One thread; no allocation after construction.
template <class G>
class Host : public Game {
public:
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
          writer_(rules(), game_.entities(), options.players_max, options.snapshot_bytes),
          seats_(options.players_max) {}

    void on_join(PlayerId player) override {
        ASSERT(player.slot < seats_.size());
        ASSERT(seats_[player.slot].state == Seat::State::empty);
        seats_[player.slot] = {.state = Seat::State::silent,
                               .window = AckWindow(options_.tick_rate_hz)};
        people_ += 1;
    }

    void on_leave(PlayerId player) override {
        ASSERT(player.slot < seats_.size());
        ASSERT(seats_[player.slot].state != Seat::State::empty);
        if (playing(player)) game_.on_leave(player);
        seats_[player.slot] = {};
        people_ -= 1;
    }

    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        tick_ = tick;
        for (Seat& seat : seats_) seat.answered_ping = false;
        for (const Command& command : commands) on_command(command, outbox);
        for (std::size_t slot = 0; slot < seats_.size(); ++slot) {
            if (seats_[slot].state == Seat::State::playing) give_input(slot);
        }
        if constexpr (requires { game_.tick(tick, outbox); }) {
            game_.tick(tick, outbox);
        } else {
            game_.tick(tick);
        }
        writer_.begin_tick(static_cast<std::uint32_t>(tick));
        if constexpr (requires { game_.on_told(writer_); }) game_.on_told(writer_);
    }

    // Who watches a recorded match acknowledges nothing, whatever the player did whom it sees.
    SnapshotKey snapshot_key(PlayerId viewer) override {
        ASSERT(viewer.slot < seats_.size());
        const Seat& seat = seats_[viewer.slot];
        if (seat.watched || !seat.window.behind(static_cast<std::uint32_t>(tick_))) {
            return SnapshotKey::own;
        }
        snapshots_held_back_ += 1;
        return SnapshotKey::held_back;
    }

    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override {
        ASSERT(viewer.slot < seats_.size());
        if (!playing(viewer)) return 0;
        InputQueue<Order<Input>>& inputs = seats_[viewer.slot].inputs;
        typename Writer::Viewer to{
            .slot = viewer.slot, .input_stamp = inputs.stamp(), .input_lead = inputs.lead()};
        if constexpr (has_own<G>) to.own = &game_.own(viewer);
        std::size_t size = 0;
        if constexpr (requires { game_.sight(viewer); }) {
            const Sight sight = game_.sight(viewer);
            to.sight = &sight;
            size = write_to(to, viewer, out);
        } else {
            size = write_to(to, viewer, out);
        }
        if (size > 0) {
            inputs.reported();
            seats_[viewer.slot].window.on_sent(static_cast<std::uint32_t>(tick_));
        }
        return size;
    }

    void on_snapshot_refused(PlayerId viewer) override {
        ASSERT(viewer.slot < seats_.size());
        if (!playing(viewer)) return;
        writer_.take_back(viewer.slot);
        seats_[viewer.slot].window.on_refused();
    }

    void on_stats(const ServerStats& stats, Outbox& outbox) override {
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
    void on_rate(PlayerId viewer, std::uint32_t divisor, Outbox& outbox) override {
        ASSERT(viewer.slot < seats_.size());
        ASSERT(divisor >= 1 && divisor <= Rate::divisor_max);
        if (!playing(viewer)) return;
        send(viewer, Rate{.divisor = static_cast<std::uint8_t>(divisor)}, outbox);
    }

    // Who is silent is shown nothing before its HELLO, with which the welcome comes.
    void on_watch(PlayerId player, Outbox& outbox) override {
        ASSERT(player.slot < seats_.size());
        seats_[player.slot].watched = true;
        if (!playing(player)) return;
        welcome(player, outbox);
        if constexpr (requires { game_.on_watch(player, outbox); }) game_.on_watch(player, outbox);
    }

    void on_watch_message(PlayerId player,
                          std::span<const std::byte> message,
                          Outbox& outbox) override {
        MessageTag tag;
        if (read_tag(message, tag) && tag.kind == MessageKind::ping) {
            on_ping(player, message, outbox);
        }
    }

    // Of what was said and is not in the world yet, of what everyone was told, and of the world.
    std::uint64_t state_hash() const override {
        std::uint64_t hash = writer_.hash();
        const auto fold = [&hash](std::uint64_t value) { hash = Rng::mix(hash ^ value) + 1; };
        if constexpr (requires { game_.hash(); }) fold(game_.hash());
        for (const Seat& seat : seats_) {
            fold(static_cast<std::uint64_t>(seat.state));
            if (seat.state != Seat::State::playing) continue;
            fold(seat.seen.acknowledged());
            seat.inputs.tell_state(fold, [&fold](const Order<Input>& order) {
                std::array<std::uint64_t, (sizeof(Input) + 15) / 8> words{};
                FieldWriter writer(std::as_writable_bytes(std::span(words)));
                describe_whole(writer, Telling{Input::wire, Extent{}}, order.input);
                writer.finish();
                for (const std::uint64_t word : words) fold(word);
                fold(static_cast<std::uint64_t>(order.view));
            });
        }
        return Rng::mix(hash);
    }

    HostCounters host_counters() const {
        return {.people = people_,
                .inputs_applied = inputs_applied_,
                .inputs_held = inputs_held_,
                .messages_refused = messages_refused_,
                .views_too_old = views_too_old_,
                .snapshots_cut = writer_.snapshots_cut(),
                .snapshots_over_budget = writer_.snapshots_over_budget(),
                .snapshots_held_back = snapshots_held_back_};
    }
    const G& game() const { return game_; }
    G& game() { return game_; }

protected:
    bool playing(PlayerId player) const {
        return seats_[player.slot].state == Seat::State::playing;
    }

private:
    static constexpr std::uint32_t holds_per_second = 4;  // An input is held for a quarter of one.

    using Rules = typename detail::RulesOf<G>::Type;

    struct Seat {
        enum class State : std::uint8_t { empty, silent, playing, refused };

        State state = State::empty;
        bool answered_ping = false;  // In this tick: one is enough.
        bool watched = false;        // In a recorded match: who watches pings for itself.
        InputQueue<Order<Input>> inputs{};
        Seen seen{};
        AckWindow window{0};  // No part of the match's state: what was sent is no input of it.
    };

    const Rules& rules() const {
        if constexpr (requires { game_.rules(); }) {
            return game_.rules();
        } else {
            static constexpr Rules plain{};
            return plain;
        }
    }

    void on_command(const Command& command, Outbox& outbox) {
        MessageTag tag;
        bool fine = read_tag(command.bytes, tag);
        if (fine && tag.kind == MessageKind::hello) {
            fine = on_hello(command.player, command.bytes, outbox);
        } else if (fine && tag.kind == MessageKind::input) {
            fine = on_inputs(command.player, command.bytes);
        } else if (fine && tag.kind == MessageKind::ping) {
            const bool answers = !seats_[command.player.slot].watched;
            fine = !answers || on_ping(command.player, command.bytes, outbox);
        } else {
            fine = false;
        }
        if (!fine) messages_refused_ += 1;
    }

    bool on_hello(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
        Seat& seat = seats_[player.slot];
        if (seat.state != Seat::State::silent) return false;

        // A client of another build may have laid out even its HELLO otherwise: whatever is not
        // ours is told to load the page again.
        Hello<G> hello;
        const bool ours = decode(message, hello) && hello.protocol == protocol_version &&
                          hello.schema == schema_hash<G>();
        if (!ours) {
            seat.state = Seat::State::refused;
            send(player, Bye{.reason = ByeReason::reload}, outbox);
            return false;
        }
        seat.state = Seat::State::playing;
        seat.inputs.start(static_cast<std::uint32_t>(tick_),
                          options_.tick_rate_hz / holds_per_second);
        if constexpr (requires { game_.on_join(player, hello); }) {
            game_.on_join(player, hello);
        } else {
            game_.on_join(player);
        }
        welcome(player, outbox);
        return true;
    }

    void welcome(PlayerId player, Outbox& outbox) {
        writer_.forget(player.slot);
        writer_.encode_by(player.slot, Encoding::changes);
        Welcome<G> message;
        if constexpr (requires { game_.facts(); })
            static_cast<FactsOf<G>&>(message) = game_.facts();
        if (seats_[player.slot].watched) message.tag.flags |= welcome_to_watch;
        message.tick_rate_hz = options_.tick_rate_hz;
        message.id = player.slot;
        message.tick = static_cast<std::uint32_t>(tick_);
        send(player, message, outbox);
    }

    bool on_inputs(PlayerId player, std::span<const std::byte> bytes) {
        InputMessage<G> message;
        if (!playing(player) || !decode(bytes, message)) {
            return false;
        }
        Seat& seat = seats_[player.slot];
        if (!seat.seen.acknowledge(message.acknowledged_tick, tick_)) return false;
        seat.window.on_acknowledged(message.acknowledged_tick, static_cast<std::uint32_t>(tick_));
        const TickTime view = view_of(seat, message);
        std::uint32_t stamp = message.tick;
        for (const Input& input : message.inputs) {
            seat.inputs.push(stamp, {.input = input, .view = view});
            stamp += 1;
        }
        return true;
    }

    // What is believed of it is settled here, when it comes: the world is given moments that it can
    // take as they are, and is a function of them.
    TickTime view_of(const Seat& seat, const InputMessage<G>& message) {
        if (rewind_max_ == 0) return Order<Input>::present;
        const TickTime back = TickTime{message.view_back} * InputMessage<G>::view_back_unit;
        const Seen::Moment moment = seat.seen.moment(back, tick_, rewind_max_);
        if (message.looks_back() && moment.too_old) views_too_old_ += 1;
        return moment.time;
    }

    void give_input(std::size_t slot) {
        InputQueue<Order<Input>>& inputs = seats_[slot].inputs;
        Order<Input> order = inputs.take(static_cast<std::uint32_t>(tick_));
        (inputs.is_fresh() ? inputs_applied_ : inputs_held_) += 1;
        // An input may be stamped far ahead and wait; an honest one waits for a tick or two. Who
        // waits longer sees no farther back for it.
        const TickTime now = static_cast<TickTime>(tick_) * whole_tick;
        const TickTime oldest = now - rewind_max_ - TickTime{input_wait_ticks} * whole_tick;
        if (order.view != Order<Input>::present) order.view = std::max(order.view, oldest);
        game_.on_input({static_cast<std::uint16_t>(slot)}, order);
    }

    bool on_ping(PlayerId player, std::span<const std::byte> message, Outbox& outbox) {
        Ping ping;
        if (!playing(player) || !decode(message, ping)) return false;
        Seat& sender = seats_[player.slot];
        if (sender.answered_ping) return false;
        sender.answered_ping = true;
        const bool by_cells = (ping.tag.flags & Ping::wants_cells) != 0;
        writer_.encode_by(player.slot, by_cells ? Encoding::cells : Encoding::changes);
        send(player, Pong{.sent_us = ping.sent_us, .tick = static_cast<std::uint32_t>(tick_)},
             outbox);
        return true;
    }

    std::size_t write_to(const typename Writer::Viewer& to,
                         PlayerId viewer,
                         std::span<std::byte> out) {
        return writer_.write(to, out, [&](FieldWriter& writer, std::uint32_t since) {
            if constexpr (requires { game_.write_passing(writer, since, viewer); }) {
                game_.write_passing(writer, since, viewer);
            }
        });
    }

    template <class Message>
    static void send(PlayerId player, const Message& message, Outbox& outbox) {
        std::array<std::byte, 256> bytes{};
        const std::size_t size = encode(message, bytes);
        ASSERT(size > 0);
        outbox.send(player, std::span(bytes).first(size));
    }

    HostOptions options_;
    TickTime rewind_max_;
    G game_;
    Writer writer_;
    std::vector<Seat> seats_;
    std::uint64_t tick_ = 0;
    std::uint64_t people_ = 0;
    std::uint64_t inputs_applied_ = 0;
    std::uint64_t inputs_held_ = 0;
    std::uint64_t messages_refused_ = 0;
    std::uint64_t views_too_old_ = 0;
    std::uint64_t snapshots_held_back_ = 0;
};

}  // namespace ringtick
