#pragma once

#include "base/rng.hpp"
#include "railroids/wire.hpp"
#include "uring/ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "load/client.hpp"
#include "load/findings.hpp"

namespace ringtick::swarm {

// Clients that play Railroids: they join, fly about, fire a bit, and decode every message with the
// game's own codec. Of the world they keep only what the next input needs; a page's whole client
// (railroids/client.hpp) would take half a MiB for each.
class Players {
public:
    static constexpr std::size_t message_size_max = 16'384;

    // What a complete message was.
    struct Seen {
        bool valid = false;
        bool welcome = false;
        std::optional<std::uint64_t> tick;  // Of a snapshot.
        std::uint64_t gaps = 0;
        std::optional<Nanoseconds> latency;  // Of a ping that was answered.
        std::size_t size = 0;
    };

    Players(Ring& ring, std::span<Client> clients, std::uint32_t first_id);

    // The connection is open: says hello.
    void join(std::uint32_t index);
    // Answers when a message is complete.
    std::optional<Seen> read(std::uint32_t index,
                             const ServerFrameReader::Event& piece,
                             Nanoseconds now);
    // An input that was due at that time; once a second a ping with it. False if there is no room
    // for it, or no world yet.
    bool play(std::uint32_t index, Nanoseconds due, std::uint32_t input_hz);
    // As Sender does.
    void flush();
    void on_short(std::uint32_t index, std::int32_t result);

private:
    struct Player {
        explicit Player(std::uint64_t seed) : rng(seed) {}

        bool welcomed = false;
        railroids::ShipId id = 0;
        railroids::Scale scale;
        std::int32_t side = 0;
        std::uint32_t tick = 0;   // Of the last snapshot.
        std::uint32_t stamp = 0;  // Of the last input.
        std::uint32_t inputs = 0;
        railroids::Input wish;
        Rng rng;
        std::size_t gathered = 0;  // Of a message that comes in pieces.
        // Frames that are to be sent. The first `taken` bytes are gone, if all went well.
        std::array<std::byte, 256> out{};
        std::size_t out_size = 0;
        std::size_t out_taken = 0;
        bool queued = false;
    };

    std::span<const std::byte> gather(std::uint32_t index, const ServerFrameReader::Event& piece);
    Seen understand(std::uint32_t index, std::span<const std::byte> message, Nanoseconds now);
    Seen on_welcome(Player& player, std::span<const std::byte> message) const;
    Seen on_snapshot(Player& player, std::span<const std::byte> message);
    Seen on_event(std::uint32_t index, std::span<const std::byte> message) const;
    static Seen on_pong(std::span<const std::byte> message, Nanoseconds now);
    static void steer(Player& player);
    bool enqueue(std::uint32_t index, std::span<const std::byte> message);
    railroids::Name name_of(std::uint32_t index) const;

    Ring& ring_;
    std::span<Client> clients_;
    std::uint32_t first_id_;
    std::vector<Player> players_;
    std::unique_ptr<std::byte[]> pieces_;            // message_size_max for each.
    std::unique_ptr<railroids::Snapshot> snapshot_;  // The one being looked at.
    std::vector<std::uint32_t> queue_;
};

}  // namespace ringtick::swarm
