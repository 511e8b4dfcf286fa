#pragma once

#include <optional>
#include <string_view>

namespace ringtick::http {

// What a request line asks for (RFC 9112, section 3.2), in views of it.
struct RequestTarget {
    std::string_view authority;  // Of the absolute form; empty in the origin form.
    std::string_view path;
    std::string_view query;
};

// Nothing if it is of another form, has a fragment, or its path could lead out of a root: "..",
// NUL or a backslash, plain or percent-encoded, or a broken percent-encoding.
std::optional<RequestTarget> parse_request_target(std::string_view text);

}  // namespace ringtick::http
