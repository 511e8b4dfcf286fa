#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <memory>

namespace ringtick::swarm {

// First in, first out, in memory taken once.
template <class T>
class FixedQueue {
public:
    explicit FixedQueue(std::size_t capacity)
        : items_(std::make_unique<T[]>(capacity)), capacity_(capacity) {}

    bool empty() const { return count_ == 0; }
    bool full() const { return count_ == capacity_; }

    void push(const T& item) {
        ASSERT(!full());
        items_[(begin_ + count_) % capacity_] = item;
        count_ += 1;
    }
    const T& front() const {
        ASSERT(!empty());
        return items_[begin_];
    }
    T pop() {
        const T item = front();
        begin_ = (begin_ + 1) % capacity_;
        count_ -= 1;
        return item;
    }

private:
    std::unique_ptr<T[]> items_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t count_ = 0;
};

}  // namespace ringtick::swarm
