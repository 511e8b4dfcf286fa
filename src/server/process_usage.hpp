#pragma once

#include <cstdint>
#include <optional>

namespace ringtick {

// What the kernel knows of this process. Read when asked for, and nothing here allocates.
struct ProcessUsage {
    double cpu_user_s = 0;
    double cpu_sys_s = 0;
    std::uint64_t resident_kib = 0;
    std::uint64_t switches_voluntary = 0;
    std::uint64_t switches_involuntary = 0;
};

ProcessUsage process_usage();

// For how long, in all, that thread of ours (gettid(2)) was ready to run and another had the core;
// nothing where the kernel does not count it.
std::optional<std::uint64_t> run_delay_ns(int thread);

}  // namespace ringtick
