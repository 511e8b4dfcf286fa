#pragma once

#include "base/assert.hpp"
#include "base/handle.hpp"
#include "base/result.hpp"
#include "net/memory.hpp"
#include "net/output.hpp"
#include "tls/session.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

// What a connection that speaks TLS has besides: its session, and the records that have been sealed
// and not yet been taken by the kernel. What waits to be sent waits unsealed in the connection's
// Output; a piece of it is sealed when the socket is free, and is in flight there until all that is
// here has gone.
struct TlsLink {
    // Of an Output, at most so much is sealed at a time.
    static constexpr std::size_t piece_max = Output::body_piece_max;
    static constexpr std::size_t size_max =
        TlsSession::sealed_size_max(piece_max) + TlsSession::handshake_output_max;

    TlsSession session;
    std::span<std::byte> memory;
    std::size_t head = 0;
    std::size_t tail = 0;
    std::size_t in_flight = 0;
    bool waits = false;   // On the list of those whose handshake is to go on.
    bool opened = false;  // Its handshake succeeded.

    bool empty() const { return head == tail; }

    // For what the session itself has to say.
    std::span<std::byte> room() {
        const auto free = memory.subspan(tail);
        return free.first(std::min(free.size(), TlsSession::handshake_output_max));
    }
    // For a piece of the Output as well; empty if that would not fit yet.
    std::span<std::byte> room_for_piece() {
        if (in_flight == 0 && head > 0) compact();
        const auto free = memory.subspan(tail);
        constexpr std::size_t needed = TlsSession::sealed_size_max(piece_max);
        return free.size() < needed ? std::span<std::byte>{} : free;
    }
    void commit(std::size_t size) {
        ASSERT(size <= memory.size() - tail);
        tail += size;
    }
    std::span<const std::byte> begin_send() {
        ASSERT(in_flight == 0 && !empty());
        in_flight = tail - head;
        return memory.subspan(head, in_flight);
    }
    void sent(std::size_t size) {
        ASSERT(size <= in_flight);
        in_flight = 0;
        head += size;
        if (head == tail) head = tail = 0;
    }

private:
    void compact() {
        std::memmove(memory.data(), memory.data() + head, tail - head);
        tail -= head;
        head = 0;
    }
};

// Those of all slots, and what they share. Memory for records is address space, backed as it is
// used.
class TlsLinks {
public:
    // `late_input_max`: bytes that may have come behind a handshake that waits.
    [[nodiscard]] Result<void> open(std::uint32_t slots, std::size_t late_input_max) {
        links_ = std::make_unique<TlsLink[]>(slots);
        waiting.reserve(2UL * slots);
        late = std::make_unique_for_overwrite<std::byte[]>(late_input_max);
        memory_fixed_ = slots * (sizeof(TlsLink) + 2 * sizeof(Handle)) + late_input_max;
        return records_.open(slots, TlsLink::size_max);
    }

    TlsLink* of(std::uint32_t slot) {
        TlsLink& link = links_[slot];
        link.memory = records_.of(slot);
        return &link;
    }
    void release(std::uint32_t slot) { records_.release(slot); }
    // The connection is over.
    void give_back(std::uint32_t slot) {
        links_[slot].session.end();
        links_[slot] = TlsLink();
        records_.release(slot);
    }

    std::size_t memory_fixed() const { return memory_fixed_; }
    std::size_t memory_reserved() const { return records_.reserved(); }

    std::vector<Handle> waiting;        // Who came first is first. On it at most once.
    std::unique_ptr<std::byte[]> late;  // What came behind a handshake, while it is read.
    std::array<std::byte, TlsSession::record_payload_max> plain;  // Of one record.
    std::uint32_t open_count = 0;

private:
    std::unique_ptr<TlsLink[]> links_;
    SlotMemory records_;
    std::size_t memory_fixed_ = 0;
};

}  // namespace ringtick
