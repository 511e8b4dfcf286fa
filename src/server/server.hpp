#pragma once

#include "base/result.hpp"
#include "http/opening_handshake.hpp"
#include "net/connections.hpp"
#include "net/listener.hpp"
#include "server/board.hpp"
#include "server/certificate.hpp"
#include "server/drain.hpp"
#include "server/echo.hpp"
#include "server/handover.hpp"
#include "server/http_pages.hpp"
#include "server/kept_replays.hpp"
#include "server/loop.hpp"
#include "server/metrics.hpp"
#include "server/moments.hpp"
#include "server/operator.hpp"
#include "server/ops.hpp"
#include "server/options.hpp"
#include "server/realtime.hpp"
#include "server/recorded_match.hpp"
#include "server/recording.hpp"
#include "server/resumed_match.hpp"
#include "server/room_directory.hpp"
#include "server/room_maker.hpp"
#include "server/rooms.hpp"
#include "server/sandbox.hpp"
#include "server/serve.hpp"
#include "server/shard_place.hpp"
#include "server/shown_room.hpp"
#include "server/siblings.hpp"
#include "server/takeover.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// How messages are treated: as a game's commands, or sent back.
struct ServerKind {
    bool echo = false;
    bool any_path = false;                           // Every path is the first room's.
    bool quiet = false;                              // Does not print where it listens.
    const RecordedMatch* show = nullptr;             // Nobody plays; this match is shown.
    ResumedMatch* resume = nullptr;                  // This match is played on.
    Takeover* takeover = nullptr;                    // This process's match is played on.
    const std::string* handover_identity = nullptr;  // See Handover::open().
    const char* address_option = "--listen";         // The argument that chooses where.
};

// A whole server on one thread: builds the parts in order, runs the loop, takes them down in the
// opposite order. One per shard (server/shards.hpp), each on its own thread from the first to the
// last.
class Server {
public:
    // What is for all threads, and which of them this is.
    struct Shared {
        Board& board;
        RoomDirectory& directory;
        ShardPlace place;
    };

    Server(const Options& options, const Program& program, ServerKind kind, const Shared& shared);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Takes all memory and descriptors. SIGINT and SIGTERM must be blocked in every thread. On an
    // error, explain() says what to do.
    [[nodiscard]] Result<void> open();
    std::string explain(const Error& error) const;

    // After open(), if it is wanted: see server/sandbox.hpp. There is no way back.
    void enter_sandbox();
    // That another thread has entered for all.
    void share_sandbox(const Server& other);

    // The line for the log: what the kernel granted and what memory was taken.
    std::string describe() const;
    // False if it runs with less than it was told to; the line says what.
    bool granted() const { return realtime_.refusal == 0 && sandbox_.refusal == 0; }
    std::uint16_t port() const { return listener_.port(); }

    // Between open() and run(), of one of several threads: who the others are. `routes` lives as
    // long; see Connections::join().
    [[nodiscard]] Result<void> open_passage(Passage& passage) const {
        return connections_.open_passage(passage);
    }
    int ring() const { return ring_.descriptor(); }
    void join(std::span<const Connections::Route> routes);

    void run();
    // Of all threads. After run() of all of them.
    void publish() { reporter_.publish(); }
    std::size_t write_totals(std::span<char> out);

private:
    [[nodiscard]] Result<void> open_signals();
    [[nodiscard]] Result<void> open_ring();
    [[nodiscard]] Result<void> open_listener();
    [[nodiscard]] Result<void> open_recording();
    [[nodiscard]] Result<void> open_kept();
    std::string explain_start(const Error& error) const;
    [[nodiscard]] Result<void> open_handover();
    [[nodiscard]] Result<void> take_over();
    [[nodiscard]] Result<void> take_match(Takeover& takeover);
    Nanoseconds spin() const;
    std::uint64_t first_tick() const;
    void attach_pages();
    void describe_report();

    Certificate certificate_;
    Options options_;
    Program program_;
    ServerKind kind_;
    ShardPlace place_;
    http::HandshakePolicy policy_;

    Ring ring_;
    BufferRing buffers_;
    HttpPages pages_;
    Drain drain_;
    RoomMaker maker_;
    Rooms rooms_;
    Echo echo_;
    Connections connections_;
    Listener listener_;
    Recording recording_;
    std::string configuration_;
    int signals_ = -1;
    Realtime realtime_;
    Sandbox sandbox_;
    LoopStats loop_stats_;
    Operator operator_;
    KeptReplays kept_;
    Moments moments_;
    Handover handover_;
    Reporter reporter_;
    Siblings siblings_;
    Ops ops_;
};

// Opens a server, says where it listens, runs it until a signal, prints its totals. Returns the
// program's exit code.
int run_server(const Options& options, const Program& program, ServerKind kind);

}  // namespace ringtick
