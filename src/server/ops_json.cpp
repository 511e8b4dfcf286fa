// What the operator's page shows, as JSON.
#include "server/board.hpp"
#include "server/drain.hpp"
#include "server/json_text.hpp"
#include "server/log.hpp"
#include "server/metric_rows.hpp"
#include "server/moments.hpp"
#include "server/ops.hpp"
#include "server/process_usage.hpp"
#include "server/query.hpp"
#include "server/room.hpp"
#include "server/text_writer.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ringtick {

namespace {

constexpr std::size_t clients_max = 100;  // On one page.

// Lists end in a comma that is taken back, as in stats_json.cpp.
std::size_t close_object(TextWriter& text) {
    text.trim(',');
    text.add("}}\n");
    return text.size();
}

void add_memory(TextWriter& text, const Figures& total) {
    text.add(R"("memory":{{"resident_kib":{},"connections_kib":{},"reserved_kib":{}}},)",
             process_usage().resident_kib, total.memory_fixed / 1'024,
             total.memory_reserved / 1'024);
}

void add_drain(TextWriter& text, const OpsParts& parts) {
    text.add(R"("draining":{},)", parts.drain.on());
    if (parts.drain.close_at() == Drain::never) return;
    const Nanoseconds left = parts.drain.close_at() - Nanoseconds(parts.loop.now_ns);
    text.add(R"("closing_in_s":{:.1f},)", static_cast<double>(left.count()) / 1e9);
}

// Nothing where none can be kept.
void add_moments(TextWriter& text, const MomentStats& moments) {
    if (moments.count_max == 0) return;
    text.add(R"("moments":{},"moments_max":{},)", moments.kept, moments.count_max);
}

void add_rooms(TextWriter& text, const Figures& total) {
    text.add(R"("rooms":[)");
    for (const RoomFigures& room : total.rooms) {
        text.add(R"({{"id":"{}","players":{},"players_max":{},"tick_p99_us":{}}},)",
                 room.name.text(), room.players, room.players_max, room.tick_p99_ns / 1'000);
    }
    text.trim(',');
    text.add("],");
}

void add_address(TextWriter& text, const Peer& peer) {
    std::array<char, INET6_ADDRSTRLEN> name{};
    if (peer.kind == Peer::Kind::ip) {
        const auto& bytes = peer.address.bytes;
        const bool ip4 = peer.address.is_ip4();
        ::inet_ntop(ip4 ? AF_INET : AF_INET6, ip4 ? &bytes[12] : bytes.data(), name.data(),
                    name.size());
    }
    text.add(R"("address":"{}",)", peer.kind == Peer::Kind::local ? "unix" : name.data());
}

void add_client(TextWriter& text, const ClientStats& client, const Rooms& rooms) {
    text.add(R"({{"slot":{},"generation":{},)", client.connection.slot,
             client.connection.generation);
    if (const auto seat = rooms.seat_of(client.connection)) {
        text.add(R"("room":"{}","player":{},"name":)", seat->room.text(), seat->player.slot);
        const Game& game = rooms.find(seat->room.text())->game();
        add_player_name(text, game.name_of(seat->player));
        text.add(",");
    }
    add_address(text, client.peer);
    text.add(R"("sent":{},"skipped":{},"rate":"1/{}","blocked":{},"limited":{}}},)",
             client.snapshots_sent, client.snapshots_skipped, client.rate_divisor, client.blocked,
             client.limited);
}

}  // namespace

std::size_t write_ops_now(std::span<char> out, const OpsParts& parts, const http::Request&) {
    TextWriter text(out);
    const Report& report = parts.reporter.report();
    const Figures& total = *report.total;
    const LoopStats& loop = total.loop;
    text.add(R"({{"uptime_s":{:.1f},"rate_hz":{},"connections":{},"players":{},)",
             static_cast<double>(loop.now_ns - loop.started_ns) / 1e9, report.rate_hz,
             total.connections, total.players());
    text.add(R"("shards":{},"ticks":{},"ticks_overrun":{},"ticks_forgiven":{},)",
             report.shards.size(), loop.ticks, loop.ticks_overrun, loop.ticks_forgiven);
    text.add(R"("sockets_full":{},)", total.sockets_full);
    add_drain(text, parts);
    add_moments(text, total.moments);
    add_memory(text, total);
    std::array<ClientStats, 16> slow;
    text.add(R"("slow_clients":[)");
    for (const ClientStats& client : std::span(slow).first(parts.connections.slowest(slow))) {
        add_client(text, client, parts.rooms);
    }
    text.trim(',');
    text.add("],");
    add_rooms(text, total);
    return close_object(text);
}

// Rows rather than objects: their names would be most of it.
std::size_t write_ops_minutes(std::span<char> out,
                              const OpsParts& parts,
                              const http::Request& request) {
    const std::uint64_t since = number_in(request.query, "since").value_or(0);
    TextWriter text(out);
    text.add(R"({{"columns":["at_s","players","work_p50_us","work_p99_us","work_max_us",)");
    text.add(R"("late_p50_us","late_p99_us","late_max_us",)");
    text.add(R"("snapshots_skipped","ticks_overrun"],"rows":[)");
    parts.loop.timeline.for_each([&](const TimelineEntry& entry) {
        if (entry.at_s < since) return;
        text.add("[{},{},{},{},{},{},{},{},{},{}],", entry.at_s, entry.players, entry.work_p50_us,
                 entry.work_p99_us, entry.work_max_us, entry.late_p50_us, entry.late_p99_us,
                 entry.late_max_us, entry.snapshots_skipped, entry.ticks_overrun);
    });
    text.trim(',');
    text.add("]");
    return close_object(text);
}

std::size_t write_ops_clients(std::span<char> out,
                              const OpsParts& parts,
                              const http::Request& request) {
    const std::uint64_t from = std::min<std::uint64_t>(number_in(request.query, "from").value_or(0),
                                                       std::uint64_t{1} << 31);
    std::array<ClientStats, clients_max> clients;
    const std::size_t count = parts.connections.clients(static_cast<std::uint32_t>(from), clients);
    TextWriter text(out);
    text.add(R"({{"clients":[)");
    for (const ClientStats& client : std::span(clients).first(count)) {
        add_client(text, client, parts.rooms);
    }
    text.trim(',');
    text.add("],");
    // Where the next page begins, if this one is full.
    if (count == clients.size()) text.add(R"("next":{},)", clients.back().connection.slot + 1);
    text.add(R"("shard":{},)", parts.rooms.place().number);
    return close_object(text);
}

std::size_t write_log_json(std::span<char> out, LogTail& tail) {
    constexpr std::size_t end_size = 16;
    TextWriter text(out);
    text.add(R"({{"lines":[)");
    tail.visit_newest_first([&](std::string_view line) {
        // Each character may take two; what does not fit is older than what does.
        if (text.room() < 2 * line.size() + end_size) return false;
        add_json_text(text, line);
        text.add(",");
        return true;
    });
    text.trim(',');
    text.add("]");
    return close_object(text);
}

std::size_t write_ops_log(std::span<char> out, const OpsParts&, const http::Request&) {
    return write_log_json(out, log_tail());
}

}  // namespace ringtick
