#pragma once

#include "base/result.hpp"
#include "net/connections.hpp"
#include "net/passage.hpp"
#include "net/places.hpp"
#include "server/board.hpp"
#include "server/options.hpp"
#include "server/room_directory.hpp"
#include "server/serve.hpp"
#include "server/server.hpp"

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// --shards: so many threads, each of which is a whole server on a core of its own: its ring, its
// connections, its rooms. They share nothing that a tick touches. Who knocks comes to any of them
// (SO_REUSEPORT), and is passed on to the one that has the room which it asks for; what else they
// have to tell each other goes from ring to ring (server/siblings.hpp).
//
//   this thread   opens the first; the others open theirs; ways between all; sandbox; runs; totals
//   each other          open ............................................... run ........... close
//
// The first hears signals, and tells the others. Each ring is made, used and closed by its thread
// alone (IORING_SETUP_SINGLE_ISSUER), and closed only when none is used any more.
//
// One is as good as none: the only server, in the thread that calls.
class Shards {
public:
    Shards(const Options& options, const Program& program, const ServerKind& kind);
    ~Shards();
    Shards(const Shards&) = delete;
    Shards& operator=(const Shards&) = delete;

    // Of all of them. On an error, explain() says what to do, and none is left open.
    [[nodiscard]] Result<void> open();
    std::string explain(const Error& error) const { return first().explain(error); }
    // After an error: only another one could not.
    bool first_has_opened() const { return first_has_opened_; }

    void enter_sandbox();
    void run();  // Until the last has ended.
    std::size_t write_totals(std::span<char> out) { return servers_.front()->write_totals(out); }

    const Server& first() const { return *servers_.front(); }

private:
    struct Thread {
        Shards* all = nullptr;
        std::uint32_t number = 0;
        pthread_t thread{};
        bool is_begun = false;
        Result<void> opened;
    };

    std::unique_ptr<Server> make_server(std::uint32_t shard);
    static void* live(void* thread);
    Result<void> open_others();
    [[nodiscard]] Result<void> connect_all();
    void end_threads();

    Options options_;
    Program program_;
    ServerKind kind_;
    Board board_;
    RoomDirectory directory_;
    Places places_;
    std::vector<std::unique_ptr<Server>> servers_;
    std::vector<Thread> threads_;             // Of all but the first.
    std::unique_ptr<Passage[]> passages_;     // From one to another, row by row.
    std::vector<Connections::Route> routes_;  // The same: of one, a row.
    std::latch opened_;                       // All have opened, or cannot.
    std::latch may_run_{1};
    std::latch ended_;  // All loops are over.
    std::latch may_close_{1};
    bool first_has_opened_ = false;
    bool is_given_up_ = false;
    bool has_run_ = false;
};

}  // namespace ringtick
