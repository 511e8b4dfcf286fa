// Boost.Beast under the bench protocol. Its best configuration for this, as far as we know:
//
// * one thread, and Asio built without locks (BOOST_ASIO_DISABLE_THREADS);
// * the stream over a bare socket with io_context's own executor: no type-erased executor, no
//   tcp_stream with a timer for each operation, no idle pings;
// * permessage-deflate compiled out (the stream's second argument), no auto-fragmenting;
// * one message buffer for everybody: as a server, Beast writes its header and the caller's buffer
//   in one gathering write, without a copy. It has no prepared frame, so it makes the header anew
//   for each client;
// * handlers allocate nothing lasting: Asio recycles their memory;
// * a client whose write is still going on is left out of the tick: latest wins. One that has not
//   taken its message when the next is written would read a newer one's tail, so the buffers take
//   turns, and the one that a slow client holds is not written again.
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "peers/peer.hpp"

namespace ringtick::peers {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
constexpr unsigned char filler = 'x';

struct Message {
    std::vector<unsigned char> bytes;
    std::size_t writes = 0;  // Under way.
};

class Client;

struct Server {
    Options options;
    Counts counts;
    std::vector<std::unique_ptr<Client>> clients;
};

// Lives until its read and its write have both ended.
class Client {
public:
    Client(Socket socket, Server& server)
        : stream_(std::move(socket)), server_(server), index_(server.clients.size()) {
        stream_.auto_fragment(false);
        stream_.binary(true);
    }

    void start() {
        reading_ = true;
        stream_.async_accept([this](beast::error_code error) {
            if (error) return on_read_end();
            open_ = true;
            read();
        });
    }

    bool open() const { return open_; }
    bool busy() const { return writing_; }

    void send(Message& message) {
        writing_ = true;
        message.writes += 1;
        stream_.async_write(asio::buffer(message.bytes),
                            [this, &message](beast::error_code error, std::size_t) {
                                message.writes -= 1;
                                on_written(error);
                            });
    }

private:
    void read() {
        stream_.async_read(buffer_, [this](beast::error_code error, std::size_t) {
            if (error) return on_read_end();
            server_.counts.received += 1;
            if (server_.options.echo) return echo();
            buffer_.clear();
            read();
        });
    }

    // The next is read when this one is written: what a client sends meanwhile waits in its socket.
    void echo() {
        reading_ = false;
        writing_ = true;
        stream_.text(stream_.got_text());
        stream_.async_write(buffer_.data(), [this](beast::error_code error, std::size_t) {
            if (error) return on_written(error);
            writing_ = false;
            server_.counts.sent += 1;
            buffer_.clear();
            reading_ = true;
            read();
        });
    }

    void on_written(beast::error_code error) {
        writing_ = false;
        server_.counts.sent += error ? 0U : 1U;
        if (error) open_ = false;
        remove_if_done();
    }

    void on_read_end() {
        reading_ = false;
        open_ = false;
        remove_if_done();
    }

    void remove_if_done() {
        if (reading_ || writing_) return;
        auto& clients = server_.clients;
        clients.back()->index_ = index_;
        clients[index_].swap(clients.back());
        clients.pop_back();  // Ends this object.
    }

    beast::websocket::stream<Socket, false> stream_;
    Server& server_;
    std::size_t index_;  // In server_.clients.
    beast::flat_buffer buffer_;
    bool open_ = false;
    bool reading_ = false;
    bool writing_ = false;
};

class Program {
public:
    explicit Program(const Options& options)
        : server_{.options = options, .counts = {}, .clients = {}},
          acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), options.port)),
          timer_(context_),
          signals_(context_, SIGTERM, SIGINT),
          schedule_(options.rate_hz) {
        acceptor_.listen(4096);
        accept();
        signals_.async_wait([this](beast::error_code, int) { context_.stop(); });
        if (!options.echo) wait_for_tick();
    }

    void run() {
        context_.run();
        print_totals(server_.counts);
    }

private:
    void accept() {
        acceptor_.async_accept([this](beast::error_code error, Socket socket) {
            if (!error) {
                socket.set_option(tcp::no_delay(true));
                server_.clients.push_back(std::make_unique<Client>(std::move(socket), server_));
                server_.clients.back()->start();
            }
            accept();
        });
    }

    void wait_for_tick() {
        timer_.expires_at(schedule_.deadline());
        timer_.async_wait([this](beast::error_code) {
            tick();
            schedule_.advance();
            wait_for_tick();
        });
    }

    void tick() {
        Message& message = free_message();
        write_message(message.bytes, server_.counts.ticks += 1);
        for (const auto& client : server_.clients) {
            if (!client->open()) continue;
            if (client->busy()) {
                server_.counts.skipped += 1;
            } else {
                client->send(message);
            }
        }
    }

    Message& free_message() {
        for (const auto& message : messages_) {
            if (message->writes == 0) return *message;
        }
        return *messages_.emplace_back(std::make_unique<Message>(
            Message{.bytes = std::vector(server_.options.message_size, filler)}));
    }

    asio::io_context context_{1};
    Server server_;
    Acceptor acceptor_;
    Timer timer_;
    asio::signal_set signals_;
    Schedule schedule_;
    std::vector<std::unique_ptr<Message>> messages_;
};

}  // namespace
}  // namespace ringtick::peers

int main(int argc, char** argv) {
    const auto options = ringtick::peers::parse(argc, argv);
    if (!options) return 2;
    ringtick::peers::raise_descriptor_limit();
    ringtick::peers::Program(*options).run();
    return 0;
}
