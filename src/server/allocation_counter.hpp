#pragma once

#include <cstdint>
#include <optional>

namespace ringtick {

// How often the calling thread has asked the heap for memory: operator new, malloc and their kin,
// from our code and from libraries alike. Nothing in a sanitizer's build, which has its own heap.
std::optional<std::uint64_t> allocations_of_this_thread();

}  // namespace ringtick
