#pragma once

#include "base/assert.hpp"
#include "base/fixed.hpp"
#include "base/time.hpp"
#include "replica/server_clock.hpp"
#include "replica/tick_input.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// The own entity as it is to be drawn: between two ticks, and how far beside that while a
// correction fades.
template <class Own>
struct OwnMoment {
    const Own* from = nullptr;
    const Own* to = nullptr;
    TickTime part = 0;  // From `from` to `to`.
    FixedVector error;  // To be added to the place.
};

// What a game gives so that its players' own entities are predicted.
template <class G>
concept PredictingGame = requires(G game,
                                  const G& rules,
                                  const typename G::Snapshot& snapshot,
                                  typename G::Own& own,
                                  const typename G::Own& other,
                                  const typename G::Input& input,
                                  const OwnMoment<typename G::Own>& moment) {
    { rules.own(snapshot) } -> std::same_as<typename G::Own>;  // To the last digit.
    rules.predict(own, input);                                 // One tick, as the server does it.
    { G::agree(other, other) } -> std::same_as<bool>;          // They will move alike.
    // Told before and told now: something happened between that no client can foresee.
    { G::explains(other, other) } -> std::same_as<bool>;
    { G::place(other) } -> std::same_as<FixedVector>;
    { G::leap } -> std::convertible_to<Fixed>;  // Farther at once is no movement.
    game.on_own(moment);
};

struct PredictionNumbers {
    std::uint64_t corrections = 0;
    std::uint64_t corrections_unexplained = 0;  // By nothing that the server said.
    Fixed correction_last;                      // How far the own entity was put elsewhere.
    Fixed correction_worst;
    std::uint32_t inputs_waiting = 0;  // Predicted, and not answered by a snapshot yet.
};

// The own entity ahead of the server: what a snapshot says of it, and on top the inputs that the
// server has not answered yet, by the game's own rules. The input stamped T belongs to tick T, on
// both sides; so what the snapshot of tick T says is held against what was predicted for T. If they
// differ, all that follows is computed again, and the own entity is drawn where it was, and glides
// over to where it is: the error that is drawn fades, the one in the state is gone at once.
template <class G>
class Prediction {
public:
    using Own = typename G::Own;
    using Input = typename G::Input;

    static constexpr std::uint32_t kept = 64;  // Ticks from the last answer on.
    static constexpr Nanoseconds fade_time = std::chrono::milliseconds(120);

    void on_input(const G& game, std::uint32_t tick, const Input& input) {
        if (!running_ || ticks_between(newest_, tick) <= 0) return;
        // The server has been silent for two seconds: nothing is certain enough to be drawn.
        if (tick - told_tick_ >= kept) return;
        // A tick that was left out: there the server holds what it has.
        const Input held = step_at(newest_).input;
        while (newest_ + 1 != tick) predict_next(game, held);
        predict_next(game, input);
        numbers_.inputs_waiting = newest_ - told_tick_;
    }

    // What was foretold is not going to be answered: begins anew with the next snapshot.
    void interrupt() {
        running_ = false;
        error_ = {};
        numbers_.inputs_waiting = 0;
    }

    // `explained`: some inputs were not applied when they should have been.
    void on_snapshot(const G& game, const typename G::Snapshot& snapshot, bool explained) {
        const std::uint32_t tick = snapshot.header.tick;
        const Own told = game.own(snapshot);
        const Own before = told_;
        const bool foretold =
            running_ && ticks_between(tick, newest_) >= 0 && ticks_between(told_tick_, tick) > 0;
        told_ = told;
        told_tick_ = tick;
        if (!foretold) {
            running_ = true;
            newest_ = tick;
            error_ = {};
            numbers_.inputs_waiting = 0;
            step_at(tick) = {.input = {}, .after = told};
            return;
        }
        numbers_.inputs_waiting = newest_ - tick;
        const FixedVector was = G::place(step_at(newest_).after);
        const bool right = G::agree(step_at(tick).after, told);
        step_at(tick).after = told;
        if (right) return;
        explained = explained || G::explains(before, told);
        numbers_.corrections += 1;
        numbers_.corrections_unexplained += explained ? 0U : 1U;
        predict_again(game);
        glide(was - G::place(step_at(newest_).after));
    }

    void advance(Nanoseconds elapsed) {
        error_left_ = std::clamp(error_left_ - elapsed, Nanoseconds::zero(), fade_time);
    }

    // Says nothing while there is nothing ahead of what the snapshots tell.
    void show(G& game, TickTime since_newest) const {
        if (!running_ || newest_ == told_tick_) return;
        game.on_own(OwnMoment<Own>{.from = &step_at(newest_ - 1).after,
                                   .to = &step_at(newest_).after,
                                   .part = since_newest,
                                   .error = error()});
    }

    const PredictionNumbers& numbers() const { return numbers_; }

private:
    struct Step {
        Input input{};
        Own after{};
    };

    Step& step_at(std::uint32_t tick) { return steps_[tick % kept]; }
    const Step& step_at(std::uint32_t tick) const { return steps_[tick % kept]; }

    void predict_next(const G& game, const Input& input) {
        ASSERT(newest_ + 1 - told_tick_ < kept);
        const Own& now = step_at(newest_).after;
        newest_ += 1;
        step_at(newest_) = {.input = input, .after = now};
        game.predict(step_at(newest_).after, input);
    }

    void predict_again(const G& game) {
        const std::uint32_t last = newest_;
        newest_ = told_tick_;
        while (newest_ != last) predict_next(game, Input{step_at(newest_ + 1).input});
    }

    // From where it was drawn to where it is.
    void glide(FixedVector off) {
        const FixedVector total = error() + off;
        error_left_ = fade_time;
        error_ = dot(total, total) > squared(G::leap) ? FixedVector{} : total;
        const Fixed distance = length(off);
        if (distance > G::leap) return;
        numbers_.correction_last = distance;
        numbers_.correction_worst = std::max(numbers_.correction_worst, distance);
    }

    FixedVector error() const {
        const auto faded = [this](Fixed full) {
            const std::int64_t raw = full.raw() * error_left_.count() / fade_time.count();
            return Fixed::from_raw(static_cast<std::int32_t>(raw));
        };
        return {faded(error_.x), faded(error_.y)};
    }

    bool running_ = false;
    std::uint32_t told_tick_ = 0;  // Of the last snapshot.
    Own told_{};
    std::uint32_t newest_ = 0;  // The last tick predicted.
    // By tick, from told_tick_ to newest_.
    std::array<Step, kept> steps_{};
    FixedVector error_;
    Nanoseconds error_left_{};
    PredictionNumbers numbers_;
};

// In its place for a game that predicts nothing.
template <class G>
class NoPrediction {
public:
    void on_input(const G&, std::uint32_t, const typename G::Input&) {}
    void interrupt() {}
    void on_snapshot(const G&, const typename G::Snapshot&, bool) {}
    void advance(Nanoseconds) {}
    void show(G&, TickTime) const {}
    const PredictionNumbers& numbers() const { return numbers_; }

private:
    PredictionNumbers numbers_;
};

}  // namespace ringtick
