// How the loop gives all that it serves to another process, between two ticks (handover.hpp).
#include "server/clock.hpp"
#include "server/log.hpp"
#include "server/loop.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringtick {

namespace {

constexpr Nanoseconds look_again_after = std::chrono::microseconds(500);

double count_ms(Nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void Loop::give_away() {
    const bool is_wanted = parts_.handover != nullptr && parts_.handover->is_due();
    if (!is_wanted || stop_at_ != Nanoseconds::max()) return;
    const Nanoseconds began = monotonic_now();
    const Handover::Moment moment{.tick = clock().tick(),
                                  .next_at = clock().deadline(),
                                  .ticked_at = now_,
                                  .began_at = began,
                                  .until = began + parts_.handover->patience()};
    const bool quiet = call_back(moment.until);
    // A signal may have come meanwhile, or the end of the successor, which was given up then.
    const bool serves = stop_at_ == Nanoseconds::max();
    const bool is_there = parts_.handover->is_due();
    if (is_there && quiet && serves) {
        if (parts_.handover->give(moment)) leave_to_successor();
    } else if (is_there) {
        parts_.handover->give_up();
    }
    parts_.connections.go_on_all();
    now_ = monotonic_now();
}

// Until the last completion of every connection that can move has come. What they bring is read: it
// waits in the rooms' inboxes. False: it takes too long.
bool Loop::call_back(Nanoseconds until) {
    while (!parts_.connections.pause_all() || unfinished_ || !set_aside_.empty()) {
        if (monotonic_now() >= until) return false;
        parts_.ring.submit_and_wait(1, std::min(until, monotonic_now() + look_again_after));
        now_ = monotonic_now();
        gather();
    }
    return true;
}

// In the first tick of a process that took another's place.
void Loop::tell_gap() {
    const Nanoseconds gap = now_ - options_.ticked_at.value_or(now_);
    options_.ticked_at.reset();
    HandoverStats& stats = parts_.handover->stats;
    stats.gap_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, gap.count()));
    log_info(
        fmt::format("{} connections were taken over: {:.1f} ms from the last tick of the process "
                    "before to the first one here, where {:.1f} ms are meant; {:.1f} ms of them "
                    "nobody served",
                    stats.connections_taken, count_ms(gap), 1'000.0 / options_.rate_hz,
                    count_ms(Nanoseconds(stats.pause_ns))));
}

// As after SIGTERM, but that the listening socket is somebody's, and hardly anybody is left here.
void Loop::leave_to_successor() {
    now_ = monotonic_now();
    stop_at_ = now_ + options_.drain_max;
    parts_.recording.finish();
    parts_.connections.stop_listening();
    parts_.listener.leave();
    parts_.connections.close_all(CloseCode::service_restart, "another process serves now",
                                 CloseReason::shutdown);
}

}  // namespace ringtick
