// libwebsockets under the bench protocol. Its best configuration for this, as far as we know:
//
// * one service thread over epoll, by its libev loop: its own loop calls poll(2), which looks at
//   every socket on every wake-up;
// * no extensions;
// * broadcast: the message lies behind LWS_PRE bytes, where the library puts its header, so one
//   buffer serves everybody without a copy; and lws_write is called for each client at the tick,
//   not from a writable callback, which would cost a change of the epoll set and a wake-up for
//   each;
// * a client that the library still holds a tail for is left out of the tick: latest wins.
//
// An echo is written from the receive callback for the same reason. The library keeps what the
// socket does not take.
#include <libwebsockets.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include "peers/peer.hpp"

namespace ringtick::peers {
namespace {

lws_context* context = nullptr;
volatile std::sig_atomic_t stopping = 0;

void stop(int) {
    stopping = 1;
    lws_cancel_service(context);  // Writes to a pipe, no more.
}

struct Client {
    std::size_t index;                // In Server::open_.
    std::vector<unsigned char> text;  // What came of a message that is not whole yet.
};

class Server {
public:
    explicit Server(const Options& options)
        : options_(options),
          schedule_(options.rate_hz),
          message_(LWS_PRE + options.message_size, static_cast<unsigned char>('x')) {}

    void start() {
        if (!options_.echo) schedule_tick();
    }

    int on_event(lws* socket, lws_callback_reasons reason, Client* client, std::string_view bytes) {
        switch (reason) {
            case LWS_CALLBACK_ESTABLISHED:
                new (client) Client{.index = open_.size(), .text = {}};
                open_.push_back(socket);
                return 0;
            case LWS_CALLBACK_CLOSED:
                leave(*client);
                return 0;
            case LWS_CALLBACK_RECEIVE:
                return on_bytes(socket, *client, bytes);
            case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
                if (stopping != 0) end();
                return 0;
            default:
                return 0;
        }
    }

private:
    struct Timer {
        lws_sorted_usec_list_t list;  // First: the library hands back its address.
        Server* server;
    };

    // libev's loop does not return; and with thousands of connections, to close them one by one
    // would take its time.
    [[noreturn]] void end() const {
        print_totals(counts_);
        std::fflush(stdout);
        std::_Exit(0);
    }

    void leave(Client& client) {
        lws* const last = open_.back();
        open_[client.index] = last;
        static_cast<Client*>(lws_wsi_user(last))->index = client.index;
        open_.pop_back();
        client.~Client();
    }

    int on_bytes(lws* socket, Client& client, std::string_view bytes) {
        const bool whole =
            lws_is_final_fragment(socket) != 0 && lws_remaining_packet_payload(socket) == 0;
        if (options_.echo) {
            if (client.text.empty()) client.text.resize(LWS_PRE);
            client.text.insert(client.text.end(), bytes.begin(), bytes.end());
        }
        if (!whole) return 0;
        counts_.received += 1;
        if (!options_.echo) return 0;
        const std::size_t size = client.text.size() - LWS_PRE;
        const auto protocol = lws_frame_is_binary(socket) != 0 ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
        const int written = lws_write(socket, client.text.data() + LWS_PRE, size, protocol);
        client.text.resize(LWS_PRE);
        if (written < static_cast<int>(size)) return -1;
        counts_.sent += 1;
        return 0;
    }

    void schedule_tick() {
        timer_.server = this;
        const auto left = std::chrono::ceil<std::chrono::microseconds>(schedule_.left());
        lws_sul_schedule(
            context, 0, &timer_.list,
            [](lws_sorted_usec_list_t* list) { reinterpret_cast<Timer*>(list)->server->tick(); },
            std::max<lws_usec_t>(left.count(), 1));
    }

    void tick() {
        const std::span message = std::span(message_).subspan(LWS_PRE);
        write_message(message, counts_.ticks += 1);
        for (lws* const socket : open_) {
            if (lws_partial_buffered(socket) != 0) {
                counts_.skipped += 1;
                continue;
            }
            // A failure closes: its callback comes from the loop, not from here.
            const int written = lws_write(socket, message.data(), message.size(), LWS_WRITE_BINARY);
            counts_.sent += written == static_cast<int>(message.size()) ? 1U : 0U;
        }
        schedule_.advance();
        schedule_tick();
    }

    Options options_;
    Schedule schedule_;
    std::vector<unsigned char> message_;
    Timer timer_{};
    std::vector<lws*> open_;
    Counts counts_;
};

int on_event(lws* socket, lws_callback_reasons reason, void* user, void* bytes, std::size_t size) {
    auto* const server = static_cast<Server*>(lws_context_user(lws_get_context(socket)));
    return server->on_event(socket, reason, static_cast<Client*>(user),
                            {static_cast<const char*>(bytes), size});
}

constexpr std::array<lws_protocols, 2> protocols{{
    {.name = "bench",
     .callback = on_event,
     .per_session_data_size = sizeof(Client),
     .rx_buffer_size = 65'536,
     .id = 0,
     .user = nullptr,
     .tx_packet_size = 0},
    {},
}};

int run(const Options& options) {
    Server server(options);
    lws_set_log_level(LLL_ERR, nullptr);
    lws_context_creation_info info{};
    info.port = options.port;
    info.iface = "127.0.0.1";
    info.protocols = protocols.data();
    info.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_DISABLE_IPV6;
    info.user = &server;
    info.gid = -1;
    info.uid = -1;
    context = lws_create_context(&info);
    if (context == nullptr) return 1;
    std::signal(SIGTERM, stop);
    std::signal(SIGINT, stop);
    server.start();
    return lws_service(context, 0) < 0 ? 1 : 0;
}

}  // namespace
}  // namespace ringtick::peers

int main(int argc, char** argv) {
    const auto options = ringtick::peers::parse(argc, argv);
    if (!options) return 2;
    ringtick::peers::raise_descriptor_limit();
    return ringtick::peers::run(*options);
}
