// The journey of a byte, told once, from top to bottom. Start reading here.
//
//   a client's bytes -> socket -> [gather] completion -> connection -> frame -> message -> inbox
//   inbox -> [tick] game -> [broadcast] snapshot -> frame -> socket -> every client
//
// Nothing happens between two ticks while everybody is simply playing: the thread sleeps in
// io_uring_enter(2) with the next tick as its deadline, and what arrived meanwhile is gathered at
// once, one completion per connection. Only while somebody waits for an answer (a handshake, an
// HTTP exchange, a close) does it look every other millisecond. Who has only just connected is
// found at the tick.
#include "server/loop.hpp"

#include "base/assert.hpp"
#include "server/allocation_counter.hpp"
#include "server/certificate.hpp"
#include "server/clock.hpp"
#include "server/log.hpp"
#include "server/realtime.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace ringtick {

namespace {

// Sends handed to the kernel at a time. A thousand at once are slower than a thousand send(2):
// their requests no longer fit the cache.
constexpr std::size_t chunk = 128;

// With ticks that are farther apart, nobody who has just come, no signal and no deadline waits for
// one.
constexpr Nanoseconds sleep_max = std::chrono::milliseconds(100);

// How long somebody waits at the most who needs an answer sooner than the tick.
constexpr Nanoseconds moment = std::chrono::milliseconds(2);

// What was set aside is taken up again so many at a time, so that the clock is looked at now and
// then.
constexpr std::size_t batch = 64;

constexpr Nanoseconds sweep_period = std::chrono::milliseconds(250);
constexpr Nanoseconds report_period = std::chrono::seconds(1);
// After so many reports a room's times begin anew.
constexpr std::uint64_t room_period_s = 10;

Deflater* deflater_of(const Connections& connections) {
    Compression* const compression = connections.compression();
    return compression != nullptr ? &compression->deflater : nullptr;
}

// The clock's first deadline is a tick after its start.
Nanoseconds start_of(const LoopOptions& options) {
    if (!options.first_at) return monotonic_now();
    return *options.first_at - TickClock(options.rate_hz, {}).deadline();
}

bool is_watched(const Room* room) {
    return !room->viewers().empty();
}

std::uint64_t count_ns(Nanoseconds time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
}

}  // namespace

Loop::Loop(const LoopParts& parts, const LoopOptions& options, LoopStats& stats)
    : parts_(parts),
      options_(options),
      stats_(stats),
      clocks_(parts.rooms, options.rate_hz, start_of(options), options.first_tick),
      now_(monotonic_now()),
      gather_time_max_(
          std::min<Nanoseconds>(std::chrono::milliseconds(10),
                                Nanoseconds(std::chrono::seconds(1)) / (4 * options.rate_hz))),
      frames_(options.snapshot_size_max, deflater_of(parts.connections)) {
    set_aside_.reserve(options.set_aside_max);
    stats_.started_ns = count_ns(now_);
    arm_signal();
    if (parts_.handover != nullptr) parts_.handover->arm();
    parts_.connections.begin_turn(now_, clock().tick());
}

void Loop::run() {
    while (!finished()) turn();
}

// ------------------------------------------------------------------------------- the turn, whole

void Loop::turn() {
    wait();
    stats_.turns += 1;
    stats_.now_ns = count_ns(now_);

    clocks_.skip_empty(now_);
    parts_.connections.begin_turn(now_, clock().tick(), clock().due_at(now_));
    gather();
    const std::uint64_t ticks = stats_.ticks;
    tick_if_due();
    if (stats_.ticks != ticks) give_away();
    if (parts_.recording.is_open()) parts_.recording.write_if_due(now_);
    sweep_if_due();
    report_if_due();
    // Last, so that an answer and a snapshot for the same client leave in one send.
    parts_.connections.end_turn();
}

// While everybody plays, nothing that comes is worth waking for before the tick. Whoever needs an
// answer soon has it in a moment, which is not so short that all the others' messages would keep us
// awake meanwhile.
void Loop::wait() {
    const Nanoseconds deadline = wake_at();
    const bool answer_soon = parts_.connections.urgent() || stop_at_ != Nanoseconds::max();
    if (unfinished_ || !set_aside_.empty()) {
        parts_.ring.submit_only();
    } else if (is_quiet()) {
        parts_.ring.submit_and_wait(1, deadline);
    } else {
        parts_.ring.submit_and_sleep(answer_soon ? std::min(deadline, now_ + moment) : deadline);
    }
    now_ = now_or_at(clocks_.deadline(), options_.spin);
}

// When there is something to do though nothing came.
Nanoseconds Loop::wake_at() const {
    const Connections& connections = parts_.connections;
    // Awake for the last moment, if asked for; what comes meanwhile is gathered after it.
    if (!is_quiet()) {
        return std::min(clocks_.deadline() - options_.spin, now_ + sleep_max);
    }
    // Where nothing ticks, only the deadlines of those who are connected are watched, and the next
    // tick is waited for only by those who have brought enough for this one.
    Nanoseconds at = std::min(stop_at_, connections.accepts_again_at());
    if (connections.count() > 0) at = std::min(at, sweep_at_);
    if (connections.held_back()) at = std::min(at, clock().deadline());
    // The others are told once how it is now, and then it can be quiet.
    if (options_.has_siblings && stats_.turns != reported_turn_) at = std::min(at, report_at_);
    return at;
}

// Completions in, messages to the inboxes. The buffers go home batch by batch.
void Loop::gather() {
    // Nobody can keep us here, whatever a crowd packs into its segments: past this time what is
    // more waits for the next turn, which will not sleep, and the tick goes on.
    const Nanoseconds enough_at = now_ + gather_time_max_;
    std::uint64_t reaped = 0;
    std::size_t taken_up = 0;
    // While some is unread no more is brought in: so what waits in the queue has a bound, and what
    // does not, waits in the sockets and in the backlog.
    if (!is_quiet() && !unfinished_) parts_.ring.run_deferred();
    unfinished_ = false;
    while (!unfinished_) {
        const auto completions = next_batch(taken_up);
        if (completions.empty()) break;
        reaped += completions.size();
        for (const Completion& completion : completions) on_completion(completion);
        parts_.buffers.publish();
        if (parts_.connections.cancels_queued()) {
            // Now: until then the kernel goes on filling buffers for those who sent too much.
            parts_.ring.submit_only();
            parts_.connections.cancels_submitted();
        }
        unfinished_ = monotonic_now() >= enough_at;
    }
    set_aside_.erase(set_aside_.begin(),
                     set_aside_.begin() + static_cast<std::ptrdiff_t>(taken_up));
    stats_.cqes_per_reap.record(reaped);
}

// First what came during the last turn's broadcast.
std::span<const Completion> Loop::next_batch(std::size_t& taken_up) {
    const auto rest = std::span<const Completion>(set_aside_).subspan(taken_up);
    if (rest.empty()) return parts_.ring.reap();
    const auto next = rest.first(std::min(batch, rest.size()));
    taken_up += next.size();
    return next;
}

void Loop::on_completion(const Completion& completion) {
    switch (completion.token.op) {
        case Op::signal:
            if (Handover::owns(completion)) return parts_.handover->on_completion(completion);
            on_signal();
            if (!completion.more) arm_signal();
            break;
        case Op::write_file:
        case Op::sync_file:
        case Op::open_file:
        case Op::name_file:
        case Op::close_file:
            on_file(completion);
            break;
        case Op::message:
            on_message(completion);
            break;
        case Op::undelivered:
            // That thread has ended, or the kernel was out of memory.
            if (completion.token.owner.slot == Siblings::nobody) return;
            parts_.connections.on_undelivered(completion.token.owner);
            break;
        default:
            parts_.connections.on_completion(completion);
    }
}

// Another thread of this process has something for us.
void Loop::on_message(const Completion& completion) {
    const Handle owner = completion.token.owner;
    switch (static_cast<ShardMessage>(completion.result)) {
        case ShardMessage::passed_on:
            return parts_.connections.take_in(owner);
        case ShardMessage::stop:
            return stop();
        case ShardMessage::stop_now:
            stop_now_ = true;
            return;
        case ShardMessage::reload:
            return parts_.certificate.reload();
        case ShardMessage::drain:
            parts_.drain.begin(owner.generation == Siblings::for_ever
                                   ? Drain::never
                                   : now_ + std::chrono::seconds(owner.generation));
            return;
        case ShardMessage::undrain:
            return parts_.drain.end();
    }
    UNREACHABLE();
}

void Loop::on_file(const Completion& completion) {
    if (Moments::owns(completion)) return parts_.moments.on_completion(completion);
    parts_.recording.on_completion(completion);
}

// Runs the ticks that are due, each a fixed step of every room of a phase, then shows the result
// once. Another phase that is due, too, has the next turn, which does not sleep.
void Loop::tick_if_due() {
    const std::uint32_t phase = clocks_.next();
    TickClock& clock = clocks_.of(phase);
    const Nanoseconds deadline = clock.deadline();
    std::uint64_t tick = clock.tick();
    const std::uint64_t due =
        is_quiet() ? clock.skip(now_) : clock.advance(now_, options_.catch_up_max);
    if (due == 0 || stop_at_ != Nanoseconds::max()) return;
    if (options_.ticked_at) tell_gap();
    stats_.sends_in_flight = parts_.connections.sends_in_flight();
    // All phases tick as often as the first.
    if (phase == 0 && !is_quiet()) {
        stats_.ticks += due;
        stats_.broadcasts += 1;
    }
    const auto rooms = parts_.rooms.of_phase(phase);
    if (rooms.empty()) return count_allocations();  // It only parts what clients may bring.

    for (std::uint64_t i = 0; i < due; ++i) {
        tick += 1;
        tick_rooms(rooms, tick);
        if (parts_.recording.is_open()) parts_.recording.on_tick(tick, parts_.rooms.all());
    }
    for (Room* const room : rooms) broadcast(*room, tick);
    hand_over();

    count_allocations();
    stats_.ticks_forgiven = clocks_.ticks_forgiven();
    record_tick(clock, deadline, std::ranges::any_of(rooms, is_watched));
}

void Loop::tick_rooms(std::span<Room* const> rooms, std::uint64_t tick) {
    Nanoseconds begin = monotonic_now();
    for (Room* const room : rooms) {
        room->tick(tick);
        const Nanoseconds end = monotonic_now();
        room->record_tick_ns(count_ns(end - begin));
        begin = end;
    }
}

void Loop::record_tick(const TickClock& clock, Nanoseconds deadline, bool is_played) {
    const Nanoseconds end = monotonic_now();
    const std::uint64_t late = count_ns(now_ - deadline);
    const std::uint64_t work = count_ns(end - now_);
    if (!is_played) stats_.idle_at_ns = count_ns(now_);
    if (end >= clock.deadline()) stats_.ticks_overrun += 1;
    TickTimes& times = is_played ? stats_.played : stats_.idle;
    times.late.record(late);
    times.work.record(work);
    recent_late_.record(late);
    recent_work_.record(work);
}

// Every viewer whose socket is free gets the latest snapshot; the others get a newer one later.
void Loop::broadcast(Room& room, std::uint64_t tick) {
    const auto viewers = room.viewers();
    if (viewers.empty()) return;
    if (frames_.full()) hand_over();
    frames_.begin_broadcast(room.game());
    // Somebody else is first each tick, so that nobody is always last.
    const std::size_t first = tick % viewers.size();
    show(room.game(), viewers.subspan(first));
    show(room.game(), viewers.first(first));
    frames_.end_broadcast();
}

void Loop::show(Game& game, std::span<const Viewer> viewers) {
    for (const Viewer& viewer : viewers) {
        if (frames_.full()) hand_over();
        // Asked last: handing over may bring the news that this viewer has gone.
        Connection* const ready =
            parts_.connections.ready_for_snapshot(viewer.connection, frames_.frame_size_max());
        if (ready == nullptr) continue;
        const SnapshotKey key = game.snapshot_key(viewer.player);
        if (key == SnapshotKey::held_back) {
            parts_.connections.hold_back_snapshot(*ready);
            continue;
        }
        const auto frame = frames_.frame_for(key, viewer.player, ready->deflate_window_bits);
        if (frame.empty()) continue;
        parts_.connections.send_snapshot(viewer.connection, *ready, frame);
        handed_ += 1;
        if (handed_ == chunk) hand_over();
    }
}

// Sends go out, and what did not fit comes back, all within the call: after it the frames' memory
// is ours again.
void Loop::hand_over() {
    const std::uint64_t overflows = parts_.ring.stats().cq_overflow;
    parts_.ring.submit_only();
    handed_ = 0;
    // Behind a queue that overflowed the kernel keeps a list, and what came back may be on it.
    const bool until_dry = parts_.ring.stats().cq_overflow != overflows;
    while (true) {
        const auto completions = until_dry ? parts_.ring.reap() : parts_.ring.reap_posted();
        if (completions.empty()) break;
        for (const Completion& completion : completions) on_result(completion);
    }
    frames_.release();
}

// What was received lies in the same queue, and is set aside: the time to read it is not between
// two snapshots. So is what another thread says, which may bring a connection, and that a room.
void Loop::on_result(const Completion& completion) {
    const Op op = completion.token.op;
    if (op != Op::recv && op != Op::message) return on_completion(completion);
    set_aside_.push_back(completion);
}

// ---------------------------------------------------------------------------- beside the journey

void Loop::arm_signal() {
    if (parts_.signals < 0) return;
    parts_.ring.arm_signal(parts_.signals, {.op = Op::signal, .owner = {}});
}

void Loop::on_signal() {
    signalfd_siginfo info{};
    while (::read(parts_.signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            parts_.siblings.tell(ShardMessage::reload);
            parts_.certificate.reload();
            continue;
        }
        if (stop_at_ != Nanoseconds::max()) {
            parts_.siblings.tell(ShardMessage::stop_now);
            stop_now_ = true;
            continue;
        }
        log_info("stopping: no more connections, saying goodbye");
        parts_.siblings.tell(ShardMessage::stop);
        stop();
    }
}

void Loop::stop() {
    stop_at_ = now_ + options_.drain_max;
    parts_.recording.finish();
    parts_.listener.refuse();  // Not when all have gone: until then they would wait in vain.
    parts_.connections.stop_listening();
    parts_.connections.close_all(CloseCode::going_away, "the server stops", CloseReason::shutdown);
}

// The heap is for start-up. The first tick may still touch something for the first time.
void Loop::count_allocations() {
    const auto allocations = allocations_of_this_thread();
    if (!allocations) return;
    // But for rooms, which are made when somebody comes.
    const std::uint64_t others = *allocations - parts_.rooms.allocations();
    if (!stats_.allocations_counted) allocations_at_warmup_ = others;
    stats_.allocations_counted = true;
    stats_.allocations_after_warmup = others - allocations_at_warmup_;
}

void Loop::sweep_if_due() {
    if (now_ < sweep_at_) return;
    sweep_at_ = now_ + sweep_period;
    parts_.connections.sweep();
    if (!parts_.drain.take_due(now_)) return;
    log_info("the time to drain is over: saying goodbye to those who are left");
    parts_.connections.close_all(CloseCode::going_away, "the server lets nobody stay",
                                 CloseReason::shutdown);
}

void Loop::report_if_due() {
    if (now_ < report_at_) return;
    report_at_ = now_ + report_period;
    reported_turn_ = stats_.turns;
    const std::uint64_t skipped = parts_.connections.stats().snapshots_skipped;
    for (const auto& room : parts_.rooms.all()) {
        const ServerStats stats{
            .players = room->players(),
            .tick_rate_hz = options_.rate_hz,
            .tick_work_p50_us = static_cast<std::uint32_t>(recent_work_.percentile(500) / 1'000),
            .tick_work_p99_us = static_cast<std::uint32_t>(recent_work_.percentile(990) / 1'000),
            .tick_late_p99_us = static_cast<std::uint32_t>(recent_late_.percentile(990) / 1'000),
            .snapshots_skipped = static_cast<std::uint32_t>(skipped - recent_skipped_)};
        room->game().on_stats(stats, *room);
    }
    record_second(static_cast<std::uint32_t>(skipped - recent_skipped_));
    recent_skipped_ = skipped;
    recent_overrun_ = stats_.ticks_overrun;
    recent_late_.clear();
    recent_work_.clear();
    parts_.rooms.pass_second();
    parts_.reporter.publish();
}

// For who looks at the last minutes.
void Loop::record_second(std::uint32_t skipped) {
    const auto us = [](std::uint64_t time) { return static_cast<std::uint32_t>(time / 1'000); };
    std::uint32_t players = 0;
    std::uint64_t number = reports_;
    reports_ += 1;
    for (const auto& room : parts_.rooms.all()) {
        players += room->players();
        // Not all rooms in the same second.
        if (number % room_period_s == 0) room->end_period();
        number += 1;
    }
    stats_.timeline.add(
        {.at_s = static_cast<std::uint32_t>((stats_.now_ns - stats_.started_ns) / 1'000'000'000),
         .players = players,
         .work_p50_us = us(recent_work_.percentile(500)),
         .work_p99_us = us(recent_work_.percentile(990)),
         .work_max_us = us(recent_work_.max()),
         .late_p50_us = us(recent_late_.percentile(500)),
         .late_p99_us = us(recent_late_.percentile(990)),
         .late_max_us = us(recent_late_.max()),
         .snapshots_skipped = skipped,
         .ticks_overrun = static_cast<std::uint32_t>(stats_.ticks_overrun - recent_overrun_)});
}

bool Loop::finished() const {
    if (stop_now_) return true;
    if (stop_at_ == Nanoseconds::max()) return false;
    const bool all_home = parts_.connections.count() == 0 && !parts_.connections.accepting();
    const bool all_written = parts_.recording.finished() && !parts_.moments.is_writing();
    return (all_home && all_written) || now_ >= stop_at_;
}

}  // namespace ringtick
