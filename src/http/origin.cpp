#include "http/origin.hpp"

#include "base/text.hpp"
#include "http/field_value.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

struct HostAndPort {
    std::string_view host;
    std::string_view port;
};

std::string_view default_port(std::string_view scheme) {
    if (equals_ignoring_case(scheme, "http")) return "80";
    if (equals_ignoring_case(scheme, "https")) return "443";
    return "";
}

// host[:port]. The colons of an IPv6 address stand in brackets.
std::optional<HostAndPort> split(std::string_view text, std::string_view port_if_absent) {
    const bool bracketed = text.starts_with('[');
    const auto bracket = bracketed ? text.find(']') : 0;
    if (bracket == std::string_view::npos) return std::nullopt;
    const auto host_end = bracketed ? bracket + 1 : std::min(text.find(':'), text.size());

    const std::string_view host = text.substr(0, host_end);
    const std::string_view rest = text.substr(host_end);
    if (host.empty()) return std::nullopt;
    if (rest.empty()) return HostAndPort{host, port_if_absent};
    const std::string_view port = rest.substr(1);
    if (rest.front() != ':' || port.empty()) return std::nullopt;
    if (!std::ranges::all_of(port, is_digit)) return std::nullopt;
    return HostAndPort{host, port};
}

}  // namespace

std::optional<Origin> parse_origin(std::string_view text) {
    const auto separator = text.find("://");
    if (separator == std::string_view::npos || separator == 0) return std::nullopt;
    const std::string_view scheme = text.substr(0, separator);
    const std::string_view authority = text.substr(separator + 3);
    // No path, user, query, fragment, or second origin may follow (RFC 6454, section 7.1).
    if (authority.find_first_of("/\\@?#, \t") != std::string_view::npos) return std::nullopt;
    const auto parts = split(authority, default_port(scheme));
    if (!parts) return std::nullopt;
    return Origin{.scheme = scheme, .host = parts->host, .port = parts->port};
}

bool same_origin(const Origin& a, const Origin& b) {
    return equals_ignoring_case(a.scheme, b.scheme) && equals_ignoring_case(a.host, b.host) &&
           a.port == b.port;
}

std::string_view host_of(std::string_view host_header) {
    const auto parts = split(host_header, "");
    return parts ? parts->host : std::string_view{};
}

bool is_served_by(const Origin& origin, std::string_view host_header, Transport transport) {
    const bool secure = equals_ignoring_case(origin.scheme, "https");
    if (transport == Transport::tls && !secure) return false;
    const std::string_view port_if_absent = default_port(origin.scheme);
    if (port_if_absent.empty()) return false;  // Only http and https pages are served by anyone.
    const auto host = split(host_header, port_if_absent);
    return host && equals_ignoring_case(origin.host, host->host) && origin.port == host->port;
}

}  // namespace ringtick::http
