#pragma once

#define ZLIB_CONST
#include <zlib.h>

#include <array>
#include <cstddef>
#include <memory>

namespace ringtick {

// A stream of zlib's that keeps what memory it was given until it goes, and knows how much that is.
// zlib asks for all of it when a stream begins, and for an inflater's window when that is first
// used; to reset a stream asks for nothing.
class ZlibStream {
public:
    ZlibStream() {
        z.zalloc = &allocate;
        z.zfree = &keep;
        z.opaque = this;
    }
    ZlibStream(const ZlibStream&) = delete;
    ZlibStream& operator=(const ZlibStream&) = delete;

    std::size_t memory() const { return memory_; }

    z_stream z{};

private:
    static void* allocate(void* stream, unsigned count, unsigned size);
    static void keep(void* stream, void* block);

    // A stream that deflates asks for five, one that inflates for two.
    static constexpr std::size_t blocks_max = 16;
    std::array<std::unique_ptr<std::byte[]>, blocks_max> blocks_;
    std::size_t blocks_count_ = 0;
    std::size_t memory_ = 0;
};

}  // namespace ringtick
