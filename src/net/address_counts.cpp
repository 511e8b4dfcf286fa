#include "net/address_counts.hpp"

#include "base/assert.hpp"
#include "base/rng.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ringtick {

namespace {

// What is counted together with `address`.
IpAddress key_of(IpAddress address) {
    if (address.is_ip4()) return address;
    std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{});
    return address;
}

}  // namespace

void AddressCounts::open(std::uint32_t connections_max, std::uint64_t seed) {
    ASSERT(entries_ == nullptr);
    ASSERT(connections_max > 0);
    // At most half full, so that a search is short and always comes to a free place.
    const std::size_t places = std::bit_ceil(std::size_t{connections_max} * 2);
    entries_ = std::make_unique<Entry[]>(places);
    mask_ = places - 1;
    seed_ = seed;
    connections_max_ = connections_max;
}

std::uint32_t AddressCounts::of(const IpAddress& address) const {
    return entries_[find(key_of(address))].count;
}

void AddressCounts::add(const IpAddress& address) {
    ASSERT(connections_ < connections_max_);
    const IpAddress key = key_of(address);
    Entry& entry = entries_[find(key)];
    entry.key = key;
    entry.count += 1;
    connections_ += 1;
}

void AddressCounts::remove(const IpAddress& address) {
    ASSERT(connections_ > 0);
    const std::size_t place = find(key_of(address));
    ASSERT(entries_[place].count > 0);  // Pairs with add().
    connections_ -= 1;
    entries_[place].count -= 1;
    if (entries_[place].count == 0) close_gap(place);
}

std::size_t AddressCounts::memory() const {
    return entries_ == nullptr ? 0 : (mask_ + 1) * sizeof(Entry);
}

std::size_t AddressCounts::home_of(const IpAddress& key) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, key.bytes.data(), sizeof high);
    std::memcpy(&low, key.bytes.data() + sizeof high, sizeof low);
    return Rng::mix(Rng::mix(high ^ seed_) ^ low) & mask_;
}

// Where the key is, or else the free place where it would be put.
std::size_t AddressCounts::find(const IpAddress& key) const {
    std::size_t place = home_of(key);
    while (entries_[place].count > 0 && entries_[place].key != key) place = (place + 1) & mask_;
    return place;
}

// Moves back whoever would not be found across the gap (Knuth, volume 3, section 6.4, algorithm R).
void AddressCounts::close_gap(std::size_t gap) {
    ASSERT(entries_[gap].count == 0);
    for (std::size_t place = (gap + 1) & mask_; entries_[place].count > 0;
         place = (place + 1) & mask_) {
        const std::size_t home = home_of(entries_[place].key);
        // Distances are counted around the table's end.
        if (((place - home) & mask_) < ((place - gap) & mask_)) continue;
        entries_[gap] = entries_[place];
        entries_[place].count = 0;
        gap = place;
    }
}

}  // namespace ringtick
