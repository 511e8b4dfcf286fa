#include "simulated_ring.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace ringtick {

namespace {

SimulatedKernel* opened_last = nullptr;

Completion completion(Token token, std::int32_t result, bool more = false) {
    return {.token = token, .result = result, .more = more, .has_buffer = false, .buffer_id = 0};
}

}  // namespace

SimulatedKernel& SimulatedKernel::the() {
    ASSERT(opened_last != nullptr);
    return *opened_last;
}

void SimulatedKernel::forget() {
    receive_ = {};
    inbound_.clear();
    stream_ended_ = false;
    sending_ = {};
    writable_armed_ = false;
    sent_.clear();
    room_ = 1 << 20;
    shut_down_ = false;
}

void SimulatedKernel::connect() {
    ASSERT(accept_armed_);
    ASSERT(!receive_.armed);
    ASSERT(!sending());
    forget();
    post(accept_, peer_socket, true);
}

void SimulatedKernel::deliver(std::span<const std::byte> bytes) {
    inbound_.insert(inbound_.end(), bytes.begin(), bytes.end());
}

void SimulatedKernel::end_stream() {
    stream_ended_ = true;
}

void SimulatedKernel::post(Token token, std::int32_t result, bool more) {
    posted_.push_back(completion(token, result, more));
}

void SimulatedKernel::transmit(std::span<const std::byte> bytes) {
    ASSERT(!shut_down_);  // Nobody writes behind the FIN.
    sent_.insert(sent_.end(), bytes.begin(), bytes.end());
}

void SimulatedKernel::take(std::size_t size_max) {
    ASSERT(sending());
    const std::size_t size = std::min(size_max, sending_.size());
    ASSERT(size > 0);
    transmit(sending_.first(size));
    sending_ = {};
    post(send_, static_cast<std::int32_t>(size));
}

void SimulatedKernel::fail_send(int error) {
    ASSERT(sending());
    sending_ = {};
    post(send_, -error);
}

// shutdown(2) both ways: what is armed ends.
void SimulatedKernel::shut_down() {
    shut_down_ = true;
    inbound_.clear();
    stream_ended_ = true;
    if (sending()) fail_send(EPIPE);
    if (writable_armed_) end_wait_for_room(POLLHUP);
}

void SimulatedKernel::end_wait_for_room(std::int32_t result) {
    writable_armed_ = false;
    post(writable_, result);
}

void SimulatedKernel::end_receive(std::int32_t result) {
    receive_.armed = false;
    post(receive_.token, result);
}

// As a multishot receive does: a completion for each buffer filled, until nothing more is there.
void SimulatedKernel::receive() {
    while (receive_.armed && !inbound_.empty()) {
        if (free_buffers_.empty()) return end_receive(-ENOBUFS);
        const std::uint16_t id = free_buffers_.back();
        free_buffers_.pop_back();
        const std::size_t size = std::min<std::size_t>(inbound_.size(), buffer_size_);
        copy_bytes(std::span(storage_ + std::size_t{id} * buffer_size_, buffer_size_),
                   std::span(inbound_).first(size));
        inbound_.erase(inbound_.begin(), inbound_.begin() + static_cast<std::ptrdiff_t>(size));
        receive_.brought += static_cast<std::uint32_t>(size);
        const bool spent = receive_.budget > 0 && receive_.brought >= receive_.budget;
        receive_.armed = !receive_.once && !spent;
        posted_.push_back({.token = receive_.token,
                           .result = static_cast<std::int32_t>(size),
                           .more = receive_.armed,
                           .has_buffer = true,
                           .buffer_id = id});
    }
    if (receive_.armed && stream_ended_) end_receive(0);
}

// Success is silent, and what fails is told late: behind what was received meanwhile.
void SimulatedKernel::show(std::span<const std::byte> bytes, Token token) {
    if (shut_down_) return told_late_.push_back(completion(token, -EPIPE));
    const std::size_t size = std::min(room_, bytes.size());
    room_ -= size;
    transmit(bytes.first(size));
    if (size == bytes.size()) return;
    const auto result = size > 0 ? static_cast<std::int32_t>(size) : -EAGAIN;
    told_late_.push_back(completion(token, result));
}

// Silent itself, as Ring promises.
void SimulatedKernel::cancel(Token target) {
    const std::uint64_t bits = target.pack();
    if (receive_.armed && receive_.token.pack() == bits) return end_receive(-ECANCELED);
    if (sending() && send_.pack() == bits) return fail_send(ECANCELED);
    if (writable_armed_ && writable_.pack() == bits) return end_wait_for_room(-ECANCELED);
    if (accept_armed_ && accept_.pack() == bits) {
        accept_armed_ = false;
        post(accept_, -ECANCELED);
    }
}

// ------------------------------------------------------------------------ in place of
// uring/ring.cpp

struct Ring::Native : SimulatedKernel {};

Ring::Ring() = default;
Ring::~Ring() {
    close();
}

Result<void> Ring::open(const RingOptions&) {
    native_ = std::make_unique<Native>();
    native_->features_ = {.single_issuer = true,
                          .defer_taskrun = true,
                          .submit_all = true,
                          .ring_descriptor = true,
                          .absolute_deadline = true,
                          .no_iowait = true,
                          .recv_budget = true};
    opened_last = native_.get();
    return {};
}

void Ring::close() {
    if (native_.get() == opened_last) opened_last = nullptr;
    native_ = nullptr;
}

void Ring::arm_accept(int, Token token) {
    native_->accept_ = token;
    native_->accept_armed_ = true;
}

void Ring::arm_recv(int socket, BufferGroup, Token token, std::uint32_t budget) {
    ASSERT(socket == SimulatedKernel::peer_socket);
    ASSERT(!native_->receive_.armed);
    native_->receive_ = {.token = token, .armed = true, .once = false, .budget = budget};
}

void Ring::arm_recv_once(int socket, BufferGroup group, Token token) {
    arm_recv(socket, group, token);
    native_->receive_.once = true;
}

void Ring::arm_signal(int, Token) {
}

void Ring::send(int socket, std::span<const std::byte> bytes, Token token) {
    ASSERT(socket == SimulatedKernel::peer_socket);
    ASSERT(!native_->sending());
    ASSERT(!bytes.empty());
    native_->send_ = token;
    native_->sending_ = bytes;
    if (native_->shut_down_) native_->fail_send(EPIPE);
}

void Ring::broadcast(int socket, std::span<const std::byte> bytes, Token token) {
    ASSERT(socket == SimulatedKernel::peer_socket);
    ASSERT(!native_->sending());
    native_->show(bytes, token);
}

void Ring::arm_writable(int socket, Token token) {
    ASSERT(socket == SimulatedKernel::peer_socket);
    ASSERT(!native_->writable_armed_);
    ASSERT(!native_->sending());
    native_->writable_ = token;
    native_->writable_armed_ = true;
    if (native_->shut_down_) native_->end_wait_for_room(POLLHUP);
}

void Ring::write_and_sync(int, std::span<const std::byte> bytes, std::uint64_t, Handle owner) {
    native_->post({.op = Op::write_file, .owner = owner}, static_cast<std::int32_t>(bytes.size()));
    native_->post({.op = Op::sync_file, .owner = owner}, 0);
}

void Ring::open_unnamed(int, Handle owner) {
    native_->post({.op = Op::open_file, .owner = owner}, -EOPNOTSUPP);
}

void Ring::name_and_sync(const Naming&, Handle owner) {
    native_->post({.op = Op::name_file, .owner = owner}, 0);
    native_->post({.op = Op::sync_file, .owner = owner}, 0);
}

void Ring::close_file(int, Handle) {
}

// There is no other ring.
void Ring::tell(int, Handle, std::int32_t) {
    UNREACHABLE();
}

int Ring::descriptor() const {
    return -1;
}

void Ring::cancel(Token target) {
    native_->cancel(target);
}

void Ring::submit() {
    native_->receive();
    if (native_->writable_armed_ && native_->room_ > 0) native_->end_wait_for_room(POLLOUT);
    auto& late = native_->told_late_;
    native_->posted_.insert(native_->posted_.end(), late.begin(), late.end());
    late.clear();
}

void Ring::submit_and_wait(std::uint32_t, Nanoseconds) {
    submit();
}

void Ring::submit_only() {
    submit();
}

void Ring::submit_and_sleep(Nanoseconds) {
    submit();
}

void Ring::run_deferred() {
    submit();
}

std::span<const Completion> Ring::reap() {
    submit();
    return reap_posted();
}

std::span<const Completion> Ring::reap_posted() {
    native_->reaped_.swap(native_->posted_);
    native_->posted_.clear();
    return native_->reaped_;
}

const RingFeatures& Ring::features() const {
    return native_->features_;
}

const RingStats& Ring::stats() const {
    return native_->stats_;
}

// ----------------------------------------------------------------- in place of
// uring/buffer_ring.cpp

struct BufferRing::Entries {};

BufferRing::BufferRing() = default;
BufferRing::~BufferRing() = default;

Result<void> BufferRing::open(Ring& ring,
                              BufferGroup group,
                              std::uint32_t count,
                              std::uint32_t size) {
    ASSERT(count <= SimulatedKernel::buffers_count);
    ring_ = &ring;
    storage_ = std::make_unique<std::byte[]>(std::size_t{count} * size);
    group_ = group;
    count_ = count;
    size_ = size;
    ring.native_->storage_ = storage_.get();
    ring.native_->buffer_size_ = size;
    for (std::uint32_t id = 0; id < count; ++id) {
        ring.native_->free_buffers_.push_back(static_cast<std::uint16_t>(id));
    }
    return {};
}

BufferRing::Loan BufferRing::borrow(const Completion& completion) {
    if (!completion.has_buffer) return {};
    lent_ += 1;
    return {this, completion.buffer_id, static_cast<std::size_t>(completion.result)};
}

void BufferRing::give_back(std::uint16_t id) {
    ASSERT(lent_ > 0);
    lent_ -= 1;
    unpublished_ += 1;
    ring_->native_->returned_buffers_.push_back(id);
}

void BufferRing::publish() {
    auto& returned = ring_->native_->returned_buffers_;
    auto& free = ring_->native_->free_buffers_;
    free.insert(free.end(), returned.begin(), returned.end());
    ASSERT(returned.size() == unpublished_);
    returned.clear();
    unpublished_ = 0;
    ASSERT(free.size() <= count_);
}

}  // namespace ringtick
