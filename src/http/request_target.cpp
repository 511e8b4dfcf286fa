#include "http/request_target.hpp"

#include "base/assert.hpp"
#include "http/field_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace ringtick::http {

namespace {

// Takes one character, percent-encoded or not, off the front of `text`; nothing if it is broken.
std::optional<char> take_decoded(std::string_view& text) {
    ASSERT(!text.empty());
    if (text.front() != '%') {
        const char plain = text.front();
        text.remove_prefix(1);
        return plain;
    }
    if (text.size() < 3) return std::nullopt;
    std::uint8_t value = 0;
    const char* const end = text.data() + 3;
    const auto parsed = std::from_chars(text.data() + 1, end, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    text.remove_prefix(3);
    return static_cast<char>(value);
}

// Two dots anywhere are refused, not only as a whole segment: no asset of ours has such a name, and
// there is then nothing to argue about.
bool is_safe_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    char before = '\0';
    while (!path.empty()) {
        const auto c = take_decoded(path);
        if (!c || *c == '\0' || *c == '\\') return false;
        if (*c == '.' && before == '.') return false;
        before = *c;
    }
    return true;
}

// RFC 9112, section 3.2.2: a server must take the absolute form too. Removes "http://authority".
std::optional<std::string_view> take_authority(std::string_view& text) {
    if (text.starts_with('/')) return std::string_view{};
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equals_ignoring_case(text.substr(0, scheme.size()), scheme)) continue;
        text.remove_prefix(scheme.size());
        const auto end = std::min(text.find_first_of("/?"), text.size());
        const std::string_view authority = text.substr(0, end);
        text.remove_prefix(end);
        if (authority.empty()) return std::nullopt;
        return authority;
    }
    return std::nullopt;
}

}  // namespace

std::optional<RequestTarget> parse_request_target(std::string_view text) {
    if (text.find('#') != std::string_view::npos) return std::nullopt;
    const auto authority = take_authority(text);
    if (!authority) return std::nullopt;

    const auto question = std::min(text.find('?'), text.size());
    RequestTarget target{.authority = *authority, .path = text.substr(0, question)};
    if (question < text.size()) target.query = text.substr(question + 1);
    if (target.path.empty()) target.path = "/";  // "http://host" means its root.
    if (!is_safe_path(target.path)) return std::nullopt;
    return target;
}

}  // namespace ringtick::http
