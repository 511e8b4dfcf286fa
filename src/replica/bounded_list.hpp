#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ringtick {

// A list with its memory inside it: what a message or a view holds at most is part of its type.
template <class T, std::size_t Capacity>
class BoundedList {
public:
    static constexpr std::size_t capacity = Capacity;

    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr bool full() const { return size_ == Capacity; }

    constexpr void clear() { size_ = 0; }
    constexpr void resize(std::size_t size) {
        ASSERT(size <= Capacity);
        size_ = size;
    }
    constexpr T& push(const T& item) {
        ASSERT(!full());
        items_[size_] = item;
        return items_[size_++];
    }

    constexpr T& operator[](std::size_t index) {
        ASSERT(index < size_);
        return items_[index];
    }
    constexpr const T& operator[](std::size_t index) const {
        ASSERT(index < size_);
        return items_[index];
    }
    constexpr T* begin() { return items_.data(); }
    constexpr T* end() { return items_.data() + size_; }
    constexpr const T* begin() const { return items_.data(); }
    constexpr const T* end() const { return items_.data() + size_; }

    friend constexpr bool operator==(const BoundedList& a, const BoundedList& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    std::array<T, Capacity> items_{};
    std::size_t size_ = 0;
};

}  // namespace ringtick
