// Opening a ring: what we wish for, what the kernel grants, and what stands in for the rest.
// Everything is found out by trying or by asking (the feature bits), never from the kernel's
// version.

#include "base/assert.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/native.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

namespace ringtick {
namespace {

// Newer than liburing 2.9, and part of the kernel's interface.
constexpr std::uint32_t feature_no_iowait = 1U << 17;  // IORING_FEAT_NO_IOWAIT
constexpr std::uint32_t enter_no_iowait = 1U << 7;     // IORING_ENTER_NO_IOWAIT

// The setup flags we would like, best first; each line gives up what the line above it asked for
// that is newest. All of them: io_uring_setup(2).
//
//   SINGLE_ISSUER (6.0)  One thread submits, so the kernel need not guard against others.
//   DEFER_TASKRUN (6.1)  The second half of a request ("task work": taking data from the socket,
//                        writing the CQE) waits until we enter, instead of interrupting us. So
//                        completions come in batches, when we ask, and nothing else changes the
//                        completion queue.
//   COOP_TASKRUN (5.19)  The weaker form: task work waits until we enter the kernel for any reason.
//   TASKRUN_FLAG (5.19)  The kernel raises a flag in shared memory while task work waits: then an
//                        empty queue can be told from a dry one without a system call.
//   SUBMIT_ALL (5.18)    A request refused at submission does not stop the batch behind it.
constexpr std::array<std::uint32_t, 5> setup_flags{
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_SUBMIT_ALL,
    0,
};
constexpr std::size_t first_without_defer = 1;

// Without these there is no safe way to do what Ring promises: completions are kept when the queue
// is full (5.5), a wait can carry a deadline (5.11), and success can be silent (5.17).
constexpr std::uint32_t features_required =
    IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;

// A ring this small fits in the 64 KiB of locked memory that old distributions allow a user.
constexpr std::uint32_t submissions_floor = 256;
constexpr std::uint32_t completions_floor = 1024;

constexpr std::uint32_t buffers_floor = 256;

bool shrink(RingOptions& options) {
    const RingOptions before = options;
    if (options.submissions > submissions_floor) options.submissions /= 2;
    if (options.completions > completions_floor) options.completions /= 2;
    return options.submissions < before.submissions || options.completions < before.completions;
}

// As many of the buffers as the memory allows that the ring has left.
Result<void> open_buffers(Ring& ring, BufferRing& buffers, const BufferOptions& options) {
    std::uint32_t count = options.count;
    while (true) {
        auto opened = buffers.open(ring, options.group, count, options.size);
        const bool too_many = !opened && opened.error().error_number == ENOMEM;
        if (!too_many || count <= buffers_floor) return opened;
        count /= 2;
    }
}

// In a time namespace (time_namespaces(7)) our CLOCK_MONOTONIC is not the one that kernels before
// 7.1 compare an absolute deadline with. The first namespace of a machine has a fixed inode.
bool in_first_time_namespace() {
    constexpr ino_t first_time_namespace = 0xEFFF'FFFA;
    struct stat facts {};
    if (stat("/proc/self/ns/time", &facts) != 0) return true;  // No such thing in this kernel.
    return facts.st_ino == first_time_namespace;
}

}  // namespace

Result<void> open_with_buffers(Ring& ring,
                               const RingOptions& ring_options,
                               BufferRing& buffers,
                               const BufferOptions& buffer_options) {
    constexpr int tries_max = 8;
    constexpr int pause_ms = 100;
    RingOptions wanted = ring_options;
    for (int tries = 1;; ++tries) {
        auto opened = ring.open(wanted);
        const bool ring_opened = opened.has_value();
        if (opened) {
            wanted.submissions = ring.features().submissions;
            wanted.completions = ring.features().completions;
            opened = open_buffers(ring, buffers, buffer_options);
        }
        if (opened || opened.error().error_number != ENOMEM || tries == tries_max) return opened;
        // No memory for the smallest ring: perhaps it is still a predecessor's, for the kernel
        // gives a closed ring's memory back only after a while. No memory for the buffers: this
        // ring has taken it, so the next must be smaller. Start-up is the one time to sit and wait.
        if (ring_opened) shrink(wanted);
        ring.close();
        ::poll(nullptr, 0, pause_ms);
    }
}

Ring::Native::~Native() {
    if (features.second_ring) io_uring_queue_exit(&aside);
    if (ring_open) io_uring_queue_exit(&ring);
}

Result<void> Ring::Native::set_up(const RingOptions& options) {
    ASSERT(std::has_single_bit(options.submissions));
    ASSERT(std::has_single_bit(options.completions));
    ASSERT(options.submissions <= options.completions);
    if (options.completions > completions_max) {
        return std::unexpected(Error{"completion queue size", E2BIG});
    }

    if (const int result = set_up_ring(options); result < 0) {
        return std::unexpected(Error{"io_uring_setup", -result});
    }
    ring_open = true;
    if ((features.raw & features_required) != features_required) {
        return std::unexpected(Error{"io_uring_setup", EOPNOTSUPP});
    }

    // A forked child must not scribble on the queues it would otherwise share (madvise(2),
    // MADV_DONTFORK). It could not use them anyway: its enter would be refused.
    io_uring_ring_dontfork(&ring);

    if (!options.mask.restrictions) {
        if (auto enabled = restrict_and_enable(options.files); !enabled) return enabled;
    }

    // Registering the ring's descriptor (5.18, io_uring_register_ring_fd(3)) saves looking it up in
    // the table of files at each enter.
    features.ring_descriptor = io_uring_register_ring_fd(&ring) == 1;

    batch = std::make_unique<Completion[]>(batch_count_max);
    spill = std::make_unique_for_overwrite<Completion[]>(completions_max);
    choose_enter_flags(options.mask);
    open_second_ring(options.mask);
    return try_receives(options.mask);
}

int Ring::Native::set_up_ring(RingOptions wanted) {
    std::size_t attempt = wanted.mask.defer_taskrun ? first_without_defer : 0;
    for (;;) {
        // CQSIZE (5.5): a completion queue larger than twice the submission queue. A multishot
        // request posts many completions for one submission.
        io_uring_params params{};
        params.flags = setup_flags.at(attempt) | IORING_SETUP_CQSIZE;
        // Nothing can be submitted until the ring knows what to refuse: see restrictions.cpp.
        if (!wanted.mask.restrictions) params.flags |= IORING_SETUP_R_DISABLED;
        params.cq_entries = wanted.completions;
        const int result = io_uring_queue_init_params(wanted.submissions, &ring, &params);
        if (result == -EINVAL && attempt + 1 < setup_flags.size()) {
            attempt += 1;  // The kernel does not know one of the flags, and does not say which.
            continue;
        }
        // ENOMEM is as a rule RLIMIT_MEMLOCK: a ring's memory counts as locked. A smaller ring is
        // slower at its worst moments, but correct: see the overflow test in ring_test.cpp.
        if (result == -ENOMEM && shrink(wanted)) continue;
        if (result < 0) return result;

        features.single_issuer = (params.flags & IORING_SETUP_SINGLE_ISSUER) != 0;
        features.defer_taskrun = (params.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
        features.submit_all = (params.flags & IORING_SETUP_SUBMIT_ALL) != 0;
        features.submissions = params.sq_entries;
        features.completions = params.cq_entries;
        features.raw = params.features;
        return 0;
    }
}

void Ring::Native::choose_enter_flags(const FeatureMask& mask) {
    if (features.ring_descriptor) enter_flags |= IORING_ENTER_REGISTERED_RING;

    // NO_IOWAIT (6.15): a task that waits for a ring otherwise counts as waiting for a disk, and
    // an idle server shows 100 % iowait.
    features.no_iowait = (features.raw & feature_no_iowait) != 0;
    if (features.no_iowait) enter_flags |= enter_no_iowait;

    // ABS_TIMER (6.12, io_uring_enter(2)): the deadline of a wait is a moment, not a duration. So
    // nothing is lost between computing the duration and sleeping for it. There is no feature bit;
    // a kernel that does not know the flag refuses it with EINVAL, one that does returns at once.
    if (mask.absolute_deadline || !in_first_time_namespace()) return;
    io_uring_getevents_arg none{};
    features.absolute_deadline =
        enter(0, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | IORING_ENTER_ABS_TIMER, &none) !=
        EINVAL;
}

void Ring::Native::open_second_ring(const FeatureMask& mask) {
    if (mask.second_ring || !open_aside(mask.restrictions ? 0 : IORING_SETUP_R_DISABLED)) return;
    io_uring_ring_dontfork(&aside);
    // In every enter we say whether the descriptor is a registered one, so both must be, or
    // neither.
    const bool registered = io_uring_register_ring_fd(&aside) == 1;
    features.second_ring = registered == features.ring_descriptor;
    if (!features.second_ring) io_uring_queue_exit(&aside);
}

Result<void> Ring::Native::try_receives(const FeatureMask& mask) {
    if (!kernel_takes_receive(0)) {
        return std::unexpected(Error{"multishot receive", EOPNOTSUPP});
    }
    features.recv_budget = !mask.recv_budget && kernel_takes_receive(1);
    stats = {};
    return {};
}

// Tries a multishot receive on something that is no socket: the ring itself. A kernel that
// understands the request looks at the descriptor next, and says -ENOTSOCK; one that does not says
// -EINVAL before it looks.
bool Ring::Native::kernel_takes_receive(std::uint32_t budget) {
    ASSERT(queued() == 0);
    arm_recv(ring.ring_fd, BufferGroup{0}, {.op = Op::recv, .owner = {}}, budget);
    hand_over();
    Completion answer{};
    const std::size_t count = copy_out({&answer, 1});
    ASSERT(count == 1);
    ASSERT(answer.result < 0);
    return answer.result != -EINVAL;
}

}  // namespace ringtick
