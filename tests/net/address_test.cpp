#include "net/address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace ringtick {
namespace {

using namespace std::string_view_literals;

// As it is shown again, or "-".
std::string read_back(std::string_view text) {
    const auto address = parse_ip_address(text);
    return address ? to_text(*address) : "-";
}

IpAddress address_of(std::string_view text) {
    const auto address = parse_ip_address(text);
    EXPECT_TRUE(address.has_value()) << text;
    return address.value_or(IpAddress{});
}

std::string range_of(std::string_view text) {
    IpRange range;
    switch (IpRange::parse(text, range)) {
        case IpRange::Syntax::exact:
            return to_text(range);
        case IpRange::Syntax::host_bits:
            return "meant " + to_text(range);
        case IpRange::Syntax::malformed:
            return "-";
    }
    return "";
}

TEST(IpAddress, ReadsBothFamilies) {
    for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::7",
                             "fe80::1:2:3:4", "1:2:3:4:5:6:7:8"}) {
        EXPECT_EQ(read_back(text), text);
    }
    EXPECT_EQ(read_back("2001:DB8:0:0:0:0:0:7"), "2001:db8::7");
}

TEST(IpAddress, IsTheSameClientInIpv6FormAsInIpv4Form) {
    EXPECT_EQ(address_of("::ffff:192.0.2.1"), address_of("192.0.2.1"));
    EXPECT_EQ(read_back("::ffff:c000:201"), "192.0.2.1");
    EXPECT_TRUE(address_of("::ffff:192.0.2.1").is_ip4());
    EXPECT_FALSE(address_of("::192.0.2.1").is_ip4());
}

TEST(IpAddress, RefusesEverythingElse) {
    for (const std::string_view text : {""sv,
                                        " 1.2.3.4"sv,
                                        "1.2.3.4 "sv,
                                        "1.2.3"sv,
                                        "1.2.3.4.5"sv,
                                        "1.2.3.256"sv,
                                        "01.2.3.4"sv,
                                        "1.2.3.-4"sv,
                                        "0x1.2.3.4"sv,
                                        "1.2.3.4:80"sv,
                                        "1.2.3.4\0"sv,
                                        "1.2.3.4\0.5"sv,
                                        "16909060"sv,
                                        "localhost"sv,
                                        "unknown"sv,
                                        ":::"sv,
                                        "1::2::3"sv,
                                        "12345::"sv,
                                        "1:2:3:4:5:6:7"sv,
                                        "1:2:3:4:5:6:7:8:9"sv,
                                        "[::1]"sv,
                                        "fe80::1%eth0"sv,
                                        "::1.2.3.256"sv,
                                        "\0"sv,
                                        "1.2.3.4/32"sv,
                                        "aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:255.255.255.2555"sv}) {
        EXPECT_EQ(read_back(text), "-") << text;
    }
    EXPECT_EQ(read_back(std::string(10'000, '1')), "-");
}

TEST(IpAddress, KnowsThisMachine) {
    for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(address_of(text).is_loopback()) << text;
    }
    for (const char* text :
         {"126.255.255.255", "128.0.0.1", "::", "::2", "::127.0.0.1", "7f00::1"}) {
        EXPECT_FALSE(address_of(text).is_loopback()) << text;
    }
}

TEST(IpRange, IsANetworkOrOneAddress) {
    EXPECT_EQ(range_of("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(range_of("0.0.0.0/0"), "0.0.0.0/0");
    EXPECT_EQ(range_of("192.0.2.1"), "192.0.2.1/32");
    EXPECT_EQ(range_of("2001:db8::/32"), "2001:db8::/32");
    EXPECT_EQ(range_of("::1"), "::1/128");
    EXPECT_EQ(range_of("::/0"), "::/0");
    EXPECT_EQ(range_of("::ffff:10.0.0.0/104"), "10.0.0.0/8");
}

TEST(IpRange, SaysWhatWasMeantWhereBitsStandBehindThePrefix) {
    EXPECT_EQ(range_of("10.1.2.3/8"), "meant 10.0.0.0/8");
    EXPECT_EQ(range_of("10.1.2.3/31"), "meant 10.1.2.2/31");
    EXPECT_EQ(range_of("2001:db8::1/33"), "meant 2001:db8::/33");
    EXPECT_EQ(range_of("::ffff:10.0.0.0/95"), "meant ::fffe:0:0/95");
}

TEST(IpRange, RefusesEverythingElse) {
    for (const char* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-1",
          "10.0.0.0/8/8", "10.0.0.0 /8", "10.0.0.0/ 8", "10/8", "::/129", "::/256",
          "::/999999999999", "unix", "10.0.0.0/255.0.0.0"}) {
        EXPECT_EQ(range_of(text), "-") << text;
    }
}

TEST(IpRange, ContainsWhatBeginsWithItsBits) {
    const auto contains = [](std::string_view text, std::string_view address) {
        IpRange range;
        EXPECT_EQ(IpRange::parse(text, range), IpRange::Syntax::exact) << text;
        return range.contains(address_of(address));
    };
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(contains("192.0.2.6/31", "192.0.2.7"));
    EXPECT_FALSE(contains("192.0.2.6/31", "192.0.2.8"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.9.9.9"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(contains("::1", "::1"));
    EXPECT_FALSE(contains("::1", "::2"));
}

TEST(IpRange, OfOneFamilyContainsNothingOfTheOther) {
    IpRange everything;
    ASSERT_EQ(IpRange::parse("::/0", everything), IpRange::Syntax::exact);
    EXPECT_TRUE(everything.contains(address_of("2001:db8::1")));
    EXPECT_FALSE(everything.contains(address_of("192.0.2.1")));
    ASSERT_EQ(IpRange::parse("0.0.0.0/0", everything), IpRange::Syntax::exact);
    EXPECT_FALSE(everything.contains(address_of("2001:db8::1")));
}

}  // namespace
}  // namespace ringtick
