#include "load/sender.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cerrno>

namespace ringtick::swarm {

Sender::Sender(Ring& ring, const ClientMessages& messages, std::span<Client> clients)
    : ring_(ring),
      messages_(messages),
      clients_(clients),
      chunk_size_(std::max(chunk_size_least, messages.frame_size() * 2)),
      chunk_(std::make_unique<std::byte[]>(chunk_size_)) {
    queue_.reserve(clients.size());
    turn_.reserve(clients.size());
}

void Sender::enqueue(std::uint32_t client) {
    if (clients_[client].send_queued) return;
    clients_[client].send_queued = true;
    queue_.push_back(client);
}

void Sender::flush(std::uint32_t first_client_id) {
    turn_.swap(queue_);
    for (const std::uint32_t index : turn_) {
        clients_[index].send_queued = false;
        if (clients_[index].state == Client::State::open) send(index, first_client_id + index);
    }
    turn_.clear();
    submit();
}

void Sender::send(std::uint32_t index, std::uint32_t client_id) {
    Client& client = clients_[index];
    const std::size_t frame_size = messages_.frame_size();
    const std::uint64_t first = client.stream_sent / frame_size;
    if (first == client.issued) return;
    const std::uint64_t count =
        std::min<std::uint64_t>(client.issued - first, chunk_size_ / frame_size);
    if (chunk_size_ - chunk_used_ < count * frame_size || chunk_sends_ == sends_per_chunk) submit();

    const std::span frames(chunk_.get() + chunk_used_, count * frame_size);
    for (std::uint64_t i = 0; i < count; ++i) {
        messages_.write_frame(client_id, first + i, frames.subspan(i * frame_size, frame_size));
    }
    chunk_used_ += frames.size();
    chunk_sends_ += 1;

    client.stream_known = client.stream_sent;
    const auto rest = frames.subspan(client.stream_sent % frame_size);
    client.stream_sent += rest.size();
    ASSERT(client.stream_sent <= client.issued * frame_size);
    ring_.broadcast(client.socket, rest, {.op = Op::broadcast, .owner = client.handle(index)});
    if (client.stream_sent < client.issued * frame_size) enqueue(index);
}

void Sender::on_short(std::uint32_t client, std::int32_t result) {
    // Of a connection that is no more, the receive will tell.
    if (result < 0 && result != -EAGAIN) return;
    const std::uint64_t taken = result > 0 ? static_cast<std::uint64_t>(result) : 0;
    clients_[client].stream_sent = clients_[client].stream_known + taken;
    enqueue(client);
}

void Sender::submit() {
    ring_.submit();  // After it the chunk may be used again (see Ring::broadcast).
    chunk_used_ = 0;
    chunk_sends_ = 0;
}

}  // namespace ringtick::swarm
