// Opening a ring on a kernel that is older, or stingier, than this one. The linker puts this file's
// functions before liburing's (see tests/meson.build).

#include "uring/native.hpp"
#include "uring/support.hpp"

#include <sys/wait.h>

#include <bit>
#include <cerrno>

namespace {

struct Kernel {
    std::uint32_t flags_unknown = 0;
    std::uint32_t features_missing = 0;
    std::uint32_t completions_max = ~0U;  // More is -ENOMEM.
    int setup_error = 0;
    bool knows_absolute_deadline = true;
    bool knows_multishot_receive = true;
    bool knows_receive_budget = true;

    std::uint32_t flags_tried = 0;
    int attempts = 0;
    io_uring* ring = nullptr;
};
Kernel kernel;

// An older kernel refuses a request with bits that it does not know. So does this one.
void age(const io_uring& ring) {
    for (unsigned i = *ring.sq.khead; i != ring.sq.sqe_tail; ++i) {
        io_uring_sqe& sqe = ring.sq.sqes[i & ring.sq.ring_mask];
        if (sqe.opcode != IORING_OP_RECV) continue;
        const bool budget_refused = sqe.optlen != 0 && !kernel.knows_receive_budget;
        if (budget_refused || !kernel.knows_multishot_receive) sqe.ioprio |= 1U << 15;
    }
}

}  // namespace

// The linker's --wrap calls those put aside __real_, and ours __wrap_.
extern "C" {
int real_set_up(unsigned, io_uring*, io_uring_params*)  //
    __asm__("__real_io_uring_queue_init_params");
int set_up(unsigned, io_uring*, io_uring_params*)  //
    __asm__("__wrap_io_uring_queue_init_params");
int real_enter(unsigned, unsigned, unsigned, unsigned, sigset_t*, size_t)  //
    __asm__("__real_io_uring_enter2");
int enter(unsigned, unsigned, unsigned, unsigned, sigset_t*, size_t)  //
    __asm__("__wrap_io_uring_enter2");
}

int set_up(unsigned entries, io_uring* ring, io_uring_params* params) {
    kernel.attempts += 1;
    kernel.flags_tried = params->flags;
    kernel.ring = ring;
    if (kernel.setup_error != 0) return -kernel.setup_error;
    if ((params->flags & kernel.flags_unknown) != 0) return -EINVAL;
    if (params->cq_entries > kernel.completions_max) return -ENOMEM;
    const int result = real_set_up(entries, ring, params);
    params->features &= ~kernel.features_missing;
    return result;
}

// NOLINTNEXTLINE(readability-function-size): io_uring_enter(2) has six parameters.
int enter(unsigned descriptor,
          unsigned to_submit,
          unsigned wanted,
          unsigned flags,
          sigset_t* argument,
          size_t size) {
    if ((flags & IORING_ENTER_ABS_TIMER) != 0 && !kernel.knows_absolute_deadline) return -EINVAL;
    age(*kernel.ring);
    return real_enter(descriptor, to_submit, wanted, flags, argument, size);
}

namespace ringtick {
namespace {

class RingSetup : public testing::Test {
protected:
    void SetUp() override {
        kernel = {};
        Ring probe;
        const Result<void> opened = probe.open({});
        if (!opened) GTEST_SKIP() << "no ring here: errno " << opened.error().error_number;
        here = probe.features();
        kernel = {};
    }

    // Whatever was granted, the ring works: a request, its completion, a wait.
    static void expect_to_work(Ring& ring) {
        send_to_nobody(ring, token_of(Op::broadcast));
        ring.submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
        EXPECT_EQ(ring.reap().size(), 1U);
        const Nanoseconds deadline = monotonic_now() + std::chrono::milliseconds(1);
        ring.submit_and_wait(1, deadline);
        EXPECT_GE(monotonic_now(), deadline);
        EXPECT_TRUE(ring.reap().empty());
    }

    // What the kernel answers to an SQE that ring.cpp never fills in.
    static int answer_to(Ring& ring, const io_uring_sqe& wanted) {
        io_uring_sqe* const sqe = io_uring_get_sqe(kernel.ring);
        *sqe = wanted;
        sqe->user_data = token_of(Op::cancel).pack();
        ring.submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
        const auto batch = ring.reap();
        return batch.size() == 1 ? batch.front().result : -ETIME;
    }

    RingFeatures here;  // What the real kernel grants.
};

constexpr std::uint8_t forbidden_operations[] = {
    IORING_OP_NOP,     IORING_OP_READ,      IORING_OP_CONNECT,        IORING_OP_SOCKET,
    IORING_OP_OPENAT2, IORING_OP_SENDMSG,   IORING_OP_RENAMEAT,       IORING_OP_UNLINKAT,
    IORING_OP_SPLICE,  IORING_OP_URING_CMD, IORING_OP_PROVIDE_BUFFERS};

// Goal: a ring that a stranger came to command does nothing the server does not.
TEST_F(RingSetup, ARingRefusesWhatTheProgramHasNoUseFor) {
    for (const FileUse files : {FileUse::none, FileUse::written, FileUse::all}) {
        Ring ring;
        ASSERT_TRUE(ring.open({.files = files}));
        ASSERT_TRUE(ring.features().restricted);
        for (const std::uint8_t operation : forbidden_operations) {
            EXPECT_EQ(answer_to(ring, {.opcode = operation, .fd = -1}), -EACCES)
                << "operation " << int{operation};
        }
        EXPECT_EQ(answer_to(ring, {.opcode = IORING_OP_RECV, .flags = IOSQE_FIXED_FILE, .fd = -1}),
                  -EACCES);
        const int file = 0;
        EXPECT_EQ(io_uring_register_files(kernel.ring, &file, 1), -EACCES);
        EXPECT_EQ(io_uring_register_restrictions(kernel.ring, nullptr, 0), -EACCES);
        expect_to_work(ring);
    }
}

TEST_F(RingSetup, ARingThatWritesNoFilesRefusesTo) {
    struct Case {
        FileUse files;
        int write;
        int open;
    };
    // Allowed, what is wrong with the descriptor is what the kernel says next.
    for (const Case& expected :
         {Case{FileUse::none, -EACCES, -EACCES}, Case{FileUse::written, -EBADF, -EACCES},
          Case{FileUse::all, -EBADF, -EBADF}}) {
        Ring ring;
        ASSERT_TRUE(ring.open({.files = expected.files}));
        for (const std::uint8_t operation : {IORING_OP_WRITE, IORING_OP_FSYNC}) {
            EXPECT_EQ(answer_to(ring, {.opcode = operation, .fd = -1}), expected.write);
        }
        const char* const name = "x";
        for (const std::uint8_t operation : {IORING_OP_OPENAT, IORING_OP_CLOSE}) {
            io_uring_sqe sqe{.opcode = operation, .fd = 1'000'000};
            if (operation == IORING_OP_OPENAT) sqe.addr = std::bit_cast<std::uintptr_t>(name);
            EXPECT_EQ(answer_to(ring, sqe), expected.open);
        }
    }
}

// Goal: on a kernel without restrictions everything works as before.
TEST_F(RingSetup, AKernelWithoutRestrictionsServesAllTheSame) {
    Ring ring;
    ASSERT_TRUE(ring.open({.mask = {.restrictions = true}}));
    EXPECT_FALSE(ring.features().restricted);
    EXPECT_EQ(kernel.flags_tried & IORING_SETUP_R_DISABLED, 0U);
    EXPECT_EQ(answer_to(ring, {.opcode = IORING_OP_NOP, .fd = -1}), 0);
    expect_to_work(ring);
}

TEST_F(RingSetup, AMaskedFeatureIsNotObtained) {
    Ring ring;
    ASSERT_TRUE(ring.open(
        {.mask = {.defer_taskrun = true, .absolute_deadline = true, .recv_budget = true}}));
    EXPECT_FALSE(ring.features().defer_taskrun);
    EXPECT_FALSE(ring.features().absolute_deadline);
    EXPECT_FALSE(ring.features().recv_budget);
    EXPECT_NE(kernel.flags_tried & IORING_SETUP_COOP_TASKRUN, 0U);
    EXPECT_EQ(ring.features().single_issuer, here.single_issuer);
    expect_to_work(ring);
}

TEST_F(RingSetup, TheStatisticsStartAtZeroWhateverWasTried) {
    Ring ring;
    ASSERT_TRUE(ring.open({}));
    EXPECT_EQ(ring.stats().enters(), 0U);
    EXPECT_EQ(ring.stats().submitted(), 0U);
    EXPECT_EQ(ring.stats().completions, 0U);
    EXPECT_TRUE(ring.reap().empty());
}

// Goal: only what the kernel does not know is given up, the newest first.
TEST_F(RingSetup, GivesUpOneWishAtATime) {
    const std::uint32_t unknown_from_newest[] = {
        IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_COOP_TASKRUN,
        IORING_SETUP_SUBMIT_ALL};
    int attempts = 1;
    for (const std::uint32_t unknown : unknown_from_newest) {
        kernel.flags_unknown |= unknown;
        kernel.attempts = 0;
        attempts += 1;
        Ring ring;
        ASSERT_TRUE(ring.open({}));
        EXPECT_EQ(kernel.attempts, attempts);
        EXPECT_EQ(kernel.flags_tried & kernel.flags_unknown, 0U);
        EXPECT_FALSE(ring.features().defer_taskrun);
        EXPECT_EQ(ring.features().single_issuer, attempts < 3);
        EXPECT_EQ(ring.features().submit_all, attempts < 5);
        expect_to_work(ring);
    }
}

TEST_F(RingSetup, AKernelThatKnowsNoneOfTheFlagsIsAnError) {
    kernel.flags_unknown = IORING_SETUP_CQSIZE;
    Ring ring;
    const Result<void> opened = ring.open({});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, EINVAL);
}

TEST_F(RingSetup, ShrinksUntilTheMemoryItMayLockIsEnough) {
    kernel.completions_max = 2048;
    Ring ring;
    ASSERT_TRUE(ring.open({.submissions = 512, .completions = 8192}));
    EXPECT_EQ(ring.features().completions, 2048U);
    EXPECT_EQ(ring.features().submissions, 256U);
    EXPECT_EQ(ring.features().defer_taskrun, here.defer_taskrun) << "memory is not a flag";
    expect_to_work(ring);
}

TEST_F(RingSetup, DoesNotShrinkWithoutEnd) {
    kernel.completions_max = 512;
    Ring ring;
    const Result<void> opened = ring.open({.submissions = 4096, .completions = 8192});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, ENOMEM);
    EXPECT_STREQ(opened.error().operation, "io_uring_setup");
    EXPECT_EQ(kernel.attempts, 5);  // 4096/8192, 2048/4096, 1024/2048, 512/1024, 256/1024.
}

TEST_F(RingSetup, ARefusalIsReportedAsItCame) {
    for (const int error : {EPERM, ENOSYS, EACCES, EMFILE, ENFILE}) {
        kernel.setup_error = error;
        kernel.attempts = 0;
        Ring ring;
        const Result<void> opened = ring.open({});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().error_number, error);
        EXPECT_EQ(kernel.attempts, 1);
    }
}

TEST_F(RingSetup, AKernelThatLosesCompletionsOrCannotWaitIsRefused) {
    for (const std::uint32_t needed :
         {IORING_FEAT_NODROP, IORING_FEAT_EXT_ARG, IORING_FEAT_CQE_SKIP}) {
        kernel.features_missing = needed;
        Ring ring;
        const Result<void> opened = ring.open({});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().error_number, EOPNOTSUPP);
    }
}

TEST_F(RingSetup, AKernelWithoutMultishotReceiveIsRefused) {
    kernel.knows_multishot_receive = false;
    Ring ring;
    const Result<void> opened = ring.open({});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, EOPNOTSUPP);
    EXPECT_STREQ(opened.error().operation, "multishot receive");
}

TEST_F(RingSetup, WithoutReceiveBudgetsTheKernelIsNotAskedForOne) {
    kernel.knows_receive_budget = false;
    Ring ring;
    ASSERT_TRUE(ring.open({}));
    EXPECT_FALSE(ring.features().recv_budget);
    BufferRing buffers;
    ASSERT_TRUE(buffers.open(ring, BufferGroup{1}, 4, 16));
    const Pair pair = make_pair_of_sockets();
    ring.arm_recv(pair.ours.number(), buffers.group(), token_of(Op::recv), 8);
    write_text(pair.peer, "hello");
    ring.submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
    const auto batch = ring.reap();
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch.front().result, 5);
    const BufferRing::Loan loan = buffers.borrow(batch.front());
}

TEST_F(RingSetup, WithoutAbsoluteDeadlinesARelativeTimeoutStandsIn) {
    kernel.knows_absolute_deadline = false;
    Ring ring;
    ASSERT_TRUE(ring.open({}));
    EXPECT_FALSE(ring.features().absolute_deadline);
    expect_to_work(ring);
}

TEST_F(RingSetup, AQueueLargerThanTheKernelHasIsAnError) {
    Ring ring;
    const Result<void> opened = ring.open({.submissions = 512, .completions = 131'072});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, E2BIG);
    EXPECT_EQ(kernel.attempts, 0);
}

// Goal: a forked child cannot scribble on queues that the kernel reads for its parent.
TEST_F(RingSetup, AForkedChildDoesNotInheritTheQueues) {
    Ring ring;
    ASSERT_TRUE(ring.open({}));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const bool empty = ring.reap().empty();  // Reads the queue's head, and dies of it.
        _exit(empty ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect_to_work(ring);
}

}  // namespace
}  // namespace ringtick
