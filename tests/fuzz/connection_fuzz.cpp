#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/connections.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "cuts.hpp"
#include "simulated_ring.hpp"
#include "wire_checker.hpp"

// A whole connection without a socket: bytes in, bytes out, through http, ws, deflate and net.

// The linker's own names for what --wrap puts a function before.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
int __real_shutdown(int socket, int how);
int __real_close(int descriptor);

int __wrap_shutdown(int socket, int how) {
    if (socket != ringtick::SimulatedKernel::peer_socket) return __real_shutdown(socket, how);
    auto& kernel = ringtick::SimulatedKernel::the();
    how == SHUT_WR ? kernel.shut_down_writing() : kernel.shut_down();
    return 0;
}

// A proxy that is trusted, so that the stream may begin with a PROXY header.
int __wrap_getpeername(int socket, sockaddr* name, socklen_t* size) {
    ASSERT(socket == ringtick::SimulatedKernel::peer_socket);
    ASSERT(*size >= sizeof *name);
    *name = {.sa_family = AF_UNIX, .sa_data = {}};
    *size = sizeof name->sa_family;
    return 0;
}

int __wrap_close(int descriptor) {
    return descriptor == ringtick::SimulatedKernel::peer_socket ? 0 : __real_close(descriptor);
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

using namespace ringtick;

// Small, so that a fuzzer reaches every bound. What depends on ticks is off: cuts must not matter.
NetOptions options_for_cuts() {
    NetOptions options;
    options.connections_max = 1;
    options.trust.local = true;
    options.receive_buffers = SimulatedKernel::buffers_count;
    options.receive_buffer_size = 256;
    options.message = {.message_size_max = 600, .fragments_max = 8};
    options.deflate = true;
    options.inbound_bytes_per_tick = 0;
    options.messages_per_tick = 0;
    options.pongs_per_tick = 1'000'000;
    options.output_size_max = 8'192;  // Soon full: then frames are held back.
    return options;
}

NetOptions options_for_trouble() {
    NetOptions options = options_for_cuts();
    options.inbound_bytes_per_tick = 512;
    options.messages_per_tick = 8;
    options.pongs_per_tick = 4;
    options.output_size_max = 4'096;
    return options;
}

class EchoEvents final : public ConnectionEvents {
public:
    http::Status on_open(Handle handle, const http::Request& request) override {
        if (!request.path.starts_with("/play")) return http::Status::not_found;
        ASSERT(!open_);
        open_ = true;
        viewer_ = handle;
        return http::Status::switching_protocols;
    }
    void on_message(Handle handle, Opcode opcode, std::span<const std::byte> message) override {
        ASSERT(open_);
        ASSERT(message.size() <= 600);
        connections_->send_message(handle, opcode, message);
    }
    void on_close(Handle, CloseReason) override {
        ASSERT(open_);
        open_ = false;
    }
    HttpAnswer on_request(const http::Request& request, std::span<std::byte> out) override {
        if (request.path != "/") return {};
        static constexpr std::string_view response =
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        const bool head = request.method == http::Method::head;
        return {.head_size =
                    copy_bytes(out, as_bytes(head ? "HTTP/1.1 200 OK\r\n\r\n" : response))};
    }

    void attach(Connections& connections) { connections_ = &connections; }
    bool open() const { return open_; }
    Handle viewer() const { return viewer_; }

private:
    Connections* connections_ = nullptr;
    bool open_ = false;
    Handle viewer_;
};

// A server of one connection, its kernel and its clock.
class Conversation {
public:
    explicit Conversation(const NetOptions& options)
        : connections_(options, policy_, ring_, buffers_, events_) {
        events_.attach(connections_);
        ASSERT(ring_.open({}).has_value());
        ASSERT(buffers_.open(ring_, {.id = 1}, options.receive_buffers, options.receive_buffer_size)
                   .has_value());
        ASSERT(connections_.open().has_value());
        connections_.begin_turn(now_, tick_);
        connections_.listen(0);
        kernel().connect();
        turn();
    }

    SimulatedKernel& kernel() { return SimulatedKernel::the(); }

    void turn() {
        connections_.begin_turn(now_, tick_);
        for (auto batch = ring_.reap(); !batch.empty(); batch = ring_.reap()) {
            for (const Completion& completion : batch) connections_.on_completion(completion);
            buffers_.publish();
            if (connections_.cancels_queued()) connections_.cancels_submitted();
        }
        connections_.end_turn();
    }

    // Until nothing moves, with a socket that takes everything.
    void settle() {
        turn();
        while (kernel().sending() || kernel().receiving()) {
            if (kernel().sending()) kernel().take(SIZE_MAX);
            turn();
        }
    }

    void pass(Nanoseconds time) {
        now_ += time;
        tick_ += 1;
        turn();
        connections_.sweep();
        turn();
    }

    void show(std::span<const std::byte> frame) {
        if (!events_.open()) return;
        Connection* const ready = connections_.ready_for_snapshot(events_.viewer(), frame.size());
        if (ready != nullptr) connections_.send_snapshot(events_.viewer(), *ready, frame);
    }

    // Whatever happened, the slot is free in the end and every buffer at home.
    void end() {
        kernel().end_stream();
        constexpr int patience = 1'000;  // Of half a second: the response's deadline is a minute.
        for (int i = 0; i < patience && connections_.count() > 0; ++i) {
            pass(std::chrono::milliseconds(500));
        }
        ASSERT(connections_.count() == 0);
        ASSERT(!events_.open());
        ASSERT(buffers_.lent() == 0);
        WireChecker(kernel().sent());
    }

private:
    http::HandshakePolicy policy_;
    Ring ring_;
    BufferRing buffers_;
    EchoEvents events_;
    Connections connections_;
    Nanoseconds now_ = std::chrono::seconds(1'000);
    std::uint64_t tick_ = 1;
};

using Bytes = std::vector<std::byte>;

Bytes answer_to_whole(std::span<const std::byte> stream) {
    Conversation conversation(options_for_cuts());
    conversation.kernel().deliver(stream);
    conversation.settle();
    conversation.end();
    const auto sent = conversation.kernel().sent();
    return {sent.begin(), sent.end()};
}

Bytes answer_to_pieces(std::span<const std::byte> stream) {
    Conversation conversation(options_for_cuts());
    Cuts cuts(stream);
    while (!stream.empty()) {
        const std::size_t size = std::min(cuts.next_size(), stream.size());
        conversation.kernel().deliver(stream.first(size));
        conversation.settle();
        stream = stream.subspan(size);
    }
    conversation.end();
    const auto sent = conversation.kernel().sent();
    return {sent.begin(), sent.end()};
}

// The same bytes from a bad peer on a bad network: sends end short or fail, snapshots find no room,
// time passes in the middle.
void suffer(std::span<const std::byte> stream) {
    static constexpr std::string_view snapshot = "\x82\x06newest";
    Conversation conversation(options_for_trouble());
    SimulatedKernel& kernel = conversation.kernel();
    Cuts cuts(stream);
    while (!stream.empty()) {
        const std::size_t size = std::min(cuts.next_size(), stream.size());
        kernel.deliver(stream.first(size));
        stream = stream.subspan(size);
        const std::size_t trouble = cuts.next_size();
        if (trouble % 5 == 0) {  // In the same turn as what has just come.
            kernel.set_room(cuts.next_size() % 12);
            conversation.show(as_bytes(snapshot));
        }
        conversation.turn();
        if (trouble % 3 == 0 && kernel.sending()) kernel.take(cuts.next_size());
        if (trouble % 7 == 0) conversation.pass(std::chrono::milliseconds(40 * trouble));
        if (trouble % 97 == 0) kernel.end_stream();
        if (trouble % 101 == 0 && kernel.sending()) kernel.fail_send(ECONNRESET);
    }
    conversation.end();
}

}  // namespace

// Properties: the same bytes go out however those that come in are cut; what goes out is well
// formed and ends with the close frame; and however bad the peer, its slot and its buffers come
// home.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stream = std::as_bytes(std::span(data, size));
    ASSERT(answer_to_whole(stream) == answer_to_pieces(stream));
    suffer(stream);
    return 0;
}
