#pragma once

#include <optional>
#include <string_view>

// How the values of header fields are read (RFC 9110, section 5.6).

namespace ringtick::http {

// In ASCII only: what HTTP compares without case is never anything else.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// Takes the next element off the front of a comma-separated list; empty ones do not count (5.6.1).
// For lists without quoted strings.
std::optional<std::string_view> take_element(std::string_view& list);

}  // namespace ringtick::http
