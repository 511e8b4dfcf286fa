#include "net/memory.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;
using test::WsClient;

long resident_pages() {
    std::FILE* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    long total = 0;
    long resident = 0;
    const int fields = std::fscanf(file, "%ld %ld", &total, &resident);
    std::fclose(file);
    return fields == 2 ? resident : 0;
}

TEST(SlotMemory, TakesPagesAsTheyAreWrittenAndGivesThemBack) {
    constexpr std::uint32_t slots = 1'000;
    SlotMemory memory;
    ASSERT_TRUE(memory.open(slots, 100'000));
    const long before = resident_pages();
    for (std::uint32_t slot = 0; slot < slots; ++slot) memory.of(slot)[0] = std::byte{1};
    EXPECT_GE(resident_pages() - before, slots);
    for (std::uint32_t slot = 0; slot < slots; ++slot) memory.release(slot);
    EXPECT_LT(resident_pages() - before, slots / 10);
    EXPECT_EQ(memory.of(0)[0], std::byte{0});
}

// Goal: who is connected and quiet costs no page: not for the handshake that is over, nor for a
// message that came in pieces.
TEST(Connections, AQuietConnectionGivesItsPagesBack) {
    NetBench bench({.connections_max = 256, .connections_per_ip_max = 0});
    if (!bench.ready()) GTEST_SKIP() << "no io_uring here";
    constexpr long count = 200;
    std::vector<std::unique_ptr<WsClient>> clients;
    clients.reserve(count);
    for (long i = 0; i < count; ++i) clients.push_back(bench.open_client());
    std::string pieces = client_frame(Opcode::text, "in pie");
    pieces[0] &= 0x7F;
    pieces += client_frame(Opcode::continuation, "ces");
    for (const auto& client : clients) ASSERT_TRUE(client->send(pieces));
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == count; }));

    const long used = resident_pages();
    bench.pass(3s);
    EXPECT_GE(used - resident_pages(), 2 * count * 9 / 10);
}

// Goal: pages are not taken from under a message that is under way.
TEST(Connections, AMessageInPiecesSurvivesALongSilenceBetweenThem) {
    NetBench bench({.message_timeout = 1h});
    if (!bench.ready()) GTEST_SKIP() << "no io_uring here";
    const auto client = bench.open_client();
    std::string first = client_frame(Opcode::text, "in pie");
    first[0] &= 0x7F;
    ASSERT_TRUE(client->send(first));
    bench.pass(5s);
    ASSERT_TRUE(client->send(client_frame(Opcode::continuation, "ces")));
    ASSERT_TRUE(bench.until([&] { return !bench.events.messages.empty(); }));
    EXPECT_EQ(bench.events.messages[0], "in pieces");
}

}  // namespace
}  // namespace ringtick
