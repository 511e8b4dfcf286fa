// When: a thread's loop, and the phases of a run.

#include "load/shard.hpp"

#include "base/assert.hpp"
#include "server/clock.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>

namespace ringtick::swarm {

namespace {

constexpr BufferGroup buffer_group{0};
constexpr std::uint32_t submissions = 512;
// Between the last client's arrival and the first message, for what was on its way.
constexpr Nanoseconds settling_time = std::chrono::milliseconds(100);
constexpr Nanoseconds draining_time = std::chrono::seconds(1);
// Sends that fall due within it leave together: waking for each of them costs more than a send.
constexpr Nanoseconds send_grain = std::chrono::microseconds(200);
constexpr Nanoseconds idle_grain = std::chrono::milliseconds(20);
constexpr Nanoseconds ramp_grain = std::chrono::milliseconds(1);
constexpr std::uint64_t slow_reads_per_second = 4;  // Of 256 bytes, see read_slowly().
constexpr Nanoseconds sweep_period = std::chrono::seconds(1);

RingOptions ring_options(std::uint32_t clients, std::uint32_t buffers) {
    const std::uint32_t needed = completions_needed(clients, buffers, submissions, 0);
    return {.submissions = submissions,
            .completions = std::min(needed, completions_max),
            .files = FileUse::none};
}

BufferOptions buffer_options(const Settings& settings, std::uint32_t clients) {
    const std::uint32_t message = settings.payload + 16;  // With its header.
    return {.group = buffer_group,
            .count = std::clamp(std::bit_ceil(clients), 256U, 4'096U),
            .size = std::clamp(std::bit_ceil(message), 1'024U, 16'384U)};
}

Temper temper_of(const Settings& settings, std::uint32_t id) {
    // Spread over the ids with the golden ratio, so that no thread has all of them.
    const std::uint32_t place = id * 61 % 100;
    if (place < settings.frozen_percent) return Temper::frozen;
    if (place < settings.frozen_percent + settings.slow_percent) return Temper::slow;
    return Temper::healthy;
}

Nanoseconds to_nanoseconds(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

rusage thread_usage() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage;
}

std::size_t message_size(const Settings& settings) {
    return settings.mode == Mode::echo ? settings.payload : input_size;
}

// More than what is expected, so that a message of the wrong length is seen to be that.
std::uint64_t inflated_size_max(const Settings& settings) {
    return std::max(std::uint64_t{settings.payload} * 2, std::uint64_t{Players::message_size_max});
}

}  // namespace

Shard::Shard(const Settings& settings, const Share& share, Shared& shared, Live& live)
    : settings_(settings),
      share_(share),
      shared_(shared),
      live_(live),
      clients_(share.count),
      messages_(message_size(settings)),
      sender_(ring_, messages_, clients_),
      dues_(std::make_unique<Nanoseconds[]>(std::size_t{share.count} * settings.in_flight)),
      delayed_(std::size_t{share.count} * settings.in_flight * 2),
      arrivals_(share.count) {
    if (settings.mode == Mode::railroids) {
        players_ = std::make_unique<Players>(ring_, clients_, share.first, settings);
    }
    if (settings.deflate) {
        unpacker_ = std::make_unique<Unpacker>(share.count, inflated_size_max(settings));
    }
    unarmed_.reserve(share.count);
    pongs_.reserve(share.count);
    for (std::uint32_t index = 0; index < share.count; ++index) {
        Client& client = clients_[index];
        client.temper = temper_of(settings, share.first + index);
        client.next_input = share.first + index;
        tally(client).clients += 1;
        if (client.temper == Temper::slow) slow_.push_back(index);
        arrivals_.push(index);
    }
}

Shard::~Shard() {
    for (const Client& client : clients_) {
        if (client.socket >= 0) ::close(client.socket);
    }
}

Result<void> Shard::open() {
    const BufferOptions buffers = buffer_options(settings_, share_.count);
    return open_with_buffers(ring_, ring_options(share_.count, buffers.count), buffers_, buffers);
}

Result<void> Shard::run() {
    if (auto opened = open(); !opened) return opened;
    now_ = swept_ = monotonic_now();
    ramp_ = Schedule(now_, settings_.ramp);
    slow_reads_ = Schedule(now_, slow_.size() * slow_reads_per_second);
    while (phase_ != Phase::over) turn();
    return {};
}

void Shard::turn() {
    ring_.submit_and_wait(1, next_deadline());
    now_ = monotonic_now();
    take_completions();
    now_ = monotonic_now();
    rearm();
    send_pongs();
    connect_some();
    read_slowly();
    if (phase_ == Phase::measuring) {
        churn_some();
        storm_if_due();
        issue_due();
        issue_delayed();
    }
    if (players_ != nullptr) {
        players_->release(now_, [this](std::uint32_t index) { tally(clients_[index]).sent += 1; });
        players_->flush();
    } else {
        sender_.flush(share_.first);
    }
    if (now_ - swept_ >= sweep_period) sweep();
    advance_phase();
    publish_progress();
}

Nanoseconds Shard::next_deadline() const {
    const bool ramps = phase_ == Phase::gathering && !ramp_.empty();
    Nanoseconds deadline = now_ + (ramps ? ramp_grain : idle_grain);
    if (phase_ == Phase::waiting && shared_.start_ns != 0) {
        deadline = std::min(deadline, Nanoseconds(shared_.start_ns));
    }
    if (phase_ != Phase::measuring) return deadline;

    deadline = std::min(deadline, end_);
    if (sender_.waiting()) deadline = std::min(deadline, now_ + send_grain);
    if (!delayed_.empty()) {
        const Nanoseconds due = delayed_.front().due + settings_.round_trip;
        deadline = std::min(deadline, std::max(due, now_ + send_grain));
    }
    if (!inputs_.empty()) {
        const Nanoseconds due = inputs_.due(inputs_done_) + schedule_delay();
        deadline = std::min(deadline, std::max(due, now_ + send_grain));
    }
    const auto release = players_ != nullptr ? players_->next_release() : std::nullopt;
    if (release) deadline = std::min(deadline, std::max(*release, now_ + send_grain));
    return deadline;
}

void Shard::take_completions() {
    // A server that is faster than this thread must not keep it from sending.
    constexpr int batches_max = 64;
    for (int batch = 0; batch < batches_max; ++batch) {
        const auto completions = ring_.reap();
        if (completions.empty()) return;
        // What the kernel has handed over has arrived by now, though its turn comes later.
        now_ = monotonic_now();
        for (const Completion& completion : completions) on_completion(completion);
        buffers_.publish();
    }
}

void Shard::on_completion(const Completion& completion) {
    const BufferRing::Loan loan = buffers_.borrow(completion);
    const Handle owner = completion.token.owner;
    ASSERT(owner.slot < clients_.size());
    if (clients_[owner.slot].generation != owner.generation) return;

    switch (completion.token.op) {
        case Op::recv:
            return on_recv(owner.slot, completion, loan.bytes());
        case Op::send:
            return on_request_sent(owner.slot, completion.result);
        case Op::broadcast:
            if (players_ != nullptr) return players_->on_short(owner.slot, completion.result);
            return sender_.on_short(owner.slot, completion.result);
        case Op::cancel:  // It came too late; the request it was for has completed.
            return;
        case Op::accept:
        case Op::writable:
        case Op::signal:
        case Op::write_file:
        case Op::sync_file:
        case Op::open_file:
        case Op::name_file:
        case Op::close_file:
        case Op::message:
        case Op::undelivered:
            break;
    }
    UNREACHABLE();
}

void Shard::advance_phase() {
    if (shared_.stop) stop_early();
    switch (phase_) {
        case Phase::gathering:
            if (arrivals_.empty() && shaking_ == 0) end_gathering();
            return;
        case Phase::waiting:
            if (shared_.start_ns != 0 && now_.count() >= shared_.start_ns) start_measuring();
            return;
        case Phase::measuring:
            if (now_ >= end_ || nobody_left()) stop_measuring();
            return;
        case Phase::draining:
            if (unanswered() == 0 || now_ >= end_ + draining_time) finish();
            return;
        case Phase::over:
            return;
    }
}

void Shard::stop_early() {
    if (phase_ == Phase::measuring) stop_measuring();
    if (phase_ != Phase::draining) phase_ = Phase::over;
}

// Whichever thread is last says when it begins.
void Shard::end_gathering() {
    phase_ = Phase::waiting;
    shared_.connected += open_;
    if (shared_.gathered.fetch_add(1) + 1 < settings_.threads) return;
    if (shared_.connected == 0) shared_.stop = true;
    shared_.start_ns = (now_ + settling_time).count();
}

void Shard::start_measuring() {
    const rusage usage = thread_usage();
    cpu_user_before_ = to_nanoseconds(usage.ru_utime);
    cpu_system_before_ = to_nanoseconds(usage.ru_stime);
    measuring_since_ = now_;
    phase_ = Phase::measuring;
    const Nanoseconds start(shared_.start_ns);
    end_ = start + settings_.duration;
    churn_ = Schedule(start, settings_.churn);
    inputs_ = Schedule(start, std::uint64_t{settings_.input_hz} * settings_.clients);
    for (std::uint32_t index = 0; index < clients_.size(); ++index) fill_window(index, start);
}

void Shard::stop_measuring() {
    const rusage usage = thread_usage();
    findings_.cpu_user = to_nanoseconds(usage.ru_utime) - cpu_user_before_;
    findings_.cpu_system = to_nanoseconds(usage.ru_stime) - cpu_system_before_;
    findings_.measured = now_ - measuring_since_;
    const auto cpu = findings_.cpu_user + findings_.cpu_system;
    if (findings_.measured.count() > 0) {
        findings_.busiest_percent = 100.0 * static_cast<double>(cpu.count()) /
                                    static_cast<double>(findings_.measured.count());
    }
    if (players_ != nullptr) findings_.aim = players_->aim();
    end_ = now_;
    phase_ = settings_.mode == Mode::echo ? Phase::draining : Phase::over;
}

// Only of the healthy: the others are not expected to have read it.
std::uint64_t Shard::unanswered() const {
    std::uint64_t count = 0;
    for (const Client& client : clients_) {
        const bool reads = client.state == Client::State::open && client.temper == Temper::healthy;
        if (reads) count += client.issued - client.answered;
    }
    return count;
}

void Shard::finish() {
    findings_.of(Temper::healthy).unanswered = unanswered();
    phase_ = Phase::over;
}

void Shard::publish_progress() {
    const auto put = [](std::atomic<std::uint64_t>& to, std::uint64_t value) {
        to.store(value, std::memory_order_relaxed);
    };
    const Tally& healthy = findings_.of(Temper::healthy);
    put(live_.open, open_);
    put(live_.messages, healthy.messages);
    put(live_.gaps, healthy.gaps);
    put(live_.errors, healthy.errors);
}

}  // namespace ringtick::swarm
