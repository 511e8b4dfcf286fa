// Stands between the program and mimalloc, and counts. Linked into programs, not into tests of
// single layers.
#include "server/allocation_counter.hpp"

#if defined(RINGTICK_MIMALLOC)

#include <mimalloc.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace ringtick {

namespace {

thread_local std::uint64_t allocations = 0;

}  // namespace

std::optional<std::uint64_t> allocations_of_this_thread() {
    return allocations;
}

}  // namespace ringtick

// The names that malloc(3) and operator new have; the array forms of new and delete call these.
// NOLINTBEGIN(readability-identifier-naming,cert-dcl58-cpp)
extern "C" {

void* malloc(std::size_t size) {
    ringtick::allocations += 1;
    return mi_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    ringtick::allocations += 1;
    return mi_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
    ringtick::allocations += 1;
    return mi_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ringtick::allocations += 1;
    return mi_malloc_aligned(size, alignment);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    ringtick::allocations += 1;
    return mi_posix_memalign(memory, alignment, size);
}

void free(void* memory) {
    mi_free(memory);
}

}  // extern "C"

void* operator new(std::size_t size) {
    ringtick::allocations += 1;
    return mi_new(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    ringtick::allocations += 1;
    return mi_new_aligned(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept {
    mi_free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    mi_free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
    mi_free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    mi_free(memory);
}
// NOLINTEND(readability-identifier-naming,cert-dcl58-cpp)

#else

namespace ringtick {

std::optional<std::uint64_t> allocations_of_this_thread() {
    return {};
}

}  // namespace ringtick

#endif
