#include "simulation/owner.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace ringtick {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t loopback = 0x7F00'0002;  // And nobody else's, so that it is let in.
constexpr Nanoseconds patience = 3s;

// What is no order, or none that can be obeyed.
struct Refused {
    std::string_view target;
    int status = 400;
};
constexpr std::array<Refused, 16> refused{{
    {"/ops/path"},
    {"/ops/path?player=0"},
    {"/ops/path?player=x&stall_ms=1"},
    {"/ops/path?stall_ms=1"},
    {"/ops/path?player=0&room=x&stall_ms=1", 404},
    {"/ops/path?player=0&stall_ms=10001"},
    {"/ops/path?player=0&bytes_per_s=99"},
    {"/ops/path?player=0&bytes_per_s=100000001"},
    {"/ops/path?player=70000&stall_ms=1", 404},
    {"/ops/path?player=0&room=9&stall_ms=1", 404},
    {"/ops/kick"},
    {"/ops/kick?slot=1&generation=4294967296"},
    {"/ops/drain?seconds=86401"},
    {"/ops/drain?seconds="},
    {"/ops/bots?count=1&room=9", 404},
    {"/ops/else", 405},
}};

}  // namespace

Owner::Owner(SimulatedKernel& kernel,
             std::uint64_t seed,
             const Server& server,
             const std::vector<Witness*>& rooms)
    : kernel_(kernel), rng_(seed), server_(server), rooms_(rooms) {
    wakes_at_ = kernel.now() + std::chrono::milliseconds(rng_.below(2'000));
}

void Owner::complain(std::string_view what, std::string_view about) {
    if (complaint_.empty()) complaint_ = fmt::format("the owner: {} {:?}", what, about);
}

void Owner::step(Nanoseconds now) {
    if (socket_ != nullptr) read(now);
    if (kernel_.is_paused()) asked_at_ = now;
    if (is_waiting_ && now - asked_at_ > patience && !is_ending_) {
        complain("nobody answers", target_);
    }
    if (is_waiting_ || now < wakes_at_ || is_ending_) return;
    if (socket_ == nullptr) return connect(now);
    if (rng_.chance(10)) return leave(now);
    order(now);
}

void Owner::connect(Nanoseconds now) {
    socket_ = kernel_.connect(loopback);
    wakes_at_ = now + 200ms;
    if (socket_ == nullptr) return;
    told_.clear();
    last_arrival_ = now;
    is_first_ = true;
    tls_ = server_.seals ? std::make_unique<TlsEnd>(rng_, ticket_) : nullptr;
    order(now);
}

void Owner::leave(Nanoseconds now) {
    socket_->fin_at = std::max(now, last_arrival_);
    socket_ = nullptr;
    is_waiting_ = false;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(800));
}

void Owner::order(Nanoseconds now) {
    choose_order();
    if (server_.is_deaf) {
        status_due_ = 405;  // As if there were no such page at all: of none may one say POST.
        may_be_gone_ = false;
    }
    is_waiting_ = true;
    asked_at_ = now;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(700));
    send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nOrigin: {}://localhost\r\n"
                     "Content-Length: 0\r\n\r\n",
                     target_, server_.seals ? "https" : "http"),
         now);
}

void Owner::choose_order() {
    status_due_ = 200;
    may_be_gone_ = false;
    // Not for long: else there would be nobody to look at.
    if (is_draining_ && rng_.chance(70)) {
        target_ = "/ops/undrain";
        return;
    }
    const std::uint32_t kind = rng_.below(100);
    if (kind < 50) return choose_path();
    if (kind < 65) return choose_kick();
    if (kind < 72) {
        target_ = rng_.chance(50) ? "/ops/drain" : "/ops/drain?seconds=86400";
    } else if (kind < 80) {
        const std::uint32_t count = rng_.below(2 * server_.bots_max + 1);
        target_ = fmt::format("/ops/bots?count={}&room={}", count, rooms_.size());
        if (count > server_.bots_max) status_due_ = 400;
    } else {
        const Refused& one = refused[rng_.below(refused.size())];
        target_ = one.target;
        status_due_ = one.status;
    }
}

void Owner::choose_path() {
    const std::uint32_t room = rng_.below(static_cast<std::uint32_t>(rooms_.size()));
    const std::uint32_t seat = rng_.below(server_.seats);
    target_ = fmt::format("/ops/path?room={}&player={}", room + 1, seat);
    const std::uint32_t kind = rng_.below(3);
    if (kind != 1) target_ += fmt::format("&stall_ms={}", rng_.below(3'000));
    if (kind == 1) target_ += fmt::format("&bytes_per_s={}", 100 + rng_.below(40'000));
    if (kind == 2) target_ += "&bytes_per_s=0";
    may_be_gone_ = true;
    // From now on, for when the server reads it is not known here.
    if (!server_.is_deaf) rooms_[room]->withhold_from(static_cast<std::uint16_t>(seat));
}

void Owner::choose_kick() {
    target_ = fmt::format("/ops/kick?slot={}&generation={}", rng_.below(server_.slots),
                          1 + rng_.below(4));
    may_be_gone_ = true;
}

// In pieces, as a network has it.
void Owner::send(std::string_view text, Nanoseconds now) {
    std::vector<std::byte> sealed;
    auto bytes = as_bytes(text);
    if (tls_) {
        if (!text.empty()) tls_->write(bytes);
        sealed = tls_->take();
        bytes = sealed;
    }
    while (!bytes.empty()) {
        const auto left = static_cast<std::uint32_t>(bytes.size());
        const std::size_t size = rng_.chance(20) ? 1 + rng_.below(left) : left;
        last_arrival_ = std::max(last_arrival_, now + std::chrono::milliseconds(rng_.below(20)));
        const auto piece = bytes.first(size);
        socket_->under_way.push_back({.at = last_arrival_, .bytes = {piece.begin(), piece.end()}});
        bytes = bytes.subspan(size);
    }
}

void Owner::read(Nanoseconds now) {
    std::vector<std::byte> bytes(socket_->unread.begin(), socket_->unread.end());
    socket_->unread.clear();
    socket_->read += bytes.size();
    if (tls_) {
        bytes = tls_->read(bytes);
        if (tls_->has_failed() && !is_first_) complain("what it was sent is no TLS", target_);
        send({}, now);
    }
    told_ += as_text(bytes);
    while (is_waiting_ && take_answer()) {
    }
    if (!is_waiting_ && !told_.empty()) complain("an answer to nothing", told_);
    if (socket_->fin_from_server || socket_->reset_by_server) leave(now);
}

// False: there is no whole one.
bool Owner::take_answer() {
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    const std::size_t end = told_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = told_.substr(0, end + 2);
    std::size_t length = 0;
    if (const std::size_t field = head.find(length_field); field != std::string::npos) {
        const char* const digits = head.data() + field + length_field.size();
        std::from_chars(digits, head.data() + head.size(), length);
    }
    if (told_.size() < end + 4 + length) return false;
    told_.erase(0, end + 4 + length);
    constexpr std::string_view begin = "HTTP/1.1 ";
    int status = 0;
    if (head.starts_with(begin)) {
        std::from_chars(head.data() + begin.size(), head.data() + head.size(), status);
    }
    judge(status, head);
    is_waiting_ = is_first_ = false;
    return true;
}

void Owner::judge(int status, std::string_view head) {
    // No place at the door, or it was not heard in time.
    if (is_first_ && (status == 503 || status == 408)) return;
    const bool is_gone = may_be_gone_ && status == 404;
    // A room is told only so much between two ticks.
    const bool is_too_much = target_.starts_with("/ops/bots") && status == 503;
    if (status != status_due_ && !is_gone && !is_too_much) {
        complain(fmt::format("{} was due for {}, and came", status_due_, target_), head);
    }
    if (status != 200) return;
    orders_ += 1;
    if (target_.starts_with("/ops/drain")) is_draining_ = true;
    if (target_ == "/ops/undrain") is_draining_ = false;
}

}  // namespace ringtick
