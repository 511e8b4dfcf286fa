// Property: whatever a saved state is made into, it is refused, or a match goes on from it.
// An input is a list of changes to a state that was saved: where, and which bits.
#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "game-demo/match.hpp"

namespace railroids {
namespace {

constexpr std::uint16_t people = 4;
constexpr RailroidsOptions options{.seed = 3, .players_max = people, .bots = 6};
constexpr std::uint64_t saved_tick = 120;

// Two who play, one who is away, one who looks on; shots, gems, inputs that wait.
Bytes save_one() {
    Match match(options);
    for (std::uint16_t slot = 0; slot < 3; ++slot) {
        match.game.on_join({slot});
        match.game.on_token({slot},
                            ringtick::IssuedToken::recorded({.first = slot + 1U, .second = 1}));
        match.say(slot, hello(std::string_view("Ann")));
    }
    match.game.on_join({3});
    Hello message;
    message.schema = schema_hash();
    message.watch = people + 1;
    match.say(3, encoded(message));
    while (match.tick < saved_tick) {
        if (match.tick == 100) match.game.on_leave({2});
        const auto stamp = static_cast<std::uint32_t>(match.tick + 3);
        match.say(0, input_seeing(static_cast<std::uint32_t>(match.tick), 300, stamp,
                                  {.buttons = Input::fire}));
        match.step();
    }
    Bytes state(match.game.state_size_max());
    state.resize(match.game.save_state(state));
    return state;
}

void go_on(Match& match) {
    match.tick = saved_tick;
    for (int tick = 0; tick < 12; ++tick) {
        if (tick == 6) match.leave(0);
        match.say(1, input(static_cast<std::uint32_t>(match.tick + 1), Input::fire));
        match.step();
        match.snapshot(1);
    }
    match.game.state_hash();
    Bytes state(match.game.state_size_max());
    ASSERT(match.game.save_state(state) > 0);
}

}  // namespace
}  // namespace railroids

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace railroids;
    static const Bytes saved = save_one();
    Bytes state = saved;
    ringtick::ByteReader changes(std::as_bytes(std::span(data, size)));
    for (std::size_t i = 0; i + 3 <= size; i += 3) {
        const std::size_t at = changes.get<std::uint16_t>() % state.size();
        state[at] ^= static_cast<std::byte>(changes.get<std::uint8_t>());
    }
    Match match(options);
    if (match.game.load_state(saved_tick, state)) go_on(match);
    return 0;
}
