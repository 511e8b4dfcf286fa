#pragma once

#include "base/bytes.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtick {

// A descriptor with an owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }

    int number() const { return number_; }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

private:
    int number_ = -1;
};

// What a test cannot do without. Not having it is not what any test is about.
inline int must(int number) {
    if (number < 0) std::abort();
    return number;
}

struct Pair {
    Descriptor ours;
    Descriptor peer;
};

// Over a UNIX socket pair data has arrived when send(2) returns, which makes "and then nothing
// comes" a thing that can be tested.
inline Pair make_pair_of_sockets() {
    int sockets[2] = {-1, -1};
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
    return {Descriptor(sockets[0]), Descriptor(sockets[1])};
}

class Listener {
public:
    explicit Listener(int backlog = 16)
        : socket_(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address_);
        auto* address = reinterpret_cast<sockaddr*>(&address_);
        must(bind(socket_.number(), address, size));
        must(listen(socket_.number(), backlog));
        must(getsockname(socket_.number(), address, &size));
    }

    int number() const { return socket_.number(); }

    // On loopback the connection is in the backlog when connect(2) returns.
    Descriptor connect() const {
        Descriptor client(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
        const auto* address = reinterpret_cast<const sockaddr*>(&address_);
        must(::connect(client.number(), address, sizeof(address_)));
        return client;
    }

    Pair connect_and_accept() const {
        Descriptor peer = connect();
        return {Descriptor(must(accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC))),
                std::move(peer)};
    }

private:
    Descriptor socket_;
    sockaddr_in address_{};
};

inline void write_text(const Descriptor& to, std::string_view text) {
    ASSERT_EQ(::send(to.number(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
}

// Reads what is there now, at most `size_max` bytes.
inline std::string read_now(const Descriptor& from, std::size_t size_max = 1 << 22) {
    std::string text(size_max, '\0');
    const ssize_t size = ::recv(from.number(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

inline std::string read_all_now(const Descriptor& from) {
    std::string all;
    for (std::string piece = read_now(from); !piece.empty(); piece = read_now(from)) all += piece;
    return all;
}

// Reads `size` bytes, which are known to be on their way.
inline std::string read_exactly(const Descriptor& from, std::size_t size) {
    std::string text(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const ssize_t got = ::recv(from.number(), text.data() + have, size - have, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

inline Nanoseconds monotonic_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

constexpr Token token_of(Op op, std::uint32_t slot = 1, std::uint32_t generation = 1) {
    return {.op = op, .owner = {.slot = slot, .generation = generation}};
}

// Completes at once, with -EBADF.
inline void send_to_nobody(Ring& ring, Token token) {
    constexpr int nobody = std::numeric_limits<int>::max();
    static constexpr std::byte byte{'x'};
    ring.broadcast(nobody, {&byte, 1}, token);
}

// A completion as a test wants to see it: with the bytes that came, copied.
struct Seen {
    Token token;
    int result = 0;
    bool more = false;
    bool has_buffer = false;
    std::string bytes;
};

struct NamedMask {
    const char* name;
    FeatureMask mask;
};

inline std::ostream& operator<<(std::ostream& out, const NamedMask& named) {
    return out << named.name;
}

// A ring on the real kernel, run once for each fallback.
class RingTest : public testing::TestWithParam<NamedMask> {
protected:
    void SetUp() override { open({}); }

    void open(RingOptions options) {
        buffers.reset();
        ring = std::make_unique<Ring>();
        options.mask = GetParam().mask;
        const Result<void> opened = ring->open(options);
        if (!opened) GTEST_SKIP() << "no ring here: errno " << opened.error().error_number;
    }

    // Waits on the ring until there are `count` completions, or five seconds have passed: then the
    // test has failed already.
    std::vector<Seen> wait_for(std::size_t count) {
        std::vector<Seen> all = take();
        const Nanoseconds deadline = monotonic_now() + std::chrono::seconds(5);
        while (all.size() < count && monotonic_now() < deadline) {
            ring->submit_and_wait(static_cast<std::uint32_t>(count - all.size()), deadline);
            for (Seen& seen : take()) all.push_back(std::move(seen));
        }
        EXPECT_EQ(all.size(), count);
        all.resize(count);
        return all;
    }
    Seen wait_for_one() { return wait_for(1).front(); }

    // Everything that the kernel has to say now. Ends with a fence, whose completion comes after
    // those of all that was submitted before it.
    std::vector<Seen> settle() {
        const Token fence = token_of(Op::broadcast, 0xFE, 0xFE);
        send_to_nobody(*ring, fence);
        ring->submit();
        std::vector<Seen> all = take();
        std::size_t fences =
            std::erase_if(all, [&](const Seen& seen) { return seen.token.pack() == fence.pack(); });
        EXPECT_EQ(fences, 1U);
        return all;
    }

    std::vector<Seen> take() {
        std::vector<Seen> all;
        for (auto batch = ring->reap(); !batch.empty(); batch = ring->reap()) {
            for (const Completion& completion : batch) all.push_back(see(completion));
        }
        if (buffers) buffers->publish();
        return all;
    }

    Seen see(const Completion& completion) {
        Seen seen{.token = completion.token,
                  .result = completion.result,
                  .more = completion.more,
                  .has_buffer = completion.has_buffer,
                  .bytes = {}};
        if (!buffers) return seen;
        const BufferRing::Loan loan = buffers->borrow(completion);
        seen.bytes = as_text(loan.bytes());
        return seen;
    }

    void open_buffers(std::uint32_t count, std::uint32_t size) {
        buffers = std::make_unique<BufferRing>();
        const Result<void> opened = buffers->open(*ring, BufferGroup{1}, count, size);
        ASSERT_TRUE(opened) << opened.error().operation << " " << opened.error().error_number;
    }

    void arm_recv(const Descriptor& socket, Token token, std::uint32_t budget = 0) {
        ring->arm_recv(socket.number(), buffers->group(), token, budget);
    }

    std::unique_ptr<Ring> ring;
    std::unique_ptr<BufferRing> buffers;  // Gone before its ring.
};

inline const auto every_fallback =
    testing::Values(NamedMask{"Everything", {}},
                    NamedMask{"WithoutDeferredWork", {.defer_taskrun = true}},
                    NamedMask{"WithoutAbsoluteDeadline", {.absolute_deadline = true}},
                    NamedMask{"WithoutReceiveBudget", {.recv_budget = true}},
                    NamedMask{"WithoutSecondRing", {.second_ring = true}},
                    NamedMask{"Unrestricted", {.restrictions = true}},
                    NamedMask{"WithNone",
                              {.defer_taskrun = true,
                               .absolute_deadline = true,
                               .recv_budget = true,
                               .second_ring = true,
                               .restrictions = true}});

inline std::string name_of_fallback(const testing::TestParamInfo<NamedMask>& info) {
    return info.param.name;
}

}  // namespace ringtick
