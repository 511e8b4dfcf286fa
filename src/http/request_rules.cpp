#include "http/request_rules.hpp"

#include "base/text.hpp"
#include "http/field_value.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

bool is_name_character(char c) {
    if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    // RFC 3986, section 3.2.2, without the comma, which would be two hosts in a list.
    return std::string_view("-._~%!$&'()*+;=").find(c) != std::string_view::npos;
}

// RFC 9110, section 7.2: uri-host [":" port], where an IPv6 address stands in brackets.
bool is_host(std::string_view text) {
    const bool bracketed = text.starts_with('[');
    if (bracketed) text.remove_prefix(1);
    const auto end = std::min(text.find(bracketed ? ']' : ':'), text.size());
    if (bracketed && end == text.size()) return false;
    const std::string_view name = text.substr(0, end);
    const std::string_view port = text.substr(bracketed ? end + 1 : end);
    const auto belongs = [&](char c) { return is_name_character(c) || (bracketed && c == ':'); };
    if (name.empty() || !std::ranges::all_of(name, belongs)) return false;
    return port.empty() || (port.front() == ':' && std::ranges::all_of(port.substr(1), is_digit));
}

// RFC 9112, section 3.2: exactly one, and valid; 1.0 may leave it out.
Status judge_host(const Request& request, std::string_view authority) {
    if (request.count("Host") > 1) return Status::bad_request;
    const auto host = request.find("Host");
    if (!host) return request.http_1_1 ? Status::bad_request : Status::ok;
    if (!is_host(*host)) return Status::bad_request;
    // Two different answers to "who is asked" are one too many.
    const bool same = authority.empty() || equals_ignoring_case(authority, *host);
    return same ? Status::ok : Status::bad_request;
}

// Of digits: without the zeros before them.
std::string_view significant(std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
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
    const std::string_view size = significant(*length);
    if (size.empty()) return Status::ok;
    // On an upgrade a body is not too large, it is a lie about where the WebSocket begins.
    if (request.count("Upgrade") > 0) return Status::bad_request;
    // A method that takes a body is itself what is wrong, unless nobody would take so much. Either
    // refusal ends the connection.
    constexpr std::size_t modest_digits = 4;
    const bool modest = request.method == Method::other && size.size() <= modest_digits;
    return modest ? Status::ok : Status::content_too_large;
}

}  // namespace

bool announces_body(const Request& request) {
    return !significant(request.find("Content-Length").value_or("")).empty();
}

Status judge_head(const Request& request, std::string_view authority) {
    const Status host = judge_host(request, authority);
    return host == Status::ok ? judge_body(request) : host;
}

}  // namespace ringtick::http
