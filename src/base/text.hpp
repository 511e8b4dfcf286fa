#pragma once

#include <string_view>

// What texts of the protocols are made of: ASCII, whatever the locale.

namespace ringtick {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Without the white space (space and tab) around it.
constexpr std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace ringtick
