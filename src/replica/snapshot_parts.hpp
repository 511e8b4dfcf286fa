#pragma once

#include <cstddef>
#include <cstdint>

namespace ringtick {

// What the bits of a snapshot, or of many, were spent on. Whoever writes counts them, and whoever
// reads, so that each can be held against the other.
struct SnapshotParts {
    std::uint64_t header = 0;   // With the filling at the end.
    std::uint64_t own = 0;      // The viewer's own entity.
    std::uint64_t passing = 0;  // What happens and is gone: a shot.
    std::uint64_t comings = 0;  // Who enters the view and who leaves it.
    std::uint64_t updates = 0;  // Who stays: a bit each, and what it could not know.
    std::uint64_t cells = 0;    // All that is told by cells.

    friend bool operator==(const SnapshotParts&, const SnapshotParts&) = default;
    std::uint64_t sum() const { return header + own + passing + comings + updates + cells; }
    void add(const SnapshotParts& other) {
        header += other.header;
        own += other.own;
        passing += other.passing;
        comings += other.comings;
        updates += other.updates;
        cells += other.cells;
    }
};

// Of all snapshots that were made.
struct SnapshotCounters {
    std::uint64_t cut = 0;          // They told less than there was to tell, by the budget.
    std::uint64_t over_budget = 0;  // They told more: it could not wait.
    SnapshotParts parts;
};

// How many bits of a message were passed since it was asked last, by whoever reads or writes it.
template <class Codec>
class BitsPassed {
public:
    explicit BitsPassed(const Codec& codec) : codec_(codec), left_(codec.bits_left()) {}

    std::size_t take() {
        const std::size_t left = codec_.bits_left();
        const std::size_t passed = left_ - left;
        left_ = left;
        return passed;
    }

private:
    const Codec& codec_;
    std::size_t left_;
};

}  // namespace ringtick
