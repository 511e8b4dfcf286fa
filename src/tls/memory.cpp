#include "tls/memory.hpp"

#include "base/assert.hpp"
#include "base/spin_lock.hpp"

#include <openssl/crypto.h>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ringtick {

namespace {

// Before each block, and as much as a block is aligned to.
struct alignas(16) Header {
    std::uint64_t size_class = 0;
};

struct Free {
    Free* next = nullptr;
};

// Four classes for each doubling, from 32 bytes on: a block is a fourth too large at the most.
// Above 8 KiB there is one class more, whose blocks are backed as far as they are touched. What a
// client says decides how large some of these are, and a block serves its class alone: with a class
// for each size, a crowd of one size would use the region up for all others. Nothing that OpenSSL
// has a use for is larger; a hello may declare to be, and is refused.
constexpr unsigned smallest_bits = 5;
constexpr unsigned small_bits = 13;
constexpr std::size_t large_size = 40'960;
constexpr std::size_t large_class = std::size_t{4} * (small_bits - smallest_bits) + 1;
constexpr std::size_t classes_count = large_class + 1;

constexpr std::size_t class_of(std::size_t size) {
    if (size <= (1U << smallest_bits)) return 0;
    if (size > (1U << small_bits)) return large_class;
    const auto bits = static_cast<unsigned>(std::bit_width(size - 1)) - 1;
    const std::size_t quarter = ((size - 1) >> (bits - 2)) & 3U;
    return std::size_t{4} * (bits - smallest_bits) + quarter + 1;
}

constexpr std::size_t size_of(std::size_t size_class) {
    if (size_class == large_class) return large_size;
    const std::size_t bits = size_class / 4 + smallest_bits;
    return (4 + size_class % 4) << (bits - 2);
}

static_assert(size_of(0) == 32 && class_of(32) == 0 && class_of(33) == 1 && size_of(1) == 40);
static_assert(class_of(64) == 4 && size_of(4) == 64 && class_of(65) == 5 && size_of(5) == 80);
static_assert(class_of(8'192) == large_class - 1 && size_of(large_class - 1) == 8'192);
static_assert(class_of(8'193) == large_class);

// Never taken down: OpenSSL tidies up after main() has returned.
class Region {
public:
    bool open(std::size_t size) {
        void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return false;
        begin_ = static_cast<std::byte*>(memory);
        figures_.size_max = size;
        return true;
    }
    bool is_open() const { return begin_ != nullptr; }

    void* take(std::size_t size) {
        const bool is_too_large = size > large_size - sizeof(Header);
        lock_.lock();
        void* const block = is_too_large ? nullptr : take_of(class_of(size + sizeof(Header)));
        figures_.refused += block == nullptr ? 1 : 0;
        lock_.unlock();
        return block;
    }

    void give_back(void* block) {
        Header* const header = header_of(block);
        const auto size_class = std::size_t{header->size_class};
        lock_.lock();
        auto* const free = new (block) Free{.next = free_.at(size_class)};
        free_.at(size_class) = free;
        figures_.used -= size_of(size_class);
        lock_.unlock();
    }

    // Bytes that fit the block.
    static std::size_t room(void* block) {
        return size_of(header_of(block)->size_class) - sizeof(Header);
    }

    OpensslMemory figures() {
        lock_.lock();
        const OpensslMemory figures = figures_;
        lock_.unlock();
        return figures;
    }

private:
    static Header* header_of(void* block) {
        return reinterpret_cast<Header*>(static_cast<std::byte*>(block) - sizeof(Header));
    }

    void* take_of(std::size_t size_class) {
        const std::size_t size = size_of(size_class);
        Free* const free = free_.at(size_class);
        if (free != nullptr) {
            free_.at(size_class) = free->next;
            figures_.used += size;
            return free;
        }
        // The header is aligned by what came before it: every size is rounded up to its own.
        const std::size_t stride = (size + sizeof(Header) - 1) / sizeof(Header) * sizeof(Header);
        if (figures_.size_max - figures_.touched < stride) return nullptr;
        std::byte* const place = begin_ + figures_.touched;
        figures_.touched += stride;
        figures_.used += size;
        new (place) Header{.size_class = size_class};
        return place + sizeof(Header);
    }

    SpinLock lock_;
    std::byte* begin_ = nullptr;
    OpensslMemory figures_;
    std::array<Free*, classes_count> free_{};
};

constinit Region region;

#if !defined(__SANITIZE_ADDRESS__)

void* take_block(std::size_t size, const char*, int) {
    return size > 0 ? region.take(size) : nullptr;
}

void give_block_back(void* block, const char*, int) {
    if (block != nullptr) region.give_back(block);
}

void* resize_block(void* block, std::size_t size, const char* file, int line) {
    if (block == nullptr) return take_block(size, file, line);
    if (size == 0) {
        give_block_back(block, file, line);
        return nullptr;
    }
    const std::size_t room = Region::room(block);
    if (size <= room) return block;
    void* const larger = region.take(size);
    if (larger == nullptr) return nullptr;
    std::memcpy(larger, block, room);
    region.give_back(block);
    return larger;
}

#endif

}  // namespace

bool give_openssl_memory(std::size_t size_max) {
    ASSERT(size_max > 0);
#if defined(__SANITIZE_ADDRESS__)
    return false;
#else
    if (region.is_open()) return true;
    // First this, which it refuses if it is too late: a region that nobody uses would be in vain.
    if (CRYPTO_set_mem_functions(take_block, resize_block, give_block_back) != 1) return false;
    if (region.open(size_max)) return true;
    CRYPTO_set_mem_functions(CRYPTO_malloc, CRYPTO_realloc, CRYPTO_free);
    return false;
#endif
}

OpensslMemory openssl_memory() {
    return region.figures();
}

}  // namespace ringtick
