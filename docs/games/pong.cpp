#include "replica/host.hpp"
#include "server/serve.hpp"

using namespace ringtick;

struct Paddle {
    static constexpr std::size_t entities_max = 2;  // The id is also its player's.
    static constexpr Fixed reach = Fixed::from_int(40);

    FixedVector position;
    std::int8_t way = 0;  // What its player holds: -1 up, 1 down.
    std::uint32_t score = 0;
    bool shown() const { return true; }
    // One tick, by both sides: what moves as it is steered costs no bytes.
    constexpr void step() {
        position.y = std::clamp(position.y + Fixed::from_int(6) * way, reach, Fixed::from_int(260));
    }
    static constexpr auto wire = fields(Number<&Paddle::way, -1, 1>{.steers = true},
                                        Place<&Paddle::position>{},
                                        Count<&Paddle::score>{});
    static constexpr auto owner_wire =  // What its player's client has to foresee.
        fields(Number<&Paddle::way, -1, 1>{.steers = true}, Place<&Paddle::position>{});
};

struct Ball {
    static constexpr std::size_t entities_max = 1;
    static constexpr FixedVector middle{Fixed::from_int(200), Fixed::from_int(150)};
    FixedVector position = middle;
    FixedVector velocity{Fixed::from_int(5), Fixed::from_int(2)};
    bool shown() const { return true; }
    constexpr void step() {
        position += velocity;
        if (position.y < Fixed{} || position.y > Fixed::from_int(300)) velocity.y = -velocity.y;
    }
    static constexpr auto wire = fields(Motion<&Ball::position, &Ball::velocity>{});
};

struct PongGame {
    struct Input {
        std::int8_t way = 0;
        void absorb(Input) {}
        void let_go() { way = 0; }
        static constexpr auto wire = fields(Number<&Input::way, -1, 1>{});
    };
    using Entities = Types<Paddle, Ball>;
    using Own = Paddle;
    static constexpr std::uint16_t players_max = 2;
    static constexpr std::int32_t side = 400;  // Of it, 300 are played in height.
    static constexpr Fixed left = Fixed::from_int(10), right = Fixed::from_int(390);
    std::array<Paddle, 2> paddles{Paddle{{left, Ball::middle.y}}, Paddle{{right, Ball::middle.y}}};
    std::array<Ball, 1> balls{};

    auto entities() const { return std::tuple{EntityList(paddles), EntityList(balls)}; }
    const Paddle& own(PlayerId player) const { return paddles[player.slot]; }
    void on_join(PlayerId player) { paddles[player.slot].score = 0; }
    void on_leave(PlayerId player) { paddles[player.slot].way = 0; }
    void on_input(PlayerId player, Input input) { paddles[player.slot].way = input.way; }
    // What a tick does to a paddle, for its player's client: it does not wait for the server.
    static void predict(Paddle& own, Input input) {
        own.way = input.way;
        own.step();
    }
    void tick(std::uint64_t) {
        for (Paddle& paddle : paddles) paddle.step();
        auto& [position, velocity] = balls[0];
        balls[0].step();
        if (position.x >= left && position.x <= right) return;
        const std::size_t at = velocity.x < Fixed{} ? 0 : 1;
        const Fixed off = position.y - paddles[at].position.y;
        const bool met = off >= -Paddle::reach && off <= Paddle::reach;
        velocity = {-velocity.x, met ? off / 8 : velocity.y};
        position = met ? FixedVector{paddles[at].position.x, position.y} : Ball::middle;
        paddles[1 - at].score += met ? 0U : 1U;
    }
};

int main(int argc, char** argv) {
    return serve<PongGame>(argc, argv, {.name = "pong", .description = "Pong for two"});
}
