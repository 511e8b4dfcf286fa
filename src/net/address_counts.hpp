#pragma once

#include "net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ringtick {

// How many connections there are from each address: a table of fixed size, in which an address has
// a place for as long as it has connections. Open addressing with linear probing; a removal moves
// those behind it forward, so nothing is left that only lengthens a search.
//
// IPv6 is counted by the first 64 bits. That is the least a network gives to one customer (RFC
// 6177, section 2), who then has 2^64 addresses to come from: counting them one by one would be no
// limit at all.
//
// `seed` is to be a secret: who could foresee where an address lands, could choose many that land
// in one place.
class AddressCounts {
public:
    // Allocates, once.
    void open(std::uint32_t connections_max, std::uint64_t seed);

    std::uint32_t of(const IpAddress& address) const;
    void add(const IpAddress& address);
    void remove(const IpAddress& address);

    std::size_t memory() const;

private:
    struct Entry {
        IpAddress key;
        std::uint32_t count = 0;  // 0: a free place.
    };

    std::size_t home_of(const IpAddress& key) const;
    std::size_t find(const IpAddress& key) const;
    void close_gap(std::size_t gap);

    std::unique_ptr<Entry[]> entries_;
    std::size_t mask_ = 0;  // The number of places, which is a power of two, less one.
    std::uint64_t seed_ = 0;
    std::uint32_t connections_ = 0;
    std::uint32_t connections_max_ = 0;
};

}  // namespace ringtick
