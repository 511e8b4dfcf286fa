// What a ring refuses (5.10, io_uring_register_restrictions(3)). A ring can do nearly all that
// system calls can, and no seccomp filter sees it. So it is made unable to submit
// (IORING_SETUP_R_DISABLED), told what it is for, and only then enabled; from then on everything
// else is -EACCES, and no one can take that back.

#include "base/assert.hpp"
#include "uring/native.hpp"

#include <array>
#include <cstddef>

namespace ringtick {
namespace {

// As ring.cpp fills them in.
constexpr std::array<std::uint8_t, 6> socket_operations{IORING_OP_ACCEPT,       IORING_OP_RECV,
                                                        IORING_OP_SEND,         IORING_OP_POLL_ADD,
                                                        IORING_OP_ASYNC_CANCEL, IORING_OP_MSG_RING};
constexpr std::array<std::uint8_t, 2> write_operations{IORING_OP_WRITE, IORING_OP_FSYNC};
constexpr std::array<std::uint8_t, 3> name_operations{IORING_OP_OPENAT, IORING_OP_LINKAT,
                                                      IORING_OP_CLOSE};
// What is registered after this, and taken back at the end.
constexpr std::array<std::uint8_t, 4> registrations{
    IORING_REGISTER_PBUF_RING, IORING_UNREGISTER_PBUF_RING, IORING_REGISTER_RING_FDS,
    IORING_UNREGISTER_RING_FDS};
constexpr std::uint8_t sqe_flags =
    IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS | IOSQE_ASYNC | IOSQE_IO_LINK;

class Restrictions {
public:
    void allow_registrations() {
        for (const std::uint8_t registration : registrations) {
            add(IORING_RESTRICTION_REGISTER_OP).register_op = registration;
        }
    }
    void allow_operations(std::span<const std::uint8_t> operations) {
        for (const std::uint8_t operation : operations) {
            add(IORING_RESTRICTION_SQE_OP).sqe_op = operation;
        }
    }
    void allow_flags() { add(IORING_RESTRICTION_SQE_FLAGS_ALLOWED).sqe_flags = sqe_flags; }

    int apply(io_uring& ring) {
        return io_uring_register_restrictions(&ring, all_.data(), static_cast<unsigned>(count_));
    }

private:
    io_uring_restriction& add(std::uint16_t kind) {
        ASSERT(count_ < all_.size());
        io_uring_restriction& restriction = all_[count_];
        restriction.opcode = kind;
        count_ += 1;
        return restriction;
    }

    std::array<io_uring_restriction, 16> all_{};
    std::size_t count_ = 0;
};

}  // namespace

// A kernel that does not take them, or a sandbox that shows us another's, costs this protection,
// and no more.
Result<void> Ring::Native::restrict_and_enable(FileUse files) {
    Restrictions restrictions;
    restrictions.allow_registrations();
    restrictions.allow_flags();
    restrictions.allow_operations(socket_operations);
    if (files != FileUse::none) restrictions.allow_operations(write_operations);
    if (files == FileUse::all) restrictions.allow_operations(name_operations);
    features.restricted = restrictions.apply(ring) == 0;
    const int result = io_uring_enable_rings(&ring);
    if (result < 0) return std::unexpected(Error{"io_uring_enable_rings", -result});
    return {};
}

// The ring to sleep on is for no operation at all.
bool Ring::Native::open_aside(std::uint32_t flags) {
    if (io_uring_queue_init(1, &aside, flags) != 0) return false;
    if ((flags & IORING_SETUP_R_DISABLED) == 0) return true;
    Restrictions restrictions;
    restrictions.allow_registrations();
    features.restricted = restrictions.apply(aside) == 0 && features.restricted;
    if (io_uring_enable_rings(&aside) == 0) return true;
    io_uring_queue_exit(&aside);
    return false;
}

}  // namespace ringtick
