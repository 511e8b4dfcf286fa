#pragma once

#include "base/resume_token.hpp"
#include "base/text.hpp"
#include "server/text_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringtick {

// What a kept moment is called, in its folder and in its link: when it ended, and 96 random bits,
// so that only who was given the link finds it.
//
//   moment-54321-0123456789abcdef01234567.replay
class MomentName {
public:
    MomentName() = default;
    MomentName(std::uint64_t tick, const ResumeToken& random) {
        TextWriter text(std::span<char>(memory_).first(size_max));
        text.add("{}{}-", prefix, tick);
        const auto bytes = random.bytes();
        for (std::size_t i = 0; i < random_size; ++i) {
            text.add("{:02x}", static_cast<std::uint8_t>(bytes[i]));
        }
        text.add("{}", suffix);
        size_ = text.size();
        tick_ = tick;
    }

    // Nothing, if it is not one to the last character.
    static std::optional<MomentName> parse(std::string_view text) {
        if (text.size() > size_max || !text.starts_with(prefix)) return std::nullopt;
        const std::string_view rest = text.substr(prefix.size());
        MomentName name;
        const auto end = std::from_chars(rest.data(), rest.data() + rest.size(), name.tick_);
        if (end.ec != std::errc{} || rest.starts_with('0')) return std::nullopt;
        std::string_view random = rest.substr(static_cast<std::size_t>(end.ptr - rest.data()));
        if (random.size() != 1 + 2 * random_size + suffix.size()) return std::nullopt;
        if (!random.starts_with('-') || !random.ends_with(suffix)) return std::nullopt;
        random = random.substr(1, 2 * random_size);
        if (!std::ranges::all_of(random, is_hex_digit)) return std::nullopt;
        std::ranges::copy(text, name.memory_.begin());
        name.size_ = text.size();
        return name;
    }

    // For a log, which more people read than the link was given to: moment-54321.
    std::string_view without_secret() const { return text().substr(0, text().rfind('-')); }
    std::string_view text() const { return {memory_.data(), size_}; }
    const char* c_str() const { return memory_.data(); }
    std::uint64_t tick() const { return tick_; }

private:
    static constexpr std::string_view prefix = "moment-";
    static constexpr std::string_view suffix = ".replay";
    static constexpr std::size_t random_size = 12;
    static constexpr std::size_t size_max =
        prefix.size() + 20 + 1 + 2 * random_size + suffix.size();

    static constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

    std::array<char, size_max + 1> memory_{};  // Ended by a zero.
    std::size_t size_ = 0;
    std::uint64_t tick_ = 0;
};

}  // namespace ringtick
