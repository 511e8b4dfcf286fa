#pragma once

#include "base/histogram.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "uring/completion.hpp"
#include "uring/features.hpp"
#include "uring/token.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

struct BufferGroup {
    std::uint16_t id;
};

// What the ring may do to files. A seccomp filter does not see what is done through a ring, so the
// ring itself is told what it is for, and refuses all else.
enum class FileUse : std::uint8_t {
    none,
    written,  // write_and_sync() only: nothing is opened.
    all,
};

struct RingOptions {
    std::uint32_t submissions = 512;   // A power of two.
    std::uint32_t completions = 8192;  // A power of two; see completions_needed().
    FileUse files = FileUse::all;
    FeatureMask mask;
};

// Counters since open(). Every one is exported; the last two are expected to stay 0.
struct RingStats {
    Histogram sqes_per_enter;  // Of every io_uring_enter(2), waits and polls included.
    std::uint64_t completions = 0;
    std::uint64_t submission_queue_full = 0;
    std::uint64_t busy = 0;         // -EBUSY: the kernel wanted its completions reaped first.
    std::uint64_t cq_overflow = 0;  // Enters after which completions were waiting for room.

    std::uint64_t enters() const { return sqes_per_enter.total(); }
    std::uint64_t submitted() const { return sqes_per_enter.sum(); }
};

// One thread's io_uring. Every SQE in the program is filled in ring.cpp, and nowhere else. The
// class can be implemented a second time (a simulated kernel) and chosen by the linker, so nothing
// of liburing shows here.
//
// Threading: one thread opens, uses and destroys it (IORING_SETUP_SINGLE_ISSUER).
class Ring {
public:
    Ring();
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    [[nodiscard]] Result<void> open(const RingOptions& options);
    void close();  // It can then be opened anew.

    // Arming never fails: a full submission queue is submitted to make room. Multishot requests
    // live until a completion without `more`.
    void arm_accept(int listener, Token token);
    // `budget` in bytes ends the multishot once that much has arrived (may overshoot by one
    // buffer); 0 is no budget. Ignored where the kernel has no such feature.
    void arm_recv(int socket, BufferGroup group, Token token, std::uint32_t budget = 0);
    // A receive of one buffer's worth: one completion. For kernels that know no budget: there a
    // multishot that always finds more stops late, or, where they run it whenever they like (no
    // deferred task work), so that it is never where a cancel looks, not at all.
    void arm_recv_once(int socket, BufferGroup group, Token token);
    void arm_signal(int descriptor, Token token);  // Multishot poll of a signalfd(2).

    // Sends all of `bytes`, waiting in the kernel for room: one completion, whose result may still
    // be short. `bytes` must live until it comes. At most one may be pending per socket.
    void send(int socket, std::span<const std::byte> bytes, Token token);
    // Sends what fits, now, and posts nothing if that was everything. Otherwise one completion:
    // 0 < result < size (the rest is the caller's), -EAGAIN (nothing went), or an error. `bytes`
    // may be reused as soon as submit() returns.
    void broadcast(int socket, std::span<const std::byte> bytes, Token token);

    // Completes once, when the socket takes more or has failed: for who was refused a broadcast.
    void arm_writable(int socket, Token token);

    // Writes at `offset` of a regular file and then makes it durable (fdatasync(2)), beside this
    // thread: neither makes the submitting call wait for a disk. Two completions: of the write,
    // whose result may be short, and of the sync, -ECANCELED unless all was written. `bytes` must
    // live until the first.
    void write_and_sync(int file,
                        std::span<const std::byte> bytes,
                        std::uint64_t offset,
                        Handle owner);

    // Opens a file in a directory that has no name yet: if it is closed without one, it is gone,
    // and after a crash it never was. One completion: a descriptor, or an error. As with all that
    // is done to files, nothing here makes the submitting call wait for a disk.
    void open_unnamed(int directory, Handle owner);
    // Gives it a name in a directory, unless something has that name already, and makes the name
    // durable. Two completions: of the naming, and of the sync, which says nothing if that failed
    // (not every kernel cancels it then). Both names must live until the next submission.
    struct Naming {
        int directory = -1;
        const char* path = nullptr;  // Of the file: path_of(). Relative to nothing.
        const char* name = nullptr;
    };
    void name_and_sync(const Naming& naming, Handle owner);
    // By which an open file is found that has no name.
    using FilePath = std::array<char, 32>;
    static FilePath path_of(int file);
    // Posts nothing, unless the kernel says that it went wrong.
    void close_file(int file, Handle owner);

    // Posts one completion to another thread's ring, by its descriptor(): of `op` message, with
    // this owner and result, which mean what the two threads have agreed. It wakes nobody who
    // sleeps in submit_and_sleep(). Posts nothing here, unless it failed: then one completion of
    // `op` undelivered with the same owner, and the error. The other ring's completion queue needs
    // room for all that can be under way.
    void tell(int ring, Handle owner, std::int32_t result);
    // By which others tell us. Good from open() to close().
    int descriptor() const;

    // Asks to end the request that carries exactly `target`, if there is one. Posts nothing of its
    // own: what it ends posts its last completion.
    void cancel(Token target);

    // Hands over what is queued and runs the kernel's deferred work, without sleeping.
    void submit();
    // The same, then sleeps until `completions_wanted` have come or `deadline` (CLOCK_MONOTONIC)
    // has passed. Decide by clock and completions, not by how it returned: it returns nothing.
    void submit_and_wait(std::uint32_t completions_wanted, Nanoseconds deadline);

    // Hands over what is queued, and no more: deferred work stays deferred.
    void submit_only();
    // Hands over what is queued and sleeps until `deadline`. What completes meanwhile does not wake
    // us, and stays deferred until run_deferred().
    void submit_and_sleep(Nanoseconds deadline);
    // Runs all the deferred work at once: of a socket to which much came there is one completion.
    void run_deferred();

    // The next batch of completions, copied out; empty when the ring is dry. An empty queue is
    // asked about only if the kernel says that it has work. Valid until the next call.
    std::span<const Completion> reap();
    // The same without asking the kernel: what earlier calls have posted.
    std::span<const Completion> reap_posted();

    const RingFeatures& features() const;
    const RingStats& stats() const;

private:
    friend class BufferRing;
    struct Native;
    std::unique_ptr<Native> native_;
};

constexpr std::uint32_t completions_max = 65'536;  // The kernel's IORING_MAX_CQ_ENTRIES.

// A completion queue of this size cannot overflow: a receive completion either holds a buffer, of
// which there are `buffers`, or ends a receive, of which there is one per connection; so does a
// send; and the rest is bounded by what one submission and one listen backlog can post. Rounded up
// to a power of two. More than completions_max is for the caller to refuse.
std::uint32_t completions_needed(std::uint32_t connections,
                                 std::uint32_t buffers,
                                 std::uint32_t submissions,
                                 std::uint32_t backlog);

}  // namespace ringtick
