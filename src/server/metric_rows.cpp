#include "server/metric_rows.hpp"

namespace ringtick {

namespace {

void add_loop_rows(CounterRows& rows, const LoopStats& loop, const RingStats& ring) {
    rows.add("ticks", "Ticks run", loop.ticks);
    rows.add("ticks_overrun", "Ticks whose work lasted past the next one's deadline",
             loop.ticks_overrun);
    rows.add("ticks_forgiven", "Ticks left out after a stall", loop.ticks_forgiven);
    rows.add("broadcasts", "Ticks whose result was shown", loop.broadcasts);
    rows.add("turns", "Times the loop woke", loop.turns);
    rows.add("enters", "System calls made for the ring", ring.enters());
    rows.add("submitted", "Requests submitted to the ring", ring.submitted());
    rows.add("completions", "Completions reaped", ring.completions);
    rows.add("submission_queue_full", "Submissions made early, for want of room in the queue",
             ring.submission_queue_full);
    rows.add("busy", "Submissions put off until completions were reaped, expected 0", ring.busy);
    rows.add("cq_overflow", "Completion queue overflows, expected 0", ring.cq_overflow);
}

void add_net_rows(CounterRows& rows, const NetStats& net) {
    rows.add("accepted", "Connections accepted", net.accepted);
    rows.add("accept_failures", "Accepts refused by the machine; accepting paused",
             net.accept_failures);
    rows.add("refused_full", "Connections told 503", net.refused_full);
    rows.add("refused_per_ip", "Connections and requests told 429: their address had too many",
             net.refused_per_ip);
    rows.add("proxy_headers", "PROXY headers read", net.proxy_headers);
    rows.add("proxy_headers_malformed", "Connections closed for a malformed PROXY header",
             net.proxy_headers_malformed);
    rows.add("tls_handshakes", "TLS handshakes done", net.tls_handshakes);
    rows.add("tls_resumed", "TLS handshakes done that went on from a ticket", net.tls_resumed);
    rows.add("tls_failed", "Connections that ended before their TLS handshake was done",
             net.tls_failed);
    rows.add("requests", "HTTP requests", net.requests);
    rows.add("requests_refused", "HTTP requests refused", net.requests_refused);
    rows.add("opened", "Opening handshakes completed", net.opened);
    rows.add("bytes_received", "Bytes received", net.bytes_received);
    rows.add("receives", "Receive completions that brought bytes", net.receives);
    rows.add("messages_received", "WebSocket messages received", net.messages_received);
    rows.add("pings_received", "WebSocket pings received", net.pings_received);
    rows.add("receive_starved", "Receives that found no free buffer", net.receive_starved);
    rows.add("receive_throttled", "Receives put off to the next tick", net.receive_throttled);
    rows.add("messages_sent", "Messages that must arrive, sent", net.messages_sent);
    rows.add("snapshots_sent", "Snapshots handed to a socket", net.snapshots_sent);
    rows.add("snapshots_skipped", "Snapshots skipped: the client was behind",
             net.snapshots_skipped);
    rows.add("snapshots_thinned", "Snapshots left out: the client takes them at a lower rate",
             net.snapshots_thinned);
    rows.add("snapshots_partial", "Snapshots sent in two pieces", net.snapshots_partial);
    rows.add("passed_on", "Connections passed on to the thread of their room", net.passed_on);
    rows.add("taken_in", "Connections that another thread has passed on", net.taken_in);
    rows.add("completions_stale", "Completions for a connection that was gone",
             net.completions_stale);
}

// Shown also when compression is off: a page always has the same rows.
void add_compression_rows(CounterRows& rows, const Figures& figures) {
    const CompressionStats& inflated = figures.inflated;
    const CompressionStats& deflated = figures.deflated;
    rows.add("messages_inflated", "Messages that came compressed", inflated.messages);
    rows.add("inflate_bytes_in", "Bytes of them as they came", inflated.bytes_compressed);
    rows.add("inflate_bytes_out", "Bytes of them inflated", inflated.bytes_plain);
    rows.add("messages_deflated", "Messages compressed, a shared one once for each window",
             deflated.messages);
    rows.add("deflate_bytes_in", "Bytes of them before", deflated.bytes_plain);
    rows.add("deflate_bytes_out", "Bytes of them compressed", deflated.bytes_compressed);
}

void add_record_rows(CounterRows& rows, const RecordStats& record) {
    rows.add("record_bytes", "Bytes recorded and durable", record.bytes);
    rows.add("record_failed", "Recordings that ended before the match, expected 0",
             record.failed ? 1 : 0);
    rows.add("record_rooms_ended", "Rooms told more than the recording's disk takes, expected 0",
             record.rooms_ended);
}

void add_kept_rows(CounterRows& rows, const KeptStats& kept) {
    rows.add("replays_downloaded", "Downloads of a room's last seconds", kept.downloads);
    rows.add("replays_busy", "Downloads told 503: others were on their way", kept.busy);
}

std::uint64_t messages_dropped(const Figures& figures) {
    std::uint64_t dropped = 0;
    for (const RoomFigures& room : figures.rooms) dropped += room.messages_dropped;
    return dropped;
}

}  // namespace

CounterRows counter_rows(const Figures& figures) {
    CounterRows rows;
    add_loop_rows(rows, figures.loop, figures.ring);
    add_net_rows(rows, figures.net);
    add_compression_rows(rows, figures);
    rows.add("inbox_dropped", "Messages that did not fit a room's inbox",
             messages_dropped(figures));
    add_record_rows(rows, figures.record);
    rows.add("rooms_made", "Rooms made because somebody asked for them", figures.room_stats.made);
    rows.add("rooms_ended", "Rooms ended because they had been empty for long",
             figures.room_stats.ended);
    rows.add("rooms_refused", "Players told 503: no place for another room, or none in theirs",
             figures.room_stats.refused);
    add_kept_rows(rows, figures.kept);
    rows.add("moments_failed", "Moments that the disk did not take, expected 0",
             figures.moments.failed);
    if (figures.loop.allocations_counted) {
        rows.add("allocations_after_warmup", "Heap allocations since the loop began, expected 0",
                 figures.loop.allocations_after_warmup);
    }
    return rows;
}

std::array<HistogramRow, 6> histogram_rows(const Figures& figures) {
    using Unit = HistogramRow::Unit;
    const LoopStats& loop = figures.loop;
    return {{
        {"tick_late", "From a tick's deadline to when the loop woke for it, with players",
         Unit::nanoseconds, &loop.played.late},
        {"tick_late_idle",
         "The control: the same of the ticks without a player, the same pacing with nothing to do",
         Unit::nanoseconds, &loop.idle.late},
        {"tick_work",
         "From when the loop woke for a tick to its last send, with players: reading what came, "
         "the games, the broadcast",
         Unit::nanoseconds, &loop.played.work},
        {"tick_work_idle", "The same of the ticks without a player", Unit::nanoseconds,
         &loop.idle.work},
        {"sqes_per_enter", "SQEs submitted by one enter; 0: it only waited or asked", Unit::things,
         &figures.ring.sqes_per_enter},
        {"cqes_per_reap", "CQEs reaped before the loop went on to the tick or to sleep",
         Unit::things, &loop.cqes_per_reap},
    }};
}

double idle_control_age_s(const LoopStats& loop) {
    const std::uint64_t since = loop.idle_at_ns > 0 ? loop.idle_at_ns : loop.started_ns;
    return static_cast<double>(loop.now_ns - since) / 1e9;
}

}  // namespace ringtick
