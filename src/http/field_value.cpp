#include "http/field_value.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

// Not std::tolower: that asks the locale.
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string_view> take_element(std::string_view& list) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const std::string_view element = trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!element.empty()) return element;
    }
    return std::nullopt;
}

}  // namespace ringtick::http
