#pragma once

#include "base/result.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "load/client.hpp"
#include "load/client_messages.hpp"
#include "load/findings.hpp"
#include "load/fixed_queue.hpp"
#include "load/players.hpp"
#include "load/schedule.hpp"
#include "load/sender.hpp"
#include "load/settings.hpp"
#include "load/shared.hpp"
#include "load/unpacker.hpp"

namespace ringtick::swarm {

// Which of the clients a thread has.
struct Share {
    std::uint32_t index = 0;  // Of the thread.
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

// One thread's clients, around one ring. Connections come and go in shard_connections.cpp, what
// they say is in shard_messages.cpp, and when is in shard.cpp.
//
// Delay (--rtt) is all put on the way out: a message that is due goes out a whole round trip later,
// and what comes counts as half a round trip older. A server cannot tell that from a delay on both
// ways, and nothing received has to be kept.
class Shard {
public:
    Shard(const Settings& settings, const Share& share, Shared& shared, Live& live);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // In the thread that is to have the ring.
    [[nodiscard]] Result<void> run();

    const Findings& findings() const { return findings_; }

private:
    enum class Phase : std::uint8_t { gathering, waiting, measuring, draining, over };

    // A message that goes out when its round trip is over.
    struct Delayed {
        std::uint32_t client = 0;
        std::uint32_t generation = 0;
        Nanoseconds due{};
    };

    Result<void> open();
    void turn();
    Nanoseconds next_deadline() const;
    void take_completions();
    void on_completion(const Completion& completion);
    void advance_phase();
    void stop_early();
    void end_gathering();
    void start_measuring();
    void stop_measuring();
    std::uint64_t unanswered() const;
    void finish();
    void publish_progress();

    void connect_some();
    void churn_some();
    void churn_one(std::uint32_t index, bool abrupt);
    void storm_if_due();
    void read_slowly();
    void read_slowly(std::uint32_t index);
    bool may_connect() const;
    void connect(std::uint32_t index);
    int open_socket(const Client& client, std::uint32_t id) const;
    void receive(std::uint32_t index);
    void on_request_sent(std::uint32_t index, std::int32_t result);
    void on_recv(std::uint32_t index, const Completion& completion, std::span<std::byte> bytes);
    void on_open(std::uint32_t index);
    void on_end(std::uint32_t index);
    void refuse(std::uint32_t index);
    void lose(std::uint32_t index);
    void leave(std::uint32_t index, bool rejoins);
    void end_closing(std::uint32_t index);
    void settle(std::uint32_t index);
    void rearm();
    void sweep();
    bool nobody_left() const {
        return open_ == 0 && shaking_ == 0 && away_ == 0 && arrivals_.empty();
    }

    void read_stream(std::uint32_t index, std::span<const std::byte> bytes);
    bool read_frames(std::uint32_t index, std::span<const std::byte> bytes);
    bool on_piece(std::uint32_t index, const ServerFrameReader::Event& piece);
    static void count(Tally& seen, const ServerFrameReader::Event& end, std::uint64_t size);
    void count(Resumed resumed);
    void note_return(std::uint32_t index);
    void on_data(std::uint32_t index, const ServerFrameReader::Event& piece);
    void on_echo(std::uint32_t index, const ServerFrameReader::Event& piece);
    void on_game(std::uint32_t index, const ServerFrameReader::Event& piece);
    void on_broadcast(std::uint32_t index, const ServerFrameReader::Event& piece);
    bool on_control(std::uint32_t index, const ServerFrameReader::Event& frame);
    void send_pongs();
    bool send_control(std::uint32_t index, Opcode opcode, std::span<const std::byte> payload);
    void fill_window(std::uint32_t index, Nanoseconds due);
    void issue_due();
    void issue_delayed();
    void issue_after_answer(std::uint32_t index);
    std::uint64_t inputs_due() const;
    // A player's input is made when it falls due, and held back by Players.
    Nanoseconds schedule_delay() const {
        return players_ != nullptr ? Nanoseconds::zero() : settings_.round_trip;
    }
    void issue_scheduled(std::uint32_t index);
    void issue(std::uint32_t index, Nanoseconds due);
    bool window_full(const Client& client) const;
    Nanoseconds& due_of(std::uint32_t index, std::uint64_t number) {
        const std::size_t window = settings_.in_flight;
        return dues_[index * window + number % window];
    }

    Tally& tally(const Client& client) { return findings_.of(client.temper); }
    bool counting() const { return phase_ == Phase::measuring || phase_ == Phase::draining; }

    const Settings& settings_;
    Share share_;
    Shared& shared_;
    Live& live_;
    Ring ring_;
    BufferRing buffers_;  // After its ring, to go before it.
    std::vector<Client> clients_;
    ClientMessages messages_;
    Sender sender_;
    std::unique_ptr<Players> players_;     // In Railroids: what clients say then is theirs.
    std::unique_ptr<Unpacker> unpacker_;   // With --deflate.
    std::unique_ptr<Nanoseconds[]> dues_;  // Echo: of each client's messages in flight.
    FixedQueue<Delayed> delayed_;
    FixedQueue<std::uint32_t> arrivals_;  // Clients that are to connect.
    std::vector<std::uint32_t> unarmed_;  // Clients whose receive ended.
    std::vector<std::uint32_t> pongs_;    // Clients that owe one.

    Phase phase_ = Phase::gathering;
    Nanoseconds now_{};
    Nanoseconds end_{};
    Nanoseconds measuring_since_{};
    Nanoseconds swept_{};
    Nanoseconds cpu_user_before_{};
    Nanoseconds cpu_system_before_{};
    Schedule inputs_;  // Of all clients of all threads together.
    std::uint64_t inputs_done_ = 0;
    std::uint32_t open_ = 0;
    std::uint32_t shaking_ = 0;
    std::uint32_t away_ = 0;  // Left to come again, and not among the arrivals yet.

    Schedule ramp_;  // Of all threads together, as are those who churn.
    std::uint64_t connects_ = 0;
    Schedule churn_;
    std::uint64_t churn_done_ = 0;
    std::uint32_t churn_next_ = 0;  // Whose turn it is to leave.
    bool stormed_ = false;
    std::vector<std::uint32_t> slow_;  // The slow clients.
    Schedule slow_reads_;
    std::uint64_t slow_reads_done_ = 0;
    Findings findings_;
};

}  // namespace ringtick::swarm
