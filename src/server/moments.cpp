#include "server/moments.hpp"

#include "base/assert.hpp"
#include "http/response.hpp"
#include "server/clock.hpp"
#include "server/disk_remedy.hpp"
#include "server/log.hpp"
#include "server/page_answer.hpp"
#include "server/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace ringtick {

namespace {

constexpr std::string_view folder_of_links = "/moments/";

// Of the most memory that there is an option for.
constexpr std::size_t size_most = LastSeconds::file_size_max(keep_memory_most);

std::size_t end_json(TextWriter& text) {
    text.add("}}\n");
    return text.size();
}

}  // namespace

Result<void> Moments::open(const MomentOptions& options, std::string_view game) {
    ASSERT(!is_on());
    ASSERT(options.count_max > 0);
    if (!parts_.kept.is_open()) return std::unexpected(Error{"moments of nothing", EOPNOTSUPP});
    options_ = options;
    if (auto opened = folder_.open(options.folder); !opened) return opened;
    const auto found = folder_.list(size_most);
    // One that was kept with more memory than there is now stays.
    std::size_t size_max = parts_.kept.file_size_max();
    for (const auto& one : found) size_max = std::max(size_max, one.size);
    if (auto opened = memory_.open(options.count_max, size_max); !opened) {
        return std::unexpected(Error{"moments in memory", opened.error().error_number});
    }
    all_.reserve(options.count_max);
    std::size_t surplus = 0;
    for (const auto& one : found) {
        if (all_.size() == options.count_max) {
            surplus += 1;
            continue;
        }
        all_.push_back({.name = one.name, .size = one.size, .kept_at_s = one.kept_at_s});
        if (folder_.read(one, game, memory_of(all_.back()))) continue;
        all_.pop_back();
        memory_.release(static_cast<std::uint32_t>(all_.size()));
    }
    parts_.kept.offer_to_keep();
    say_what_was_found(surplus);
    return {};
}

void Moments::say_what_was_found(std::size_t surplus) const {
    log_info(fmt::format("{} of {} moments are kept in {}", all_.size(), options_.count_max,
                         options_.folder));
    if (surplus > 0) {
        log_warning(fmt::format(
            "{} moments in {} are not served: they are more than --moments-max: raise it", surplus,
            options_.folder));
    }
    const MomentFolder::Ignored& ignored = folder_.ignored();
    if (ignored.count == 0) return;
    log_warning(fmt::format("{} entries of {} are left alone, such as {}: {}", ignored.count,
                            options_.folder, ignored.name, ignored.reason));
}

// -------------------------------------------------------------------------------- what is answered

HttpAnswer Moments::answer(const http::Request& request, std::span<std::byte> out) {
    if (!is_on() || request.method == http::Method::post) return {};
    if (!request.path.starts_with(folder_of_links)) return list(request, out);
    const std::string_view name = request.path.substr(folder_of_links.size());
    if (failure_.error != 0 && name == failure_.name.text()) {
        return refuse_request(out, http::Status::insufficient_storage,
                              "The disk did not take this moment: the server's log says why.",
                              request);
    }
    const auto found = std::ranges::find(all_, name, [](const Moment& m) { return m.name.text(); });
    if (found == all_.end()) return {};
    if (!is_kept(*found)) {
        return refuse_request(out, http::Status::service_unavailable,
                              "This moment is on its way to the disk: ask again in a moment.",
                              request);
    }
    return send(*found, request, out);
}

// What is under a name never changes.
HttpAnswer Moments::send(const Moment& moment,
                         const http::Request& request,
                         std::span<std::byte> out) const {
    std::array<char, 256> memory;
    TextWriter extra(memory);
    extra.add(
        "Cache-Control: private, max-age=31536000, immutable\r\n"
        "Content-Disposition: attachment; filename=\"{}\"\r\n",
        moment.name.text());
    const std::size_t head_size =
        http::write_response_head(out, {.content_type = "application/octet-stream",
                                        .content_length = moment.size,
                                        .keep_alive = request.keep_alive,
                                        .extra = {memory.data(), extra.size()}});
    if (head_size == 0 || request.method == http::Method::head) return {.head_size = head_size};
    return {.head_size = head_size, .body = memory_of(moment)};
}

HttpAnswer Moments::list(const http::Request& request, std::span<std::byte> out) const {
    const http::Status verdict = parts_.owner.judge(request);
    if (verdict == http::Status::not_found) return {};
    if (verdict != http::Status::ok) {
        return refuse_request(out, verdict, "The list of moments is an operator's (see /ops).",
                              request);
    }
    return answer_page(out, http::Status::ok, "application/json", request,
                       [&](std::span<char> body) { return write_list(body); });
}

std::size_t Moments::write_list(std::span<char> out) const {
    TextWriter text(out);
    text.add(R"({{"max":{},"moments":[)", options_.count_max);
    for (const Moment& moment : all_) {
        text.add(R"({{"name":"{}","tick":{},"bytes":{},"kept_at_s":{},"state":"{}"}},)",
                 moment.name.text(), moment.name.tick(), moment.size, moment.kept_at_s,
                 is_kept(moment) ? "kept" : "writing");
    }
    text.trim(',');
    text.add("]");
    if (failure_.error != 0) {
        text.add(R"(,"failed":{{"name":"{}","errno":{},"remedy":"{}"}})", failure_.name.text(),
                 failure_.error, disk_remedy(failure_.error));
    }
    return end_json(text);
}

// -------------------------------------------------------------------------------- what is ordered

HttpAnswer Moments::order(const http::Request& request, std::span<std::byte> out) {
    if (!is_on()) return {};
    const auto refuse = [&](http::Status status, std::string_view sentence) {
        return refuse_request(out, status, sentence, request);
    };
    const std::uint32_t room = parts_.kept.number_of(room_in(request.query));
    const auto tick = number_in(request.query, "tick");
    if (room == 0 || (!tick && text_in(request.query, "tick"))) {
        return refuse(http::Status::bad_request,
                      "Say where, and of which tick if it is not all the same: "
                      "/ops/moment?room=1&tick=900.");
    }
    if (is_writing()) {
        return refuse(http::Status::service_unavailable,
                      "Another moment is on its way to the disk: ask again in a moment.");
    }
    if (all_.size() == options_.count_max) {
        return refuse(http::Status::insufficient_storage,
                      "As many moments are kept as may be: raise --moments-max, or remove some "
                      "from its directory, and start the server again.");
    }
    if (const auto reason = parts_.kept.why_nothing(room); !reason.empty()) {
        return refuse(http::Status::service_unavailable, reason);
    }
    return keep(room, tick, request, out);
}

HttpAnswer Moments::keep(std::uint32_t room,
                         std::optional<std::uint64_t> tick,
                         const http::Request& request,
                         std::span<std::byte> out) {
    const ResumeToken random = random_.draw();
    if (random.none()) {
        return refuse_request(out, http::Status::service_unavailable,
                              "The kernel gives no random numbers for a name.", request);
    }
    const auto memory = memory_.of(static_cast<std::uint32_t>(all_.size()));
    const KeptReplays::Taken taken = parts_.kept.take(room, tick, memory);
    if (taken.size == 0) {
        return refuse_request(out, http::Status::not_found,
                              "That tick is in nothing that the server still has.", request);
    }
    all_.push_back({.name = MomentName(taken.tick, random),
                    .size = taken.size,
                    .kept_at_s = seconds_since_1970()});
    const Moment& moment = all_.back();
    if (failure_.error != 0) failure_ = {};
    file_.begin(folder_.descriptor(), moment.name.c_str(), memory_of(moment));
    return answer_page(
        out, http::Status::accepted, "application/json", request, [&](std::span<char> body) {
            TextWriter text(body);
            text.add(R"({{"name":"{0}","link":"{1}{0}","first_tick":{2},"tick":{3})",
                     moment.name.text(), folder_of_links, taken.first_tick, taken.tick);
            return end_json(text);
        });
}

void Moments::on_completion(const Completion& completion) {
    switch (file_.on_completion(completion)) {
        case MomentFile::Outcome::none:
            return;
        case MomentFile::Outcome::kept:
            return on_kept();
        case MomentFile::Outcome::failed:
            return on_failed();
    }
    UNREACHABLE();
}

// Without a heap: the loop does this.
void Moments::on_kept() {
    std::array<char, 128> memory;
    TextWriter text(memory);
    text.add("kept {}, as the operator wanted: {} of {}", all_.back().name.without_secret(),
             all_.size(), options_.count_max);
    log_info({memory.data(), text.size()});
    if (file_.error() == 0) return;
    std::array<char, 256> doubt;
    TextWriter words(doubt);
    words.add("its name may not outlive a power cut, says the disk: {}",
              strerrordesc_np(file_.error()));
    log_warning({doubt.data(), words.size()});
}

void Moments::on_failed() {
    failures_ += 1;
    failure_ = {.name = all_.back().name, .error = file_.error()};
    all_.pop_back();
    std::array<char, 512> memory;
    TextWriter text(memory);
    text.add("{} could not be kept, and is gone: {}; remedy: {}", failure_.name.without_secret(),
             strerrordesc_np(failure_.error), disk_remedy(failure_.error));
    log_warning({memory.data(), text.size()});
}

bool Moments::is_kept(const Moment& moment) const {
    return &moment != &all_.back() || !is_writing();
}

std::span<std::byte> Moments::memory_of(const Moment& moment) const {
    return memory_.of(static_cast<std::uint32_t>(&moment - all_.data())).first(moment.size);
}

MomentStats Moments::stats() const {
    MomentStats stats{.kept = all_.size() - (is_writing() ? 1 : 0), .failed = failures_};
    if (is_on()) stats.count_max = options_.count_max;
    return stats;
}

}  // namespace ringtick
