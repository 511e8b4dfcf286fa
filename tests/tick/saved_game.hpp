#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "tick/game.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick::test {

// A game whose state is a number that depends on all it was told, and who is there; it can be saved
// and insists on what the server promises.
class SavedGame final : public Game {
public:
    static constexpr std::size_t players_max = 4;
    static constexpr std::size_t state_size_least = 13;

    // `padding`: bytes that make the state larger.
    explicit SavedGame(std::size_t padding = 0) : padding_(padding) {}

    void on_join(PlayerId player) override {
        ASSERT(!present_.at(player.slot));
        present_.at(player.slot) = true;
        fold(player.slot + 1U);
    }
    void on_token(PlayerId player, const IssuedToken& token) override {
        ASSERT(present_.at(player.slot));
        fold(token.digest.first ^ token.digest.second);
    }
    void on_leave(PlayerId player) override {
        ASSERT(present_.at(player.slot));
        present_.at(player.slot) = false;
        fold(player.slot + 100U);
    }
    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox&) override {
        ASSERT(tick > tick_);
        tick_ = tick;
        for (const Command& command : commands) {
            const bool ordered = command.player == operator_id;
            ASSERT(ordered || present_.at(command.player.slot));
            fold(command.player.slot);
            for (const std::byte byte : command.bytes) fold(std::to_integer<std::uint64_t>(byte));
        }
        fold(tick);
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
    bool obeys(std::span<const std::byte> order) const override { return order.size() < 3; }
    std::uint64_t state_hash() const override { return hash_; }

    std::size_t state_size_max() const override { return state_size_least + padding_; }
    std::size_t save_state(std::span<std::byte> out) const override {
        if (padding_ == cannot_save) return 0;
        ASSERT(out.size() >= state_size_max());
        ByteWriter writer(out);
        writer.put(std::uint8_t{'S'});
        for (const bool present : present_) writer.put(static_cast<std::uint8_t>(present ? 1 : 0));
        writer.put(hash_);
        return writer.size() + padding_;
    }
    bool load_state(std::uint64_t tick, std::span<const std::byte> bytes) override {
        ByteReader reader(bytes);
        bool fine = reader.get<std::uint8_t>() == 'S';
        for (bool& present : present_) {
            const auto said = reader.get<std::uint8_t>();
            fine = fine && said <= 1;
            present = said == 1;
        }
        hash_ = reader.get<std::uint64_t>();
        tick_ = tick;
        return fine && !reader.overran();
    }
    bool is_present(PlayerId player) const override { return present_.at(player.slot); }

    static constexpr std::size_t cannot_save = ~std::size_t{};
    void resize_state(std::size_t padding) { padding_ = padding; }
    std::uint64_t last_tick() const { return tick_; }

private:
    void fold(std::uint64_t value) { hash_ = Rng::mix(hash_ ^ value) + 1; }

    std::size_t padding_;
    std::array<bool, players_max> present_{};
    std::uint64_t hash_ = 1;
    std::uint64_t tick_ = 0;
};

}  // namespace ringtick::test
