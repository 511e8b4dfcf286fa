#include "uring/buffer_ring.hpp"

#include "base/assert.hpp"
#include "uring/native.hpp"

#include <bit>
#include <cerrno>

namespace ringtick {

struct BufferRing::Entries {
    io_uring_buf_ring* shared;
};

BufferRing::BufferRing() = default;

BufferRing::~BufferRing() {
    if (entries_ == nullptr) return;
    io_uring_free_buf_ring(&ring_->native_->ring, entries_->shared, count_, group_.id);
}

// A provided-buffer ring (5.19, io_uring_setup_buf_ring(3)): a ring of buffer descriptions in
// memory shared with the kernel. We append at its tail, the kernel takes from its head, and no
// system call is needed for either.
Result<void> BufferRing::open(Ring& ring,
                              BufferGroup group,
                              std::uint32_t count,
                              std::uint32_t size) {
    ASSERT(entries_ == nullptr);
    ASSERT(ring.native_ != nullptr);
    ASSERT(std::has_single_bit(count));
    ASSERT(count <= 32'768);
    ASSERT(size > 0);

    int result = 0;
    io_uring_buf_ring* shared =
        io_uring_setup_buf_ring(&ring.native_->ring, count, group.id, 0, &result);
    if (shared == nullptr) return std::unexpected(Error{"io_uring_setup_buf_ring", -result});

    ring_ = &ring;
    entries_ = std::make_unique<Entries>(Entries{shared});
    storage_ = std::make_unique<std::byte[]>(std::size_t{count} * size);
    group_ = group;
    count_ = count;
    size_ = size;
    lent_ = count;  // Nothing is the kernel's yet.
    for (std::uint32_t id = 0; id < count; ++id) give_back(static_cast<std::uint16_t>(id));
    publish();
    return {};
}

BufferRing::Loan BufferRing::borrow(const Completion& completion) {
    if (!completion.has_buffer) return {};
    ASSERT(completion.buffer_id < count_);
    ASSERT(lent_ + unpublished_ < count_);
    lent_ += 1;
    const std::size_t size =
        completion.result > 0 ? static_cast<std::size_t>(completion.result) : 0;
    ASSERT(size <= size_);
    return {this, completion.buffer_id, size};
}

void BufferRing::give_back(std::uint16_t id) {
    ASSERT(lent_ > 0);
    lent_ -= 1;
    const auto bytes = buffer(id);
    io_uring_buf_ring_add(entries_->shared, bytes.data(), size_, id, io_uring_buf_ring_mask(count_),
                          static_cast<int>(unpublished_));
    unpublished_ += 1;
    ASSERT(unpublished_ <= count_);
}

void BufferRing::publish() {
    if (unpublished_ == 0) return;
    // A store with release order: the kernel must see the entries before it sees the new tail.
    io_uring_buf_ring_advance(entries_->shared, static_cast<int>(unpublished_));
    unpublished_ = 0;
}

}  // namespace ringtick
