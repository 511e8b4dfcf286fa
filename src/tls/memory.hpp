#pragma once

#include <cstddef>

namespace ringtick {

// OpenSSL allocates, also while it does no more than seal a record. Here is where from: a region of
// address space that is taken once, so that it has a bound, and so that the heap is not touched by
// it. What is given back is kept by its size for the next who asks for that much.
//
// To be called before OpenSSL has allocated anything, once for the process; later calls change
// nothing. False: it was too late, or there is no such region; then OpenSSL has the heap. (Under
// AddressSanitizer, which wants to see every allocation, it always has.)
//
// Threading: whatever follows may come from any thread.
bool give_openssl_memory(std::size_t size_max);

struct OpensslMemory {
    std::size_t size_max = 0;  // 0: it has the heap.
    std::size_t used = 0;      // Bytes of blocks that are in use, as they were rounded up.
    std::size_t touched = 0;   // The most that it ever had.
    std::size_t refused = 0;   // Blocks for which there was no room.
};
OpensslMemory openssl_memory();

}  // namespace ringtick
