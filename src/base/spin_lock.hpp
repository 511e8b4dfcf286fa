#pragma once

#include <atomic>

namespace ringtick {

// For what is held for a few instructions, and by one thread alone as a rule: no system call, and
// nothing that could fail. Whoever waits is busy meanwhile.
class SpinLock {
public:
    void lock() {
        while (is_held_.test_and_set(std::memory_order_acquire)) {
        }
    }
    void unlock() { is_held_.clear(std::memory_order_release); }

private:
    std::atomic_flag is_held_;
};

}  // namespace ringtick
