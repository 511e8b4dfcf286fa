#pragma once

#include "replica/fields.hpp"
#include "replica/input_pacer.hpp"
#include "replica/interpolation.hpp"
#include "replica/prediction.hpp"
#include "replica/protocol.hpp"
#include "replica/rate_meter.hpp"
#include "replica/resume.hpp"
#include "replica/server_clock.hpp"
#include "replica/snapshot_parts.hpp"
#include "replica/tick_input.hpp"
#include "replica/unsent_inputs.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace ringtick {

// What a welcome tells any client: the tick it was sent in, how long a tick is, who it is, and
// whether what it knew of another connection still holds.
struct WelcomeTime {
    std::uint32_t tick = 0;
    Nanoseconds period{};
    std::uint16_t id = 0;
    std::uint16_t slot = 0;  // Of the connection.
    ResumeAnswer resume;
    Nanoseconds rewind{};  // How far back an input may look. 0: all see the present.
};

// What inputs are sent with, beside the player's intent.
struct InputStamp {
    std::uint32_t acknowledged_tick = 0;  // The last snapshot applied here.
    std::uint32_t tick = 0;               // The tick that the first of them is for.
    std::uint16_t view_back = 0;  // How far before that snapshot the drawn moment was, 1/256 tick.
    std::uint16_t sent_us = 0;    // Local time, wraps.
};

// What the client measured or was told of its connection; a page shows it.
struct ClientNumbers {
    std::int32_t slot = -1;         // By which an operator knows this connection; -1: no welcome.
    std::uint32_t server_tick = 0;  // Of the newest snapshot.
    std::optional<Nanoseconds> round_trip;
    Nanoseconds round_trip_last{};  // Of the last probe, with its wait for a tick.
    std::uint64_t round_trips = 0;  // Probes answered.
    Nanoseconds interpolation_delay{};
    Nanoseconds snapshot_age{};          // Since the newest snapshot arrived.
    Nanoseconds rewind{};                // How far back the server goes for an input that looks,
    Nanoseconds view_age{};              // and how far one that leaves now looks, at the most.
    std::uint32_t snapshot_divisor = 1;  // A snapshot every so many ticks, says the server.
    std::uint64_t snapshots_per_second = 0;
    std::uint64_t snapshot_bytes_per_second = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t snapshots_missed = 0;  // Ticks without one, between two that came.
    Nanoseconds snapshot_late{};         // Of the newest, behind those that came soonest.
    SnapshotParts parts;                 // Of all of them, for a game whose snapshots tell.
    std::uint64_t messages_refused = 0;
    std::uint64_t resumptions = 0;  // Connections that went on where another broke off.
    std::int32_t input_lead = 0;    // How many ticks early inputs reach the server, as it says.
    std::uint64_t inputs_late = 0;  // Snapshots that told of a tick without its input.
    PredictionNumbers prediction;
};

// The game's half of a client: it decodes what is its own and draws nothing, but fills the arrays
// that someone else draws. Each on_... returns false for a message that is not well formed.
// on_welcome() forgets the world, as start() does, unless it goes on.
template <class G>
concept ClientGame = requires(G game,
                              std::span<const std::byte> message,
                              std::span<std::byte> out,
                              typename G::Snapshot& snapshot,
                              const typename G::Snapshot* before,
                              const typename G::Snapshot& decoded,
                              const Moment<typename G::Snapshot>& moment,
                              const ClientNumbers& numbers,
                              const InputStamp& stamp,
                              std::span<const typename G::Input> inputs,
                              WelcomeTime& time,
                              Nanoseconds now) {
    requires TickInput<typename G::Input>;
    { decoded.header } -> std::convertible_to<const SnapshotHeader&>;
    game.start();
    { game.on_welcome(message, time) } -> std::same_as<bool>;
    { game.on_snapshot(message, before, snapshot) } -> std::same_as<bool>;
    game.on_applied(decoded);  // Once for each snapshot that on_snapshot decoded and time allowed.
    { game.on_event(message, now) } -> std::same_as<bool>;
    { game.on_stats(message) } -> std::same_as<bool>;
    { game.on_bye(message) } -> std::same_as<bool>;
    { game.write_inputs(stamp, inputs, out) } -> std::same_as<std::size_t>;
    game.show(moment, numbers, now);
    game.show_nothing(numbers, now);
    game.view();
};

// A player's side of the wire, for any game: what came, what time it is there, and which moment to
// draw. No socket, no clock (time is an argument) and no allocation, so that it runs alike in a
// browser, in a load generator and in a test.
//
//     message --on_message--> [ snapshot buffer ] --advance: two snapshots and a moment-->
//     game.show
//                 |                                       ^
//                 +--> [ server clock ] --- less the interpolation delay
//                 |
//                 +--> what the server says of the own entity and of the inputs' lead
//                            v                         v
//     wish --want--> [ prediction ] <--one a tick-- [ input pacer ] --> [ unsent ]
//     --write_inputs-->
//                            |
//                            +--> game.on_own
//
// A game that gives what PredictingGame asks for has its own entity shown where it is by now if the
// server does as it always does; any other, as the snapshots tell it.
template <ClientGame G>
class Client {
public:
    using Snapshot = typename G::Snapshot;
    using Input = typename G::Input;

    static constexpr Nanoseconds frame_max = std::chrono::milliseconds(100);  // Longer is a pause.

    // The first connection begins. Of one who has been here before, `key` may be all it knows.
    void start(Nanoseconds now, const ResumeKey& key = {}) {
        game_.start();
        numbers_ = {};
        forget_world(now);
        forget_connection();
        key_ = key;
    }

    // Another connection begins. What is known is kept, and drawn, until its welcome says whether
    // it still holds.
    void reconnect() { forget_connection(); }

    // What HELLO is to say of the connections before.
    ResumeWish resume_wish() const {
        ResumeWish wish{.key = key_};
        if (!knows_world_ || doubts_) return wish;
        wish.knows_world = true;
        wish.tick = numbers_.server_tick;
        wish.events = events_;
        if constexpr (requires(const Snapshot& snapshot) { hold(snapshot, wish.held); }) {
            if (!snapshots_.empty()) hold(snapshots_.newest(), wish.held);
        }
        return wish;
    }
    // With which another client can come back as this player.
    const ResumeKey& resume_key() const { return key_; }

    // Returns what it was, or nothing if it is refused: then nothing has changed but the count.
    std::optional<MessageKind> on_message(std::span<const std::byte> message, Nanoseconds now) {
        MessageTag tag;
        if (read_tag(message, tag) && apply(tag.kind, message, now)) return tag.kind;
        numbers_.messages_refused += 1;
        doubts_ = doubts_ || welcomed_;
        return std::nullopt;
    }

    // For how many ticks an input is to be made by now. Ask before want(), if what a player taps is
    // to count once.
    std::uint32_t inputs_due(Nanoseconds now) {
        pace(now);
        return pacer_.due();
    }

    // What the player wants in each tick that is due.
    void want(const Input& input, Nanoseconds now) {
        pace(now);
        while (pacer_.due() > 0) {
            const std::uint32_t tick = pacer_.take();
            unsent_.push(tick, input);
            prediction_.on_input(game_, tick, input);
        }
    }

    // One message with all that was wanted since the last, at most once for each tick. 0: nothing
    // was. Who cannot send asks later.
    std::size_t write_inputs(Nanoseconds now, std::span<std::byte> out) {
        if (unsent_.empty() || !welcomed_) return 0;
        const std::uint32_t acknowledged = numbers_.server_tick;
        const TickTime back = TickTime{acknowledged} * whole_tick - drawn_;
        const InputStamp stamp{
            .acknowledged_tick = acknowledged,
            .tick = unsent_.first(),
            .view_back = static_cast<std::uint16_t>(std::clamp<TickTime>(back / 256, 0, 0xFFFF)),
            .sent_us = static_cast<std::uint16_t>(microseconds(now)),
        };
        const std::size_t size = game_.write_inputs(stamp, unsent_.all(), out);
        unsent_.clear();
        return size;
    }

    // How far in the past to draw; nothing: as far as what arrives demands.
    void hold_interpolation_delay(std::optional<Nanoseconds> delay) { delay_.hold(delay); }

    // Which snapshots to ask for, with the next ping.
    void want_encoding(Encoding encoding) { encoding_ = encoding; }
    // Whether each pong is to tell whom the server's budget put off, for a game with on_put_off().
    void want_put_off(bool wants) { wants_put_off_ = wants; }

    std::size_t write_ping(Nanoseconds now, std::span<std::byte> out) const {
        Ping ping{.sent_us = microseconds(now)};
        ping.want(encoding_);
        if (wants_put_off_) ping.tag.flags |= Ping::wants_put_off;
        return encode(ping, out);
    }

    // Moves the drawn moment to `now` and fills the game's view.
    void advance(Nanoseconds now) {
        const Nanoseconds elapsed = now - advanced_to_;
        advanced_to_ = now;
        clock_.advance(now);
        frame_ += (std::clamp(elapsed, Nanoseconds::zero(), frame_max) - frame_) / 8;
        if (numbers_.rewind > Nanoseconds::zero()) {
            delay_.limit(numbers_.rewind - way_to_judgement());
        }
        delay_.advance(elapsed);
        prediction_.advance(elapsed);
        pace(now);
        numbers_.interpolation_delay = delay_.delay();
        numbers_.snapshot_age = now - newest_at_;
        numbers_.snapshots_per_second = snapshot_meter_.per_second(now);
        numbers_.snapshot_bytes_per_second = byte_meter_.per_second(now);
        if (snapshots_.empty()) return game_.show_nothing(numbers_, now);

        // The drawn moment never steps back, unless the server's time itself did.
        const TickTime wanted = clock_.at(now) - clock_.in_ticks(delay_.delay());
        const bool forward = wanted > drawn_ || drawn_ - wanted > 30 * whole_tick;
        if (forward) drawn_ = wanted;
        numbers_.view_age = time_of(clock_.at(now) - drawn_, clock_.period()) + way_to_judgement();
        numbers_.prediction = prediction_.numbers();
        if (!watches_) prediction_.show(game_, pacer_.since_made());
        game_.show(snapshots_.at(drawn_), numbers_, now);
    }

    const auto& view() const { return game_.view(); }
    const ClientNumbers& numbers() const { return numbers_; }
    G& game() { return game_; }

private:
    bool apply(MessageKind kind, std::span<const std::byte> message, Nanoseconds now) {
        switch (kind) {
            case MessageKind::welcome:
                return apply_welcome(message, now);
            case MessageKind::snapshot:
                return apply_snapshot(message, now);
            case MessageKind::event:
                return apply_event(message, now);
            case MessageKind::pong:
                return apply_pong(message, now);
            case MessageKind::rate:
                return apply_rate(message);
            case MessageKind::stats:
                return welcomed_ && game_.on_stats(message);
            case MessageKind::bye:
                return game_.on_bye(message);
            case MessageKind::hello:
            case MessageKind::input:
            case MessageKind::ping:
                return false;  // These go the other way.
        }
        return false;
    }

    bool apply_welcome(std::span<const std::byte> message, Nanoseconds now) {
        WelcomeTime time;
        if (welcomed_ || !game_.on_welcome(message, time)) return false;
        const ResumeAnswer& resume = time.resume;
        if (resume.goes_on() && !knows_world_) return false;  // There is none to go on.
        welcomed_ = true;
        MessageTag tag;
        watches_ = read_tag(message, tag) && (tag.flags & welcome_to_watch) != 0;
        if (resume.goes_on()) {
            numbers_.resumptions += 1;
        } else {
            forget_world(now);
            numbers_.rewind = time.rewind;
            clock_.start(time.period);
            delay_.start(time.period);
        }
        numbers_.slot = time.slot;
        clock_.on_arrival(time.tick, now);
        knows_world_ = true;
        key_ = {.id = time.id, .token = resume.token_after(key_.token)};
        events_ = resume.events;
        lost_ = resume.resumed == Resumed::keyframe;  // Nothing less than that helps.
        return true;
    }

    bool apply_event(std::span<const std::byte> message, Nanoseconds now) {
        if (!welcomed_ || !game_.on_event(message, now)) return false;
        events_ += 1;
        return true;
    }

    // The rest is how things were for the connection that is gone.
    void forget_connection() {
        welcomed_ = watches_ = false;
        numbers_.slot = -1;  // It is another's from now on.
        round_trips_count_ = 0;
        numbers_.snapshot_divisor = 1;
        delay_.on_rate(1);
        pacer_ = {};
        unsent_.clear();
        prediction_.interrupt();
    }

    void forget_world(Nanoseconds now) {
        lost_ = doubts_ = knows_world_ = false;
        events_ = 0;
        snapshots_.clear();
        snapshot_meter_ = {};
        byte_meter_ = {};
        prediction_ = {};
        drawn_ = 0;
        advanced_to_ = now;
        paced_to_ = now;
        newest_at_ = now;
        numbers_ = {.messages_refused = numbers_.messages_refused};
    }

    bool apply_snapshot(std::span<const std::byte> message, Nanoseconds now) {
        if (!welcomed_) return false;
        Snapshot& snapshot = snapshots_.spare();
        const bool first = snapshots_.empty();
        const Snapshot* const before = first || lost_ ? nullptr : &snapshots_.newest();
        lost_ = !game_.on_snapshot(message, before, snapshot);
        if (lost_) return false;

        const std::uint32_t tick = snapshot.header.tick;
        lost_ = !first && tick <= numbers_.server_tick;
        if (lost_) return false;  // Time does not run backwards.
        const std::uint32_t gap = first ? 1 : tick - numbers_.server_tick;
        const bool leap = gap > decltype(snapshots_)::gap_max;
        if (leap) {
            snapshots_.commit_alone();
        } else {
            snapshots_.commit();
        }
        game_.on_applied(snapshot);
        answer_inputs(snapshot, gap);
        clock_.on_arrival(tick, now);
        delay_.on_snapshot(gap, clock_.late());
        snapshot_meter_.add(1, now);
        byte_meter_.add(message.size(), now);
        numbers_.snapshots += 1;
        numbers_.snapshots_missed += gap - 1;
        numbers_.snapshot_late = clock_.late();
        if constexpr (requires { snapshot.parts; }) numbers_.parts.add(snapshot.parts);
        numbers_.server_tick = tick;
        newest_at_ = now;
        // Who looks on is asked for no input.
        if (!pacer_.running() && !watches_) pacer_.start(clock_.period(), reaches(now));
        return true;
    }

    // A tick without a snapshot may be one that a server left out that was too busy: in that no
    // input was applied, and nothing moved.
    void answer_inputs(const Snapshot& snapshot, std::uint32_t gap) {
        const SnapshotHeader& header = snapshot.header;
        const bool late = header.input_tick != 0 || header.input_lead < 0;
        if (!watches_) prediction_.on_snapshot(game_, snapshot, late || gap > 1);
        if (!pacer_.is_answered_by(header.tick)) return;
        pacer_.on_lead(header.tick, header.input_lead);
        numbers_.input_lead = pacer_.lead();
        numbers_.inputs_late += late ? 1U : 0U;
    }

    // How much older what is drawn gets before an input that looks at it is judged: the next frame
    // sends it, and what it looks at was under way to us, as it is there now. A probe waits for
    // half a tick, usually, and such an input for a whole one at the most.
    Nanoseconds way_to_judgement() const {
        return frame_ + round_trip_usual_ + clock_.period() / 2;
    }

    // A first probe that took very long has waited out a pause, as a rule: taken for the way, it
    // would stamp inputs for ticks so far ahead that none is due for as long. The second decides.
    bool knows_way() const {
        return round_trips_count_ > 1 ||
               (round_trips_count_ == 1 && round_trips_[0] <= InputPacer::leap);
    }

    // In which tick what leaves now reaches the server.
    TickTime reaches(Nanoseconds now) const {
        if (!knows_way()) return clock_.at(now);
        const Nanoseconds there = numbers_.round_trip.value_or(Nanoseconds::zero());
        return clock_.at(now) + clock_.in_ticks(there);
    }

    void pace(Nanoseconds now) {
        const Nanoseconds elapsed = std::max(now - paced_to_, Nanoseconds::zero());
        paced_to_ = now;
        if (pacer_.running()) pacer_.advance(reaches(now), elapsed);
    }

    // The server looks at its sockets once a tick, so a probe may wait a tick before it is seen:
    // the smallest of the last eight waited least.
    bool apply_pong(std::span<const std::byte> message, Nanoseconds now) {
        Pong pong;
        if (!decode(message, pong)) return false;
        const bool knew_way = knows_way();
        const std::uint32_t took_us = microseconds(now) - pong.sent_us;
        if (took_us > 60'000'000) return false;  // Not an answer to anything we sent lately.
        if constexpr (requires { game_.on_put_off(pong.put_off); }) {
            game_.on_put_off(pong.put_off);
        }
        numbers_.round_trip_last = std::chrono::microseconds(took_us);
        numbers_.round_trips += 1;
        round_trips_[round_trips_count_ % round_trips_.size()] = numbers_.round_trip_last;
        round_trips_count_ += 1;
        const auto count = std::min(round_trips_count_, round_trips_.size());
        auto sorted = round_trips_;
        std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
        numbers_.round_trip = sorted[0];
        round_trip_usual_ = sorted[count / 2];
        if (!knew_way && knows_way() && pacer_.running()) pacer_.leap_to(reaches(now));
        return true;
    }

    bool apply_rate(std::span<const std::byte> message) {
        Rate rate;
        if (!welcomed_ || !decode(message, rate)) return false;
        numbers_.snapshot_divisor = rate.divisor;
        delay_.on_rate(rate.divisor);
        return true;
    }

    static std::uint32_t microseconds(Nanoseconds now) {
        return static_cast<std::uint32_t>(now / std::chrono::microseconds(1));
    }

    G game_{};
    bool welcomed_ = false;
    bool watches_ = false;  // Another's doings: there is nothing to predict.
    Encoding encoding_ = Encoding::changes;
    bool wants_put_off_ = false;
    bool lost_ = false;         // A snapshot was refused: what goes on from it makes no sense.
    bool knows_world_ = false;  // Since a welcome, through all connections.
    bool doubts_ = false;       // Some message was: next time, all is to be told anew.
    ResumeKey key_;
    std::uint32_t events_ = 0;  // EVENT messages that the seat was told.
    ServerClock clock_;
    InterpolationDelay delay_;
    SnapshotBuffer<Snapshot, 16> snapshots_;
    InputPacer pacer_;
    UnsentInputs<Input> unsent_;
    std::conditional_t<PredictingGame<G>, Prediction<G>, NoPrediction<G>> prediction_;
    TickTime drawn_ = 0;
    Nanoseconds frame_{};  // How long one takes, lately.
    Nanoseconds advanced_to_{};
    Nanoseconds paced_to_{};
    Nanoseconds newest_at_{};
    RateMeter snapshot_meter_;
    RateMeter byte_meter_;
    std::array<Nanoseconds, 8> round_trips_{};
    std::size_t round_trips_count_ = 0;
    Nanoseconds round_trip_usual_{};  // The middle one of these.
    ClientNumbers numbers_;
};

}  // namespace ringtick
