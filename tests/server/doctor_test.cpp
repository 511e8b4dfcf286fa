// Runs ringtick-doctor on machines that refuse: behind a seccomp filter, and within limits.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {
namespace {

struct Outcome {
    int exit_code = -1;
    std::string output;
};

constexpr int exit_of_failed_setup = 99;

// `prepare` runs in the child, and says whether the machine could be made to refuse. The program
// was opened before it, so that a user who may not walk the path can still run it.
template <class Prepare>
Outcome run_doctor(std::vector<std::string> arguments, Prepare prepare) {
    const int program = open(RINGTICK_DOCTOR, O_RDONLY | O_CLOEXEC);  // The build says where.
    int ends[2] = {-1, -1};
    if (program < 0 || pipe2(ends, O_CLOEXEC) != 0) return {.output = "cannot open the program"};

    arguments.insert(arguments.begin(), "ringtick-doctor");
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        if (!prepare()) _exit(exit_of_failed_setup);
        fexecve(program, pointers.data(), environ);
        _exit(exit_of_failed_setup);
    }
    close(program);
    close(ends[1]);
    Outcome outcome;
    std::array<char, 4096> piece{};
    for (;;) {
        const ssize_t size = read(ends[0], piece.data(), piece.size());
        if (size <= 0) break;
        outcome.output.append(piece.data(), static_cast<std::size_t>(size));
    }
    close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) == child && WIFEXITED(status)) {
        outcome.exit_code = WEXITSTATUS(status);
    }
    return outcome;
}

bool as_is() {
    return true;
}

// seccomp(2), mode 2: io_uring_setup fails with `error_number`, as it does in a container with the
// usual profile; everything else passes.
bool filter_io_uring(int error_number) {
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error_number)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool limit(__rlimit_resource resource, rlim_t value) {
    const rlimit both{.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &both) == 0;
}

// A user without privileges, whom RLIMIT_MEMLOCK holds. Each time another one: what a user has
// locked is counted together, and the kernel gives a closed ring's memory back only after a while.
bool become_nobody() {
    const auto nobody = static_cast<uid_t>(1'000'000 + getpid());
    return setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0;
}

void expect_says(const Outcome& outcome, std::string_view text) {
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << " is not in:\n"
                                                            << outcome.output;
}

bool machine_refuses() {
    return run_doctor({}, as_is).exit_code == 1;
}

TEST(Doctor, SaysWhatTheMachineGrants) {
    const Outcome outcome = run_doctor({"--connections-max", "100"}, as_is);
    if (outcome.exit_code == 1) GTEST_SKIP() << outcome.output;
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    for (const char* row : {"kernel", "feature bits", "set-up", "submission queue",
                            "completion queue", "receive buffers", "tick deadline", "open files",
                            "locked memory", "seccomp filter", "scheduling", "Fine."}) {
        expect_says(outcome, row);
    }
}

TEST(Doctor, ExplainsItselfAndItsExitCodes) {
    const Outcome outcome = run_doctor({"--help"}, as_is);
    EXPECT_EQ(outcome.exit_code, 0);
    expect_says(outcome, "--connections-max");
    expect_says(outcome, "Exit codes");
}

TEST(Doctor, BadUsageIsTwo) {
    EXPECT_EQ(run_doctor({"--no-such-option"}, as_is).exit_code, 2);
    EXPECT_EQ(run_doctor({"--connections-max", "0"}, as_is).exit_code, 2);
    EXPECT_EQ(run_doctor({"--connections-max", "many"}, as_is).exit_code, 2);
}

TEST(Doctor, WorksWithoutTheFeaturesThatAreMasked) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    const Outcome outcome = run_doctor(
        {"--mask-defer-taskrun", "--mask-absolute-deadline", "--mask-recv-budget"}, as_is);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(outcome.output.find("DEFER_TASKRUN"), std::string::npos) << outcome.output;
    expect_says(outcome, "relative");
    expect_says(outcome, "counted by the server");
    expect_says(outcome, "Fine.");
}

TEST(Doctor, TellsASeccompFilterFromAnOldKernel) {
    const Outcome forbidden = run_doctor({}, [] { return filter_io_uring(EPERM); });
    EXPECT_EQ(forbidden.exit_code, 1);
    expect_says(forbidden, "io_uring_setup: EPERM: io_uring is blocked by a seccomp filter");
    expect_says(forbidden, "--security-opt seccomp=");

    const Outcome hidden = run_doctor({}, [] { return filter_io_uring(ENOSYS); });
    EXPECT_EQ(hidden.exit_code, 1);
    expect_says(hidden, "io_uring_setup: ENOSYS: io_uring is hidden by a seccomp filter");
    expect_says(hidden, "seccomp profile");
}

// Five descriptors: three that are always there, and two for the doctor's own pair of sockets. The
// ring would be the sixth.
TEST(Doctor, NamesTheLimitOfOpenFiles) {
    const Outcome outcome = run_doctor({}, [] { return limit(RLIMIT_NOFILE, 5); });
    EXPECT_EQ(outcome.exit_code, 1);
    expect_says(outcome, "io_uring_setup: EMFILE: this process is at its limit of 5 open files");
    expect_says(outcome, "LimitNOFILE=");
}

TEST(Doctor, AdvisesWhenFewerFilesAreAllowedThanConnectionsWanted) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    const Outcome outcome =
        run_doctor({"--connections-max", "1000"}, [] { return limit(RLIMIT_NOFILE, 64); });
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    expect_says(outcome, "1000 connections need 1128");
}

// As many as the option allows: more than fit the largest queue would be refused (E2BIG).
TEST(Doctor, FindsAQueueForTheMostConnectionsThatMayBeWanted) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    const Outcome outcome = run_doctor({"--connections-max", "20000"}, as_is);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    expect_says(outcome, "completion queue");
}

TEST(Doctor, NamesTheLimitOfLockedMemory) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    if (geteuid() != 0) GTEST_SKIP() << "only root can become a user whom the limit holds";
    const Outcome outcome =
        run_doctor({}, [] { return limit(RLIMIT_MEMLOCK, 0) && become_nobody(); });
    ASSERT_NE(outcome.exit_code, exit_of_failed_setup);
    if (outcome.exit_code == 0) GTEST_SKIP() << "this kernel does not count a ring as locked";
    EXPECT_EQ(outcome.exit_code, 1);
    expect_says(outcome, "io_uring_setup: ENOMEM: not enough memory may be locked");
    expect_says(outcome, "the limit is 0 KiB");
    expect_says(outcome, "ulimit -l");
}

TEST(Doctor, MakesDoWithASmallerRingAndSaysSo) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    if (geteuid() != 0) GTEST_SKIP() << "only root can become a user whom the limit holds";
    const Outcome outcome = run_doctor({"--connections-max", "1500"}, [] {
        return limit(RLIMIT_MEMLOCK, 160 << 10) && become_nobody();
    });
    ASSERT_NE(outcome.exit_code, exit_of_failed_setup);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    if (outcome.output.find("completion queue   8192 entries") != std::string::npos) {
        GTEST_SKIP() << "this kernel does not count a ring as locked";
    }
    expect_says(outcome, "8192 were wanted, and less memory may be locked");
    expect_says(outcome, "Fine.");
}

// Wherever the limit lies: what the ring takes must leave something for its buffers.
TEST(Doctor, MakesDoWithFewerBuffersBelowEachLimit) {
    if (machine_refuses()) GTEST_SKIP() << "this machine refuses already; see the first test";
    if (geteuid() != 0) GTEST_SKIP() << "only root can become a user whom the limit holds";
    for (const rlim_t kib : {64U, 100U, 160U, 600U}) {
        const Outcome outcome =
            run_doctor({}, [kib] { return limit(RLIMIT_MEMLOCK, kib << 10) && become_nobody(); });
        ASSERT_NE(outcome.exit_code, exit_of_failed_setup);
        EXPECT_EQ(outcome.exit_code, 0) << kib << " KiB: " << outcome.output;
        expect_says(outcome, "Fine.");
    }
}

}  // namespace
}  // namespace ringtick
