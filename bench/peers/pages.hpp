#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>

namespace ringtick::peers {

// Memory whose pages may be huge.
class Pages {
public:
    explicit Pages(std::size_t size) : size_((size + huge - 1) / huge * huge) {
        // With as much again as makes it begin where a huge page may.
        void* const mapped =
            mmap(nullptr, size_ + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) std::abort();
        const auto begin = (std::bit_cast<std::uintptr_t>(mapped) + huge - 1) / huge * huge;
        begin_ = std::bit_cast<std::byte*>(begin);
    }

    std::span<std::byte> bytes() const { return {begin_, size_}; }

    // False if the kernel gave none (madvise(2)).
    bool make_huge() const {
        if (madvise(begin_, size_, MADV_HUGEPAGE) != 0) return false;
        std::ranges::fill(bytes(), std::byte{});
        std::ifstream rollup("/proc/self/smaps_rollup");
        for (std::string word; rollup >> word;) {
            std::size_t kib = 0;
            if (word == "AnonHugePages:" && rollup >> kib) return kib * 1'024 >= size_;
        }
        return false;
    }

private:
    static constexpr std::size_t huge = 2 << 20;
    std::size_t size_;
    std::byte* begin_ = nullptr;
};

}  // namespace ringtick::peers
