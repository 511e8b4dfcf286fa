#pragma once

#include "net/connections.hpp"
#include "net/events.hpp"
#include "server/drain.hpp"
#include "server/log_tail.hpp"
#include "server/metrics.hpp"
#include "server/operator.hpp"
#include "server/rooms.hpp"
#include "server/siblings.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

class Moments;
class Reporter;

// What the operator's page shows of, and orders.
struct OpsParts {
    const Operator& owner;
    Reporter& reporter;
    const LoopStats& loop;
    std::uint32_t rate_hz = 0;
    Connections& connections;
    const Rooms& rooms;
    Drain& drain;
    Moments& moments;
    Siblings& siblings;
};

// The operator's page: /ops and what its script asks for. The page itself holds no secret; each of
// its questions and orders is an operator's or is refused (see Operator).
//
//   GET  /ops/now                          rooms, memory, who is slow, whether newcomers come in
//   GET  /ops/minutes?since=S              the last minutes, a second each, from second S on
//   GET  /ops/clients?from=SLOT            a hundred open connections, by slot
//   GET  /ops/log                          the log's last lines, the newest first
//   POST /ops/kick?slot=S&generation=G&shard=N
//                                          closes one connection, with 1008
//   POST /ops/bots?count=N[&room=R]        so many bots are to take part in a room, the first if
//                                          none is named
//   POST /ops/path?player=P[&room=R][&stall_ms=N][&bytes_per_s=N]
//                                          withholds a player's snapshots, as if its socket had no
//                                          room: all of them for so long, those that are more than
//                                          so many bytes from now on (0: no limit). P is its number
//                                          in /ops/clients; Railroids' page knows its own.
//   POST /ops/moment?room=R[&tick=N]       keeps a room's last seconds (see Moments)
//   POST /ops/drain[?seconds=N]            lets nobody in; after N seconds the others are closed:
//                                          1001
//   POST /ops/undrain                      lets newcomers in again
class Ops {
public:
    explicit Ops(const OpsParts& parts) : parts_(parts) {}

    static bool is_asked(const http::Request& request);
    // The thread that has the room, and no other, can answer it.
    static bool is_about_a_room(const http::Request& request);
    // Nothing (head_size 0) if there is no operator, or nothing at that address.
    HttpAnswer answer(const http::Request& request, std::span<std::byte> out);

private:
    HttpAnswer answer_operator(const http::Request& request, std::span<std::byte> out);
    HttpAnswer obey(const http::Request& request, std::span<std::byte> out);
    HttpAnswer kick(const http::Request& request, std::span<std::byte> out);
    HttpAnswer set_bots(const http::Request& request, std::span<std::byte> out);
    HttpAnswer worsen_path(const http::Request& request, std::span<std::byte> out);
    HttpAnswer begin_drain(const http::Request& request, std::span<std::byte> out);
    HttpAnswer end_drain(const http::Request& request, std::span<std::byte> out);

    OpsParts parts_;
};

// Each writes JSON to `out` and returns its size, or 0 if it does not fit. None allocates.
std::size_t write_ops_now(std::span<char> out, const OpsParts& parts, const http::Request& request);
std::size_t write_ops_minutes(std::span<char> out,
                              const OpsParts& parts,
                              const http::Request& request);
std::size_t write_ops_clients(std::span<char> out,
                              const OpsParts& parts,
                              const http::Request& request);
std::size_t write_ops_log(std::span<char> out, const OpsParts& parts, const http::Request& request);
std::size_t write_log_json(std::span<char> out, LogTail& tail);

}  // namespace ringtick
