// ringtick-doctor: says what this machine's kernel, limits and sandbox allow, and for each refusal
// the remedy. It opens what a server opens, and sends one message through it.
#include "base/bytes.hpp"
#include "net/options.hpp"
#include "server/realtime.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/refusal.hpp"
#include "uring/ring.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace ringtick {
namespace {

constexpr unsigned long unlimited = ~0UL;
constexpr unsigned long files_beside_connections = 128;
constexpr std::string_view probe_message = "through the ring";

struct DoctorOptions {
    std::uint32_t connections_max = NetOptions{}.connections_max;
    FeatureMask mask;
};

// The patient: what a server for so many connections would open.
struct Patient {
    Ring ring;
    BufferRing buffers;
    std::array<int, 2> sockets{-1, -1};

    Patient() = default;
    Patient(const Patient&) = delete;
    Patient& operator=(const Patient&) = delete;
    ~Patient() {
        for (const int socket : sockets) {
            if (socket >= 0) close(socket);
        }
    }
};

void print_row(std::string_view name, std::string_view value) {
    fmt::print("  {:<18} {}\n", name, value);
}

void print_advice(std::string_view advice) {
    fmt::print("  {:<18} -> {}\n", "", advice);
}

std::string amount(unsigned long value, std::string_view unit) {
    return value == unlimited ? "unlimited" : fmt::format("{}{}", value, unit);
}

// A server raises the soft limit to the hard one by itself, so the hard one counts.
void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint32_t buffer_count(const DoctorOptions& options) {
    return std::clamp(std::bit_ceil(options.connections_max), 256U, 16'384U);
}

RingOptions ring_options(const DoctorOptions& options) {
    RingOptions ring{.mask = options.mask};
    ring.completions = completions_needed(options.connections_max, buffer_count(options),
                                          ring.submissions, NetOptions{}.listen_backlog);
    return ring;
}

Result<void> open_patient(Patient& patient, const DoctorOptions& options) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, patient.sockets.data()) != 0) {
        return std::unexpected(Error{"socketpair", errno});
    }
    return open_with_buffers(patient.ring, ring_options(options), patient.buffers,
                             {.group = BufferGroup{.id = 1},
                              .count = buffer_count(options),
                              .size = NetOptions{}.receive_buffer_size});
}

// One message: armed receive, broadcast, completion with a provided buffer.
Result<void> send_through(Patient& patient) {
    const Handle owner{.slot = 0, .generation = 1};
    patient.ring.arm_recv(patient.sockets[0], patient.buffers.group(),
                          {.op = Op::recv, .owner = owner});
    patient.ring.broadcast(patient.sockets[1], as_bytes(probe_message),
                           {.op = Op::broadcast, .owner = owner});
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    patient.ring.submit_and_wait(1, std::chrono::seconds(now.tv_sec + 2));
    const auto batch = patient.ring.reap();
    if (batch.empty()) return std::unexpected(Error{"receive", ETIMEDOUT});
    if (batch.front().result < 0) {
        return std::unexpected(Error{"receive", -batch.front().result});
    }
    const BufferRing::Loan loan = patient.buffers.borrow(batch.front());
    if (as_text(loan.bytes()) != probe_message) return std::unexpected(Error{"receive", EBADMSG});
    return {};
}

void print_machine(const MachineFacts& facts, const DoctorOptions& options) {
    utsname system{};
    uname(&system);
    print_row("kernel", fmt::format("{} {} {}", system.sysname, system.release, system.machine));

    const unsigned long files_needed = options.connections_max + files_beside_connections;
    print_row("open files", amount(facts.files, ""));
    if (facts.files < files_needed) {
        print_advice(
            fmt::format("{} connections need {}: ulimit -Hn, LimitNOFILE= or --ulimit "
                        "nofile=",
                        options.connections_max, files_needed));
    }
    const bool in_bytes = facts.memlock_bytes != unlimited;
    print_row("locked memory", amount(in_bytes ? facts.memlock_bytes / 1024 : unlimited, " KiB"));
    print_row("seccomp filter", facts.seccomp_filter ? "yes" : "no");
    // The sysctl kernel.io_uring_disabled, since Linux 6.6.
    constexpr std::array<std::string_view, 3> verdicts{
        "lets everyone use io_uring", "reserves io_uring for a group", "forbids io_uring"};
    const auto verdict = static_cast<std::size_t>(std::clamp(facts.uring_disabled, 0, 2));
    print_row("administrator", verdicts.at(verdict));
}

void print_features(const Patient& patient, const DoctorOptions& options) {
    const std::uint32_t completions_wanted = ring_options(options).completions;
    const std::uint32_t buffers_wanted = buffer_count(options);
    const RingFeatures& features = patient.ring.features();
    print_row("feature bits", fmt::format("{:#x}", features.raw));
    print_row("set-up", fmt::format("{}{}{}{}", features.single_issuer ? "SINGLE_ISSUER " : "",
                                    features.defer_taskrun ? "DEFER_TASKRUN " : "",
                                    features.submit_all ? "SUBMIT_ALL " : "",
                                    features.ring_descriptor ? "REGISTERED_RING" : ""));
    if (!features.defer_taskrun) {
        print_advice("completions interrupt the loop instead of waiting for it: boot Linux 6.1");
    }
    print_row("submission queue", fmt::format("{} entries", features.submissions));
    print_row("completion queue", fmt::format("{} entries", features.completions));
    if (features.completions < completions_wanted) {
        print_advice(
            fmt::format("{} were wanted, and less memory may be locked: raise ulimit -l, "
                        "LimitMEMLOCK= or --ulimit memlock=",
                        completions_wanted));
    }
    print_row("receive buffers", fmt::format("{} of {} bytes", patient.buffers.count(),
                                             NetOptions{}.receive_buffer_size));
    if (patient.buffers.count() < buffers_wanted) {
        print_advice(fmt::format("{} were wanted: the same remedy", buffers_wanted));
    }
    print_row("tick deadline", features.absolute_deadline ? "absolute" : "relative, recomputed");
    print_row("idle waiting", features.no_iowait ? "idle" : "shown as I/O wait; harmless");
    print_row("sleeping", features.second_ring ? "on a second ring" : "on the ring itself");
    print_row("restrictions", features.restricted ? "kept to what a server does" : "none");
    print_row("receive budget", features.recv_budget ? "the kernel's" : "counted by the server");
}

// Scheduling in real time takes the worst late ticks away (sched(7)). Found out by trying it.
void print_scheduling() {
    const sched_param realtime{.sched_priority = realtime_priority};
    const sched_param normal{};
    if (sched_setscheduler(0, SCHED_FIFO, &realtime) == 0) {
        sched_setscheduler(0, SCHED_OTHER, &normal);
        print_row("scheduling", "normal; SCHED_FIFO is allowed (--realtime)");
        return;
    }
    print_row("scheduling", "normal; SCHED_FIFO is not allowed");
    print_advice(
        fmt::format("for steadier ticks (--realtime): CAP_SYS_NICE, or LimitRTPRIO={} or "
                    "--ulimit rtprio={}",
                    realtime_priority, realtime_priority));
}

int refused(const Error& error, const MachineFacts& facts) {
    std::array<char, 1024> text{};
    fmt::print("\nRefused. {}\n", explain_refusal(error, facts, text));
    return 1;
}

int examine(const DoctorOptions& options) {
    raise_file_limit();
    const MachineFacts facts = read_machine_facts();
    print_machine(facts, options);
    print_scheduling();

    Patient patient;
    if (const auto opened = open_patient(patient, options); !opened) {
        return refused(opened.error(), facts);
    }
    print_features(patient, options);
    if (const auto sent = send_through(patient); !sent) return refused(sent.error(), facts);
    fmt::print("\nFine. A message went through the ring.\n");
    return 0;
}

int run_doctor(int argc, char** argv) {
    DoctorOptions options;
    CLI::App app("Says what this machine allows a ringtick server, and what helps where it refuses",
                 "ringtick-doctor");
    app.add_option("--connections-max", options.connections_max, "Connections to have room for")
        ->check(CLI::Range(1U, 20'000U))
        ->capture_default_str();
    app.add_flag("--mask-defer-taskrun", options.mask.defer_taskrun,
                 "Do without this kernel feature (for tests)")
        ->group("Testing");
    app.add_flag("--mask-absolute-deadline", options.mask.absolute_deadline, "The same")
        ->group("Testing");
    app.add_flag("--mask-recv-budget", options.mask.recv_budget, "The same")->group("Testing");
    app.add_flag("--mask-second-ring", options.mask.second_ring, "The same")->group("Testing");
    app.add_flag("--mask-restrictions", options.mask.restrictions, "The same")->group("Testing");
    app.footer("Exit codes: 0 fine, 1 the machine refuses (with the remedy), 2 bad usage.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return examine(options);
}

}  // namespace
}  // namespace ringtick

// CLI11 and fmt may throw; what they throw is a machine that cannot even print.
int main(int argc, char** argv) try {
    return ringtick::run_doctor(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "ringtick-doctor: %s\n", error.what());
    return 1;
}
