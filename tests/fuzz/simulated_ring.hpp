#pragma once

#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// The other side of a Ring that has no kernel: one listener and one peer, moved by hand. Linked in
// place of uring's own implementation of Ring and BufferRing. Nothing it does is random.
class SimulatedKernel {
public:
    // Not a descriptor of this process, so that whoever forgets the simulation gets EBADF.
    static constexpr int peer_socket = 1'000'000;
    static constexpr std::uint32_t buffers_count = 4;

    // Of the Ring that was opened last in this process.
    static SimulatedKernel& the();

    void connect();
    void deliver(std::span<const std::byte> bytes);  // The peer sent them.
    void end_stream();                               // The peer's FIN.

    // A receive is armed and there is something for it.
    bool receiving() const { return receive_.armed && !inbound_.empty(); }
    bool sending() const { return !sending_.empty(); }
    // The socket takes at most `size_max` bytes of what is being sent, or refuses with an errno.
    void take(std::size_t size_max);
    void fail_send(int error);
    // What the next broadcasts find: room for so many bytes.
    void set_room(std::size_t bytes) { room_ = bytes; }

    std::span<const std::byte> sent() const { return sent_; }  // Since connect().

    // For the functions of the C library that this stands before.
    void shut_down_writing() { shut_down_ = true; }
    void shut_down();

private:
    friend class Ring;
    friend class BufferRing;

    struct Receive {
        Token token{};
        bool armed = false;
        bool once = false;
        std::uint32_t budget = 0;  // 0: none.
        std::uint32_t brought = 0;
    };

    void forget();
    void post(Token token, std::int32_t result, bool more = false);
    void receive();
    void end_receive(std::int32_t result);
    void transmit(std::span<const std::byte> bytes);
    void end_wait_for_room(std::int32_t result);
    void show(std::span<const std::byte> bytes, Token token);
    void cancel(Token target);

    std::vector<Completion> posted_;
    std::vector<Completion> told_late_;
    std::vector<Completion> reaped_;
    Token accept_{};
    bool accept_armed_ = false;

    Receive receive_;
    std::vector<std::byte> inbound_;  // In the socket, not yet received.
    bool stream_ended_ = false;
    std::vector<std::uint16_t> free_buffers_;
    std::vector<std::uint16_t> returned_buffers_;  // Given back, not yet published.
    std::byte* storage_ = nullptr;
    std::uint32_t buffer_size_ = 0;

    Token writable_{};
    bool writable_armed_ = false;
    Token send_{};
    std::span<const std::byte> sending_;
    std::vector<std::byte> sent_;
    std::size_t room_ = 1 << 20;
    bool shut_down_ = false;

    RingFeatures features_;
    RingStats stats_;
};

}  // namespace ringtick
