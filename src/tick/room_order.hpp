#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringtick {

// What an operator orders of a room's game, as it is told (a command of operator_id) and recorded:
//
//     0         1          5
//    [  kind   |  number  ]   The number is little-endian.
struct RoomOrder {
    enum class Kind : std::uint8_t { bots = 1 };  // So many are to take part.

    static constexpr std::size_t size = 5;

    Kind kind = Kind::bots;
    std::uint32_t number = 0;

    friend bool operator==(const RoomOrder&, const RoomOrder&) = default;

    std::array<std::byte, size> encoded() const {
        std::array<std::byte, size> bytes{};
        ByteWriter writer(bytes);
        writer.put(static_cast<std::uint8_t>(kind));
        writer.put(number);
        return bytes;
    }
    // Nothing for bytes that are no order: a recording is somebody's word.
    static std::optional<RoomOrder> decoded(std::span<const std::byte> bytes) {
        if (bytes.size() != size) return std::nullopt;
        ByteReader reader(bytes);
        const auto kind = static_cast<Kind>(reader.get<std::uint8_t>());
        if (kind != Kind::bots) return std::nullopt;
        return RoomOrder{.kind = kind, .number = reader.get<std::uint32_t>()};
    }
};

}  // namespace ringtick
