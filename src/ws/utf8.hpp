#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick {

// Validates UTF-8 as it arrives, cut anywhere, and refuses at the first byte after which no
// continuation could be valid (RFC 3629; RFC 6455, section 8.1). Remembers three bytes.
class Utf8Validator {
public:
    // Whether all bytes so far are the beginning of valid text. After a false, only reset().
    [[nodiscard]] bool push(std::span<const std::byte> bytes);
    // Whether the text may end here: it is not inside a character.
    bool at_boundary() const { return missing_ == 0; }
    void reset() { *this = {}; }

    // See base/image.hpp.
    template <class Image, class Self>
    static void describe(Image& image, Self& self) {
        image.whole(self.missing_);
        image.whole(self.next_min_);
        image.whole(self.next_max_);
        if constexpr (Image::reads) {
            const bool could_be = self.missing_ <= 3 && self.next_min_ >= 0x80 &&
                                  self.next_min_ <= self.next_max_ && self.next_max_ <= 0xBF;
            if (!could_be) image.refuse();
        }
    }

private:
    bool begin_character(std::uint8_t lead);

    std::uint8_t missing_ = 0;  // Continuation bytes still to come of the current character.
    // What the next of them must lie between. Narrower than 80 to BF only behind E0, ED, F0 and F4.
    std::uint8_t next_min_ = 0x80;
    std::uint8_t next_max_ = 0xBF;
};

// The longest front of `text` that has at most `size_max` bytes and does not cut a character.
std::string_view utf8_prefix(std::string_view text, std::size_t size_max);

}  // namespace ringtick
