// How the loop gives all that it serves to another process, between two ticks (handover.hpp).
#include "server/clock.hpp"
#include "server/log.hpp"
#include "server/loop.hpp"

#include <algorithm>

namespace ringtick {

namespace {

constexpr Nanoseconds look_again_after = std::chrono::microseconds(500);

}  // namespace

void Loop::give_away() {
    const bool is_wanted = parts_.handover != nullptr && parts_.handover->is_due();
    if (!is_wanted || stop_at_ != Nanoseconds::max()) return;
    const Nanoseconds began = monotonic_now();
    const Nanoseconds until = began + parts_.handover->patience();
    const bool quiet = call_back(until);
    // A signal may have come meanwhile, a broken connection, or the end of the successor.
    const bool serves = stop_at_ == Nanoseconds::max();
    if (!quiet || !serves || !parts_.handover->is_due()) {
        parts_.handover->give_up();
    } else if (parts_.handover->give({.tick = clock_.tick(),
                                      .next_at = clock_.deadline(),
                                      .began_at = began,
                                      .until = until})) {
        leave_to_successor();
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
