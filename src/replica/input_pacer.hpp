#pragma once

#include "base/assert.hpp"
#include "base/time.hpp"
#include "replica/server_clock.hpp"
#include "replica/tick_input.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// The client's input clock: it says for which ticks an input is to be made by now, one for each
// tick, their stamps one after the other. It runs ahead of the server so that each arrives one or
// two ticks before it is wanted: later, the server would have to do without it; earlier, the
// player's hand would be that much slower for all the others.
//
//     start, or half a second off   leap to where estimates of clock and round trip say
//     least lead below 1            3 % faster
//     least lead above 2            1.6 % slower until it is 1: there is no hurry to be less early
//
// The leads are the server's own word (SnapshotHeader::input_lead) of about the last half second.
class InputPacer {
public:
    static constexpr std::int32_t lead_least = 1;
    static constexpr std::int32_t lead_most = 2;
    static constexpr std::uint32_t due_max = 8;  // Of more, only the last are still of use.
    static constexpr Nanoseconds leap = std::chrono::milliseconds(500);
    // Where inputs are this early by all estimates and some still come late, waiting longer for the
    // worst of them would cost more than it.
    static constexpr Nanoseconds ahead_max = std::chrono::milliseconds(250);

    // `reaches`: in which tick what leaves now would arrive, by the estimates.
    void start(Nanoseconds period, TickTime reaches) {
        ASSERT(period > Nanoseconds::zero());
        *this = InputPacer{};
        period_ = period;
        time_ = wanted(reaches);
        made_ = tick() - 1;
        first_ = tick();
    }
    bool running() const { return period_ > Nanoseconds::zero(); }

    void leap_to(TickTime reaches) {
        ASSERT(running());
        time_ = wanted(reaches);
        // Stamps do not go back: for a while no input is due, for they were made already.
        if (ticks_between(made_, tick()) > 0) made_ = tick() - 1;
        first_ = made_ + 1;
        leads_count_ = 0;
        speed_ = 0;
    }

    void advance(TickTime reaches, Nanoseconds elapsed) {
        ASSERT(running());
        const Nanoseconds ahead = time_ - wanted(reaches);
        const std::int64_t speed = ahead > ahead_max ? std::min(speed_, std::int64_t{0}) : speed_;
        time_ += elapsed + elapsed * speed / speed_unit;
        if (std::chrono::abs(time_ - wanted(reaches)) > leap) leap_to(reaches);
    }

    // True of a snapshot that can tell how inputs arrive: those before it are of another clock.
    bool is_answered_by(std::uint32_t snapshot_tick) const {
        return running() && ticks_between(first_, snapshot_tick) >= 0;
    }

    void on_lead(std::uint32_t snapshot_tick, std::int32_t lead) {
        if (!is_answered_by(snapshot_tick)) return;
        leads_[leads_count_ % leads_.size()] = lead;
        leads_count_ += 1;
        const auto known = std::min<std::size_t>(leads_count_, leads_.size());
        const std::int32_t least = *std::min_element(leads_.begin(), leads_.begin() + known);
        const bool still_early = speed_ == slower && least > lead_least;
        const bool too_early = least > lead_most || still_early;
        speed_ = least < lead_least ? faster : too_early ? slower : 0;
    }

    std::int32_t lead() const {
        return leads_count_ == 0 ? 0 : leads_[(leads_count_ - 1) % leads_.size()];
    }

    std::uint32_t due() const {
        const std::int32_t behind = running() ? ticks_between(made_, tick()) : 0;
        return std::min(static_cast<std::uint32_t>(std::max(behind, 0)), due_max);
    }
    // The stamp of the next input.
    std::uint32_t take() {
        ASSERT(due() > 0);
        made_ = tick() - due() + 1;
        return made_;
    }

    // How much of a tick has passed since the last input was to be made.
    TickTime since_made() const {
        if (!running()) return 0;
        const TickTime since = position() - TickTime{made_} * whole_tick;
        return std::clamp<TickTime>(since, 0, whole_tick);
    }

private:
    static constexpr std::int64_t speed_unit = 1024;
    static constexpr std::int64_t faster = 32;
    static constexpr std::int64_t slower = -16;

    // What is made at the middle of the leads that are wanted stays within them although frames and
    // ticks do not keep step.
    Nanoseconds wanted(TickTime reaches) const {
        const TickTime lead = (lead_least + lead_most) * whole_tick / 2;
        return std::max(time_of(reaches + lead, period_), Nanoseconds::zero());
    }
    TickTime position() const { return ticks_in(time_, period_); }
    std::uint32_t tick() const { return static_cast<std::uint32_t>(position() / whole_tick); }

    Nanoseconds period_{};
    Nanoseconds time_{};  // Of the tick whose input is to be made now, as if tick 0 were at 0.
    std::uint32_t made_ = 0;
    std::uint32_t first_ = 0;  // The first stamp since the last leap.
    std::int64_t speed_ = 0;
    std::array<std::int32_t, 16> leads_{};
    std::size_t leads_count_ = 0;
};

}  // namespace ringtick
