#pragma once

#include "base/assert.hpp"
#include "railroids/wire.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace railroids {

// Records as they go on the wire, each packed once a tick and copied into every snapshot that it
// appears in: who sees a ship makes no difference to its bits. Memory at construction.
class PackedRecords {
public:
    explicit PackedRecords(std::size_t count) : records_(count) {}

    // `describe(codec)` describes the record. All have the same width.
    template <class Describe>
    void pack(std::size_t index, Describe describe) {
        ringtick::FieldWriter writer(records_[index]);
        describe(writer);
        writer.finish();
        ASSERT(!writer.overflowed());
    }
    std::span<const std::byte> operator[](std::size_t index) const { return records_[index]; }

private:
    static constexpr std::size_t size_max = 16;  // A ship in the largest world takes 97 bits.

    std::vector<std::array<std::byte, size_max>> records_;
};

}  // namespace railroids
