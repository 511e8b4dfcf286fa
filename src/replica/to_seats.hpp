#pragma once

#include "replica/event_log.hpp"
#include "replica/protocol.hpp"
#include "replica/seats.hpp"
#include "tick/game.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// What a game tells its seats: it goes to the connections that hold them, and of what must arrive
// a copy is kept for those who come back.
class ToSeats final : public Outbox {
public:
    ToSeats(const Seats& seats, EventLog& events, Outbox& outbox)
        : seats_(seats), events_(events), outbox_(outbox) {}

    void send(PlayerId seat, std::span<const std::byte> message) override {
        MessageTag tag;
        const bool is_event = read_tag(message, tag) && tag.kind == MessageKind::event;
        if (is_event) events_.add(seat.slot, message);
        const std::uint16_t slot = seats_.slot_of(seat.slot);
        if (slot != Seats::none) outbox_.send({slot}, message);
    }

    // Its seat is kept, as of any connection that is gone.
    void close(PlayerId seat) override {
        const std::uint16_t slot = seats_.slot_of(seat.slot);
        if (slot != Seats::none) outbox_.close({slot});
    }

private:
    const Seats& seats_;
    EventLog& events_;
    Outbox& outbox_;
};

}  // namespace ringtick
