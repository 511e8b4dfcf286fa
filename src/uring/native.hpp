#pragma once

#include "uring/ring.hpp"

// Debian 13's liburing on Debian 12's kernel headers: it asks for a header that came with
// Linux 6.12 and uses one word of it, in a function that nobody here calls.
#if !__has_include(<linux/blkdev.h>) && !defined(LIBURING_COMPAT_H)
#define LIBURING_COMPAT_H
#define UAPI_LINUX_IO_URING_H_SKIP_LINUX_TIME_TYPES_H 1
#define BLOCK_URING_CMD_DISCARD 0
#include <linux/openat2.h>
#include <linux/time_types.h>
#endif
#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

// What Ring hides: liburing's ring, and the few steps that everything is made of. Included by the
// sources of this folder only.
//
// There are three ways for a completion to wait for reap():
//
//   deferred work --enter--> completion queue (shared memory) --reap--> batch
//   (the kernel's)                   |                                    ^
//                                    +--refused with -EBUSY--> spill -----+
//
struct Ring::Native {
    Native() = default;
    ~Native();
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;

    Result<void> set_up(const RingOptions& options);

    // An empty SQE with `token` in it. Everything else of it is what the last `prep` function says.
    // (io_uring_get_sqe(3), less what it does for other kinds of rings.)
    io_uring_sqe& next_sqe(Token token) {
        io_uring_sq& queue = ring.sq;
        if (queue.sqe_tail - *queue.khead == queue.ring_entries) [[unlikely]] {
            make_room();
        }
        io_uring_sqe& sqe = queue.sqes[queue.sqe_tail & queue.ring_mask];
        queue.sqe_tail += 1;
        sqe = {};
        sqe.user_data = token.pack();
        return sqe;
    }
    void make_room();

    void arm_recv(int socket, BufferGroup group, Token token, std::uint32_t budget);

    enum class Work : std::uint8_t { stays_deferred, is_run };

    // Submits until the kernel has taken every SQE.
    void hand_over(Work work = Work::is_run);
    // Calls io_uring_enter(2), once. Returns its errno, or 0.
    int enter(std::uint32_t completions_wanted,
              std::uint32_t flags = IORING_ENTER_GETEVENTS,
              io_uring_getevents_arg* argument = nullptr);
    int wait(std::uint32_t completions_wanted, Nanoseconds deadline);
    // Beside the traffic, where the ring allows it.
    void sleep(Nanoseconds deadline);
    // However much there is; a plain enter runs 20 items of it at the most.
    void run_all_work();

    // The one clock below `server`. How long is left until a deadline is asked here, in the line
    // before the kernel is told, and decides nothing but how long we sleep.
    static Nanoseconds monotonic_now();

    std::uint32_t queued() const { return io_uring_sq_ready(&ring); }
    bool kernel_has_work() const;

    std::size_t copy_out(std::span<Completion> out);
    bool has_spilled() const { return spill_begin < spill_end; }
    void spill_over();
    std::span<const Completion> take_spilled();

    io_uring ring{};
    bool ring_open = false;
    io_uring aside{};               // If features.second_ring: of one entry, never used.
    std::uint32_t enter_flags = 0;  // In every enter.
    RingFeatures features;
    RingStats stats;

    static constexpr std::size_t batch_count_max = 256;
    std::unique_ptr<Completion[]> batch;
    std::unique_ptr<Completion[]> spill;  // As large as the largest queue; touched only if used.
    std::size_t spill_begin = 0;
    std::size_t spill_end = 0;

private:
    struct Timeout;

    int set_up_ring(RingOptions wanted);
    // Of a ring that was set up with IORING_SETUP_R_DISABLED: both fit for use then.
    Result<void> restrict_and_enable(FileUse files);
    bool open_aside(std::uint32_t flags);
    void choose_enter_flags(const FeatureMask& mask);
    void open_second_ring(const FeatureMask& mask);
    Result<void> try_receives(const FeatureMask& mask);
    bool kernel_takes_receive(std::uint32_t budget);
};

}  // namespace ringtick
