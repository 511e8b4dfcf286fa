#include "uring/token.hpp"

#include <gtest/gtest.h>

namespace ringtick {
namespace {

void expect_back(Op op, Handle owner) {
    const Token back = Token::unpack(Token{.op = op, .owner = owner}.pack());
    EXPECT_EQ(back.op, op);
    EXPECT_EQ(back.owner, owner);
}

TEST(Token, EveryPartComesBackWhateverTheOthersAre) {
    for (const Op op : {Op::accept, Op::recv, Op::send, Op::broadcast, Op::cancel, Op::signal}) {
        for (const std::uint32_t generation : {0U, 1U, ~0U}) {
            expect_back(op, {.slot = 0, .generation = generation});
            expect_back(op, {.slot = 1, .generation = generation});
            expect_back(op, {.slot = Token::slot_max, .generation = generation});
        }
    }
}

TEST(TokenDeathTest, ASlotThatDoesNotFitIsAProgrammersError) {
    const Token token{.op = Op::recv, .owner = {.slot = Token::slot_max + 1, .generation = 1}};
    EXPECT_DEATH(static_cast<void>(token.pack()), "assertion failed");
}

}  // namespace
}  // namespace ringtick
