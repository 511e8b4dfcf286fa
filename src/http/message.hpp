#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// The vocabulary of RFC 9110 that we serve. No state, no bytes.

namespace ringtick::http {

enum class Status : std::uint16_t {
    switching_protocols = 101,
    ok = 200,
    accepted = 202,
    see_other = 303,
    not_modified = 304,
    bad_request = 400,
    unauthorized = 401,
    forbidden = 403,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    content_too_large = 413,
    uri_too_long = 414,
    upgrade_required = 426,
    too_many_requests = 429,
    header_fields_too_large = 431,
    service_unavailable = 503,
    insufficient_storage = 507,
};

std::string_view reason_phrase(Status status);

// A POST with a body is one of the others: no body is ever taken.
enum class Method : std::uint8_t { get, head, post, other };

struct Header {
    std::string_view name;
    std::string_view value;  // Without the white space around it.
};

// A complete request head. Everything points into the bytes it was parsed from.
struct Request {
    Method method = Method::other;
    // Absolute, without the query; free of "..", %2e%2e, NUL, backslash. Empty for "OPTIONS *".
    std::string_view path;
    std::string_view query;  // Behind the '?', if any.
    bool keep_alive = false;
    bool http_1_1 = false;
    std::span<const Header> headers;

    // The first header of that name (any case).
    std::optional<std::string_view> find(std::string_view name) const;
    std::uint32_t count(std::string_view name) const;
    // Whether `token` (any case) is an element of the comma-separated lists of that name.
    bool has_token(std::string_view name, std::string_view token) const;
};

}  // namespace ringtick::http
