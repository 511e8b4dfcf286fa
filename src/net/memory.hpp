#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// One span of memory per slot, of equal size, reserved at start as address space. The kernel backs
// a page when it is first written (mmap(2), MAP_NORESERVE), so a connection costs the bytes that
// arrived for it, never the bytes it may declare, and still nothing is allocated later.
class SlotMemory {
public:
    SlotMemory() = default;
    ~SlotMemory();
    SlotMemory(const SlotMemory&) = delete;
    SlotMemory& operator=(const SlotMemory&) = delete;

    [[nodiscard]] Result<void> open(std::uint32_t slots, std::size_t size);

    std::span<std::byte> of(std::uint32_t slot) const {
        return {memory_ + std::size_t{slot} * stride_, size_};
    }

    // Hands the slot's pages back; the content is lost. One madvise(2).
    void release(std::uint32_t slot);

    std::size_t reserved() const { return reserved_; }

private:
    std::byte* memory_ = nullptr;
    std::size_t reserved_ = 0;
    std::size_t stride_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ringtick
