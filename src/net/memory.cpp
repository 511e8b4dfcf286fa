#include "net/memory.hpp"

#include "base/assert.hpp"

#include <sys/mman.h>

#include <cerrno>

namespace ringtick {

namespace {

constexpr std::size_t page_size = 4'096;

}  // namespace

Result<void> SlotMemory::open(std::uint32_t slots, std::size_t size) {
    ASSERT(memory_ == nullptr);
    ASSERT(slots > 0);
    ASSERT(size > 0);
    stride_ = (size + page_size - 1) / page_size * page_size;
    size_ = size;
    void* memory = mmap(nullptr, stride_ * slots, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return std::unexpected(Error{"mmap", errno});
    // A huge page would back 2 MiB for the first byte of each 20th slot.
    madvise(memory, stride_ * slots, MADV_NOHUGEPAGE);
    memory_ = static_cast<std::byte*>(memory);
    reserved_ = stride_ * slots;
    return {};
}

SlotMemory::~SlotMemory() {
    if (memory_ != nullptr) munmap(memory_, reserved_);
}

void SlotMemory::release(std::uint32_t slot) {
    madvise(memory_ + std::size_t{slot} * stride_, stride_, MADV_DONTNEED);
}

}  // namespace ringtick
