#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace ringtick {

// What this machine says about io_uring, read at the moment of a refusal.
struct MachineFacts {
    int uring_disabled = -1;          // /proc/sys/kernel/io_uring_disabled; -1: no such file.
    long uring_group = -1;            // /proc/sys/kernel/io_uring_group
    bool seccomp_filter = false;      // "Seccomp: 2" in /proc/self/status
    bool may_administer = false;      // CAP_SYS_ADMIN is effective.
    unsigned long memlock_bytes = 0;  // RLIMIT_MEMLOCK; ~0 is unlimited.
    unsigned long files = 0;          // RLIMIT_NOFILE
};

MachineFacts read_machine_facts();

// Explains in one or two sentences why the ring was refused, and the remedy. Writes to `out` and
// returns the text in it. Pure, so that every row can be tested.
std::string_view explain_refusal(const Error& error,
                                 const MachineFacts& facts,
                                 std::span<char> out);

}  // namespace ringtick
