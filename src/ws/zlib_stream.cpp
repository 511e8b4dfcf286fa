#include "ws/zlib_stream.hpp"

#include "base/assert.hpp"

namespace ringtick {

void* ZlibStream::allocate(void* stream, unsigned count, unsigned size) {
    auto& self = *static_cast<ZlibStream*>(stream);
    ASSERT(self.blocks_count_ < blocks_max);
    const std::size_t bytes = std::size_t{count} * size;
    auto& block = self.blocks_[self.blocks_count_];
    block = std::make_unique_for_overwrite<std::byte[]>(bytes);
    self.blocks_count_ += 1;
    self.memory_ += bytes;
    return block.get();
}

// The stream goes with its blocks.
void ZlibStream::keep(void*, void*) {
}

}  // namespace ringtick
