#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "railroids/railroids.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace {

class Nowhere final : public ringtick::Outbox {
public:
    void send(ringtick::PlayerId, std::span<const std::byte> message) override {
        ASSERT(!message.empty());
    }
};

void make_up_a_world(ringtick::ByteReader& reader, std::uint32_t tick, ringtick::ResumeWish& wish) {
    wish.tick = tick - reader.get<std::uint8_t>();
    const std::size_t size = reader.get<std::uint8_t>();
    for (const std::byte byte : reader.take(std::min(size, reader.left()))) {
        wish.held.push(std::to_integer<std::uint8_t>(byte));
    }
}

bool is_keyframe(std::span<const std::byte> snapshot) {
    ringtick::MessageTag tag;
    ASSERT(ringtick::read_tag(snapshot, tag));
    return (tag.flags & ringtick::SnapshotHeader::keyframe) != 0;
}

}  // namespace

// The input is messages, each behind a byte for who says it (from 0xF0: who leaves) and a byte for
// its size. One of no size stands for a HELLO with the right schema hash, which no fuzzer would
// find and which changes with every field. One of 0xFF is such a HELLO too, and lies: how many
// ticks ago its last snapshot was, and a size and so many bytes of what was in it, follow.
// Property: whatever players say, the game goes on, a snapshot is one that a client takes who has
// not lied of what it has, and no more inputs are applied than ticks have passed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto snapshots = std::make_unique<std::array<railroids::Snapshot, 8>>();
    static std::array<std::byte, 16'384> out;
    constexpr std::uint16_t players = 4;
    railroids::Railroids game({.seed = 1, .players_max = players, .bots = 3});
    const auto scale = railroids::Scale::of(7, game.world().terrain().side());
    railroids::Hello hello;
    hello.schema = railroids::schema_hash();
    std::array<std::byte, 2'048> hello_bytes{};
    Nowhere outbox;
    std::array<bool, players> here{};
    std::array<std::uint8_t, players> known{};  // 0: nothing; else which of a player's two, and 1.
    std::array<bool, players> lied{};           // And may understand nothing before a keyframe.
    ringtick::ByteReader reader(std::as_bytes(std::span(data, size)));
    std::uint64_t tick = 0;
    while (reader.left() > 0) {
        const std::uint8_t who = reader.get<std::uint8_t>();
        const std::size_t wanted = reader.get<std::uint8_t>();
        const ringtick::PlayerId player{static_cast<std::uint16_t>(who % players)};
        bool& is_here = here[player.slot];
        if (!is_here) {
            game.on_join(player);
            game.on_token(player, ringtick::IssuedToken::recorded({.first = player.slot + 1U}));
        }
        if (is_here && who >= 0xF0) game.on_leave(player);
        is_here = !(is_here && who >= 0xF0);

        // Perhaps the token of somebody who was here, or is.
        const bool lies = wanted == 0xFF;
        hello.resume = {.key = {.id = static_cast<std::uint16_t>(who / players % players),
                                .token = {.first = who / 16U}},
                        .knows_world = lies || who % 2 == 0};
        if (lies) make_up_a_world(reader, static_cast<std::uint32_t>(tick), hello.resume);
        const auto greeting = std::span(hello_bytes).first(encode(hello, hello_bytes));
        const bool greets = lies || wanted == 0;
        const auto message = greets ? greeting : reader.take(std::min(wanted, reader.left()));
        const ringtick::Command command{.player = player, .bytes = message};
        game.tick(++tick, std::span(&command, is_here ? 1 : 0), outbox);
        if (!is_here || lies) known[player.slot] = 0;
        lied[player.slot] = is_here && (lied[player.slot] || lies);
        const std::size_t written = game.write_snapshot(player, out);
        if (written == 0 || (lied[player.slot] && !is_keyframe(out))) continue;
        lied[player.slot] = false;
        const std::uint8_t last = known[player.slot];
        const std::uint8_t next = last == 1 ? 2 : 1;
        const auto at = [&](std::uint8_t which) {
            return &(*snapshots)[player.slot * 2U + which - 1U];
        };
        ASSERT(railroids::decode(std::span(out).first(written), scale, game.world().terrain(),
                                 last == 0 ? nullptr : at(last), *at(next)));
        known[player.slot] = next;
    }
    ASSERT(game.inputs_applied() <= tick * players);
    return 0;
}
