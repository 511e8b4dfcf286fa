#include "server/http_pages.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "http/response.hpp"
#include "server/drain.hpp"
#include "server/ops.hpp"
#include "server/query.hpp"
#include "server/shown_room.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ringtick {

namespace {

using WriteText = std::size_t (*)(std::span<char>, const Metrics&);

// Tells who spreads players over servers whether this one takes any.
std::size_t write_health(std::span<char> out, const Metrics& metrics) {
    const std::string_view health = metrics.drain->on() ? "draining\n" : "ok\n";
    return copy_bytes(std::as_writable_bytes(out), as_bytes(health));
}

struct Page {
    std::string_view path;
    std::string_view content_type;
    WriteText write;
};

constexpr std::array<Page, 4> pages{{
    {"/healthz", "text/plain; charset=utf-8", write_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_prometheus},
    {"/stats.json", "application/json", write_stats_json},
    {"/rooms", "application/json", write_rooms_json},
}};

// Only of a recorded match on show.
constexpr Page replay_page{"/replay", "application/json", write_replay_json};

// Room for a response's head before its body, whose size is known only when it is written.
constexpr std::size_t head_size_max = 1'024;

HttpAnswer answer_page(const Page& page,
                       const Metrics& metrics,
                       const http::Request& request,
                       std::span<std::byte> out) {
    if (out.size() <= head_size_max) return {};
    const auto body = out.subspan(head_size_max);
    const std::size_t body_size =
        page.write({reinterpret_cast<char*>(body.data()), body.size()}, metrics);
    if (body_size == 0) {
        // A game with more counters than page_size_max() reckons with.
        const std::size_t size =
            http::write_refusal(out, http::Status::service_unavailable,
                                "This page is larger than --output-max.", request.method);
        return {.head_size = size};
    }
    const bool unwell = page.write == write_health && metrics.drain->on();
    const http::Status status = unwell ? http::Status::service_unavailable : http::Status::ok;
    const std::size_t head_size = http::write_response_head(
        out.first(head_size_max), {.status = status,
                                   .content_type = page.content_type,
                                   .content_length = body_size,
                                   .keep_alive = request.keep_alive,
                                   .extra = "Cache-Control: no-store\r\n"});
    ASSERT(head_size > 0);
    if (request.method == http::Method::head) return {.head_size = head_size};
    std::memmove(out.data() + head_size, body.data(), body_size);
    return {.head_size = head_size + body_size};
}

// Says where the match is, or goes there: /replay?tick=N.
HttpAnswer answer_replay(const Metrics& metrics,
                         const http::Request& request,
                         std::span<std::byte> out) {
    if (!request.query.empty() && request.method == http::Method::get) {
        const auto tick = number_in(request.query, "tick");
        if (!tick) {
            return {.head_size =
                        http::write_refusal(out, http::Status::bad_request,
                                            "Give a tick: /replay?tick=900.", request.method)};
        }
        for (ShownRoom* const room : metrics.shown_rooms) room->seek(*tick);
    }
    return answer_page(replay_page, metrics, request, out);
}

}  // namespace

HttpAnswer HttpPages::answer(const http::Request& request, std::span<std::byte> out) const {
    ASSERT(metrics_ != nullptr);
    if (ops_ != nullptr && Ops::is_asked(request)) return ops_->answer(request, out);
    if (request.method == http::Method::post) return {};
    for (const Page& page : pages) {
        if (request.path == page.path) return answer_page(page, *metrics_, request, out);
    }
    if (request.path == replay_page.path && !metrics_->shown_rooms.empty()) {
        return answer_replay(*metrics_, request, out);
    }
    const http::Asset* const asset = http::find_asset(assets_, request.path);
    if (asset == nullptr) return {};
    const auto response = http::write_asset_response(out, *asset, request);
    return {.head_size = response.head_size, .body = response.body};
}

}  // namespace ringtick
