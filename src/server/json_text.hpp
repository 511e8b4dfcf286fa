#pragma once

#include "base/bytes.hpp"
#include "server/text_writer.hpp"
#include "ws/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace ringtick {

// A string of JSON (RFC 8259, section 7), whoever wrote the text: at most two characters for each
// of its bytes, and the quotes. What no string may hold, and what is no UTF-8, becomes '?'.
inline void add_json_text(TextWriter& out, std::string_view text) {
    Utf8Validator validator;
    const bool is_utf8 = validator.push(as_bytes(text)) && validator.at_boundary();
    const auto is_plain = [is_utf8](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7F && (byte < 0x80 || is_utf8) && c != '"' && c != '\\';
    };
    out.add("\"");
    while (!text.empty()) {
        const auto odd = std::ranges::find_if_not(text, is_plain);
        out.add("{}", std::string_view(text.begin(), odd));
        text = {odd, text.end()};
        if (text.empty()) break;
        const bool escaped = text.front() == '"' || text.front() == '\\';
        out.add("{}{}", escaped ? "\\" : "", escaped ? text.front() : '?');
        text.remove_prefix(1);
    }
    out.add("\"");
}

// What a player is called: whoever chose a longer name is known by its beginning.
inline void add_player_name(TextWriter& out, std::string_view name) {
    constexpr std::size_t size_max = 32;
    add_json_text(out, utf8_prefix(name, size_max));
}

}  // namespace ringtick
