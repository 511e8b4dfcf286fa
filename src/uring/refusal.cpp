#include "uring/refusal.hpp"

#include "base/assert.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <system_error>

namespace ringtick {
namespace {

constexpr unsigned long unlimited = std::numeric_limits<unsigned long>::max();
constexpr std::uint64_t cap_sys_admin = 1ULL << 21;  // capability.h's number, capabilities(7).

std::string_view read_file(const char* path, std::span<char> out) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return {};
    const ssize_t size = read(descriptor, out.data(), out.size());
    close(descriptor);
    return {out.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

template <class T>
std::optional<T> parse(std::string_view text, int base = 10) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    T value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (result.ec != std::errc{}) return std::nullopt;
    return value;
}

template <class T>
std::optional<T> number_in(const char* path) {
    std::array<char, 32> buffer{};
    return parse<T>(read_file(path, buffer));
}

// The rest of the line that begins with `name`, in /proc/self/status.
std::string_view field(std::string_view status, std::string_view name) {
    const std::size_t begin = status.find(name);
    return begin == std::string_view::npos ? std::string_view{}
                                           : status.substr(begin + name.size());
}

unsigned long soft_limit(__rlimit_resource resource) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unlimited;
    return limit.rlim_cur;
}

// The explanation, written piece by piece; what does not fit is cut off.
class Text {
public:
    explicit Text(std::span<char> out) : out_(out) {}

    [[gnu::format(printf, 2, 3)]] Text& add(const char* format, ...) {
        va_list arguments;
        va_start(arguments, format);
        const int size =
            std::vsnprintf(out_.data() + size_, out_.size() - size_, format, arguments);
        va_end(arguments);
        ASSERT(size >= 0);
        size_ = std::min(size_ + static_cast<std::size_t>(size), out_.size() - 1);
        return *this;
    }
    std::string_view view() const { return {out_.data(), size_}; }

private:
    std::span<char> out_;
    std::size_t size_ = 0;
};

void explain_missing(const MachineFacts& facts, Text& text) {
    if (facts.seccomp_filter) {
        text.add(
            "io_uring is hidden by a seccomp filter, or missing from this kernel. In a "
            "container, allow io_uring_setup, io_uring_enter and io_uring_register in its "
            "seccomp profile; otherwise boot Linux 6.1 or later.");
        return;
    }
    text.add(
        "this kernel has no io_uring: it is older than 5.1, was built without "
        "CONFIG_IO_URING, or a sandbox hides it. Boot Linux 6.1 or later.");
}

// Three doors can be shut, one behind the other: the sysctl, a seccomp filter, a security module.
void explain_forbidden(const MachineFacts& facts, Text& text) {
    if (facts.uring_disabled >= 2) {
        text.add(
            "io_uring is switched off for everyone by kernel.io_uring_disabled=%d. As root: "
            "sysctl kernel.io_uring_disabled=0 (or 1, and a group in kernel.io_uring_group).",
            facts.uring_disabled);
        return;
    }
    if (facts.uring_disabled == 1 && !facts.may_administer) {
        text.add("io_uring is reserved by kernel.io_uring_disabled=1. ");
        if (facts.uring_group >= 0) {
            text.add("Run with CAP_SYS_ADMIN or as a member of group %ld (kernel.io_uring_group).",
                     facts.uring_group);
        } else {
            text.add("Run with CAP_SYS_ADMIN, or name a group of ours in kernel.io_uring_group.");
        }
        return;
    }
    if (facts.seccomp_filter) {
        text.add(
            "io_uring is blocked by a seccomp filter, as in most containers by default. Allow "
            "io_uring_setup, io_uring_enter and io_uring_register in its profile, or give it ours: "
            "--security-opt seccomp=contrib/seccomp-io_uring.json.");
        return;
    }
    text.add(
        "io_uring is blocked by a security module (SELinux, AppArmor or another). Its audit "
        "log says which rule: ausearch -m avc, or journalctl -k.");
}

void explain_memory(const MachineFacts& facts, Text& text) {
    if (facts.memlock_bytes == unlimited) {
        text.add("the kernel is out of memory for it, or this container is at its memory limit.");
        return;
    }
    text.add(
        "not enough memory may be locked: the limit is %lu KiB for all processes of this user "
        "together. The smallest ring that is tried (256/1024 entries) takes about 48 KiB, and "
        "4 KiB to its 256 receive buffers. Raise it: ulimit -l, LimitMEMLOCK= in a systemd unit, "
        "or --ulimit memlock= for a container.",
        facts.memlock_bytes / 1024);
}

void explain(int error_number, const MachineFacts& facts, Text& text) {
    switch (error_number) {
        case ENOSYS:
            return explain_missing(facts, text);
        case EPERM:
        case EACCES:
            return explain_forbidden(facts, text);
        case ENOMEM:
            return explain_memory(facts, text);
        case EINVAL:
        case EOPNOTSUPP:
            text.add("this kernel's io_uring is too old for a server. Boot Linux 6.1 or later.");
            return;
        case EMFILE:
            text.add(
                "this process is at its limit of %lu open files. Raise it: ulimit -n, "
                "LimitNOFILE= in a systemd unit, or --ulimit nofile= for a container.",
                facts.files);
            return;
        case ENFILE:
            text.add(
                "the whole machine is at its limit of open files. As root: raise fs.file-max.");
            return;
        case E2BIG:
            text.add(
                "these limits need a larger completion queue than the 65,536 entries that "
                "io_uring has. Lower --connections-max or --listen-backlog.");
            return;
        default:
            text.add(
                "an error that is not expected here; please report it with the kernel's "
                "version.");
    }
}

}  // namespace

MachineFacts read_machine_facts() {
    std::array<char, 8192> buffer{};
    const std::string_view status = read_file("/proc/self/status", buffer);
    const std::uint64_t capabilities =
        parse<std::uint64_t>(field(status, "\nCapEff:"), 16).value_or(0);
    return {
        .uring_disabled = number_in<int>("/proc/sys/kernel/io_uring_disabled").value_or(-1),
        .uring_group = number_in<long>("/proc/sys/kernel/io_uring_group").value_or(-1),
        .seccomp_filter = parse<int>(field(status, "\nSeccomp:")) == 2,
        .may_administer = (capabilities & cap_sys_admin) != 0,
        .memlock_bytes = soft_limit(RLIMIT_MEMLOCK),
        .files = soft_limit(RLIMIT_NOFILE),
    };
}

std::string_view explain_refusal(const Error& error,
                                 const MachineFacts& facts,
                                 std::span<char> out) {
    ASSERT(!out.empty());
    Text text(out);
    const char* const name = strerrorname_np(error.error_number);
    text.add("%s: %s: ", error.operation, name == nullptr ? "unknown error" : name);
    explain(error.error_number, facts, text);
    return text.view();
}

}  // namespace ringtick
