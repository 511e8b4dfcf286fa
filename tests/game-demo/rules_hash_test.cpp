#include "railroids/rules_hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <cstdint>
#include <thread>

namespace railroids {
namespace {

// The first call works in memory that all calls share; so this test has a program to itself.
TEST(RulesHash, IsTheSameForThreadsThatAskFirstAtOnce) {
    std::array<std::uint64_t, 4> found{};
    std::array<std::thread, 4> threads;
    std::barrier together(4);
    for (std::size_t i = 0; i < threads.size(); ++i) {
        threads[i] = std::thread([&, i] {
            together.arrive_and_wait();
            found[i] = rules_hash();
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::uint64_t hash : found) EXPECT_EQ(hash, rules_hash());
}

}  // namespace
}  // namespace railroids
