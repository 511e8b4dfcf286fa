#include "server/sandbox.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <span>
#include <system_error>

namespace ringtick {
namespace {

// They look into the process from outside it, with calls that a server has no use for.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)  // clang's way to say it.
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||
                           __has_feature(memory_sanitizer);
#else
constexpr bool sanitized = false;
#endif

// What a server calls while it runs: itself, the C library, the allocator and OpenSSL.
constexpr int calls_of_the_loop[] = {
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),  // To take back at the end what was registered.
    SCMP_SYS(read),               // Of the signals, and of files.
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    // Of sockets that there are. What they carry goes through the ring as a rule.
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(shutdown),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    // Where the vDSO cannot answer.
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
};
constexpr int calls_of_libraries[] = {
    SCMP_SYS(brk),          SCMP_SYS(munmap),          SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(futex),           SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),         SCMP_SYS(sched_yield),     SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),       SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),  SCMP_SYS(getpid),          SCMP_SYS(gettid),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

// Where an argument, masked, has this value.
scmp_arg_cmp where(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

scmp_arg_cmp is(unsigned argument, scmp_datum_t value) {
    return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

// A list of what is allowed, in the making. The first error stays.
class Filter {
public:
    Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
        if (context_ == nullptr) {
            error_ = ENOMEM;
            return;
        }
        // All threads at once: the log's has begun.
        fail(seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1));
        // Kernels before 5.16 slow down whoever has a filter, unless told that it is no guest.
        fail(seccomp_attr_set(context_, SCMP_FLTATR_CTL_SSB, 1));
    }
    ~Filter() { seccomp_release(context_); }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    void allow(std::span<const int> calls) {
        for (const int call : calls) allow(call, {});
    }
    void allow(int call, std::initializer_list<scmp_arg_cmp> conditions) {
        add(SCMP_ACT_ALLOW, call, conditions);
    }
    // As if the kernel were too old for it: the C library has another way.
    void hide(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

    // Returns an errno, or 0.
    int install() {
        if (error_ == 0) fail(seccomp_load(context_));
        return error_;
    }

private:
    void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
        if (error_ != 0) return;
        fail(seccomp_rule_add_array(context_, action, call,
                                    static_cast<unsigned>(conditions.size()), conditions.begin()));
    }
    void fail(int result) {
        if (error_ == 0 && result < 0) error_ = -result;
    }

    scmp_filter_ctx context_;
    int error_ = 0;
};

// Threads, but no processes. The newer call takes its flags through a pointer, which a filter
// cannot follow.
void allow_threads(Filter& filter) {
    filter.allow(SCMP_SYS(clone), {where(0, CLONE_THREAD, CLONE_THREAD)});
    filter.hide(SCMP_SYS(clone3));
    filter.allow(SCMP_SYS(prctl), {is(0, PR_SET_NAME)});
    // A failed assertion ends the process by a signal of its own.
    filter.allow(SCMP_SYS(tgkill), {is(0, static_cast<scmp_datum_t>(getpid()))});
    filter.allow(SCMP_SYS(prlimit64), {is(0, 0), is(2, 0)});  // Ours, to be read.
}

void allow_memory(Filter& filter) {
    filter.allow(SCMP_SYS(mmap), {where(2, PROT_EXEC, 0)});
    filter.allow(SCMP_SYS(mprotect), {where(2, PROT_EXEC, 0)});
}

// To read them: statistics, certificates that are taken anew.
void allow_files(Filter& filter) {
    constexpr scmp_datum_t unnamed = O_TMPFILE & ~O_DIRECTORY;
    constexpr scmp_datum_t changing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | unnamed;
    filter.allow(SCMP_SYS(openat), {where(2, changing, 0)});
    for (const int question : {F_GETFD, F_SETFD, F_GETFL, F_SETFL}) {
        filter.allow(SCMP_SYS(fcntl), {is(1, static_cast<scmp_datum_t>(question))});
    }
    filter.allow(SCMP_SYS(ioctl), {is(1, TCGETS)});  // Whether that is a terminal.
}

// They have been made. Who comes for a handover is let in, and at the end their names go.
void allow_local_sockets(Filter& filter) {
    filter.allow(SCMP_SYS(accept4), {});
    filter.allow(SCMP_SYS(unlink), {});
    filter.allow(SCMP_SYS(unlinkat), {where(2, AT_REMOVEDIR, 0)});
}

}  // namespace

Sandbox enter_sandbox(const SandboxNeeds& needs) {
    if (sanitized) return {.state = Sandbox::State::left_out};
    Filter filter;
    filter.allow(calls_of_the_loop);
    filter.allow(calls_of_libraries);
    allow_threads(filter);
    allow_memory(filter);
    allow_files(filter);
    if (needs.local_sockets) allow_local_sockets(filter);
    // Sets PR_SET_NO_NEW_PRIVS first: without it only root may have a filter.
    const int refusal = filter.install();
    if (refusal != 0) return {.state = Sandbox::State::refused, .refusal = refusal};
    return {.state = Sandbox::State::on};
}

std::string describe(const Sandbox& sandbox) {
    switch (sandbox.state) {
        case Sandbox::State::on:
            return "sandboxed";
        case Sandbox::State::left_out:
            return "not sandboxed (a sanitizer would not work)";
        case Sandbox::State::refused:
            return "NOT SANDBOXED, the machine refuses the filter (" +
                   std::generic_category().message(sandbox.refusal) +
                   "): allow seccomp(2) and prctl(2) in the container's profile, or say "
                   "--no-sandbox";
        case Sandbox::State::off:
            break;
    }
    return "not sandboxed (--no-sandbox)";
}

}  // namespace ringtick
