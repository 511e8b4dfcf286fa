#include "net/proxy_header.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/proxy_header.hpp"

namespace ringtick {
namespace {

using State = ProxyHeader::State;
using test::proxy_header;
using test::proxy_signature;

const std::string ip4_block("\xC0\x00\x02\x01\xC0\x00\x02\x63\x13\x88\x23\x29", 12);

std::string ip6_block() {
    std::string block("\x20\x01\x0D\xB8", 4);
    block += std::string(11, '\0') + '\x07';  // 2001:db8::7
    block += std::string(15, '\0') + '\x01';
    return block + std::string(4, '\x50');
}

// "192.0.2.1", "local", "unknown", "none", or the state.
std::string verdict(std::string_view stream) {
    const ProxyHeader header = parse_proxy_header(as_bytes(stream));
    switch (header.state) {
        case State::need_input:
            return "need input";
        case State::absent:
            return "absent";
        case State::malformed:
            return "malformed";
        case State::complete:
            break;
    }
    if (!header.client) return "none";
    if (header.client->kind == Peer::Kind::unknown) return "unknown";
    return header.client->kind == Peer::Kind::local ? "local" : to_text(header.client->address);
}

TEST(ProxyHeader, NamesTheClient) {
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, ip4_block)), "192.0.2.1");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x21, ip6_block())), "2001:db8::7");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x31, std::string(216, '/'))), "local");
}

TEST(ProxyHeader, OfAnIpv4ClientInIpv6FormNamesTheIpv4Client) {
    const std::string mapped = std::string(10, '\0') + "\xFF\xFF" + ip4_block.substr(0, 4);
    EXPECT_EQ(verdict(proxy_header(0x21, 0x21, mapped + std::string(20, '\0'))), "192.0.2.1");
}

TEST(ProxyHeader, NamesNobodyWhenTheProxySpeaksForItselfOrDoesNotKnow) {
    EXPECT_EQ(verdict(proxy_header(0x20, 0x00, "")), "none");
    EXPECT_EQ(verdict(proxy_header(0x20, 0x11, ip4_block)), "none");
    EXPECT_EQ(verdict(proxy_header(0x20, 0xEE, "x")), "none");  // The family is to be ignored.
    EXPECT_EQ(verdict(proxy_header(0x21, 0x00, "")), "unknown");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x00, "whatever")), "unknown");
    for (const int datagrams : {0x12, 0x22, 0x32}) {
        EXPECT_EQ(verdict(proxy_header(0x21, datagrams, std::string(216, '\0'))), "unknown");
    }
}

TEST(ProxyHeader, MayHaveExtensionsWhichAreSkippedAndCountedInItsSize) {
    const std::string extensions =
        std::string("\x03\0\x04", 3) + "sums" + std::string("\x20\0\x05\0\0\0\0\0", 8);
    const std::string header = proxy_header(0x21, 0x11, ip4_block + extensions);
    EXPECT_EQ(verdict(header + "GET / HTTP/1.1\r\n"), "192.0.2.1");
    EXPECT_EQ(parse_proxy_header(as_bytes(header + "GET / HTTP/1.1\r\n")).size, header.size());
}

TEST(ProxyHeader, MayBeAsLongAsItsBoundAndNoLonger) {
    const std::string most(ProxyHeader::block_size_max, '\0');
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, most)), "0.0.0.0");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, most + "x")), "malformed");
    // Known from its first sixteen bytes, before any of the rest has come.
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, std::string(65'535, 'x')).substr(0, 16)),
              "malformed");
}

TEST(ProxyHeader, IsMalformedBehindTheSignature) {
    EXPECT_EQ(verdict(proxy_header(0x11, 0x11, ip4_block)), "malformed");  // Version 1.
    EXPECT_EQ(verdict(proxy_header(0x31, 0x11, ip4_block)), "malformed");
    for (int command = 2; command <= 15; ++command) {
        EXPECT_EQ(verdict(proxy_header(0x20 | command, 0x11, ip4_block)), "malformed") << command;
    }
    for (const int family : {0x01, 0x02, 0x10, 0x13, 0x20, 0x30, 0x33, 0x41, 0xF1, 0xFF}) {
        EXPECT_EQ(verdict(proxy_header(0x21, family, std::string(216, '\0'))), "malformed")
            << family;
    }
}

TEST(ProxyHeader, WhoseAddressesDoNotFitItsLengthIsMalformed) {
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, "")), "malformed");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x11, std::string(11, '\0'))), "malformed");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x21, std::string(35, '\0'))), "malformed");
    EXPECT_EQ(verdict(proxy_header(0x21, 0x31, std::string(215, '\0'))), "malformed");
}

TEST(ProxyHeader, IsAbsentWhereTheStreamBeginsWithSomethingElse) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\n"), "absent");
    EXPECT_EQ(verdict("\r\n\r\nGET / HTTP/1.1\r\n"), "absent");
    EXPECT_EQ(verdict("PROXY TCP4 192.0.2.1 192.0.2.99 5000 80\r\n"), "absent");
    EXPECT_EQ(verdict("\x16\x03\x01"), "absent");
    for (std::size_t i = 0; i < proxy_signature.size(); ++i) {
        std::string broken = proxy_header(0x21, 0x11, ip4_block);
        broken[i] = static_cast<char>(broken[i] ^ 1);
        EXPECT_EQ(verdict(broken), "absent") << "byte " << i;
    }
}

TEST(ProxyHeader, CutAtEveryByteIsTheSame) {
    for (const std::string& header :
         {proxy_header(0x21, 0x11, ip4_block), proxy_header(0x21, 0x21, ip6_block()),
          proxy_header(0x21, 0x11, ip4_block + std::string(500, 'x')), proxy_header(0x20, 0, "")}) {
        for (std::size_t there = 0; there < header.size(); ++there) {
            ASSERT_EQ(verdict(header.substr(0, there)), "need input") << there;
        }
        const std::string whole = verdict(header);
        ASSERT_NE(whole, "need input");
        ASSERT_EQ(verdict(header + "more"), whole);
    }
}

}  // namespace
}  // namespace ringtick
