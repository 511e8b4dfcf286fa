#include "http/request_rules.hpp"

#include "http/field_value.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

bool is_host_character(char c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    // RFC 3986, section 3.2.2, without the comma, which would be two hosts in a list.
    return std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
}

// RFC 9112, section 3.2: exactly one, and valid; 1.0 may leave it out.
Status judge_host(const Request& request, std::string_view authority) {
    if (request.count("Host") > 1) return Status::bad_request;
    const auto host = request.find("Host");
    if (!host) return request.http_1_1 ? Status::bad_request : Status::ok;
    if (host->empty() || !std::ranges::all_of(*host, is_host_character)) {
        return Status::bad_request;
    }
    // Two different answers to "who is asked" are one too many.
    const bool same = authority.empty() || equals_ignoring_case(authority, *host);
    return same ? Status::ok : Status::bad_request;
}

bool is_zero(std::string_view digits) {
    return std::ranges::all_of(digits, [](char c) { return c == '0'; });
}

// We serve nothing that takes a body, so we never need to find the end of one: the safest framing
// against request smuggling. llhttp has checked that the value is digits and the only one.
Status judge_body(const Request& request) {
    constexpr std::size_t digits_max = 19;  // More may not fit 64 bits; nobody means them.
    if (request.count("Transfer-Encoding") > 0) return Status::bad_request;
    if (request.count("Content-Length") > 1) return Status::bad_request;
    const auto length = request.find("Content-Length");
    if (!length) return Status::ok;
    if (length->empty() || length->size() > digits_max) return Status::bad_request;
    if (is_zero(*length)) return Status::ok;
    // On an upgrade a body is not too large, it is a lie about where the WebSocket begins.
    return request.count("Upgrade") > 0 ? Status::bad_request : Status::content_too_large;
}

}  // namespace

Status judge_head(const Request& request, std::string_view authority) {
    const Status host = judge_host(request, authority);
    return host == Status::ok ? judge_body(request) : host;
}

}  // namespace ringtick::http
