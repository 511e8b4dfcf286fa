#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace ringtick {

// How many snapshots a test of an encoder and a decoder holds against each other, at least. The
// suite's tests take few; RINGTICK_SNAPSHOTS=1000000 in the environment makes them a million each,
// by hand: tests/replica/view_test.cpp, tests/replica/cells_test.cpp,
// tests/game-demo/snapshot_writer_test.cpp.
inline std::uint64_t snapshots_wanted(std::uint64_t few) {
    const char* const wanted = std::getenv("RINGTICK_SNAPSHOTS");  // NOLINT(concurrency-mt-unsafe)
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : few;
}

}  // namespace ringtick
