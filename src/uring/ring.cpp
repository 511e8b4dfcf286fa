#include "uring/ring.hpp"

#include "base/assert.hpp"
#include "uring/native.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <bit>
#include <charconv>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringtick {
namespace {

void prepare_send(io_uring_sqe& sqe, int socket, std::span<const std::byte> bytes, int flags) {
    ASSERT(socket >= 0);
    ASSERT(!bytes.empty());
    ASSERT(bytes.size() <= std::numeric_limits<std::int32_t>::max());  // A result is an int.
    io_uring_prep_send(&sqe, socket, bytes.data(), bytes.size(), flags);
}

}  // namespace

Ring::Ring() = default;

Ring::~Ring() = default;

Result<void> Ring::open(const RingOptions& options) {
    ASSERT(native_ == nullptr);
    auto native = std::make_unique<Native>();
    if (auto opened = native->set_up(options); !opened) return opened;
    native_ = std::move(native);
    return {};
}

void Ring::close() {
    native_.reset();
}

const RingFeatures& Ring::features() const {
    ASSERT(native_ != nullptr);
    return native_->features;
}

const RingStats& Ring::stats() const {
    ASSERT(native_ != nullptr);
    return native_->stats;
}

// Multishot accept (5.19, io_uring_prep_multishot_accept(3)): one SQE posts a CQE for each
// connection, its result the new descriptor. No address is asked for: all of them would be written
// to the same place.
//
// SOCK_CLOEXEC but not SOCK_NONBLOCK: a request waits inside io_uring either way, and whoever calls
// recv(2) on the socket by hand says MSG_DONTWAIT where it is meant.
void Ring::arm_accept(int listener, Token token) {
    ASSERT(listener >= 0);
    ASSERT(token.op == Op::accept);
    io_uring_sqe& sqe = native_->next_sqe(token);
    io_uring_prep_multishot_accept(&sqe, listener, nullptr, nullptr, SOCK_CLOEXEC);
}

// Multishot receive (6.0, io_uring_prep_recv_multishot(3)): one SQE posts a CQE for every arrival,
// until a CQE comes without IORING_CQE_F_MORE. With buffer select the kernel takes a buffer from
// the group only when there are bytes to put into it, so a silent connection pins no memory.
//
// A budget (6.17) is the total a multishot may receive before it ends by itself: a client that
// floods gets one turn's worth, and the rest waits in its socket and then in its own kernel.
void Ring::arm_recv(int socket, BufferGroup group, Token token, std::uint32_t budget) {
    ASSERT(socket >= 0);
    ASSERT(token.op == Op::recv);
    native_->arm_recv(socket, group, token, native_->features.recv_budget ? budget : 0);
}

void Ring::Native::arm_recv(int socket, BufferGroup group, Token token, std::uint32_t budget) {
    io_uring_sqe& sqe = next_sqe(token);
    io_uring_prep_recv_multishot(&sqe, socket, nullptr, 0, 0);
    sqe.flags = IOSQE_BUFFER_SELECT;
    sqe.buf_group = group.id;
    sqe.optlen = budget;
}

void Ring::arm_recv_once(int socket, BufferGroup group, Token token) {
    ASSERT(socket >= 0);
    ASSERT(token.op == Op::recv);
    io_uring_sqe& sqe = native_->next_sqe(token);
    io_uring_prep_recv(&sqe, socket, nullptr, 0, 0);
    sqe.flags = IOSQE_BUFFER_SELECT;
    sqe.buf_group = group.id;
}

// Multishot poll (5.13, io_uring_prep_poll_multishot(3)): posts whenever the descriptor becomes
// readable. It carries no data; the signal is then read with read(2).
void Ring::arm_signal(int descriptor, Token token) {
    ASSERT(descriptor >= 0);
    ASSERT(token.op == Op::signal);
    io_uring_sqe& sqe = native_->next_sqe(token);
    io_uring_prep_poll_multishot(&sqe, descriptor, POLLIN);
}

// MSG_WAITALL (io_uring_prep_send(3)): after a short write the kernel waits for room and goes on,
// instead of completing with the part. It may still be short: on an error half-way, or cancelled.
void Ring::send(int socket, std::span<const std::byte> bytes, Token token) {
    ASSERT(token.op == Op::send);
    prepare_send(native_->next_sqe(token), socket, bytes, MSG_NOSIGNAL | MSG_WAITALL);
}

// Poll (5.1, io_uring_prep_poll_add(3)), once: completes when the socket has room again for a good
// part of its buffer, or has failed. What a broadcast was refused for is not sent then: the next
// one will be newer.
void Ring::arm_writable(int socket, Token token) {
    ASSERT(socket >= 0);
    ASSERT(token.op == Op::writable);
    io_uring_sqe& sqe = native_->next_sqe(token);
    io_uring_prep_poll_add(&sqe, socket, POLLOUT);
}

// The three flags make one promise together. MSG_DONTWAIT: all is decided within the submitting
// enter, so the bytes may be shared by a thousand sends and changed right after. CQE_SKIP_SUCCESS
// (5.17, io_uring_enter(2)): success is silent. MSG_WAITALL: anything less than all of it does not
// count as success. Without that last one a short send would be silent too, and the stream broken.
void Ring::broadcast(int socket, std::span<const std::byte> bytes, Token token) {
    ASSERT(token.op == Op::broadcast);
    io_uring_sqe& sqe = native_->next_sqe(token);
    prepare_send(sqe, socket, bytes, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
    sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
}

// Write (5.6, io_uring_prep_write(3)) and fsync (5.1, io_uring_prep_fsync(3)), which for a file are
// what blocks: in the page cache, behind the disk. IOSQE_ASYNC (5.6) says not to try within the
// submission but to give the write to a worker thread of the kernel at once; an fsync goes there
// anyway. IOSQE_IO_LINK (5.3, io_uring_enter(2)): the next SQE begins when this one has succeeded;
// a short write counts as failed, and cancels it. A chain ends with its submission, so there must
// be room for both.
void Ring::write_and_sync(int file,
                          std::span<const std::byte> bytes,
                          std::uint64_t offset,
                          Handle owner) {
    ASSERT(file >= 0);
    ASSERT(!bytes.empty());
    ASSERT(bytes.size() <= std::numeric_limits<std::int32_t>::max());  // A result is an int.
    if (native_->queued() + 2 > native_->features.submissions) native_->make_room();
    io_uring_sqe& write = native_->next_sqe({.op = Op::write_file, .owner = owner});
    io_uring_prep_write(&write, file, bytes.data(), static_cast<unsigned>(bytes.size()), offset);
    write.flags = IOSQE_ASYNC | IOSQE_IO_LINK;
    io_uring_sqe& sync = native_->next_sqe({.op = Op::sync_file, .owner = owner});
    io_uring_prep_fsync(&sync, file, IORING_FSYNC_DATASYNC);
}

// Openat (5.6, io_uring_prep_openat(3)) with O_TMPFILE (open(2)): an inode and no name. Not every
// file system has that: whoever wants it asks once, at the start.
void Ring::open_unnamed(int directory, Handle owner) {
    ASSERT(directory >= 0);
    io_uring_sqe& sqe = native_->next_sqe({.op = Op::open_file, .owner = owner});
    io_uring_prep_openat(&sqe, directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    sqe.flags = IOSQE_ASYNC;
}

// As open(2) says that a file of O_TMPFILE is named without a privilege.
Ring::FilePath Ring::path_of(int file) {
    ASSERT(file >= 0);
    FilePath path{"/proc/self/fd/"};
    const std::size_t size = std::string_view(path.data()).size();
    const auto end = std::to_chars(path.data() + size, path.data() + path.size() - 1, file);
    ASSERT(end.ec == std::errc{});
    return path;
}

// Linkat (5.15, io_uring_prep_linkat(3)), which never takes another file's name away, and an fsync
// of the directory, which is where the name is kept (fsync(2)).
void Ring::name_and_sync(const Naming& naming, Handle owner) {
    ASSERT(naming.directory >= 0);
    ASSERT(naming.path != nullptr);
    ASSERT(naming.name != nullptr);
    if (native_->queued() + 2 > native_->features.submissions) native_->make_room();
    io_uring_sqe& link = native_->next_sqe({.op = Op::name_file, .owner = owner});
    io_uring_prep_linkat(&link, AT_FDCWD, naming.path, naming.directory, naming.name,
                         AT_SYMLINK_FOLLOW);
    link.flags = IOSQE_ASYNC | IOSQE_IO_LINK;
    io_uring_sqe& sync = native_->next_sqe({.op = Op::sync_file, .owner = owner});
    io_uring_prep_fsync(&sync, naming.directory, 0);
}

// Close (5.6, io_uring_prep_close(3)): of a file without a name it gives back what it took of the
// disk, which may take a while.
void Ring::close_file(int file, Handle owner) {
    ASSERT(file >= 0);
    io_uring_sqe& sqe = native_->next_sqe({.op = Op::close_file, .owner = owner});
    io_uring_prep_close(&sqe, file);
    sqe.flags = IOSQE_ASYNC | IOSQE_CQE_SKIP_SUCCESS;
}

// Message (5.18, io_uring_prep_msg_ring(3)): the kernel posts a completion to the other ring, as
// its own thread's deferred work where it has such: nothing is locked, and nobody is woken for it.
// What the message speaks of is written before it is submitted, and read after it was reaped.
void Ring::tell(int ring, Handle owner, std::int32_t result) {
    ASSERT(ring >= 0);
    io_uring_sqe& sqe = native_->next_sqe({.op = Op::undelivered, .owner = owner});
    const Token message{.op = Op::message, .owner = owner};
    io_uring_prep_msg_ring(&sqe, ring, static_cast<unsigned>(result), message.pack(), 0);
    sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
}

int Ring::descriptor() const {
    ASSERT(native_ != nullptr);
    return native_->ring.ring_fd;
}

// Asynchronous cancel (5.5, io_uring_prep_cancel(3)) by the whole user_data: the generation in it
// makes sure that it ends the request we mean and not its successor. The cancelled request still
// posts its own last completion, and only that one ends it.
//
// CANCEL_ALL (5.19): the result is how many were found, and none is no error. So a cancel is silent
// whatever it finds, and nothing of it has to be kept room for in the completion queue.
void Ring::cancel(Token target) {
    io_uring_sqe& sqe = native_->next_sqe({.op = Op::cancel, .owner = target.owner});
    io_uring_prep_cancel64(&sqe, target.pack(), IORING_ASYNC_CANCEL_ALL);
    sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::submit() {
    if (native_->queued() == 0 && !native_->kernel_has_work()) return;
    native_->hand_over();
}

void Ring::submit_and_wait(std::uint32_t completions_wanted, Nanoseconds deadline) {
    // A wait that ends in the past still costs an hrtimer and a schedule(); a poll does not.
    if (completions_wanted == 0 || deadline <= Native::monotonic_now()) return submit();
    if (native_->has_spilled()) return submit();  // The kernel would not count these.
    native_->wait(completions_wanted, deadline);
    // An enter that could not take every SQE did not sleep either. Nothing stays behind: what was
    // queued before this call is the kernel's after it.
    if (native_->queued() > 0) native_->hand_over();
}

void Ring::submit_only() {
    if (native_->queued() > 0) native_->hand_over(Native::Work::stays_deferred);
}

// Whoever waits on a ring has its deferred work run when the wait begins: a socket's bytes are then
// received in two parts, those that had come by then and the others. And enough completions end the
// wait. So the sleep is on another ring, where nothing ever happens.
void Ring::submit_and_sleep(Nanoseconds deadline) {
    submit_only();
    if (deadline > Native::monotonic_now()) native_->sleep(deadline);
}

void Ring::run_deferred() {
    native_->run_all_work();
    if (native_->queued() > 0) native_->hand_over();
}

std::span<const Completion> Ring::reap() {
    if (native_->has_spilled()) return reap_posted();
    // One enter under DEFER_TASKRUN may leave work behind (6.18 runs at most 20 items when asked to
    // wait for fewer): a queue that is empty is dry only when the kernel says so, too.
    if (io_uring_cq_ready(&native_->ring) == 0 && native_->kernel_has_work()) native_->enter(0);
    return reap_posted();
}

std::span<const Completion> Ring::reap_posted() {
    if (native_->has_spilled()) return native_->take_spilled();
    const std::span batch(native_->batch.get(), Native::batch_count_max);
    return batch.first(native_->copy_out(batch));
}

std::uint32_t completions_needed(std::uint32_t connections,
                                 std::uint32_t buffers,
                                 std::uint32_t submissions,
                                 std::uint32_t backlog) {
    // What can be in the queue at once, unreaped:
    //   - receives with a buffer: a buffer comes back to the kernel only after it was reaped;
    //   - receives that ended: each connection arms its next only after it reaped the last;
    //   - sends, broadcasts and waits for room: one per connection, the next only after the last is
    //     known;
    //   - cancels: none, they are silent;
    //   - what a single submission was refused at once, signals, the end of an accept, what
    //     files are told: no more than the submission queue holds;
    //   - connections accepted: the listen backlog. While some are unreaped no more are taken: see
    //     Loop::gather().
    const std::uint64_t sum =
        std::uint64_t{buffers} + 2 * std::uint64_t{connections} + submissions + backlog;
    ASSERT(sum <= 1U << 31);
    return std::bit_ceil(static_cast<std::uint32_t>(sum));
}

}  // namespace ringtick
