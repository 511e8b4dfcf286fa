#include "net/proxy_trust.hpp"

#include "base/text.hpp"
#include "http/field_value.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace ringtick {

namespace {

// Takes the last element off a comma-separated list; empty ones do not count (RFC 9110, 5.6.1).
std::optional<std::string_view> take_last_element(std::string_view& list) {
    while (!list.empty()) {
        const std::size_t comma = list.rfind(',');
        const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
        const std::string_view element = trim(list.substr(begin));
        list = list.substr(0, begin > 0 ? comma : 0);
        if (!element.empty()) return element;
    }
    return std::nullopt;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size();
}

// Nobody has said what an entry looks like, and some proxies add a port: 192.0.2.1:5000, and
// [2001:db8::1]:5000, or the brackets alone.
std::optional<IpAddress> parse_entry(std::string_view entry) {
    if (entry.starts_with('[')) {
        const std::size_t bracket = entry.find(']');
        if (bracket == std::string_view::npos) return std::nullopt;
        const std::string_view behind = entry.substr(bracket + 1);
        const bool fine = behind.empty() || (behind.front() == ':' && is_port(behind.substr(1)));
        const auto address = parse_ip_address(entry.substr(1, bracket - 1));
        return fine ? address : std::nullopt;
    }
    const std::size_t colon = entry.find(':');
    const bool one_colon = colon != std::string_view::npos && colon == entry.rfind(':');
    if (!one_colon) return parse_ip_address(entry);
    if (!is_port(entry.substr(colon + 1))) return std::nullopt;
    return parse_ip_address(entry.substr(0, colon));
}

}  // namespace

bool ProxyTrust::includes(const Peer& peer) const {
    switch (peer.kind) {
        case Peer::Kind::unknown:
            return false;
        case Peer::Kind::local:
            return local;
        case Peer::Kind::ip:
            return std::ranges::any_of(
                ranges, [&](const IpRange& range) { return range.contains(peer.address); });
    }
    return false;
}

Peer forwarded_client(const http::Request& request, const ProxyTrust& trust) {
    // Several headers of one name are one list, in their order (RFC 9110, section 5.3).
    for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
        if (!http::equals_ignoring_case(header->name, "X-Forwarded-For")) continue;
        std::string_view list = header->value;
        while (const auto entry = take_last_element(list)) {
            const auto address = parse_entry(*entry);
            if (!address) return {};
            const Peer hop{.kind = Peer::Kind::ip, .address = *address};
            if (!trust.includes(hop)) return hop;
        }
    }
    return {};
}

}  // namespace ringtick
