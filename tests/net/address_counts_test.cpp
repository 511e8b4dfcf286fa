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

// A table that is always nearly as full as it may be, beside a map. Neighbouring addresses and few
// places make runs that wrap around.
class ComingAndGoing {
public:
    explicit ComingAndGoing(std::uint64_t seed) : random_(seed) { counts_.open(most, seed); }

    void step() {
        if (there_.empty() || (there_.size() < most && random_.chance(60))) return come();
        const std::size_t who = random_.below(static_cast<std::uint32_t>(there_.size()));
        counts_.remove(address_of(there_[who]));
        expected_[there_[who]] -= 1;
        there_.erase(there_.begin() + static_cast<std::ptrdiff_t>(who));
    }
    void compare() {
        for (std::uint32_t i = 0; i < addresses; ++i) {
            ASSERT_EQ(counts_.of(address_of(name(i))), expected_[name(i)]) << name(i);
        }
    }

private:
    static constexpr std::uint32_t most = 24;
    static constexpr std::uint32_t addresses = 40;

    static std::string name(std::uint32_t i) { return "198.51.100." + std::to_string(i); }
    void come() {
        there_.push_back(name(random_.below(addresses)));
        counts_.add(address_of(there_.back()));
        expected_[there_.back()] += 1;
    }

    Rng random_;
    AddressCounts counts_;
    std::map<std::string, std::uint32_t> expected_;
    std::vector<std::string> there_;
};

// Goal: no count is lost or invented, whatever collides and in whatever order they go.
TEST(AddressCounts, AgreeWithAMapThroughEveryComingAndGoing) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ComingAndGoing crowd(seed);
        for (int step = 0; step < 1'000; ++step) {
            crowd.step();
            crowd.compare();
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

}  // namespace
}  // namespace ringtick
