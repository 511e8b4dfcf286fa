#pragma once

#include "base/result.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

// Receive memory that the kernel hands out and this process hands back (io_uring's provided
// buffers). Every buffer is either the kernel's, named by a completion not yet reaped, or held by
// exactly one Loan.
class BufferRing {
public:
    // One buffer, on loan from the kernel until the end of its scope.
    class Loan {
    public:
        Loan() = default;
        Loan(BufferRing* lender, std::uint16_t id, std::size_t size)
            : lender_(lender), id_(id), size_(size) {}
        ~Loan() {
            if (lender_ != nullptr) lender_->give_back(id_);
        }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;

        std::span<std::byte> bytes() const {
            return lender_ == nullptr ? std::span<std::byte>{} : lender_->buffer(id_).first(size_);
        }

    private:
        BufferRing* lender_ = nullptr;
        std::uint16_t id_ = 0;
        std::size_t size_ = 0;
    };

    BufferRing();
    ~BufferRing();  // Before its Ring.
    BufferRing(const BufferRing&) = delete;
    BufferRing& operator=(const BufferRing&) = delete;

    // `count` buffers (a power of two, at most 32,768) of `size` bytes.
    [[nodiscard]] Result<void> open(Ring& ring,
                                    BufferGroup group,
                                    std::uint32_t count,
                                    std::uint32_t size);

    // The buffer that came with `completion`; an empty loan if none did. Call it for every
    // completion, also of those long gone: what the kernel lent goes back.
    Loan borrow(const Completion& completion);

    // Makes the buffers given back since the last call the kernel's again: one store for the batch.
    void publish();

    std::uint32_t lent() const { return lent_; }
    std::uint32_t count() const { return count_; }
    BufferGroup group() const { return group_; }

private:
    void give_back(std::uint16_t id);
    std::span<std::byte> buffer(std::uint16_t id) const {
        return {storage_.get() + std::size_t{id} * size_, size_};
    }

    struct Entries;  // The memory shared with the kernel.
    Ring* ring_ = nullptr;
    std::unique_ptr<Entries> entries_;
    std::unique_ptr<std::byte[]> storage_;
    BufferGroup group_{};
    std::uint32_t count_ = 0;
    std::uint32_t size_ = 0;
    std::uint32_t lent_ = 0;
    std::uint32_t unpublished_ = 0;
};

struct BufferOptions {
    BufferGroup group;
    std::uint32_t count;
    std::uint32_t size;
};

// Opens both as large as they are wanted, or as large as the memory allows that may be locked
// (RLIMIT_MEMLOCK): then with fewer buffers, 256 at least, and smaller queues.
[[nodiscard]] Result<void> open_with_buffers(Ring& ring,
                                             const RingOptions& ring_options,
                                             BufferRing& buffers,
                                             const BufferOptions& buffer_options);

}  // namespace ringtick
