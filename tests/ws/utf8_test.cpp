#include "ws/utf8.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "utf8_reference.hpp"

namespace ringtick {
namespace {

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
