#pragma once

#include "base/time.hpp"
#include "net/connections.hpp"
#include "server/drain.hpp"
#include "server/handover.hpp"
#include "server/options.hpp"
#include "server/rooms.hpp"
#include "server/serve.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

class ImageReader;

// What both processes of a handover must have in common: a line for each, "--bots 20".
std::string handover_identity(const Options& options, const Program& program);

// The new process's side of a handover (handover.hpp). At its start it may wait.
class Takeover {
public:
    Takeover() = default;
    ~Takeover();
    Takeover(const Takeover&) = delete;
    Takeover& operator=(const Takeover&) = delete;

    // Says what is wrong and what can be done, or nothing. Then is_on() says whether there is a
    // server to be taken over, and that it agrees.
    [[nodiscard]] std::string connect(const Options& options, const std::string& identity);
    bool is_on() const { return socket_ >= 0; }

    // All memory is taken. Waits for the other's tick and receives what it gives; not when
    // `signals` has one to stop. False: why().
    [[nodiscard]] bool receive(int signals);
    int take_listener();
    // The rooms' games are in the state of the other's, and everybody has his place; newcomers are
    // refused if they were. Nothing is done with the sockets yet.
    [[nodiscard]] bool load(Connections& connections, Rooms& rooms, Drain& drain);
    // From here on they are ours.
    [[nodiscard]] bool commit();
    const std::string& why() const { return why_; }

    std::uint64_t tick() const { return moment_.tick; }
    Nanoseconds next_at() const { return moment_.next_at; }
    Nanoseconds ticked_at() const { return moment_.ticked_at; }
    // Since its last one.
    std::uint64_t ticks_due(Nanoseconds now) const;
    // Since when nobody has served.
    Nanoseconds began_at() const { return moment_.began_at; }
    HandoverStats stats() const;

private:
    bool fail(std::string why);
    bool receive_begin();
    bool receive_piece();
    bool read_moment(ImageReader& image);

    int socket_ = -1;
    std::vector<std::byte> image_;
    std::size_t image_size_ = 0;
    std::uint32_t checksum_ = 0;
    std::uint32_t sockets_count_ = 0;
    std::vector<int> sockets_;  // The listener, then the connections'; ours to close until commit.
    bool lost_descriptors_ = false;
    Handover::Moment moment_;
    std::uint64_t handovers_ = 0;
    bool is_draining_ = false;
    Nanoseconds close_at_{};
    Nanoseconds taken_at_{};
    std::uint32_t rate_hz_ = 0;
    std::string why_;
};

}  // namespace ringtick
