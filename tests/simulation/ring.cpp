// What uring/ring.cpp and uring/buffer_ring.cpp promise, by the simulated kernel: linked before
// them.

#include "uring/ring.hpp"

#include "base/assert.hpp"
#include "uring/buffer_ring.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "simulation/kernel.hpp"
#include "simulation/native.hpp"

namespace ringtick {

Ring::Ring() = default;
Ring::~Ring() {
    close();
}

Result<void> Ring::open(const RingOptions&) {
    ASSERT(SimulatedKernel::here() != nullptr);
    native_ = std::make_unique<Native>(*SimulatedKernel::here());
    return {};
}

void Ring::close() {
    native_ = nullptr;
}

void Ring::arm_accept(int, Token token) {
    const Outside outside(native_->kernel);
    ASSERT(!native_->kernel.accept_armed_);
    native_->kernel.accept_ = token;
    native_->kernel.accept_armed_ = true;
}

void Ring::arm_recv(int socket, BufferGroup, Token token, std::uint32_t budget) {
    auto& request = native_->kernel.open_socket(socket).receive;
    ASSERT(!request.armed);
    request = {.token = token, .armed = true, .once = false, .budget = budget};
}

void Ring::arm_recv_once(int socket, BufferGroup group, Token token) {
    arm_recv(socket, group, token);
    native_->kernel.open_socket(socket).receive.once = true;
}

void Ring::arm_signal(int, Token token) {
    native_->kernel.signal_ = token;
    native_->kernel.signal_armed_ = true;
}

void Ring::send(int socket, std::span<const std::byte> bytes, Token token) {
    const Outside outside(native_->kernel);
    auto& peer = native_->kernel.open_socket(socket);
    ASSERT(peer.sending.empty());
    ASSERT(!bytes.empty());
    peer.send = token;
    peer.sending = bytes;
    peer.sent = 0;
    if (peer.writes_ended) native_->kernel.end_send(peer, -EPIPE);
}

void Ring::broadcast(int socket, std::span<const std::byte> bytes, Token token) {
    const Outside outside(native_->kernel);
    auto& peer = native_->kernel.open_socket(socket);
    ASSERT(peer.sending.empty());  // Else bytes would part those of a message.
    native_->kernel.show(peer, bytes, token);
}

void Ring::arm_writable(int socket, Token token) {
    const Outside outside(native_->kernel);
    auto& peer = native_->kernel.open_socket(socket);
    ASSERT(!peer.writable_armed);
    peer.writable = token;
    peer.writable_armed = true;
    if (peer.writes_ended) native_->kernel.end_wait(peer);
}

// There is no other ring.
void Ring::tell(int, Handle, std::int32_t) {
    UNREACHABLE();
}

int Ring::descriptor() const {
    return -1;
}

void Ring::cancel(Token target) {
    const Outside outside(native_->kernel);
    native_->kernel.cancel(target);
}

void Ring::submit_only() {
    SimulatedKernel& kernel = native_->kernel;
    const Outside outside(kernel);
    kernel.note_unread_sends();
    for (const Completion& completion : kernel.told_at_submit_) kernel.tell(completion);
    kernel.told_at_submit_.clear();
    if (!kernel.overflow_.empty()) kernel.stats_.cq_overflow += 1;
}

void Ring::submit() {
    const Outside outside(native_->kernel);
    submit_only();
    native_->kernel.run();
}

void Ring::submit_and_wait(std::uint32_t, Nanoseconds deadline) {
    const Outside outside(native_->kernel);
    submit_and_sleep(deadline);
    native_->kernel.run();
}

void Ring::submit_and_sleep(Nanoseconds deadline) {
    const Outside outside(native_->kernel);
    submit_only();
    native_->kernel.sleep(deadline);
}

void Ring::run_deferred() {
    const Outside outside(native_->kernel);
    native_->kernel.run();
}

std::span<const Completion> Ring::reap() {
    const Outside outside(native_->kernel);
    if (native_->kernel.posted_.empty()) native_->kernel.run();
    return reap_posted();
}

// In batches of any size.
std::span<const Completion> Ring::reap_posted() {
    const Outside outside(native_->kernel);
    SimulatedKernel& kernel = native_->kernel;
    const std::size_t batch =
        std::min<std::size_t>(kernel.posted_.size(), 1 + kernel.rng_.below(64));
    const auto end = kernel.posted_.begin() + static_cast<std::ptrdiff_t>(batch);
    kernel.reaped_.assign(kernel.posted_.begin(), end);
    kernel.posted_.erase(kernel.posted_.begin(), end);
    return kernel.reaped_;
}

const RingFeatures& Ring::features() const {
    return native_->kernel.features_;
}

const RingStats& Ring::stats() const {
    return native_->kernel.stats_;
}

std::uint32_t completions_needed(std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t) {
    return completions_max;
}

struct BufferRing::Entries {};

BufferRing::BufferRing() = default;
BufferRing::~BufferRing() = default;

Result<void> BufferRing::open(Ring& ring,
                              BufferGroup group,
                              std::uint32_t count,
                              std::uint32_t size) {
    SimulatedKernel& kernel = ring.native_->kernel;
    ring_ = &ring;
    storage_ = std::make_unique<std::byte[]>(std::size_t{count} * size);
    group_ = group;
    count_ = count;
    size_ = size;
    kernel.storage_ = storage_.get();
    kernel.buffer_size_ = size;
    kernel.buffers_count_ = count;
    for (std::uint32_t id = 0; id < count; ++id) {
        kernel.free_buffers_.push_back(static_cast<std::uint16_t>(id));
    }
    return {};
}

BufferRing::Loan BufferRing::borrow(const Completion& completion) {
    if (!completion.has_buffer) return {};
    lent_ += 1;
    return {this, completion.buffer_id, static_cast<std::size_t>(completion.result)};
}

void BufferRing::give_back(std::uint16_t id) {
    const Outside outside(ring_->native_->kernel);
    ASSERT(lent_ > 0);
    lent_ -= 1;
    unpublished_ += 1;
    // Nobody is to look at it from here on.
    std::ranges::fill(buffer(id), std::byte{0xDB});
    ring_->native_->kernel.returned_buffers_.push_back(id);
}

void BufferRing::publish() {
    const Outside outside(ring_->native_->kernel);
    SimulatedKernel& kernel = ring_->native_->kernel;
    auto& returned = kernel.returned_buffers_;
    ASSERT(returned.size() == unpublished_);
    kernel.free_buffers_.insert(kernel.free_buffers_.end(), returned.begin(), returned.end());
    returned.clear();
    unpublished_ = 0;
    ASSERT(kernel.free_buffers_.size() <= count_);
}

Result<void> open_with_buffers(Ring& ring,
                               const RingOptions& ring_options,
                               BufferRing& buffers,
                               const BufferOptions& buffer_options) {
    if (auto opened = ring.open(ring_options); !opened) return opened;
    return buffers.open(ring, buffer_options.group, buffer_options.count, buffer_options.size);
}

}  // namespace ringtick
