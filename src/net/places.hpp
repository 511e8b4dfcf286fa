#pragma once

#include "base/spin_lock.hpp"
#include "net/address_counts.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ringtick {

// The places that connections take, so many in all and so many for one address, whichever thread
// has them.
//
// Threading: any, after open(). Nothing here is touched but when somebody comes or goes.
class Places {
public:
    static constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

    // Allocates, once. `addresses_max`: connections that are counted by their addresses at once.
    void open(std::uint32_t places_max, std::uint32_t addresses_max, std::uint64_t seed) {
        places_max_ = places_max;
        counts_.open(addresses_max, seed);
    }

    // False: all are taken.
    [[nodiscard]] bool take() {
        if (taken_.fetch_add(1, std::memory_order_relaxed) < places_max_) return true;
        give_back();
        return false;
    }
    void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

    // False: this address has as many already.
    [[nodiscard]] bool count(const IpAddress& address, std::uint32_t most) {
        lock_.lock();
        const bool has_room = counts_.of(address) < most;
        if (has_room) counts_.add(address);
        lock_.unlock();
        return has_room;
    }
    void uncount(const IpAddress& address) {
        lock_.lock();
        counts_.remove(address);
        lock_.unlock();
    }

    std::size_t memory() const { return counts_.memory(); }

private:
    std::uint32_t places_max_ = 0;
    std::atomic<std::uint32_t> taken_ = 0;
    SpinLock lock_;
    AddressCounts counts_;
};

}  // namespace ringtick
