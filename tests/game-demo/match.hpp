#pragma once

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "railroids/client.hpp"
#include "railroids/railroids.hpp"
#include "tick/room_order.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

namespace railroids {

using Bytes = std::vector<std::byte>;

// Keeps what the game sends.
class Mailbox final : public Outbox {
public:
    struct Letter {
        std::uint16_t slot = 0;
        Bytes bytes;
    };

    void send(PlayerId player, std::span<const std::byte> message) override {
        letters.push_back({player.slot, Bytes(message.begin(), message.end())});
    }
    void close(PlayerId player) override { closed.push_back(player.slot); }

    std::size_t count(std::uint16_t slot, MessageKind kind) const {
        std::size_t found = 0;
        for (const Letter& letter : letters) {
            const auto first = std::to_integer<std::uint8_t>(letter.bytes.at(0));
            if (letter.slot == slot && (first & 0xF) == static_cast<std::uint8_t>(kind)) found += 1;
        }
        return found;
    }

    std::deque<Letter> letters;
    std::vector<std::uint16_t> closed;  // Slots.
};

template <class Message>
Bytes encoded(const Message& message) {
    Bytes bytes(2'048);
    bytes.resize(encode(message, bytes));
    return bytes;
}

inline Bytes hello(std::string_view name, const ringtick::ResumeWish& wish = {}) {
    Hello message;
    message.resume = wish;
    message.schema = schema_hash();
    for (const char letter : name) message.name.push(letter);
    return encoded(message);
}

inline Bytes hello_to_watch(std::uint16_t subject) {
    Hello message;
    message.schema = schema_hash();
    message.watch = subject;
    return encoded(message);
}

inline Bytes input(std::uint32_t stamp, std::uint8_t buttons, std::uint8_t aim = 0) {
    InputMessage message;
    message.tick = stamp;
    message.inputs.push({.buttons = buttons, .aim = aim});
    return encoded(message);
}

// As of a player who has been shown all ticks up to `acknowledged`, and draws so long before it.
inline Bytes input_seeing(std::uint32_t acknowledged,
                          std::uint16_t view_back,
                          std::uint32_t stamp,
                          const Input& wanted) {
    InputMessage message;
    message.acknowledged_tick = acknowledged;
    message.view_back = view_back;
    message.tick = stamp;
    message.inputs.push(wanted);
    return encoded(message);
}

// A game with nobody between: commands go in, messages come out, ticks pass when told.
class Match {
public:
    explicit Match(const RailroidsOptions& options) : game(options) {}

    void join(std::uint16_t slot, std::string_view name) {
        game.on_join({slot});
        say(slot, hello(name));
    }
    // With a word, so that nobody waits for it to come back.
    void leave(std::uint16_t slot) {
        say(slot, encoded(ringtick::Bye{.reason = ringtick::ByeReason::leave}));
    }
    void say(std::uint16_t slot, Bytes message) { waiting_.push_back({slot, std::move(message)}); }
    // So many bots are to fly from the next tick on. False: that cannot be.
    bool order_bots(std::uint32_t count) {
        const auto order = ringtick::RoomOrder{.number = count}.encoded();
        if (!game.obeys(order)) return false;
        say(ringtick::operator_id.slot, Bytes(order.begin(), order.end()));
        return true;
    }
    void step() {
        std::vector<ringtick::Command> commands;
        commands.reserve(waiting_.size());
        for (const Mailbox::Letter& letter : waiting_) {
            commands.push_back({.player = {letter.slot}, .bytes = letter.bytes});
        }
        tick += 1;
        game.tick(tick, commands, mailbox);
        waiting_.clear();
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }
    Bytes snapshot(std::uint16_t slot, std::size_t size_max = 16'384) {
        Bytes bytes(size_max);
        bytes.resize(game.write_snapshot({slot}, bytes));
        return bytes;
    }
    Ship& ship(ShipId id) { return game.world().ship(id); }

    Railroids game;
    Mailbox mailbox;
    std::uint64_t tick = 0;

private:
    std::vector<Mailbox::Letter> waiting_;
};

// Two places this far apart, one east of the other, with nothing between or around them.
struct Lane {
    FixedVector west;
    FixedVector east;
};

inline bool is_free_lane(const Terrain& terrain, FixedVector west, Fixed length) {
    for (const std::int32_t off : {-60, -30, 0, 30, 60}) {
        const FixedVector start = west + FixedVector{Fixed::from_int(-80), Fixed::from_int(off)};
        if (terrain.ray(start, {Fixed::from_int(1), {}}, length) < length) return false;
    }
    return true;
}

inline Lane free_lane(const Terrain& terrain, std::int32_t distance) {
    const FixedVector way{Fixed::from_int(distance), {}};
    const std::int32_t most = terrain.side() - 300;
    for (std::int32_t y = 300; y < most; y += 20) {
        for (std::int32_t x = 300; x < most - distance; x += 20) {
            const FixedVector west{Fixed::from_int(x), Fixed::from_int(y)};
            const Fixed length = Fixed::from_int(distance + 100);
            if (is_free_lane(terrain, west, length)) return {west, west + way};
        }
    }
    return {};
}

}  // namespace railroids
