#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringtick {

// What stands behind that name in a request's query, "tick=900&room=1". Nothing if it is not there.
inline std::optional<std::string_view> text_in(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : query.size());
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        return pair.substr(name.size() + 1);
    }
    return std::nullopt;
}

// The number of that name. Nothing if it is not there, or is anything but a number from beginning
// to end.
inline std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name) {
    const auto text = text_in(query, name);
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return number;
}

// Which room a request is about, by its name: the first, if it names none.
inline std::string_view room_in(std::string_view query) {
    return text_in(query, "room").value_or("1");
}

}  // namespace ringtick
