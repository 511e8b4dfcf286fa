#include "net/proxy_trust.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ringtick {
namespace {

ProxyTrust trusting(const std::vector<std::string_view>& texts) {
    ProxyTrust trust;
    for (const std::string_view text : texts) {
        IpRange range;
        EXPECT_EQ(IpRange::parse(text, range), IpRange::Syntax::exact) << text;
        trust.ranges.push_back(range);
    }
    return trust;
}

Peer peer_at(std::string_view text) {
    return {.kind = Peer::Kind::ip, .address = parse_ip_address(text).value_or(IpAddress{})};
}

// Who is named, to a server that trusts 10.0.0.0/8 and ::1; or "-".
std::string client_named(const std::vector<http::Header>& headers) {
    const Peer client = forwarded_client({.headers = headers}, trusting({"10.0.0.0/8", "::1"}));
    return client.kind == Peer::Kind::ip ? to_text(client.address) : "-";
}

std::string client_named(std::string_view list) {
    return client_named({{"Host", "x"}, {"X-Forwarded-For", list}, {"Accept", "y"}});
}

TEST(ProxyTrust, IncludesNobodyUnlessItWasSaid) {
    EXPECT_TRUE(ProxyTrust{}.empty());
    EXPECT_FALSE(ProxyTrust{}.includes(peer_at("127.0.0.1")));
    EXPECT_FALSE(ProxyTrust{}.includes({.kind = Peer::Kind::local}));
    EXPECT_FALSE(ProxyTrust{}.includes({}));
}

TEST(ProxyTrust, IncludesItsRangesAndTheUnixSocketByItself) {
    ProxyTrust trust = trusting({"10.0.0.0/8", "2001:db8::/32"});
    EXPECT_TRUE(trust.includes(peer_at("10.1.2.3")));
    EXPECT_TRUE(trust.includes(peer_at("2001:db8::1")));
    EXPECT_FALSE(trust.includes(peer_at("11.1.2.3")));
    EXPECT_FALSE(trust.includes({.kind = Peer::Kind::local}));
    EXPECT_FALSE(trust.includes({}));
    trust.local = true;
    EXPECT_TRUE(trust.includes({.kind = Peer::Kind::local}));
    EXPECT_FALSE(trust.includes({}));
}

TEST(ForwardedClient, IsTheLastWhoIsNoTrustedProxy) {
    EXPECT_EQ(client_named("203.0.113.7"), "203.0.113.7");
    EXPECT_EQ(client_named("203.0.113.7, 10.0.0.5"), "203.0.113.7");
    EXPECT_EQ(client_named("203.0.113.7,10.0.0.5 ,\t::1"), "203.0.113.7");
    EXPECT_EQ(client_named("2001:db8::9"), "2001:db8::9");
}

// What a client writes itself stands before what the proxies append.
TEST(ForwardedClient, IsNobodyTheClientInvented) {
    EXPECT_EQ(client_named("192.0.2.66, 203.0.113.7"), "203.0.113.7");
    EXPECT_EQ(client_named("10.0.0.9, 192.0.2.66, 203.0.113.7, 10.0.0.5"), "203.0.113.7");
    EXPECT_EQ(client_named("rubbish, 203.0.113.7"), "203.0.113.7");
}

TEST(ForwardedClient, IsUnknownWhereNobodyOrNoAddressIsNamed) {
    EXPECT_EQ(client_named(std::vector<http::Header>{{"Host", "x"}}), "-");
    EXPECT_EQ(client_named(""), "-");
    EXPECT_EQ(client_named(" , ,"), "-");
    EXPECT_EQ(client_named("10.0.0.5"), "-");  // The proxies among themselves.
    EXPECT_EQ(client_named("203.0.113.7, unknown"), "-");
    EXPECT_EQ(client_named("203.0.113.7, rubbish, 10.0.0.5"), "-");
}

TEST(ForwardedClient, IsReadFromSeveralHeadersAsFromOne) {
    EXPECT_EQ(client_named({{"X-Forwarded-For", "192.0.2.66"},
                            {"x-forwarded-for", "203.0.113.7"},
                            {"Host", "x"},
                            {"X-FORWARDED-FOR", "10.0.0.5"}}),
              "203.0.113.7");
}

TEST(ForwardedClient, MayComeWithAPort) {
    EXPECT_EQ(client_named("203.0.113.7:5000"), "203.0.113.7");
    EXPECT_EQ(client_named("[2001:db8::9]:5000"), "2001:db8::9");
    EXPECT_EQ(client_named("[2001:db8::9]"), "2001:db8::9");
    for (const char* wrong :
         {"203.0.113.7:", "203.0.113.7:x", "203.0.113.7:65536", "[2001:db8::9", "[2001:db8::9]5000",
          "[2001:db8::9]:", "[]", "203.0.113.7:1:2", ":"}) {
        EXPECT_EQ(client_named(wrong), "-") << wrong;
    }
}

}  // namespace
}  // namespace ringtick
