#include "ws/utf8.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringtick {
namespace {

enum class Verdict : std::uint8_t { valid, unfinished, invalid };

Verdict validate(std::string_view text) {
    Utf8Validator validator;
    if (!validator.push(as_bytes(text))) return Verdict::invalid;
    return validator.at_boundary() ? Verdict::valid : Verdict::unfinished;
}

// A plain encoder to compare with (RFC 3629, section 3).
std::string encode(std::uint32_t point) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    const auto tail = [&](std::uint32_t shift) { return byte(0x80 | (point >> shift & 0x3F)); };
    if (point < 0x80) return {byte(point)};
    if (point < 0x800) return {byte(0xC0 | point >> 6), tail(0)};
    if (point < 0x1'0000) return {byte(0xE0 | point >> 12), tail(6), tail(0)};
    return {byte(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

// The scalar values that the beginning of a character may still become.
struct Range {
    std::uint32_t low;
    std::uint32_t high;
};

bool holds_a_valid_character(Range range, std::size_t size) {
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x1'0000};
    if (range.high < least[size]) return false;        // Overlong.
    if (range.low > 0x10'FFFF) return false;           // Beyond Unicode.
    return range.low < 0xD800 || range.high > 0xDFFF;  // A surrogate.
}

std::size_t character_size(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    return lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
}

// A reference by another road: it first decodes as far as it can and then judges the range.
Verdict judge_first_character(std::string_view text) {
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

Verdict judge_plainly(std::string_view text) {
    while (!text.empty()) {
        const Verdict verdict = judge_first_character(text);
        if (verdict != Verdict::valid) return verdict;
        text.remove_prefix(character_size(text));
    }
    return Verdict::valid;
}

TEST(Utf8, AcceptsEveryScalarValue) {
    for (std::uint32_t point = 0; point <= 0x10'FFFF; ++point) {
        const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        const Verdict expected = surrogate ? Verdict::invalid : Verdict::valid;
        ASSERT_EQ(validate(encode(point)), expected) << std::hex << point;
    }
}

// Goal: fail-fast and acceptance agree with the reference for every beginning of a text.
// Method: all strings of one, two and three bytes.
TEST(Utf8, AgreesWithAPlainReferenceOnAllStringsOfUpToThreeBytes) {
    for (std::uint32_t bits = 0; bits < (1U << 24); ++bits) {
        const std::string text{static_cast<char>(bits >> 16), static_cast<char>(bits >> 8 & 0xFF),
                               static_cast<char>(bits & 0xFF)};
        const std::string_view two = std::string_view(text).substr(1);
        ASSERT_EQ(validate(text), judge_plainly(text)) << std::hex << bits;
        if (bits < (1U << 16)) {
            ASSERT_EQ(validate(two), judge_plainly(two)) << std::hex << bits;
        }
        if (bits < (1U << 8)) {
            ASSERT_EQ(validate(two.substr(1)), judge_plainly(two.substr(1))) << std::hex << bits;
        }
    }
}

TEST(Utf8, AgreesWithAPlainReferenceOnTheEdgesOfFourByteCharacters) {
    constexpr std::array<unsigned, 4> tails{0x7F, 0x80, 0xBF, 0xC0};
    for (unsigned lead = 0xEF; lead <= 0xFF; ++lead) {
        for (unsigned bits = 0; bits < 256 * 16; ++bits) {
            const std::string text{static_cast<char>(lead), static_cast<char>(bits >> 4),
                                   static_cast<char>(tails[bits >> 2 & 3]),
                                   static_cast<char>(tails[bits & 3])};
            ASSERT_EQ(validate(text), judge_plainly(text)) << std::hex << lead << ' ' << bits;
        }
    }
}

TEST(Utf8, AcceptsNonCharacters) {
    EXPECT_EQ(validate("\xEF\xBF\xBE"), Verdict::valid);      // U+FFFE
    EXPECT_EQ(validate("\xF4\x8F\xBF\xBF"), Verdict::valid);  // U+10FFFF
    EXPECT_EQ(validate(std::string(1, '\0')), Verdict::valid);
}

// Goal: a bad byte is found where it stands, at every place of the wide ASCII steps.
TEST(Utf8, FindsABadByteAtEveryPlaceOfALongText) {
    for (std::size_t place = 0; place < 70; ++place) {
        std::string text(70, 'a');
        text[place] = '\xFF';
        EXPECT_EQ(validate(text), Verdict::invalid) << place;
        text[place] = '\x80';
        EXPECT_EQ(validate(text), Verdict::invalid) << place;
    }
}

Verdict validate_in_two(std::string_view text, std::size_t cut) {
    Utf8Validator validator;
    const auto bytes = as_bytes(text);
    if (!validator.push(bytes.first(cut))) return Verdict::invalid;
    if (!validator.push(bytes.subspan(cut))) return Verdict::invalid;
    return validator.at_boundary() ? Verdict::valid : Verdict::unfinished;
}

TEST(Utf8, GivesTheSameVerdictWhereverTheTextIsCut) {
    for (const std::string_view text :
         {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xF0\x9F\x9A\x82 and ASCII for a while",
          "good, then a surrogate: \xED\xA0\x80 and more",
          "ends inside a character \xF0\x9F\x9A"}) {
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            EXPECT_EQ(validate_in_two(text, cut), validate(text)) << text << " cut at " << cut;
        }
    }
}

TEST(Utf8, StartsAfreshAfterAReset) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.push(as_bytes("\xED")));
    validator.reset();
    EXPECT_TRUE(validator.at_boundary());
    EXPECT_TRUE(validator.push(as_bytes("\xEE\xBF\xBF")));
}

TEST(Utf8, CutsAPrefixBetweenCharacters) {
    EXPECT_EQ(utf8_prefix("abc", 5), "abc");
    EXPECT_EQ(utf8_prefix("abc", 3), "abc");
    EXPECT_EQ(utf8_prefix("abc", 2), "ab");
    EXPECT_EQ(utf8_prefix("a\xF0\x9F\x9A\x82z", 5), "a\xF0\x9F\x9A\x82");
    for (std::size_t size = 1; size < 5; ++size) {
        EXPECT_EQ(utf8_prefix("a\xF0\x9F\x9A\x82z", size), "a");
    }
    EXPECT_EQ(utf8_prefix("\xC3\xA9", 1), "");
}

}  // namespace
}  // namespace ringtick
