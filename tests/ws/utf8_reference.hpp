#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// A plain judge of UTF-8 to compare the fast one with.

namespace ringtick {

enum class Verdict : std::uint8_t { valid, unfinished, invalid };

// The scalar values that the beginning of a character may still become.
struct Range {
    std::uint32_t low;
    std::uint32_t high;
};

inline bool holds_a_valid_character(Range range, std::size_t size) {
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x1'0000};
    if (range.high < least[size]) return false;        // Overlong.
    if (range.low > 0x10'FFFF) return false;           // Beyond Unicode.
    return range.low < 0xD800 || range.high > 0xDFFF;  // A surrogate.
}

inline std::size_t character_size(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    return lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
}

// A reference by another road: it first decodes as far as it can and then judges the range.
inline Verdict judge_first_character(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    if (lead < 0x80) return Verdict::valid;
    if (lead < 0xC0 || lead > 0xF7) return Verdict::invalid;
    const std::size_t size = character_size(text);
    Range range{lead & (0x7FU >> size), lead & (0x7FU >> size)};
    for (std::size_t i = 1; i < size; ++i) {
        const bool there = i < text.size();
        const auto byte = there ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0x80};
        if ((byte & 0xC0) != 0x80) return Verdict::invalid;
        range.low = range.low << 6 | (byte & 0x3FU);
        range.high = range.high << 6 | (there ? byte & 0x3FU : 0x3FU);
    }
    if (!holds_a_valid_character(range, size)) return Verdict::invalid;
    return size > text.size() ? Verdict::unfinished : Verdict::valid;
}

inline Verdict judge_plainly(std::string_view text) {
    while (!text.empty()) {
        const Verdict verdict = judge_first_character(text);
        if (verdict != Verdict::valid) return verdict;
        text.remove_prefix(character_size(text));
    }
    return Verdict::valid;
}

}  // namespace ringtick
