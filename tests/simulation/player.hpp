#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"
#include "railroids/client.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "load/handshake_reader.hpp"
#include "load/server_frame_reader.hpp"
#include "load/unpacker.hpp"
#include "simulation/kernel.hpp"
#include "simulation/tls_end.hpp"
#include "simulation/witness.hpp"

namespace ringtick {

// What a player does beside playing, and how often, in a thousand a second.
struct Manners {
    std::uint32_t leaves = 0;    // Says goodbye, and comes again as somebody else.
    std::uint32_t breaks = 0;    // Its connection is reset; it comes back with its token.
    std::uint32_t vanishes = 0;  // As a machine that is carried out of reach.
    std::uint32_t stalls = 0;    // Reads nothing for a while, or only a little.
    std::uint32_t lies = 0;      // Sends what no client of ours sends.
    std::uint32_t hurries = 0;   // Sends its messages in pieces, or many at once.
    std::uint32_t looks_on = 0;  // Of a thousand who come, so many only watch.
    // No fault of its own: whether it offers to have messages compressed.
    bool inflates = false;
    // Nor whether the server speaks TLS.
    bool seals = false;

    bool has_none() const {
        return leaves + breaks + vanishes + stalls + lies + hurries + looks_on == 0;
    }
};

// A player of the real protocol, on the other end of a simulated socket: the page's own client
// behind a WebSocket of its own. Whatever it is sent has to be whole, well formed and true.
class Player {
public:
    // What tells it from all others, in everything that it says.
    struct Identity {
        std::uint64_t seed = 0;
        std::uint32_t number = 0;  // Of all players: in its name and in how it aims.
        std::uint32_t room = 1;
    };

    Player(SimulatedKernel& kernel,
           const Witness& witness,
           const Identity& identity,
           const Manners& manners);

    void step(Nanoseconds now);
    // Does nothing any more but read and answer, so that a server can stop.
    void behave() {
        manners_ = {.inflates = manners_.inflates, .seals = manners_.seals};
        is_ending_ = true;
        // Who begins to read when the server's patience is over could not answer in time.
        if (stalled_) wakes_at_ = std::min(wakes_at_, kernel_.now() + std::chrono::seconds(1));
    }

    // What was wrong with what it was told; empty: nothing.
    const std::string& complaint() const { return complaint_; }
    std::uint64_t snapshots() const { return snapshots_; }
    std::uint64_t resumptions() const { return resumptions_; }
    std::uint64_t gap_max() const { return gap_max_; }
    std::uint64_t welcomes() const { return welcomes_; }
    std::uint64_t kills_told() const { return kills_told_; }
    // Pairs of snapshots between which none was to be missing.
    std::uint64_t undisturbed() const { return undisturbed_; }

private:
    using Deaths = std::vector<std::pair<railroids::ShipId, railroids::ShipId>>;

    enum class State : std::uint8_t { away, handshake, open, closing, vanished };

    bool happens(std::uint32_t per_mille_a_second, Nanoseconds elapsed);
    void connect(Nanoseconds now);
    void leave_connection(Nanoseconds now, bool forgets);
    void misbehave(Nanoseconds now, Nanoseconds elapsed);
    void lie(Nanoseconds now);
    void speak(Nanoseconds now);
    void send(std::span<const std::byte> bytes, Nanoseconds now);
    void post(std::span<const std::byte> bytes, Nanoseconds now);
    void send_frame(Opcode opcode, std::span<const std::byte> payload, Nanoseconds now);
    std::vector<std::byte> take_bytes();
    std::vector<std::byte> unseal(std::span<const std::byte> sealed, Nanoseconds now);
    void read(Nanoseconds now);
    void read_answer(std::span<const std::byte>& bytes, Nanoseconds now);
    void greet(Nanoseconds now);
    void read_frames(std::span<const std::byte> bytes, Nanoseconds now);
    bool inflate(swarm::ServerFrameReader::Event& event);
    void on_message(Nanoseconds now);
    void on_welcome();
    void on_event();
    void on_control(Opcode opcode, std::span<const std::byte> payload, Nanoseconds now);
    void check_snapshot();
    void check_gap(std::uint64_t before, std::uint64_t tick);
    void check_kills(std::uint64_t tick);
    void check_own_ship(std::span<const Witness::Ship> ships);
    void check_nobody_is_missing(std::span<const Witness::Ship> ships);
    bool is_trusted() const { return !looks_on_ && !has_ever_lied_; }
    void complain(std::string_view what);

    SimulatedKernel& kernel_;
    const Witness& witness_;
    Rng rng_;
    Identity identity_;
    Manners manners_;
    bool is_model_;  // Of a player: has none of these.
    std::unique_ptr<railroids::RailroidsClient> client_ =
        std::make_unique<railroids::RailroidsClient>();
    SimulatedSocket* socket_ = nullptr;  // The kernel's.
    TlsTicket ticket_;
    std::unique_ptr<TlsEnd> tls_;  // Of this connection; null: plain bytes.
    State state_ = State::away;
    swarm::HandshakeReader handshake_;
    swarm::ServerFrameReader frames_;
    std::unique_ptr<swarm::Unpacker> unpacker_;  // Of who inflates.
    std::vector<std::byte> message_;
    Nanoseconds stepped_at_{};
    Nanoseconds wakes_at_{};      // From being away, or from a stall.
    Nanoseconds last_arrival_{};  // Of what it sent: a stream keeps its order.
    Nanoseconds knocked_at_{};
    Nanoseconds ping_at_{};
    Nanoseconds delay_;             // To the server.
    std::uint64_t shown_tick_ = 0;  // The newest in this connection; 0: none.
    bool is_ending_ = false;        // The match: from now on it may be told goodbye.
    bool has_lied_ = false;         // In this connection: it may be cut off.
    bool has_ever_lied_ = false;    // As who it is: it cannot say what it was to be told.
    bool looks_on_ = false;
    bool stalled_ = false;
    std::uint64_t snapshots_ = 0;
    std::uint64_t resumptions_ = 0;
    std::uint64_t welcomes_ = 0;
    std::uint64_t gap_max_ = 0;  // Ticks shown to others, between two snapshots.
    std::uint64_t undisturbed_ = 0;
    std::uint64_t held_back_before_ = 0;    // This connection began.
    std::uint64_t held_back_at_shown_ = 0;  // And when it was shown the newest.
    // Killer and victim, as it was told of those that concern it, and not yet held against what
    // happened; and up to where that was.
    Deaths told_;
    std::uint64_t seated_at_ = 0;  // The tick from which on it is in its seat.
    std::size_t kills_checked_ = 0;
    std::uint64_t kills_told_ = 0;
    std::string last_words_;  // The server's, of a connection that it closed.
    std::string complaint_;
};

}  // namespace ringtick
