#pragma once

#include "railroids/wire.hpp"
#include "railroids/world.hpp"
#include "tick/game.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {

using ringtick::Outbox;
using ringtick::PlayerId;

// One person's seat, by player slot, which is also the id of its ship.
struct Seat {
    bool taken = false;
    bool looks_on = false;  // It has no ship, and hears of the others'.
    Name name;

    // See replica/state.hpp.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& seat) {
        codec.bits(seat.taken, 1);
        codec.bits(seat.looks_on, 1);
        codec.only_if(seat.taken,
                      [&] { codec.list(seat.name, [&](auto& letter) { codec.bits(letter, 8); }); });
    }
};

// Tells everyone what must not be lost: names, who came and left, who killed whom, who leads. With
// hundreds of bots someone dies in every tick, so a death is told at once only to the people it
// concerns; others hear once a second of those among people and leaders, five at most. What
// happens once a second happens for each player in a tick of its own; a newcomer is told at once
// how things stand. However many come at once, a tick tells each player of a bounded number: the
// others' names follow in the ticks behind.
class Herald {
public:
    explicit Herald(std::size_t ships);

    // From the next tick() on: how things stand and who is here, to the newcomer; who came, to all.
    void greet(PlayerId player);
    void tell_who_is_here(PlayerId player);  // The first half of it.
    void on_leave(PlayerId player);
    void on_unwatch(PlayerId player);  // Nobody has heard of it.
    void tick(const World& world, std::span<const Seat> seats, std::uint16_t bots, Outbox& outbox);

private:
    static constexpr std::size_t message_size_max = 1000;
    static constexpr std::uint64_t every = 30;  // Ticks between standings.
    static constexpr std::size_t names_per_tick = 128;

    // Events on their way into one message after the other.
    class Batch {
    public:
        explicit Batch(std::span<const Seat> everyone, Outbox& outbox)
            : everyone_(everyone), outbox_(outbox) {}
        Batch(PlayerId one, Outbox& outbox) : one_(one), outbox_(outbox) {}

        void add(const Event& event);
        void send();

    private:
        std::span<const Seat> everyone_;
        PlayerId one_{};
        Outbox& outbox_;
        std::array<std::byte, message_size_max> message_{};
        std::size_t size_ = 0;
    };

    struct NotableKill {
        std::uint64_t tick = 0;
        Kill kill;
    };

    // A newcomer, and the seat up to which it knows who is here.
    struct Greeting {
        PlayerId player;
        std::size_t next = 0;
    };

    void tell_who_is_here(std::span<const Seat> seats, Outbox& outbox);
    void go_on(Greeting& greeting, std::span<const Seat> seats, Outbox& outbox) const;
    void tell_who_came(std::span<const Seat> seats, Outbox& outbox);
    void tell_kills(const World& world, std::span<const Seat> seats, Outbox& outbox);
    void tell_standings(const World& world, std::span<const Seat> seats, Outbox& outbox);
    void rank(const World& world);
    bool is_leader(ShipId id) const;

    std::vector<Greeting> greetings_;
    std::vector<PlayerId> came_;  // And not everyone has been told.
    std::vector<PlayerId> left_;  // In this tick.
    std::array<NotableKill, 5> notable_{};
    std::size_t notable_count_ = 0;
    Event standings_{.type = EventType::standings};
    BoundedList<LeaderRecord, 10> leaders_;
};

}  // namespace railroids
