#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/connections.hpp"
#include "net/listener.hpp"
#include "server/drain.hpp"
#include "server/metrics.hpp"
#include "server/rooms.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// --handover: a server is replaced by a new process of the same options, which takes the listening
// socket and the connections of all players with what is known of them, between two ticks.
//
//   the new one (takeover.hpp)                  the one that serves (here)
//
//   hello: version, who it is, options  ---->   refused, if it could not go on with the same match
//                                       <----   welcome
//   takes its memory, opens its ring
//   ready                               ---->   at the end of a tick: receives nothing more, waits
//                                               for the last completions of its players
//                                       <----   begin, the image in pieces, the sockets
//   checks and loads all of it
//   taken                               ---->   forgets them, finishes what is no player's, exits 0
//   serves
//
// "Taken" is the one moment at which the sockets change hands. Nobody reads or writes them between
// "begin" and that: this process has no request under way, the other has not begun. If it has not
// come in time, this one shuts its end for receiving: from then on the other cannot send it any
// more (and ends, for that fails), and what it sent before is still found. So never do both serve.
// Wherever the other is killed or stopped before it has said "taken", this one goes on as if
// nothing had been, for its descriptors are open still. Between "begin" and the end of patience
// nobody serves; and nobody does, as after any crash, if the other is killed behind "taken".
//
// Only a process of the same user is listened to, and one at a time: who comes later takes the
// place of who has not said "ready" yet. What it says is checked; a build that says another version
// is refused.
enum class HandoverKind : std::uint8_t {
    hello = 1,
    welcome,
    refused,
    ready,
    begin,
    piece,
    sockets,
    taken
};

// Changes whenever an image is laid out otherwise.
inline constexpr std::uint32_t handover_version = 3;

class Handover {
public:
    struct Parts {
        Ring& ring;
        Connections& connections;
        Rooms& rooms;
        Listener& listener;
        const Drain& drain;
    };

    explicit Handover(const Parts& parts) : parts_(parts) {}
    ~Handover();
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;

    // `identity` is a text that must be the successor's, too.
    [[nodiscard]] Result<void> open(const std::string& path,
                                    const std::string& identity,
                                    Nanoseconds patience);
    bool is_open() const { return listener_ >= 0; }
    void arm();
    static bool owns(const Completion& completion) {
        return completion.token.op == Op::signal && completion.token.owner.slot != 0;
    }
    void on_completion(const Completion& completion);

    // Somebody is ready to take all of it.
    bool is_due() const { return state_ == State::ready; }
    Nanoseconds patience() const { return patience_; }
    struct Moment {
        std::uint64_t tick = 0;   // The last one.
        Nanoseconds next_at{};    // When the next is due.
        Nanoseconds ticked_at{};  // When the loop woke for the last one.
        Nanoseconds began_at{};   // When receiving stopped.
        Nanoseconds until{};      // When patience ends.
    };
    // Between two ticks, while nothing is under way on any connection that can move. True: the
    // other process has them, and here they are forgotten.
    bool give(const Moment& moment);
    // It could not be tried.
    void give_up();
    // The successor listens there now.
    void leave() { path_.clear(); }

    HandoverStats stats;

private:
    enum class State : std::uint8_t { idle, connected, welcomed, ready };

    void accept();
    void read_peer();
    void on_hello(std::span<const std::byte> message);
    void drop_peer();
    std::vector<std::byte> make_image(const Moment& moment, std::span<const Handle> moved) const;
    bool send(HandoverKind kind,
              std::span<const std::byte> rest,
              std::span<const int> descriptors,
              Nanoseconds until);
    bool send_all(std::span<const std::byte> image,
                  std::span<const int> sockets,
                  Nanoseconds until);
    bool is_taken(Nanoseconds until);

    Parts parts_;
    std::string path_;
    std::string identity_;
    Nanoseconds patience_{};
    int listener_ = -1;
    std::uint32_t user_ = 0;
    int peer_ = -1;
    std::uint32_t peer_number_ = 0;
    State state_ = State::idle;
};

}  // namespace ringtick
