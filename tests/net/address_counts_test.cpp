#include "net/address_counts.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ringtick {
namespace {

IpAddress address_of(const std::string& text) {
    const auto address = parse_ip_address(text);
    EXPECT_TRUE(address.has_value()) << text;
    return address.value_or(IpAddress{});
}

TEST(AddressCounts, CountUpAndDown) {
    AddressCounts counts;
    counts.open(8, 1);
    const IpAddress a = address_of("192.0.2.1");
    const IpAddress b = address_of("192.0.2.2");
    EXPECT_EQ(counts.of(a), 0U);
    counts.add(a);
    counts.add(a);
    counts.add(b);
    EXPECT_EQ(counts.of(a), 2U);
    EXPECT_EQ(counts.of(b), 1U);
    counts.remove(a);
    EXPECT_EQ(counts.of(a), 1U);
    counts.remove(a);
    EXPECT_EQ(counts.of(a), 0U);
    EXPECT_EQ(counts.of(b), 1U);
}

TEST(AddressCounts, TakeAnIpv6NetworkOf64BitsForOneClient) {
    AddressCounts counts;
    counts.open(8, 1);
    counts.add(address_of("2001:db8:0:1::1"));
    counts.add(address_of("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    EXPECT_EQ(counts.of(address_of("2001:db8:0:1::77")), 2U);
    EXPECT_EQ(counts.of(address_of("2001:db8:0:2::1")), 0U);
}

TEST(AddressCounts, TakeEachIpv4AddressForItself) {
    AddressCounts counts;
    counts.open(8, 1);
    counts.add(address_of("192.0.2.1"));
    EXPECT_EQ(counts.of(address_of("192.0.2.2")), 0U);
    EXPECT_EQ(counts.of(address_of("::ffff:192.0.2.1")), 1U);
    EXPECT_EQ(counts.of(address_of("::1")), 0U);  // In the same 64 bits.
}

// Goal: the table never loses or invents a count, whatever collides and in whatever order they go.
// Method: a small table that is always nearly as full as it may be, beside a map; every address is
// compared after every step. Neighbouring addresses and few places make runs that wrap around.
TEST(AddressCounts, AgreeWithAMapThroughEveryComingAndGoing) {
    constexpr std::uint32_t most = 24;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng random(seed);
        AddressCounts counts;
        counts.open(most, seed);
        std::map<std::string, std::uint32_t> expected;
        std::vector<std::string> there;
        std::vector<std::string> all;
        for (int i = 0; i < 40; ++i) all.push_back("198.51.100." + std::to_string(i));
        for (int step = 0; step < 1'000; ++step) {
            const bool come = there.empty() || (there.size() < most && random.chance(60));
            if (come) {
                there.push_back(all[random.below(40)]);
                counts.add(address_of(there.back()));
                expected[there.back()] += 1;
            } else {
                const std::size_t who = random.below(static_cast<std::uint32_t>(there.size()));
                counts.remove(address_of(there[who]));
                expected[there[who]] -= 1;
                there.erase(there.begin() + static_cast<std::ptrdiff_t>(who));
            }
            for (const std::string& text : all) {
                ASSERT_EQ(counts.of(address_of(text)), expected[text]) << text << " step " << step;
            }
        }
    }
}

}  // namespace
}  // namespace ringtick
