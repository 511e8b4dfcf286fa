#include "simulation/visitor.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace ringtick {

namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds patience = 3s;
constexpr std::string_view begin = "HTTP/1.1 ";  // Of every answer; a status follows.
constexpr std::uint32_t loopback = 0x7F00'0001;  // An operator, then.

struct Question {
    std::string_view method;
    std::string_view target;
    std::string_view fields;  // Beside Host.
};

// `@` stands for a number of some kind.
constexpr std::array<Question, 34> questions{{
    {"GET", "/", ""},
    {"GET", "/", "Accept-Encoding: gzip\r\n"},
    {"GET", "/", "If-None-Match: \"front\"\r\n"},
    {"HEAD", "/", ""},
    {"POST", "/", "Content-Length: 0\r\n"},
    {"DELETE", "/", ""},
    {"GET", "/script.js", ""},
    {"GET", "/nothing", ""},
    {"GET", "/healthz", ""},
    {"GET", "/metrics", ""},
    {"GET", "/stats.json", ""},
    {"GET", "/rooms", ""},
    {"GET", "/play/1", ""},
    {"GET", "/play/77", ""},
    {"GET", "/replay/last", ""},
    {"GET", "/replay/last?room=@", ""},
    {"GET", "/ops", ""},
    {"GET", "/ops/now", ""},
    {"GET", "/ops/minutes", ""},
    {"GET", "/ops/clients?from=@", ""},
    {"GET", "/ops/log", ""},
    {"GET", "/moments", ""},
    {"GET", "/moments/railroids-1-1-1.rec", ""},
    {"POST", "/ops/bots?count=@", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/bots?count=x", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/bots?count=1", "Content-Length: 0\r\n"},
    {"POST", "/ops/moment?room=1", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/moment?room=1&tick=@", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/kick?slot=@&generation=@", "Origin: http://elsewhere\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/kick?slot=@&generation=999",
     "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/path?player=@", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"POST", "/ops/unknown", "Origin: http://localhost\r\nContent-Length: 0\r\n"},
    {"GET", "/ops/now", "X-Forwarded-For: 10.1.2.3\r\n"},
    {"GET", "/play/1",
     "Connection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 12\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
}};

// No requests at all, or such that no server may take for one.
constexpr std::array<std::string_view, 12> nonsense{{
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nname : value\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "GET / HTTP/1.1\r\nHost: a\r\nlong: ",
    "\r\n\r\n\r\n",
}};

std::string filled_in(std::string_view text, Rng& rng) {
    std::string filled;
    for (const char c : text) {
        if (c == '@') {
            filled += std::to_string(rng.chance(50) ? rng.below(5) : rng.below(2'000));
        } else {
            filled += c;
        }
    }
    return filled;
}

}  // namespace

Visitor::Visitor(SimulatedKernel& kernel, std::uint64_t seed, bool seals)
    : kernel_(kernel), rng_(seed), seals_(seals) {
    wakes_at_ = kernel.now() + std::chrono::milliseconds(rng_.below(4'000));
}

void Visitor::complain(std::string_view what, std::string_view about) {
    if (complaint_.empty()) complaint_ = fmt::format("a visitor: {} {:?}", what, about);
}

void Visitor::step(Nanoseconds now) {
    if (socket_ == nullptr) {
        if (now >= wakes_at_ && !is_ending_) connect(now);
        return;
    }
    read(now);
    if (socket_ == nullptr) return;
    if (kernel_.is_paused()) asked_at_ = now;
    const bool waits = open_questions_ > 0 && now - asked_at_ > patience;
    if (waits && is_well_mannered_ && !is_ending_) complain("nobody answers", asked_);
    if (open_questions_ > 0 || now < wakes_at_) return;
    // It stays for another, or goes.
    if (is_well_mannered_ && rng_.chance(60) && !is_ending_) return ask(now);
    if (rng_.chance(20)) socket_->reset_by_client = true;
    leave(now);
}

void Visitor::connect(Nanoseconds now) {
    socket_ = kernel_.connect(rng_.chance(50) ? loopback : 0x0A01'0000U + rng_.below(20));
    if (socket_ == nullptr) {
        wakes_at_ = now + 200ms;
        return;
    }
    socket_->room_max = 512ULL << rng_.below(8);
    answers_text_.clear();
    open_questions_ = 0;
    last_arrival_ = now;
    is_well_mannered_ = rng_.chance(70);
    asks_for_heads_ = false;
    speech_ = Speech::plain;
    tls_.reset();
    if (seals_ && rng_.chance(80)) {
        speech_ = Speech::tls;
        tls_ = std::make_unique<TlsEnd>(rng_, ticket_);
    } else if (seals_) {
        is_well_mannered_ = false;
        if (rng_.chance(50)) return send_rubbish(now);
    }
    ask(now);
}

void Visitor::leave(Nanoseconds now) {
    if (tls_ && rng_.chance(50)) {
        tls_->say_goodbye();
        send({}, now);
    }
    socket_->fin_at = std::max(now, last_arrival_);
    socket_ = nullptr;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(1'500));
}

void Visitor::ask(Nanoseconds now) {
    asked_at_ = now;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(500));
    if (!is_well_mannered_) {
        asked_ = nonsense[seals_ && !tls_ ? 0 : rng_.below(nonsense.size())];
        if (asked_.ends_with(": ")) asked_ += std::string(9'000, 'x');
        open_questions_ += 1;
        return send(asked_, now);
    }
    const std::uint32_t count = rng_.chance(80) ? 1 : 2 + rng_.below(4);
    std::string text;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Question& question = questions[rng_.below(questions.size())];
        const bool is_head = question.method == "HEAD";
        // What belongs to which answer could not be told.
        if (open_questions_ > 0 && is_head != asks_for_heads_) continue;
        asks_for_heads_ = is_head;
        asked_ = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", question.method,
                             filled_in(question.target, rng_), question.fields);
        text += asked_;
        open_questions_ += 1;
    }
    send(text, now);
}

// A hello that is cut off, or with a byte of it changed; or no TLS at all.
void Visitor::send_rubbish(Nanoseconds now) {
    speech_ = Speech::rubbish;
    asked_at_ = now;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(3'000));
    TlsTicket none;
    auto hello = TlsEnd(rng_, none).take();
    const std::uint32_t place = rng_.below(static_cast<std::uint32_t>(hello.size()));
    if (rng_.chance(40)) {
        hello.resize(place + 1);
    } else if (rng_.chance(70)) {
        hello[place] ^= static_cast<std::byte>(1 + rng_.below(255));
    } else {
        for (std::byte& byte : hello) byte = static_cast<std::byte>(rng_.next());
    }
    post(hello, now);
}

void Visitor::send(std::string_view text, Nanoseconds now) {
    if (!tls_) return post(as_bytes(text), now);
    if (!text.empty()) tls_->write(as_bytes(text));
    post(tls_->take(), now);
}

void Visitor::post(std::span<const std::byte> bytes, Nanoseconds now) {
    while (!bytes.empty()) {
        const auto left = static_cast<std::uint32_t>(bytes.size());
        const std::size_t size = rng_.chance(30) ? 1 + rng_.below(left) : left;
        last_arrival_ = std::max(last_arrival_, now + std::chrono::milliseconds(rng_.below(60)));
        const auto piece = bytes.first(size);
        socket_->under_way.push_back({.at = last_arrival_, .bytes = {piece.begin(), piece.end()}});
        bytes = bytes.subspan(size);
    }
}

// All that has come, or a little of it.
std::vector<std::byte> Visitor::take_bytes() {
    auto& unread = socket_->unread;
    std::size_t size = unread.size();
    if (!is_well_mannered_ && rng_.chance(80)) size = std::min<std::size_t>(size, 7);
    const auto end = unread.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<std::byte> bytes(unread.begin(), end);
    unread.erase(unread.begin(), end);
    socket_->read += size;
    return bytes;
}

void Visitor::read(Nanoseconds now) {
    auto bytes = take_bytes();
    if (tls_) {
        bytes = tls_->read(bytes);
        if (tls_->has_failed()) complain("what it was sent is no TLS");
        send({}, now);
    }
    // Whoever asked for nothing may be told anything.
    if (speech_ != Speech::rubbish) answers_text_ += as_text(bytes);
    while (take_answer()) asked_at_ = now;
    const bool ended =
        socket_->unread.empty() && (socket_->fin_from_server || socket_->reset_by_server);
    if (!ended) return;
    if (!answers_text_.empty()) complain("the end of an answer is missing", answers_text_);
    leave(now);
}

// RFC 9112, section 6.3: a length is told, or there is nothing behind the head.
bool Visitor::is_answer_whole(std::size_t& size) {
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    const std::size_t end = answers_text_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    size = end + 4;
    const std::string_view head = std::string_view(answers_text_).substr(0, end);
    // Who is turned away at the door is told why before it is known what was asked.
    const bool is_turned_away = head.substr(begin.size(), 3) == "503";
    const bool has_no_body = asks_for_heads_ && !is_turned_away;
    const std::size_t field = head.find(length_field);
    if (field == std::string_view::npos || has_no_body || head.substr(begin.size(), 3) == "304") {
        return true;
    }
    const std::string_view digits = head.substr(field + length_field.size());
    std::size_t length = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (read.ec != std::errc{}) complain("a length that is none", head);
    size += length;
    return answers_text_.size() >= size;
}

bool Visitor::take_answer() {
    const std::size_t known = std::min(begin.size(), answers_text_.size());
    if (std::string_view(answers_text_).substr(0, known) != begin.substr(0, known)) {
        complain("no answer of a server's", answers_text_);
        return false;
    }
    std::size_t size = 0;
    if (!is_answer_whole(size)) return false;
    if (open_questions_ == 0) complain("an answer to nothing", answers_text_);
    answers_text_.erase(0, size);
    open_questions_ -= open_questions_ > 0 ? 1 : 0;
    answers_ += 1;
    return true;
}

}  // namespace ringtick
