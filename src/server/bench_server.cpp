// ringtick-bench-server: the transport alone, for measuring and for conformance suites. The same
// loop and the same network layer as any game's; only the game is tiny.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "server/clock.hpp"
#include "server/server.hpp"
#include "server/standard_streams.hpp"
#include "server/tls_option.hpp"
#include "server/trust_option.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

namespace ringtick {
namespace {

// Every tick one message of fixed size to everyone: the tick's number and its time, both u64 little
// endian, then filler. What clients send is counted by the server.
class BroadcastGame final : public Game {
public:
    explicit BroadcastGame(std::size_t message_size) : message_size_(message_size) {}

    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t tick, std::span<const Command>, Outbox&) override {
        tick_ = tick;
        started_ = monotonic_now();
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte> out) override {
        ByteWriter writer(out.first(message_size_));
        writer.put(tick_);
        writer.put(static_cast<std::uint64_t>(started_.count()));
        ASSERT(!writer.overflowed());
        std::ranges::fill(out.subspan(writer.size(), message_size_ - writer.size()),
                          std::byte{'x'});
        return message_size_;
    }
    SnapshotKey snapshot_key(PlayerId) override { return SnapshotKey::everyones; }

private:
    std::size_t message_size_;
    std::uint64_t tick_ = 0;
    Nanoseconds started_{};
};

struct BenchOptions {
    std::uint16_t port = 0;
    std::string mode;
    std::uint32_t rate_hz = 30;
    std::uint32_t message_size = 512;
};

// Set before the one game is made, which has no other way to learn it.
std::uint32_t broadcast_message_size = 0;

std::unique_ptr<Game> make_broadcast_game(const GameOptions&) {
    return std::make_unique<BroadcastGame>(broadcast_message_size);
}

void add_options(CLI::App& app, BenchOptions& bench, Options& options) {
    app.add_option("PORT", bench.port, "Port on 127.0.0.1; 0 chooses one")->required();
    app.add_option("MODE", bench.mode,
                   "echo: every message comes back; broadcast: one to all a tick")
        ->required()
        ->check(CLI::IsMember({"echo", "broadcast"}));
    app.add_option("HZ", bench.rate_hz, "Ticks per second")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("BYTES", bench.message_size, "Bytes of a broadcast message")
        ->check(CLI::Range(16, 1 << 20))
        ->capture_default_str();
    app.add_option("--connections-max", options.net.connections_max, "Connections at once")
        ->check(CLI::Range(1, 15'000))
        ->capture_default_str();
    app.add_option("--connections-per-ip-max", options.net.connections_per_ip_max,
                   "Connections from one address, or IPv6 /64; 0: not limited; loopback never is")
        ->check(CLI::Range(0, 15'000))
        ->capture_default_str();
    add_trust_option(app, options.net.trust);
    add_tls_options(app, options);
    app.add_option("--message-max", options.net.message.message_size_max,
                   "Bytes of one message from a client")
        ->check(CLI::Range(125, 1 << 28))
        ->capture_default_str();
    app.add_option("--fragments-max", options.net.message.fragments_max, "Fragments of one message")
        ->check(CLI::Range(1, 1 << 24))
        ->capture_default_str();
    app.add_flag("--deflate", options.net.deflate,
                 "Compress messages for clients that can (permessage-deflate)");
    app.add_flag("--realtime", options.realtime,
                 "Schedule the loop in real time (SCHED_FIFO), and spin for the last 50 us before "
                 "each tick; refused, it says so on stderr");
    app.footer(
        "On SIGTERM or SIGINT one JSON line of totals is printed. Exit codes: 0 fine, 1 the\n"
        "machine refuses (with the remedy), 2 bad usage.");
}

int run_bench_server(int argc, char** argv) {
    secure_standard_streams();
    BenchOptions bench;
    Options options;
    options.net.connections_max = 15'000;
    options.log_level = "warning";
    CLI::App app("A WebSocket server with a trivial game, for measuring the transport",
                 "ringtick-bench-server");
    add_options(app, bench, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return error.get_exit_code() == 0 ? 0 : 2;
    }

    const bool echo = bench.mode == "echo";
    options.listen = {
        .family = ListenAddress::Family::ip4, .host = "127.0.0.1", .port = bench.port};
    options.rate_hz = bench.rate_hz;
    options.players_max = options.net.connections_max;
    options.snapshot_size_max = std::max(options.snapshot_size_max, bench.message_size);
    broadcast_message_size = bench.message_size;
    options.net.output_size_max =
        std::max(options.net.output_size_max, options.snapshot_size_max + 65'536);
    if (echo) {
        // A stream as fast as its reader takes it: no tick limits it, only its own output, of which
        // half has to hold a message.
        options.net.inbound_bytes_per_tick = 0;
        options.net.messages_per_tick = 0;
        options.net.pongs_per_tick = 0;
        // Suites send a message of many megabytes in tiny pieces, and take their time.
        options.net.message_timeout = std::chrono::seconds(120);
        options.net.stall_timeout = std::chrono::seconds(60);
        options.net.receive_buffer_size = 4'096;
        options.net.output_size_max =
            static_cast<std::uint32_t>(2 * options.net.message.message_size_max + 65'536);
    }
    const Program program{.name = "ringtick-bench-server", .make_game = make_broadcast_game};
    return run_server(options, program,
                      {.echo = echo, .any_path = true, .quiet = true, .address_option = "PORT"});
}

}  // namespace
}  // namespace ringtick

int main(int argc, char** argv) {
    return ringtick::run_bench_server(argc, argv);
}
