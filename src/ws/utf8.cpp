#include "ws/utf8.hpp"

#include <array>
#include <cstring>

namespace ringtick {

namespace {

constexpr std::uint8_t continuation_min = 0x80;
constexpr std::uint8_t continuation_max = 0xBF;

bool is_ascii(const std::byte* bytes) {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), bytes, sizeof(words));
    return ((words[0] | words[1]) & 0x8080'8080'8080'8080U) == 0;
}

// How many bytes at the front are ASCII, in steps of 16: what most text is made of, at the speed of
// reading it.
std::size_t ascii_front(std::span<const std::byte> bytes) {
    constexpr std::size_t step = 16;
    std::size_t count = 0;
    while (bytes.size() - count >= step && is_ascii(bytes.data() + count)) count += step;
    return count;
}

}  // namespace

bool Utf8Validator::push(std::span<const std::byte> bytes) {
    std::size_t i = at_boundary() ? ascii_front(bytes) : 0;
    while (i < bytes.size()) {
        const auto byte = std::to_integer<std::uint8_t>(bytes[i]);
        i += 1;
        if (missing_ > 0) {
            if (byte < next_min_ || byte > next_max_) return false;
            missing_ -= 1;
            next_min_ = continuation_min;
            next_max_ = continuation_max;
        } else if (byte >= 0x80) {
            if (!begin_character(byte)) return false;
        } else {
            i += ascii_front(bytes.subspan(i));
        }
    }
    return true;
}

// RFC 3629, section 4, its grammar of a character a line.
bool Utf8Validator::begin_character(std::uint8_t lead) {
    if (lead < 0xC2 || lead > 0xF4) return false;  // A continuation, an overlong, over U+10FFFF.
    missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (lead == 0xE0) next_min_ = 0xA0;  // Below: could be written in two bytes.
    if (lead == 0xED) next_max_ = 0x9F;  // Above: the surrogates, U+D800 to U+DFFF.
    if (lead == 0xF0) next_min_ = 0x90;  // Below: could be written in three bytes.
    if (lead == 0xF4) next_max_ = 0x8F;  // Above: beyond U+10FFFF.
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) return text;
    // Back to the first byte of the character that does not fit.
    std::size_t size = size_max;
    while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xC0) == 0x80) size -= 1;
    return text.substr(0, size);
}

}  // namespace ringtick
