// A game that does what a server must not, on the loop's own thread and on another one that began
// before the server ran, and prints what it was told: "loop execve 1" for EPERM.
#include "server/serve.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>

using namespace ringtick;

namespace {

int dialled = -1;  // An internet socket from before.

int error_of(long result) {
    return result < 0 ? errno : 0;
}

// Each is harmless where it is allowed, also for root.
void try_programs(const char* who) {
    const auto say = [who](const char* what, long result) {
        std::printf("%s %s %d\n", who, what, error_of(result));
    };
    char* const nothing[] = {nullptr};
    say("execve", execve("/nonexistent", nothing, nothing));
    say("execveat", syscall(SYS_execveat, AT_FDCWD, "/nonexistent", nothing, nothing, 0));
    const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    say("fork", child);
    if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
    say("ptrace", ptrace(PTRACE_ATTACH, 0, 0, 0));
    say("process_vm_readv", syscall(SYS_process_vm_readv, 0, 0, 0, 0, 0, 0));
    say("kill", kill(getppid(), 0));
    say("tgkill", syscall(SYS_tgkill, getppid(), getppid(), 0));
    say("mmap of code",
        mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
            ? -1
            : 0);
    alignas(4096) static char page[4096];
    say("mprotect to code", mprotect(page, sizeof page, PROT_READ | PROT_WRITE | PROT_EXEC));
    say("memfd_create", syscall(SYS_memfd_create, "x", 0));
}

void try_sockets(const char* who) {
    const auto say = [who](const char* what, long result) {
        std::printf("%s %s %d\n", who, what, error_of(result));
    };
    say("socket ip4", socket(AF_INET, SOCK_STREAM, 0));
    say("socket ip6", socket(AF_INET6, SOCK_DGRAM, 0));
    say("socket netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    say("socket local", socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_in nobody{};
    nobody.sin_family = AF_UNSPEC;
    say("connect", connect(dialled, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody));
    say("listen", listen(dialled, 1));
}

void try_files(const char* who) {
    const auto say = [who](const char* what, long result) {
        std::printf("%s %s %d\n", who, what, error_of(result));
    };
    say("open to write", open("/dev/null", O_WRONLY));
    say("open to change", open("/dev/null", O_RDWR));
    say("open to create", open("/dev/null", O_RDONLY | O_CREAT, 0600));
    say("open to truncate", open("/dev/null", O_RDONLY | O_TRUNC));
    say("open unnamed", open("/tmp", O_TMPFILE | O_WRONLY, 0600));
    say("openat2", syscall(SYS_openat2, AT_FDCWD, "/dev/null", nullptr, 0));
    say("unlink", unlink("/nonexistent/x"));
    say("rename", rename("/nonexistent/x", "/nonexistent/y"));
    say("mkdir", mkdir("/nonexistent/x", 0700));
    say("chmod", chmod("/nonexistent/x", 0700));
    say("symlink", symlink("x", "/nonexistent/x"));
    say("chdir", chdir("/"));
}

void try_powers(const char* who) {
    const auto say = [who](const char* what, long result) {
        std::printf("%s %s %d\n", who, what, error_of(result));
    };
    say("mount", mount("none", "/nonexistent", "none", 0, nullptr));
    say("unshare", unshare(0));
    say("setns", syscall(SYS_setns, -1, 0));
    say("chroot", chroot("/nonexistent"));
    say("setuid", setuid(getuid()));
    say("bpf", syscall(SYS_bpf, -1, nullptr, 0));
    say("perf_event_open", syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
    say("io_uring_setup", syscall(SYS_io_uring_setup, 0, nullptr));
    say("keyctl", syscall(SYS_keyctl, -1, 0, 0, 0, 0));
    say("init_module", syscall(SYS_init_module, nullptr, 0, ""));
    say("userfaultfd", syscall(SYS_userfaultfd, -1));
    say("seccomp", syscall(SYS_seccomp, -1, 0, nullptr));
}

// What a server does, or what it is made of.
void try_allowed(const char* who) {
    const auto say = [who](const char* what, bool good) {
        std::printf("%s may %s %d\n", who, what, good ? 0 : 1);
    };
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[16];
    say("read files", file >= 0 && read(file, text, sizeof text) > 0);
    close(file);
    std::thread([] {}).join();
    say("make threads", true);
    void* const memory =
        mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("take memory", memory != MAP_FAILED && munmap(memory, 1 << 20) == 0);
}

void dare(const char* who) {
    try_programs(who);
    try_sockets(who);
    try_files(who);
    try_powers(who);
    try_allowed(who);
    std::fflush(stdout);
}

class Daring final : public Game {
public:
    explicit Daring(const GameOptions&) {
        dialled = socket(AF_INET, SOCK_STREAM, 0);
        other_ = std::jthread([this] {
            turn_.wait(0);
            dare("other");
            turn_ = 2;
            turn_.notify_all();
        });
    }
    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t tick, std::span<const Command>, Outbox&) override {
        if (tick != 1) return;
        dare("loop");
        turn_ = 1;
        turn_.notify_all();
        turn_.wait(1);
        std::printf("dared\n");
        std::fflush(stdout);
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }

private:
    std::atomic<int> turn_ = 0;
    std::jthread other_;
};

}  // namespace

int main(int argc, char** argv) {
    return serve<Daring>(argc, argv, {.name = "daring", .description = "Tries what is forbidden"});
}
