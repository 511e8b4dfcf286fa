#pragma once

#include <cstdint>

namespace ringtick {

// What the kernel granted, found out by trying and by asking it, never by its version:
// distributions port features back. A `false` costs speed, not correctness; each one's stand-in is
// named.
struct RingFeatures {
    bool single_issuer = false;      // Only this thread may enter.
    bool defer_taskrun = false;      // Work runs only inside our own enter; else COOP_TASKRUN.
    bool submit_all = false;         // A bad SQE does not stop the ones behind it.
    bool ring_descriptor = false;    // The ring's own descriptor is registered: no fget per enter.
    bool absolute_deadline = false;  // Else: a relative timeout, computed anew at each wait.
    bool no_iowait = false;          // An idle wait is not shown as I/O wait.
    bool recv_budget = false;        // A multishot receive ends after a byte budget; else ours.
    bool second_ring = false;        // To sleep on undisturbed; else a wait for all that can come.
    bool restricted = false;         // The ring refuses what the program has no use for.
    std::uint32_t submissions = 0;   // Entries of the submission queue.
    std::uint32_t completions = 0;   // Entries of the completion queue.
    std::uint32_t raw = 0;           // The kernel's own feature bits, for the log line.
};

// Features to do without: `--mask-defer-taskrun` and its like, for tests.
struct FeatureMask {
    bool defer_taskrun = false;
    bool absolute_deadline = false;
    bool recv_budget = false;
    bool second_ring = false;
    bool restrictions = false;
};

}  // namespace ringtick
