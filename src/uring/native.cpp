// Entering the kernel and copying completions out: the traffic, whatever it carries.

#include "uring/native.hpp"

#include "base/assert.hpp"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>

namespace ringtick {
namespace {

Completion to_completion(const io_uring_cqe& cqe) {
    return {.token = Token::unpack(cqe.user_data),
            .result = cqe.res,
            .more = (cqe.flags & IORING_CQE_F_MORE) != 0,
            .has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0,
            .buffer_id = static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT)};
}

__kernel_timespec to_timespec(Nanoseconds time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

}  // namespace

Nanoseconds Ring::Native::monotonic_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Apart, to keep what happens a thousand times a tick small.
[[gnu::noinline]] void Ring::Native::make_room() {
    stats.submission_queue_full += 1;
    hand_over(Work::stays_deferred);  // Without SQPOLL, submitting empties the queue.
    ASSERT(queued() == 0);
}

void Ring::Native::hand_over(Work work) {
    std::uint32_t flags = work == Work::is_run ? IORING_ENTER_GETEVENTS : 0;
    constexpr std::uint32_t refusals_at_once = 16;
    constexpr std::uint32_t refusals_max = 1'000;
    std::uint32_t refusals = 0;  // One after the other.
    do {
        // After -EBUSY the kernel takes nothing until there is room for completions. Whoever is
        // called from here may be in the middle of a reaped batch, so these are kept elsewhere.
        const int error = enter(0, flags);
        ASSERT(error != EINVAL);
        if (error == EBUSY) {
            spill_over();
            flags = IORING_ENTER_GETEVENTS;  // Only so is what did not fit the queue brought in.
        }
        // The kernel has no memory for a request. It may have some in a moment, and spinning would
        // not hasten it; a machine on which it lasts for a second is lost.
        refusals = error == EAGAIN ? refusals + 1 : 0;
        ASSERT(refusals < refusals_max);
        if (refusals > refusals_at_once) ::poll(nullptr, 0, 1);
    } while (queued() > 0);
}

// EXT_ARG (5.11, io_uring_enter(2)): a wait with a timeout, in the same system call as the
// submission, and with no timer slack: it is a high-resolution timer of the ring's own.
struct Ring::Native::Timeout {
    Timeout(const RingFeatures& features, Nanoseconds deadline)
        : time(to_timespec(features.absolute_deadline
                               ? deadline
                               : std::max(deadline - monotonic_now(), Nanoseconds(0)))) {
        if (features.absolute_deadline) flags |= IORING_ENTER_ABS_TIMER;
        argument.ts = std::bit_cast<std::uintptr_t>(&time);
    }
    Timeout(const Timeout&) = delete;
    Timeout& operator=(const Timeout&) = delete;

    __kernel_timespec time;
    io_uring_getevents_arg argument{};
    std::uint32_t flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
};

int Ring::Native::wait(std::uint32_t completions_wanted, Nanoseconds deadline) {
    Timeout timeout(features, deadline);
    return enter(completions_wanted, timeout.flags, &timeout.argument);
}

void Ring::Native::sleep(Nanoseconds deadline) {
    if (!features.second_ring) {
        wait(features.completions, deadline);  // More than it can hold: only the deadline ends it.
        return;
    }
    Timeout timeout(features, deadline);
    stats.sqes_per_enter.record(0);
    io_uring_enter2(static_cast<std::uint32_t>(aside.enter_ring_fd), 0, 1,
                    enter_flags | timeout.flags, reinterpret_cast<sigset_t*>(&timeout.argument),
                    sizeof(timeout.argument));
}

// A wait for all that there could be, which is over as it begins.
void Ring::Native::run_all_work() {
    if (!kernel_has_work()) return;
    wait(features.completions, Nanoseconds(0));
}

int Ring::Native::enter(std::uint32_t completions_wanted,
                        std::uint32_t flags,
                        io_uring_getevents_arg* argument) {
    // Shows the kernel the new SQEs. A plain store will do: without SQPOLL the kernel looks only
    // when this thread enters.
    ring.sq.sqe_head = ring.sq.sqe_tail;
    *ring.sq.ktail = ring.sq.sqe_tail;

    const std::uint32_t queued_before = queued();
    const int result = io_uring_enter2(static_cast<std::uint32_t>(ring.enter_ring_fd),
                                       queued_before, completions_wanted, enter_flags | flags,
                                       reinterpret_cast<sigset_t*>(argument),
                                       argument == nullptr ? 0 : sizeof(*argument));
    // The result counts what was submitted, and only if that was nothing does it tell how the wait
    // ended. So the queues are asked instead.
    stats.sqes_per_enter.record(queued_before - queued());
    if ((*ring.sq.kflags & IORING_SQ_CQ_OVERFLOW) != 0) stats.cq_overflow += 1;

    switch (-result) {
        case EBUSY:  // Completions outside the queue: wants them reaped.
            stats.busy += 1;
            return EBUSY;
        case EAGAIN:  // No memory for the requests just now. They stay queued.
        case EINTR:   // A signal, which is read from its own descriptor.
        case ETIME:   // The deadline.
        case EINVAL:  // Only set_up() tries what a kernel may not know.
            return -result;
        case EBADR:  // No memory to keep a completion that did not fit: it is lost.
            stats.cq_overflow += 1;
            return EBADR;
        default:
            ASSERT(result >= 0);
            return 0;
    }
}

// TASKRUN: deferred work waits. CQ_OVERFLOW: completions wait for room in the queue, and come in
// with the next enter.
bool Ring::Native::kernel_has_work() const {
    return (*ring.sq.kflags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

std::size_t Ring::Native::copy_out(std::span<Completion> out) {
    std::size_t count = 0;
    std::uint32_t head = 0;
    const io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring, head, cqe) {
        if (count == out.size()) break;
        out[count] = to_completion(*cqe);
        count += 1;
    }
    io_uring_cq_advance(&ring, static_cast<std::uint32_t>(count));  // Once for the batch.
    stats.completions += count;
    return count;
}

// There is room: no more can be on their way than the largest queue holds, see
// completions_needed().
void Ring::Native::spill_over() {
    std::copy(spill.get() + spill_begin, spill.get() + spill_end, spill.get());
    spill_end -= spill_begin;
    spill_begin = 0;
    ASSERT(spill_end < completions_max);
    spill_end += copy_out({spill.get() + spill_end, completions_max - spill_end});
}

std::span<const Completion> Ring::Native::take_spilled() {
    const std::size_t count = std::min(spill_end - spill_begin, batch_count_max);
    std::copy_n(spill.get() + spill_begin, count, batch.get());
    spill_begin += count;
    if (spill_begin == spill_end) spill_begin = spill_end = 0;
    return {batch.get(), count};
}

}  // namespace ringtick
