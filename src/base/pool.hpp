#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringtick {

// Places for up to `capacity` objects that few need at a time. All the address space is taken at
// start and nothing allocated later, but memory is touched only as far as places were ever in use
// at once.
template <class T>
class Pool {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    explicit Pool(std::uint32_t capacity)
        : places_(std::make_unique_for_overwrite<Place[]>(capacity)), capacity_(capacity) {
        free_.reserve(capacity);
    }

    // There must be a place left.
    T* take(const T& value) {
        return std::construct_at(reinterpret_cast<T*>(next_place().bytes), value);
    }
    void give_back(T* object) {
        ASSERT(free_.size() < used_);
        free_.push_back(reinterpret_cast<Place*>(object));
    }

    std::uint32_t in_use() const { return used_ - static_cast<std::uint32_t>(free_.size()); }
    std::size_t memory() const { return capacity_ * (sizeof(Place) + sizeof(Place*)); }

private:
    struct Place {
        alignas(T) std::byte bytes[sizeof(T)];
    };

    Place& next_place() {
        if (!free_.empty()) {
            Place* const place = free_.back();
            free_.pop_back();
            return *place;
        }
        ASSERT(used_ < capacity_);
        used_ += 1;
        return places_[used_ - 1];
    }

    std::unique_ptr<Place[]> places_;
    std::vector<Place*> free_;
    std::uint32_t capacity_;
    std::uint32_t used_ = 0;  // Places that were in use at some time.
};

}  // namespace ringtick
