#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

// The last messages that each seat was told and that must arrive exactly once. They are numbered:
// whoever comes back says how many he has had, and is told the others again, those that were lost
// on the way and those that nobody was there for.
//
//     number    0 ... first        told
//               gone | kept ... kept |  the next one
//
// No acknowledgements: what is kept is what fits. Policy at the bound: the oldest make room. Who
// would need one of those has to be told everything anew. Memory at construction: so many bytes of
// address space for each seat, backed as they are used.
class EventLog {
public:
    EventLog(std::size_t seats, std::size_t bytes_each)
        : bytes_each_(bytes_each),
          kept_(seats),
          memory_(std::make_unique_for_overwrite<std::byte[]>(seats * bytes_each)) {}

    // Somebody else has the seat: he was told nothing.
    void start(std::size_t seat) { kept_[seat] = {}; }
    // Whoever has it is told everything anew: no message before helps him.
    void forget(std::size_t seat) { kept_[seat] = {.first = told(seat), .told = told(seat)}; }

    // Who was told what before is not known here: whoever says how many he has had means others.
    void lose_count() {
        for (Kept& kept : kept_) kept = {.is_count_lost = true};
    }

    void add(std::size_t seat, std::span<const std::byte> message) {
        Kept& kept = kept_[seat];
        const std::size_t size = head_size + message.size();
        kept.told += 1;
        if (size > bytes_each_) return drop_all(kept);
        if (bytes_each_ - kept.used < size) make_room(seat, size);
        const std::span<std::byte> place = bytes(seat).subspan(kept.used, size);
        const auto message_size = static_cast<std::uint32_t>(message.size());
        std::memcpy(place.data(), &message_size, head_size);
        copy_bytes(place.subspan(head_size), message);
        kept.used += static_cast<std::uint32_t>(size);
    }

    std::uint32_t told(std::size_t seat) const { return kept_[seat].told; }
    // Whether all are kept that somebody misses who has had so many.
    bool keeps(std::size_t seat, std::uint32_t had) const {
        const Kept& kept = kept_[seat];
        return !kept.is_count_lost && kept.first <= had && had <= kept.told;
    }
    template <class Visit>
    void for_each_behind(std::size_t seat, std::uint32_t had, Visit visit) const {
        ASSERT(keeps(seat, had));
        std::uint32_t number = kept_[seat].first;
        for_each(seat, [&](std::span<const std::byte> message) {
            if (number >= had) visit(message);
            number += 1;
            return true;
        });
        ASSERT(number == kept_[seat].told);
    }

private:
    static constexpr std::size_t head_size = sizeof(std::uint32_t);

    struct Kept {
        std::uint32_t first = 0;  // The number of the oldest that is kept.
        std::uint32_t told = 0;
        std::uint32_t used = 0;  // Bytes.
        bool is_count_lost = false;
    };

    static void drop_all(Kept& kept) {
        kept.first = kept.told;
        kept.used = 0;
    }

    std::span<std::byte> bytes(std::size_t seat) const {
        return {memory_.get() + seat * bytes_each_, bytes_each_};
    }

    // Oldest first, for as long as `visit` says so.
    template <class Visit>
    void for_each(std::size_t seat, Visit visit) const {
        std::span<const std::byte> rest = bytes(seat).first(kept_[seat].used);
        bool more = true;
        while (more && !rest.empty()) {
            std::uint32_t size = 0;
            std::memcpy(&size, rest.data(), head_size);
            more = visit(rest.subspan(head_size, size));
            rest = rest.subspan(head_size + size);
        }
    }

    // Half of it at least, so that the rest is not moved for every message.
    void make_room(std::size_t seat, std::size_t wanted) {
        Kept& kept = kept_[seat];
        const std::size_t keep_max = bytes_each_ - std::max(wanted, bytes_each_ / 2);
        std::size_t dropped = 0;
        for_each(seat, [&](std::span<const std::byte> message) {
            if (kept.used - dropped <= keep_max) return false;
            dropped += head_size + message.size();
            kept.first += 1;
            return true;
        });
        kept.used -= static_cast<std::uint32_t>(dropped);
        std::memmove(bytes(seat).data(), bytes(seat).data() + dropped, kept.used);
    }

    std::size_t bytes_each_;
    std::vector<Kept> kept_;
    std::unique_ptr<std::byte[]> memory_;
};

}  // namespace ringtick
