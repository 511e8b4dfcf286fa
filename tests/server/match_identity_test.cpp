#include "server/match_identity.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {
namespace {

// Its only rule says what happens in one tick of all.
template <std::uint64_t When>
class OneThingHappens final : public Game {
public:
    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t tick, std::span<const Command>, Outbox&) override {
        if (tick == When) state_ += 1;
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
    std::uint64_t state_hash() const override { return state_; }

private:
    std::uint64_t state_ = 1;
};

template <std::uint64_t When>
std::uint64_t rules_of_one() {
    const Program program{.make_game = [](const GameOptions&) -> std::unique_ptr<Game> {
                              return std::make_unique<OneThingHappens<When>>();
                          },
                          .rate_hz = 30};
    return rules_of(program);
}

// In Railroids the beacon moves once a minute: a rule about that is noticed too.
TEST(MatchIdentity, TellsRulesApartThatDifferOnlyInTheFirstMinute) {
    constexpr std::uint64_t never = ~std::uint64_t{};
    EXPECT_NE(rules_of_one<never>(), rules_of_one<1>());
    EXPECT_NE(rules_of_one<never>(), rules_of_one<900>());
    EXPECT_NE(rules_of_one<never>(), rules_of_one<1'801>());
}

}  // namespace
}  // namespace ringtick
