#pragma once

#include "base/rng.hpp"
#include "railroids/snapshot.hpp"
#include "replica/resume.hpp"
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
#include "load/fixed_queue.hpp"
#include "load/marksman.hpp"
#include "load/settings.hpp"

namespace ringtick::swarm {

// Clients that play Railroids: they join, fly about, fire a bit, and decode every message with the
// game's own codec. Of the world they keep only what the next input needs; a page's whole client
// (railroids/client.hpp) would take half a MiB for each. The few who aim (--aim) have one.
//
// What they say is said of what they have seen by then, and leaves a round trip (--rtt) later.
class Players {
public:
    static constexpr std::size_t message_size_max = 16'384;

    // What a complete message was.
    struct Seen {
        bool valid = false;
        bool welcome = false;
        std::optional<Resumed> resumed;     // Of one who showed its token.
        bool shown_again = false;           // The first snapshot since a welcome.
        std::optional<std::uint64_t> tick;  // Of a snapshot.
        std::uint64_t gaps = 0;
        std::optional<Nanoseconds> latency;  // Of a ping that was answered.
        std::size_t size = 0;
    };

    Players(Ring& ring,
            std::span<Client> clients,
            std::uint32_t first_id,
            const Settings& settings);

    // The connection is open: says hello.
    void join(std::uint32_t index, Nanoseconds now);
    // Answers when a message is complete.
    std::optional<Seen> read(std::uint32_t index,
                             const ServerFrameReader::Event& piece,
                             Nanoseconds now);
    // An input that was due at that time; once a second a ping with it. Nothing without a world.
    void play(std::uint32_t index, Nanoseconds due, Nanoseconds now);
    // Sends what has waited for its round trip. Calls `sent(index)` for each input.
    template <class Sent>
    void release(Nanoseconds now, Sent sent) {
        while (!delayed_.empty() && delayed_.front().release <= now) {
            const Delayed delayed = delayed_.pop();
            if (!is_there(delayed)) continue;
            const bool taken = enqueue(delayed.index, delayed.message());
            if (taken && delayed.is_input) sent(delayed.index);
        }
    }
    // When release() has something to do.
    std::optional<Nanoseconds> next_release() const {
        return delayed_.empty() ? std::nullopt : std::optional(delayed_.front().release);
    }
    AimTally aim() const;
    // As Sender does.
    void flush();
    void on_short(std::uint32_t index, std::int32_t result);

private:
    static constexpr std::size_t hello_size_max = 128 + held_size_max;

    struct Player {
        explicit Player(std::uint64_t seed) : rng(seed) {}

        bool welcomed = false;
        bool shows_token = false;  // In this connection,
        ResumeWish back;           // and says so of itself. The events are counted on.
        bool shown = false;        // A snapshot since the welcome.
        railroids::ShipId id = 0;
        std::uint16_t latest = 0;           // Which of its two snapshots.
        std::uint32_t tick = 0;             // Of the last snapshot.
        std::uint32_t stamp = 0;            // Of the last input.
        std::uint32_t ticks_under_way = 0;  // From when an input is made.
        std::uint32_t inputs = 0;
        railroids::Input wish;
        Rng rng;
        std::size_t gathered = 0;  // Of a message that comes in pieces.
        // Frames that are to be sent. The first `taken` bytes are gone, if all went well.
        std::array<std::byte, 256 + hello_size_max> out{};
        std::size_t out_size = 0;
        std::size_t out_taken = 0;
        bool queued = false;
        std::unique_ptr<Marksman> marksman;  // Of those who aim.
    };
    // A message that goes out when its round trip is over.
    struct Delayed {
        std::uint32_t index = 0;
        std::uint32_t generation = 0;
        Nanoseconds release{};
        bool is_input = false;
        std::uint8_t size = 0;
        std::array<std::byte, 32> bytes{};

        std::span<const std::byte> message() const { return std::span(bytes).first(size); }
    };

    bool is_marksman(std::uint32_t index) const;
    bool comes_back(std::uint32_t index) const;
    bool is_there(const Delayed& delayed) const;
    std::size_t write_input(Player& player, Nanoseconds due, std::span<std::byte> out) const;
    std::span<const std::byte> gather(std::uint32_t index, const ServerFrameReader::Event& piece);
    Seen understand(std::uint32_t index, std::span<const std::byte> message, Nanoseconds now);
    Seen on_welcome(Player& player, std::span<const std::byte> message);
    Seen on_snapshot(std::uint32_t index, std::span<const std::byte> message);
    Seen on_event(std::uint32_t index, std::span<const std::byte> message);
    static Seen on_pong(std::span<const std::byte> message, Nanoseconds now);
    void steer(Player& player) const;
    void delay(const Delayed& message);
    bool enqueue(std::uint32_t index, std::span<const std::byte> message);
    railroids::Name name_of(std::uint32_t index) const;

    Ring& ring_;
    std::span<Client> clients_;
    std::uint32_t first_id_;
    const Settings& settings_;
    std::vector<Player> players_;
    FixedQueue<Delayed> delayed_;          // By the time of their release.
    std::unique_ptr<std::byte[]> pieces_;  // message_size_max for each.
    // A delta goes on from the snapshot before it: two for each, in turns.
    std::unique_ptr<railroids::Snapshot[]> snapshots_;
    // Of the world that all of them are in.
    railroids::Scale scale_;
    railroids::Terrain terrain_;
    std::uint64_t seed_ = 0;
    bool knows_world_ = false;
    std::vector<std::uint32_t> queue_;
};

}  // namespace ringtick::swarm
