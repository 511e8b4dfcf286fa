#pragma once

#include "base/assert.hpp"
#include "base/handle.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace ringtick {

// A fixed number of slots, allocated once. Insert, find and erase are O(1) and never allocate.
template <class T>
class SlotMap {
public:
    explicit SlotMap(std::uint32_t capacity)
        : slots_(std::make_unique<Slot[]>(capacity)), capacity_(capacity) {
        ASSERT(capacity > 0);
        for (std::uint32_t slot = 0; slot < capacity; ++slot) slots_[slot].next_free = slot + 1;
    }

    bool full() const { return count_ == capacity_; }
    std::uint32_t count() const { return count_; }

    Handle insert(T value) {
        ASSERT(!full());
        const std::uint32_t slot = free_head_;
        Slot& entry = slots_[slot];
        ASSERT(!entry.used);
        ever_used_ = std::max(ever_used_, slot + 1);
        free_head_ = entry.next_free;
        entry.used = true;
        entry.value = std::move(value);
        count_ += 1;
        return {.slot = slot, .generation = entry.generation};
    }

    T* find(Handle handle) {
        if (handle.slot >= capacity_) return nullptr;
        // A free slot has a generation that nobody was given yet.
        Slot& entry = slots_[handle.slot];
        return entry.generation == handle.generation ? &entry.value : nullptr;
    }

    void erase(Handle handle) {
        ASSERT(find(handle) != nullptr);
        Slot& entry = slots_[handle.slot];
        entry.used = false;
        entry.generation += 1;
        if (entry.generation == 0) entry.generation = 1;  // Skip the value that is never issued.
        entry.next_free = free_head_;
        free_head_ = handle.slot;
        count_ -= 1;
    }

    // Calls visit(Handle, T&) for every occupant, who may be changed but not erased meanwhile.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::uint32_t slot = 0; slot < ever_used_; ++slot) {
            Slot& entry = slots_[slot];
            if (entry.used) visit(Handle{slot, entry.generation}, entry.value);
        }
    }

    template <class Visit>
    void for_each(Visit visit) const {
        for (std::uint32_t slot = 0; slot < ever_used_; ++slot) {
            const Slot& entry = slots_[slot];
            if (entry.used) visit(Handle{slot, entry.generation}, entry.value);
        }
    }

    std::size_t memory() const { return sizeof(Slot) * capacity_; }

private:
    // What find() reads lies beside the value's first fields.
    struct alignas(64) Slot {
        std::uint32_t generation = 1;
        std::uint32_t next_free = 0;
        bool used = false;
        T value{};
    };

    std::unique_ptr<Slot[]> slots_;
    std::uint32_t capacity_;
    std::uint32_t count_ = 0;
    std::uint32_t ever_used_ = 0;  // Slots are given out from the first on: behind these none was.
    std::uint32_t free_head_ = 0;
};

}  // namespace ringtick
