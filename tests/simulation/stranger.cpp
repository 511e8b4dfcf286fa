#include "simulation/stranger.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "support/proxy_header.hpp"

namespace ringtick {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t loopback = 0x7F00'0001;
constexpr Nanoseconds patience = 3s;
constexpr int nothing_due = 0;  // It may be told anything.
constexpr int no_answer = -1;

// RFC 7692, section 7.1: what of it is agreed to.
struct Deflate {
    std::string_view offer;
    bool is_agreed = false;
};
constexpr std::array<Deflate, 18> deflates{{
    {"", false},
    {"permessage-deflate", true},
    {"permessage-deflate; client_max_window_bits", true},
    {"permessage-deflate; client_max_window_bits=10", true},
    {"permessage-deflate; client_max_window_bits=\"9\"", true},
    {"permessage-deflate; server_max_window_bits=9; server_no_context_takeover", true},
    {"permessage-deflate; server_max_window_bits=15; client_no_context_takeover", true},
    {"permessage-deflate; bogus, permessage-deflate; server_max_window_bits=\"1\\2\"", true},
    {"x-webkit-deflate-frame, permessage-deflate", true},
    {"permessage-deflate; client_max_window_bits=7", false},
    {"permessage-deflate; client_max_window_bits=16", false},
    {"permessage-deflate; server_max_window_bits", false},
    {"permessage-deflate; server_max_window_bits=09", false},
    {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", false},
    {"permessage-deflate; server_no_context_takeover=1", false},
    {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", false},
    {"permessage-deflate; unheard_of", false},
    {"permessage-bzip2", false},
}};

// `@` is where the fields of an opening handshake stand.
struct Request {
    std::string_view text;
    int status = 101;
};
constexpr std::string_view key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::array<Request, 15> requests{{
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\n@", 101},
    {"GET /play/1?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n@", 101},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n@", 101},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost:80\r\nOrigin: http://localhost\r\n@", 101},
    {"GET /play/1 HTTP/1.1\r\nHost: [::1]:8080\r\nOrigin: http://[::1]:8080\r\n@", 101},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://elsewhere\r\n@", 403},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:81\r\n@", 403},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n@", 403},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a b\r\n@", 403},
    {"GET /play/9 HTTP/1.1\r\nHost: localhost\r\n@", 404},
    {"GET /play/ HTTP/1.1\r\nHost: localhost\r\n@", 404},
    {"GET /else HTTP/1.1\r\nHost: localhost\r\n@", 404},
    {"GET /play/1 HTTP/1.0\r\nHost: localhost\r\n@", 400},
    {"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n@abc", 400},
    {"GET /play/1 HTTP/1.1\r\n@", 400},
}};

// A frame with a mask of zeroes; `first`: FIN, the reserved bits and the opcode.
std::string frame(int first, std::string_view payload, bool is_masked = true) {
    std::string bytes(1, static_cast<char>(first));
    const int mask = is_masked ? 0x80 : 0;
    if (payload.size() < 126) {
        bytes += static_cast<char>(mask | static_cast<int>(payload.size()));
    } else {
        bytes += static_cast<char>(mask | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    if (is_masked) bytes += std::string(4, '\0');
    return bytes.append(payload);
}

// What is said in the WebSocket, and the code of the close frame that comes of it (RFC 6455,
// section 7.4.1). 1000: nothing of it broke a rule; what the game makes of it is the game's.
struct Script {
    std::string bytes;
    int code = 1000;
    bool needs_deflate = false;
};

using namespace std::string_literals;

const std::vector<Script>& scripts() {
    static const std::vector<Script> all{
        {frame(0x88, "\x03\xE8")},
        {frame(0x88, "")},
        {frame(0x88, "\x0B\xB8 done")},
        {frame(0x81, "Gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x9A\x80")},
        {frame(0x01, "\xF0\x9F") + frame(0x89, "in between") + frame(0x80, "\x9A\x80")},
        {frame(0x01, "") + frame(0x00, "\xE2") + frame(0x00, "\x82") + frame(0x80, "\xAC")},
        {frame(0x82, std::string(3'000, 'b')) + frame(0x8A, "nobody asked")},
        {frame(0x81, "\xC3\x28"), 1007},
        {frame(0x81, "cut \xE2\x82"), 1007},
        {frame(0x01, "\xED") + frame(0x80, "\xA0\x80"), 1007},
        {frame(0x81, "\xF4\x90\x80\x80"), 1007},
        {frame(0x81, "\xC0\xAF"), 1007},
        {frame(0x88, "\x03\xE8\xFF"), 1007},
        {frame(0x88, "\x03"), 1002},
        {frame(0x88, "\x03\xED"), 1002},
        {frame(0x88, "\x13\x88\x00"s) + frame(0x81, "behind it"), 1002},
        {frame(0x81, "bare", false), 1002},
        {frame(0xA1, "reserved"), 1002},
        {frame(0x83, "opcode"), 1002},
        {frame(0x8B, "opcode"), 1002},
        {frame(0x09, "in pieces"), 1002},
        {frame(0x89, std::string(126, 'p')), 1002},
        {frame(0x80, "of nothing"), 1002},
        {frame(0x01, "one") + frame(0x81, "another"), 1002},
        {"\x82\xFE\x00\x05\0\0\0\0hello"s, 1002},
        {"\x82\xFF\x80\0\0\0\0\0\0\1\0\0\0\0"s, 1002},
        {"\x82\xFF\0\0\1\0\0\0\0\0"s + "\0\0\0\0"s, 1009},
        {frame(0xC1, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), 1000, true},
        {frame(0xC1, "\xFF\xFF\xFF"), 1007, true},
        {frame(0x41, "\xF2\x48") + frame(0xC0, "\xCD"), 1002, true},
    };
    return all;
}

bool is_of(int code, std::initializer_list<int> codes) {
    return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

Stranger::Stranger(SimulatedKernel& kernel, std::uint64_t seed, const Server& server)
    : kernel_(kernel), rng_(seed), server_(server) {
    wakes_at_ = kernel.now() + std::chrono::milliseconds(rng_.below(3'000));
}

void Stranger::complain(std::string_view what, std::string_view about) {
    if (complaint_.empty()) {
        complaint_ = fmt::format("a stranger: {} {:?}, having said {:?}", what, about, asked_);
    }
}

void Stranger::step(Nanoseconds now) {
    if (socket_ == nullptr) {
        if (now >= wakes_at_ && !is_ending_) come(now);
        return;
    }
    read(now);
    if (socket_ == nullptr) return;
    if (kernel_.is_paused()) quiet_since_ = now;
    const bool waits = now - std::max(quiet_since_, last_arrival_) > patience;
    const bool broke_a_rule = is_in_ && scripts()[script_].code != 1000;
    if (waits && broke_a_rule && !is_told_ && !is_ending_) {
        complain("nobody tells it so", scripts()[script_].bytes);
    }
    if (now >= wakes_at_) leave(now);
}

void Stranger::come(Nanoseconds now) {
    const bool is_proxy = server_.believes_proxy && rng_.chance(70);
    const std::uint32_t elsewhere = rng_.chance(50) ? loopback : 0x0A01'0100 + rng_.below(9);
    socket_ = kernel_.connect(is_proxy ? proxies + rng_.below(2) : elsewhere);
    wakes_at_ = now + std::chrono::milliseconds(500 + rng_.below(6'000));
    if (socket_ == nullptr) return;
    last_arrival_ = now;
    told_.clear();
    is_in_ = false;
    is_told_ = false;
    quiet_since_ = now;
    tls_.reset();
    choose_what_to_ask(is_proxy);
    // It does not wait for the answer: what it says behind it waits there.
    const std::string all = asked_ + (status_due_ == 101 ? scripts()[script_].bytes : "");
    if (rng_.chance(is_proxy ? 50 : 10)) {
        // Before the first byte of TLS, where there is TLS.
        post(proxy_words(), now);
        if (!is_proxy) status_due_ = server_.seals ? nothing_due : 400;
    }
    if (server_.seals) tls_ = std::make_unique<TlsEnd>(rng_, ticket_);
    send(all, now);
}

void Stranger::choose_what_to_ask(bool is_proxy) {
    const auto any = [this](const auto& of) {
        return rng_.below(static_cast<std::uint32_t>(of.size()));
    };
    const Request& request = requests[rng_.chance(60) ? 0 : any(requests)];
    // http:// is another's page where TLS ends here.
    const bool is_of_plain = request.text.find("Origin: http://") != std::string_view::npos;
    status_due_ = server_.seals && is_of_plain ? 403 : request.status;
    const std::size_t fields = request.text.find('@');
    const std::string forwarded = is_proxy ? forwarding() : "";
    const std::string offered = offer();
    asked_ = fmt::format(
        "{}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{}{}{}\r\n{}",
        request.text.substr(0, fields), key, forwarded, offered, request.text.substr(fields + 1));
    script_ = any(scripts());
    if (scripts()[script_].needs_deflate && !deflate_is_due_) script_ = 0;
}

// Whom a proxy of HTTP speaks for, if that is what it is; some say more than they know.
std::string Stranger::forwarding() {
    switch (rng_.below(5)) {
        case 0:
            return fmt::format("X-Forwarded-For: 203.0.113.{}\r\n", rng_.below(6));
        case 1:
            return "X-Forwarded-For: 10.9.9.9, 2001:db8::7, 10.2.0.1\r\n";
        case 2:
            return "X-Forwarded-For: unknown, [2001:db8::8]:80\r\nX-Forwarded-For: 10.2.0.1\r\n";
        case 3:
            return "X-Forwarded-For: ,,; what?\r\n";
        default:
            return {};
    }
}

std::string Stranger::offer() {
    const Deflate& deflate = deflates[rng_.below(deflates.size())];
    deflate_is_due_ = deflate.is_agreed && server_.deflates;
    if (deflate.offer.empty()) return {};
    return fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate.offer);
}

// A PROXY header, or what calls itself one.
std::string Stranger::proxy_words() {
    constexpr int tcp4 = 0x11;
    constexpr int tcp6 = 0x21;
    constexpr int local = 0x31;
    const std::string client{'\xCB', '\0', 'q', static_cast<char>(rng_.below(6))};
    const std::string addresses = client + std::string("\x0A\x02\0\1\x12\x34\0P", 8);
    switch (rng_.below(9)) {
        case 0:
            return test::proxy_header(0x20, 0, "");
        case 1:
            return test::proxy_header(0x21, tcp6, std::string(36, '\x20'));
        case 2:
            return test::proxy_header(0x21, local, std::string(216, '/'));
        case 3:
            return test::proxy_header(0x21, tcp4, addresses + std::string("\x04\0\3abc", 6));
        case 4:  // Of another version, of too little, and of too much.
            status_due_ = no_answer;
            return test::proxy_header(0x31, tcp4, addresses);
        case 5:
            status_due_ = no_answer;
            return test::proxy_header(0x21, tcp4, addresses.substr(0, 7));
        case 6:
            status_due_ = no_answer;
            return test::proxy_header(0x21, tcp4, addresses + std::string(2'040, 'x'));
        default:
            return test::proxy_header(0x21, tcp4, addresses);
    }
}

void Stranger::leave(Nanoseconds now) {
    if (rng_.chance(20)) socket_->reset_by_client = true;
    socket_->fin_at = std::max(now, last_arrival_);
    socket_ = nullptr;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(2'000));
}

void Stranger::send(std::string_view text, Nanoseconds now) {
    if (!tls_) return post(text, now);
    if (!text.empty()) tls_->write(as_bytes(text));
    const auto sealed = tls_->take();
    post(as_text(sealed), now);
}

// In pieces, as a network has it.
void Stranger::post(std::string_view text, Nanoseconds now) {
    while (!text.empty()) {
        const auto left = static_cast<std::uint32_t>(text.size());
        const std::size_t size = rng_.chance(30) ? 1 + rng_.below(left) : left;
        last_arrival_ = std::max(last_arrival_, now + std::chrono::milliseconds(rng_.below(40)));
        const auto piece = as_bytes(text.substr(0, size));
        socket_->under_way.push_back({.at = last_arrival_, .bytes = {piece.begin(), piece.end()}});
        text.remove_prefix(size);
    }
}

void Stranger::read(Nanoseconds now) {
    std::vector<std::byte> bytes(socket_->unread.begin(), socket_->unread.end());
    socket_->unread.clear();
    socket_->read += bytes.size();
    if (tls_) {
        bytes = tls_->read(bytes);
        if (tls_->has_failed() && status_due_ > nothing_due) complain("it was sent no TLS", "");
        send({}, now);
    }
    told_ += as_text(bytes);
    if (!is_in_) read_head();
    while (is_in_ && read_frame()) {
    }
    if (socket_->fin_from_server || socket_->reset_by_server) leave(now);
}

void Stranger::read_head() {
    constexpr std::string_view begin = "HTTP/1.1 ";
    const std::size_t end = told_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = told_.substr(0, end + 2);
    told_.erase(0, end + 4);
    int status = 0;
    if (!head.starts_with(begin)) return complain("no answer of a server's", head);
    std::from_chars(head.data() + begin.size(), head.data() + head.size(), status);
    answers_ += 1;
    // There was no place, from the door on; or there were too many of its address, or it took too
    // long to be heard.
    const bool is_late = is_of(status, {408, 429}) && status_due_ != no_answer;
    const bool is_excused = status == 503 || is_late;
    if (status_due_ != nothing_due && status != status_due_ && !is_excused) {
        complain(fmt::format("{} was due, and came", status_due_), head);
    }
    is_in_ = status == 101;
    const bool deflates = head.find("permessage-deflate") != std::string::npos;
    if (is_in_ && deflates != deflate_is_due_) complain("deflate is agreed to or not", head);
    if (!is_in_) told_.clear();
}

// False: there is no whole one.
bool Stranger::read_frame() {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(told_[at]); };
    if (told_.size() < 2) return false;
    std::size_t head = 2;
    std::size_t size = byte(1);
    if (size == 126) {
        head = 4;
        if (told_.size() < head) return false;
        size = std::size_t{byte(2)} << 8 | byte(3);
    }
    if (told_.size() < head + size) return false;
    if ((byte(0) & 0x40) != 0 && !deflate_is_due_) complain("deflated", told_.substr(0, 16));
    if ((byte(0) & 0x0F) == 8) judge_close(std::string_view(told_).substr(head, size));
    told_.erase(0, head + size);
    return true;
}

void Stranger::judge_close(std::string_view payload) {
    is_told_ = true;
    if (payload.size() < 2) return;
    const int code =
        static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    const int due = scripts()[script_].code;
    answers_ += 1;
    const bool is_fine =
        due == 1000 ? !is_of(code, {1002, 1007, 1009}) : is_of(code, {due, 1001, 1008, 1013});
    if (!is_fine) complain(fmt::format("{} was due, and came", due), payload);
}

}  // namespace ringtick
