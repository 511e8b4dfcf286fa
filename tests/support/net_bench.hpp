#pragma once

#include "net/connections.hpp"
#include "net/listener.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/ws_client.hpp"

namespace ringtick::test {

// Writes down what the layer above would be told, and answers as it is told to.
struct Recorder final : ConnectionEvents {
    std::uint32_t shard_for(const http::Request& request) override {
        return request.path.starts_with("/there") ? there : any_shard;
    }
    http::Status on_open(Handle connection, const http::Request& request) override {
        if (request.path == "/nowhere") return http::Status::not_found;
        opened.push_back(connection);
        return http::Status::switching_protocols;
    }
    void on_message(Handle connection, Opcode opcode, std::span<const std::byte> message) override {
        messages.emplace_back(as_text(message));
        if (echo_to != nullptr) echo_to->send_message(connection, opcode, message);
    }
    void on_close(Handle connection, CloseReason reason) override {
        closed.emplace_back(connection, reason);
    }
    void on_rate(Handle, std::uint32_t divisor) override { rates.push_back(divisor); }
    HttpAnswer on_request(const http::Request& request, std::span<std::byte> out) override {
        if (request.path == "/nothing") return {};
        const std::string body = "you asked for " + std::string(request.path) + "\n";
        const std::string head =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        HttpAnswer answer{.head_size = copy_bytes(out, as_bytes(head + body))};
        if (request.path == "/large") answer.body = large_body;
        return answer;
    }

    Connections* echo_to = nullptr;
    std::uint32_t there = any_shard;  // Where what is asked about /there is answered.
    std::span<const std::byte> large_body;
    std::vector<Handle> opened;
    std::vector<std::string> messages;
    std::vector<std::uint32_t> rates;
    std::vector<std::pair<Handle, CloseReason>> closed;
};

// The network layer on a real ring and real sockets, with a clock that the test moves by hand.
class NetBench {
public:
    explicit NetBench(const NetOptions& options = {},
                      const ListenOptions& listening = {},
                      const FeatureMask& mask = {})
        : mask_(mask), connections_(options, policy_, ring, buffers, events) {
        const std::uint32_t count = options.receive_buffers > 0 ? options.receive_buffers : 256;
        const auto opened = ring.open({.submissions = 64, .completions = 16'384, .mask = mask_});
        if (!opened) return;
        EXPECT_TRUE(buffers.open(ring, {.id = 1}, count, options.receive_buffer_size));
        EXPECT_TRUE(connections_.open());
        EXPECT_TRUE(listener_.open({.host = "127.0.0.1"}, listening));
        connections_.begin_turn(now, tick);
        connections_.listen(listener_.socket());
        ready_ = true;
    }

    bool ready() const { return ready_; }
    std::uint16_t port() const { return listener_.port(); }
    int listening_socket() const { return listener_.socket(); }
    Connections& connections() { return connections_; }
    const NetStats& stats() const { return connections_.stats(); }

    // Gathers what is there. Does not wait.
    void turn() {
        ring.submit();
        connections_.begin_turn(now, tick, due);
        gather();
    }

    // Turns until it is so; the kernel is given a few real seconds before that counts as never.
    template <class Condition>
    [[nodiscard]] bool until(Condition so) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!so()) {
            if (std::chrono::steady_clock::now() > patience) return false;
            ring.submit_and_wait(1, std::chrono::steady_clock::now().time_since_epoch() +
                                        std::chrono::milliseconds(2));
            connections_.begin_turn(now, tick);
            gather();
        }
        return true;
    }

    // Lets time pass, as the loop would: a sweep every quarter of a second, ten ticks a second.
    void pass(Nanoseconds time) {
        const Nanoseconds end = now + time;
        while (now < end) {
            now += std::min<Nanoseconds>(std::chrono::milliseconds(250), end - now);
            tick += 2;
            turn();
            connections_.sweep();
            connections_.end_turn();
            turn();
        }
    }

    std::unique_ptr<WsClient> connect(int receive_buffer = 0) {
        auto client = std::make_unique<WsClient>(port(), receive_buffer);
        EXPECT_TRUE(client->connected());
        return client;
    }

    // A client whose opening handshake is done; the server's side is events.opened.back().
    std::unique_ptr<WsClient> open_client(int receive_buffer = 0) {
        auto client = connect(receive_buffer);
        const std::size_t before = events.opened.size();
        EXPECT_TRUE(client->send(upgrade_request()));
        std::string head;
        EXPECT_TRUE(until([&] {
            client->read();
            if (head.empty()) head = client->take_head();
            return !head.empty() && events.opened.size() > before;
        }));
        EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
        return client;
    }

    // One snapshot to each of these, as the loop hands them over.
    void broadcast(const std::vector<Handle>& viewers, std::span<const std::byte> frame) {
        tick += 1;
        connections_.begin_turn(now, tick);
        for (const Handle viewer : viewers) {
            Connection* const ready = connections_.ready_for_snapshot(viewer, frame.size());
            if (ready != nullptr) connections_.send_snapshot(viewer, *ready, frame);
        }
        ring.submit();
        gather();
    }

    Ring ring;
    BufferRing buffers;
    Recorder events;
    Nanoseconds now = std::chrono::seconds(1000);
    std::uint64_t tick = 1;
    std::uint64_t due = 0;  // Ticks that a turn finds due.

private:
    void on_completion(const Completion& completion) {
        switch (completion.token.op) {
            case Op::message:
                EXPECT_EQ(completion.result, Connections::passed_on);
                return connections_.take_in(completion.token.owner);
            case Op::undelivered:
                return connections_.on_undelivered(completion.token.owner);
            default:
                connections_.on_completion(completion);
        }
    }
    void gather() {
        for (auto batch = ring.reap(); !batch.empty(); batch = ring.reap()) {
            for (const Completion& completion : batch) on_completion(completion);
            buffers.publish();
            if (connections_.cancels_queued()) {
                ring.submit();
                connections_.cancels_submitted();
            }
        }
        connections_.end_turn();
    }

    http::HandshakePolicy policy_;
    FeatureMask mask_;
    Listener listener_;
    Connections connections_;
    bool ready_ = false;
};

}  // namespace ringtick::test
