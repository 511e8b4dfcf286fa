#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>

namespace ringtick {

// What waits to be sent on one connection: bytes gathered in memory of fixed size and, behind
// them, at most one body that lies elsewhere (an embedded file). At most one send is in flight, of
// what begin_send() returned; until it is over, that does not move.
//
//        sent     in flight      waiting        free
//   [............|===========|..............|..........]   + body
//                head                       tail
class Output {
public:
    // Kept free of everything else, so that a connection that is full can still be told why it
    // ends: a close frame (RFC 6455, section 5.5) fits.
    static constexpr std::size_t last_words_size_max = 127;
    // A body leaves in pieces, for a send tells nothing before it is over.
    static constexpr std::size_t body_piece_max = 65'536;

    Output() = default;
    explicit Output(std::span<std::byte> memory) : memory_(memory) {
        ASSERT(memory.size() > last_words_size_max);
    }

    bool empty() const { return head_ == tail_ && body_.empty(); }  // Then none is in flight.
    bool in_flight() const { return in_flight_ > 0; }
    std::size_t waiting() const { return tail_ - head_; }  // Without the body.
    std::size_t capacity() const { return memory_.size(); }

    // What is to be sent, of one that has no body and of which nothing is in flight.
    std::span<const std::byte> unsent() const {
        ASSERT(!in_flight());
        ASSERT(body_.empty());
        return memory_.subspan(head_, tail_ - head_);
    }

    // The body, or what is left of it, lies there.
    bool has_body_in(std::span<const std::byte> memory) const {
        const bool begun = std::greater_equal<>()(body_.data(), memory.data());
        return !body_.empty() && begun &&
               std::less<>()(body_.data(), memory.data() + memory.size());
    }

    // Where more can be written; commit() says how much was. A body ends the writing until sent.
    std::span<std::byte> free() {
        if (!body_.empty()) return {};
        if (!in_flight() && head_ > 0) compact(0);
        const std::size_t end = memory_.size() - last_words_size_max;
        return tail_ < end ? memory_.subspan(tail_, end - tail_) : std::span<std::byte>{};
    }
    void commit(std::size_t size) {
        ASSERT(size <= memory_.size() - tail_);
        tail_ += size;
    }
    void commit_body(std::span<const std::byte> body) {
        ASSERT(body_.empty());
        body_ = body;
    }
    [[nodiscard]] bool append(std::span<const std::byte> bytes) {
        const auto place = free();
        if (place.size() < bytes.size()) return false;
        commit(copy_bytes(place, bytes));
        return true;
    }

    // The same, and it may use the room that is kept for it.
    [[nodiscard]] bool append_last_words(std::span<const std::byte> bytes) {
        if (!in_flight() && head_ > 0) compact(0);
        if (!body_.empty() || memory_.size() - tail_ < bytes.size()) return false;
        commit(copy_bytes(memory_.subspan(tail_), bytes));
        return true;
    }

    // Puts the rest of a frame that has partly gone out before all that was written since.
    [[nodiscard]] bool prepend(std::span<const std::byte> bytes) {
        ASSERT(!in_flight());
        const std::size_t end = memory_.size() - last_words_size_max;
        if (tail_ - head_ + bytes.size() > end) return false;
        compact(bytes.size());
        head_ = 0;
        copy_bytes(memory_, bytes);
        return true;
    }

    // What to send next, at most so much of it. Pairs with sent(), or all_sent().
    std::span<const std::byte> begin_send(std::size_t size_max = SIZE_MAX) {
        ASSERT(!in_flight());
        ASSERT(!empty());
        // Now, while nothing is in flight: what is free must not depend on how the last send ended.
        if (head_ > 0) compact(0);
        const std::span<const std::byte> next =
            head_ < tail_ ? memory_.subspan(head_, std::min(tail_ - head_, size_max))
                          : body_.first(std::min({body_.size(), body_piece_max, size_max}));
        in_flight_ = next.size();
        return next;
    }
    void sent(std::size_t size) {
        ASSERT(in_flight());
        ASSERT(size <= in_flight_);
        in_flight_ = 0;
        if (head_ == tail_) {
            body_ = body_.subspan(size);
            return;
        }
        head_ += size;
        if (head_ == tail_) head_ = tail_ = 0;
    }
    void all_sent() { sent(in_flight_); }

private:
    // Moves what waits so that it begins at `offset`.
    void compact(std::size_t offset) {
        const std::size_t size = tail_ - head_;
        if (size > 0) std::memmove(memory_.data() + offset, memory_.data() + head_, size);
        head_ = offset;
        tail_ = offset + size;
    }

    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::size_t in_flight_ = 0;
    std::span<const std::byte> body_;
    std::span<std::byte> memory_;
};

}  // namespace ringtick
