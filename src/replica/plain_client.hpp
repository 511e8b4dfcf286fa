#pragma once

#include "replica/client.hpp"
#include "replica/session.hpp"
#include "replica/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringtick {

// A player's side of a game that says all in its types (PlainRules): what came is there to be drawn
// or tested as it is, and what is drawn in between is the caller's choice. If the game has
//
//     static void predict(Own&, const Input&);    one tick of the own entity, as tick() does it
//
// the own entity is predicted; it needs a `position` then.
template <class G>
class PlainClient {
public:
    using Snapshot = ringtick::Snapshot<G>;
    using Input = typename G::Input;
    using Own = OwnOf<G>;

    struct View {
        std::uint16_t id = 0;      // The player's own, once it is welcome.
        Moment<Snapshot> moment;   // Nothing in it before the first snapshot. Valid until the next.
        std::optional<Own> own{};  // As predicted.
        ClientNumbers numbers;
    };

    void start() { view_ = {}; }
    bool on_welcome(std::span<const std::byte> message, WelcomeTime& time) {
        Welcome<G> welcome;
        if (!decode(message, welcome)) return false;
        time = {.tick = welcome.tick,
                .period = Nanoseconds(std::chrono::seconds(1)) / welcome.tick_rate_hz,
                .id = welcome.id,
                .resume = welcome.resume,
                .rewind = std::chrono::milliseconds(welcome.rewind_ms)};
        if (welcome.resume.goes_on()) return welcome.id == welcome_.id;
        start();
        welcome_ = welcome;
        view_.id = welcome.id;
        return true;
    }
    bool on_snapshot(std::span<const std::byte> message,
                     const Snapshot* before,
                     Snapshot& snapshot) const {
        return read_snapshot(message, PlainRules<G>{}, before, snapshot);
    }
    void on_applied(const Snapshot&) {}
    bool on_event(std::span<const std::byte>, Nanoseconds) { return true; }
    bool on_stats(std::span<const std::byte> message) {
        Stats stats;
        return decode(message, stats);
    }
    bool on_bye(std::span<const std::byte> message) {
        Bye bye;
        return decode(message, bye);
    }

    // `wish` is the Client's: who it was on the connection before, if there was one.
    static std::size_t write_hello(const ResumeWish& wish,
                                   std::span<std::byte> out,
                                   const GreetingOf<G>& greeting = {}) {
        Hello<G> hello;
        static_cast<GreetingOf<G>&>(hello) = greeting;
        hello.schema = schema_hash<G>();
        hello.resume = wish;
        return encode(hello, out);
    }
    std::size_t write_inputs(const InputStamp& stamp,
                             std::span<const Input> inputs,
                             std::span<std::byte> out) {
        InputMessage<G> message;
        message.acknowledged_tick = stamp.acknowledged_tick;
        message.tick = stamp.tick;
        message.sent_us = stamp.sent_us;
        message.view_back = stamp.view_back;
        for (const Input& input : inputs) message.inputs.push(input);
        return encode(message, out);
    }

    void show(const Moment<Snapshot>& moment, const ClientNumbers& numbers, Nanoseconds) {
        view_.moment = moment;
        view_.numbers = numbers;
    }
    void show_nothing(const ClientNumbers& numbers, Nanoseconds) { view_.numbers = numbers; }
    const View& view() const { return view_; }
    const FactsOf<G>& facts() const { return welcome_; }

    // For prediction (prediction.hpp).
    static constexpr Fixed leap = Fixed::from_int(400);
    static Own own(const Snapshot& snapshot) { return snapshot.own; }
    void predict(Own& own, const Input& input) const requires requires { G::predict(own, input); }
    { G::predict(own, input); }
    static bool agree(const Own& a, const Own& b) {
        bool same = true;
        Own::owner_wire.for_each(
            [&](const auto& field, std::uint32_t) { same = same && field.agrees(a, b); });
        return same;
    }
    // What no client could foresee: for all that this one knows, nothing.
    static bool explains(const Own&, const Own&) { return false; }
    static FixedVector place(const Own& own) { return own.position; }
    void on_own(const OwnMoment<Own>& moment) { view_.own = *moment.to; }

private:
    Welcome<G> welcome_;
    View view_;
};

template <class G>
using GameClient = Client<PlainClient<G>>;

}  // namespace ringtick
