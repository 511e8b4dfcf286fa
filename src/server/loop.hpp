#pragma once

#include "base/time.hpp"
#include "net/connections.hpp"
#include "net/listener.hpp"
#include "server/board.hpp"
#include "server/drain.hpp"
#include "server/handover.hpp"
#include "server/metrics.hpp"
#include "server/moments.hpp"
#include "server/phase_clocks.hpp"
#include "server/recording.hpp"
#include "server/rooms.hpp"
#include "server/siblings.hpp"
#include "server/snapshot_frames.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ringtick {

struct LoopOptions {
    std::uint32_t rate_hz = 30;
    std::uint32_t catch_up_max = 4;
    std::uint32_t snapshot_size_max = 16'384;
    Nanoseconds spin{};                   // Before each tick; see server/realtime.hpp.
    std::size_t set_aside_max = 0;        // Receives and messages that can have completed and wait.
    bool has_siblings = false;            // Other threads, which want to know how it is here.
    std::uint64_t first_tick = 0;         // Was over before; 0: none was.
    std::optional<Nanoseconds> first_at;  // When the next is due; none: one tick later.
    std::optional<Nanoseconds> ticked_at;             // When another process ran that one.
    Nanoseconds drain_max = std::chrono::seconds(2);  // After SIGTERM.
};

class Certificate;

// The parts that the loop drives, each built before it.
struct LoopParts {
    Ring& ring;
    BufferRing& buffers;
    Connections& connections;
    Listener& listener;
    Recording& recording;
    Moments& moments;
    Certificate& certificate;
    Drain& drain;
    Rooms& rooms;      // None: nothing to tick, answers go out at once.
    int signals = -1;  // A signalfd(2); of one thread of several.
    Siblings& siblings;
    Reporter& reporter;
    Handover* handover = nullptr;  // None: nobody can take this server over.
};

// One thread's life: sleep until the tick, gather what came, tick, broadcast.
class Loop {
public:
    Loop(const LoopParts& parts, const LoopOptions& options, LoopStats& stats);

    // Until a signal: then says goodbye to everyone and returns. A second signal returns at once.
    void run();

private:
    void turn();
    void wait();
    Nanoseconds wake_at() const;
    void gather();
    std::span<const Completion> next_batch(std::size_t& taken_up);
    bool is_quiet() const { return parts_.rooms.all().empty(); }  // Nothing ticks.
    void tick_if_due();
    void tick_rooms(std::span<Room* const> rooms, std::uint64_t tick);
    void record_tick(const TickClock& clock, Nanoseconds deadline, bool is_played);
    void broadcast(Room& room, std::uint64_t tick);
    const TickClock& clock() const { return clocks_.first(); }
    void show(Game& game, std::span<const Viewer> viewers);
    void hand_over();
    void on_result(const Completion& completion);

    // loop_handover.cpp
    void give_away();
    bool call_back(Nanoseconds until);
    void leave_to_successor();
    void tell_gap();

    void arm_signal();
    void on_completion(const Completion& completion);
    void on_message(const Completion& completion);
    void stop();
    void on_file(const Completion& completion);
    void on_signal();
    void count_allocations();
    void sweep_if_due();
    void report_if_due();
    void record_second(std::uint32_t skipped);
    bool finished() const;

    LoopParts parts_;
    LoopOptions options_;
    LoopStats& stats_;
    PhaseClocks<Rooms> clocks_;
    Nanoseconds now_;

    // A turn gathers for so long at most: a quarter of a tick, 10 ms at most.
    Nanoseconds gather_time_max_;
    bool unfinished_ = false;            // There was more to gather.
    std::vector<Completion> set_aside_;  // Received during a broadcast, and not yet read.

    SnapshotFrames frames_;
    std::size_t handed_ = 0;  // Snapshots that the kernel has not been handed yet.

    Nanoseconds sweep_at_{};
    Nanoseconds report_at_{};
    Nanoseconds stop_at_ = Nanoseconds::max();  // Set when stopping: when patience ends.
    bool stop_now_ = false;

    std::uint64_t allocations_at_warmup_ = 0;
    Histogram recent_late_;  // Of the last second, for the players' screens.
    Histogram recent_work_;
    std::uint64_t recent_skipped_ = 0;
    std::uint64_t recent_overrun_ = 0;
    std::uint64_t reports_ = 0;
    std::uint64_t reported_turn_ = 0;  // The last one that ended with a report.
};

}  // namespace ringtick
