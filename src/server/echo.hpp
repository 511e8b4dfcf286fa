#pragma once

#include "net/connections.hpp"
#include "net/events.hpp"
#include "server/http_pages.hpp"

namespace ringtick {

// Sends every message back as it came, at once: for measuring the transport and for conformance
// suites. Its output cannot overflow: reading pauses while half of it waits.
class Echo final : public ConnectionEvents {
public:
    explicit Echo(const HttpPages& pages) : pages_(pages) {}

    void attach(Connections& connections) { connections_ = &connections; }

    http::Status on_open(Handle, const http::Request&) override {
        return http::Status::switching_protocols;
    }
    void on_message(Handle connection, Opcode opcode, std::span<const std::byte> message) override {
        connections_->send_message(connection, opcode, message);
    }
    void on_close(Handle, CloseReason) override {}
    HttpAnswer on_request(const http::Request& request, std::span<std::byte> out) override {
        return pages_.answer(request, out);
    }

private:
    const HttpPages& pages_;
    Connections* connections_ = nullptr;
};

}  // namespace ringtick
