#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringtick {

// The number of that name in a request's query, "tick=900&room=1". Nothing if it is not there, or
// is anything but a number from beginning to end.
inline std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : query.size());
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        const std::string_view text = pair.substr(name.size() + 1);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return number;
    }
    return std::nullopt;
}

// Which room a request is about, counted from 1: the first, if it names none. 0: that is no number.
inline std::uint64_t room_in(std::string_view query) {
    const bool names_one = query.starts_with("room=") || query.find("&room=") != query.npos;
    return names_one ? number_in(query, "room").value_or(0) : 1;
}

}  // namespace ringtick
