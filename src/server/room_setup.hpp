#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringtick {

// What a room is called, as in /play/NAME: 1 to 32 letters, digits, '-' and '_' of ASCII. So it
// needs no escaping in a path, in JSON or in a log.
class RoomName {
public:
    static constexpr std::size_t size_max = 32;

    RoomName() = default;
    static std::optional<RoomName> from(std::string_view text) {
        if (text.empty() || text.size() > size_max) return std::nullopt;
        RoomName name;
        for (const char letter : text) {
            if (!is_allowed(letter)) return std::nullopt;
            name.letters_[name.size_++] = letter;
        }
        return name;
    }

    std::string_view text() const { return {letters_.data(), size_}; }
    bool operator==(const RoomName&) const = default;

private:
    static bool is_allowed(char letter) {
        const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        return is_letter || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    }

    std::array<char, size_max> letters_{};
    std::uint8_t size_ = 0;
};

// All that makes one room another than the next.
struct RoomSetup {
    RoomName name;
    std::uint32_t number = 1;  // Its place in the directory, from 1 on: free again when it ends.
    std::uint64_t seed = 0;
    std::uint32_t players_max = 0;
    std::uint32_t bots = 0;
    bool on_demand = false;  // Ends when it has been empty for a while.
};

}  // namespace ringtick
