// Who may come in. Where a connection comes from is made up: getpeername(2) is replaced.
#include "net/admission.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/net_bench.hpp"
#include "support/proxy_header.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::NetBench;
using test::proxy_header;
using test::upgrade_request;
using test::WsClient;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

std::string made_up_origin;  // Of whoever is accepted now: an address, "unix", or empty: the truth.

}  // namespace
}  // namespace ringtick

// The linker's --wrap calls the one put aside __real_, and ours __wrap_.
extern "C" {
int real_peer_name(int, sockaddr*, socklen_t*) __asm__("__real_getpeername");
int made_up_peer_name(int, sockaddr*, socklen_t*) __asm__("__wrap_getpeername");
}

int made_up_peer_name(int socket, sockaddr* name, socklen_t* size) {
    const std::string& origin = ringtick::made_up_origin;
    if (origin.empty()) return real_peer_name(socket, name, size);
    sockaddr_storage made_up{};
    sockaddr_in ip4{.sin_family = AF_INET};
    sockaddr_in6 ip6{.sin6_family = AF_INET6};
    if (origin == "unix") {
        made_up.ss_family = AF_UNIX;
    } else if (inet_pton(AF_INET, origin.c_str(), &ip4.sin_addr) == 1) {
        std::memcpy(&made_up, &ip4, sizeof ip4);
    } else {
        EXPECT_EQ(inet_pton(AF_INET6, origin.c_str(), &ip6.sin6_addr), 1) << origin;
        std::memcpy(&made_up, &ip6, sizeof ip6);
    }
    EXPECT_GE(*size, sizeof made_up);
    std::memcpy(name, &made_up, sizeof made_up);
    *size = sizeof made_up;
    return 0;
}

namespace ringtick {
namespace {

using Client = std::unique_ptr<WsClient>;

ProxyTrust trusting(std::string_view text) {
    ProxyTrust trust{.local = text == "unix"};
    IpRange range;
    if (!trust.local) {
        EXPECT_EQ(IpRange::parse(text, range), IpRange::Syntax::exact);
        trust.ranges.push_back(range);
    }
    return trust;
}

// A connection that the server has accepted and believes to come from `origin`.
Client come(NetBench& bench, const std::string& origin) {
    made_up_origin = origin;
    const std::uint64_t before = bench.stats().accepted;
    auto client = bench.connect();
    EXPECT_TRUE(bench.until([&] { return bench.stats().accepted > before; }));
    made_up_origin.clear();
    return client;
}

// Its first line, once the server has answered: "HTTP/1.1 101 Switching Protocols". Or, if it just
// ended the stream, "".
std::string first_line(NetBench& bench, const Client& client) {
    EXPECT_TRUE(bench.until([&] {
        const bool more = client->read();
        return !more || client->received().find("\r\n\r\n") != std::string::npos;
    }));
    return client->received().substr(0, client->received().find("\r\n"));
}

constexpr const char* opened = "HTTP/1.1 101 Switching Protocols";
constexpr const char* too_many = "HTTP/1.1 429 Too Many Requests";
constexpr const char* full = "HTTP/1.1 503 Service Unavailable";
constexpr const char* bad = "HTTP/1.1 400 Bad Request";

std::string enter(NetBench& bench, const Client& client, std::string_view request) {
    client->send(request);
    return first_line(bench, client);
}

std::string enter_from(NetBench& bench, std::vector<Client>& clients, const std::string& origin) {
    clients.push_back(come(bench, origin));
    return enter(bench, clients.back(), upgrade_request());
}

std::string forwarded_for(std::string_view list) {
    std::string request = upgrade_request();
    return request.insert(request.find("\r\n") + 2,
                          "X-Forwarded-For: " + std::string(list) + "\r\n");
}

// From a proxy at 10.0.0.5, which `bench` is to trust.
std::string enter_behind_proxy(NetBench& bench,
                               std::vector<Client>& clients,
                               std::string_view request) {
    clients.push_back(come(bench, "10.0.0.5"));
    return enter(bench, clients.back(), request);
}

// A PROXY header for a client at 192.0.2.`last`.
std::string header_for(int last) {
    std::string block("\xC0\x00\x02\x01\x0A\x00\x00\x05\x13\x88\x23\x29", 12);
    block[3] = static_cast<char>(last);
    return proxy_header(0x21, 0x11, block);
}

NetOptions two_each() {
    return {.connections_per_ip_max = 2, .trust = trusting("10.0.0.0/8")};
}

TEST(Admission, TellsTheConnectionThatIsOneTooManyFromItsAddress429InFull) {
    NetBench bench({.connections_per_ip_max = 2});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    EXPECT_EQ(enter_from(bench, clients, "::ffff:203.0.113.7"), too_many);
    ASSERT_TRUE(bench.until([&] { return !clients.back()->read(); }));
    const std::string& answer = clients.back()->received();
    EXPECT_NE(answer.find("\r\nRetry-After: 5\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nThere are too many connections from your address.\n"));
    EXPECT_FALSE(clients.back()->was_reset());
    EXPECT_EQ(bench.stats().refused_per_ip, 1U);
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.8"), opened);
}

TEST(Admission, CountsAnIpv6NetworkOf64BitsAsOne) {
    NetBench bench({.connections_per_ip_max = 2});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_from(bench, clients, "2001:db8::1"), opened);
    EXPECT_EQ(enter_from(bench, clients, "2001:db8::2"), opened);
    EXPECT_EQ(enter_from(bench, clients, "2001:db8::3:0:0:3"), too_many);
    EXPECT_EQ(enter_from(bench, clients, "2001:db8:0:1::1"), opened);
}

// Goal: a connection counts until it is gone for good, and no longer.
// Method: one that we have closed and that the peer has not; then the peer closes it too.
TEST(Admission, APlaceIsFreeOnceTheConnectionIsReallyGone) {
    NetBench bench({.connections_per_ip_max = 1});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "",
                              CloseReason::shutdown);
    bench.turn();
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), too_many);
    for (const Client& client : clients) client->close();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), too_many);
}

// Goal: the counts stay exact, however connections end.
TEST(Admission, HundredsComeAndGoAndTheLimitIsStillTheLimit) {
    NetBench bench({.connections_per_ip_max = 3});
    NEEDS_RING(bench);
    for (int round = 0; round < 100; ++round) {
        std::vector<Client> clients;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(come(bench, "203.0.113." + std::to_string(round % 7)));
            if ((round + i) % 2 == 0) clients.back()->send(upgrade_request());
        }
        bench.turn();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            if (i % 2 == 0) clients[i]->abort();
        }
        clients.clear();
        ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    }
    EXPECT_EQ(bench.stats().refused_per_ip, 200U);
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(enter_from(bench, clients, "203.0.113.6"), opened);
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.6"), too_many);
}

TEST(Admission, LimitsNeitherThisMachineNorAnybodyAtZero) {
    for (const std::uint32_t limit : {0U, 1U}) {
        NetBench bench({.connections_per_ip_max = limit});
        NEEDS_RING(bench);
        std::vector<Client> clients;
        const std::string origin = limit == 0 ? "203.0.113.7" : "";
        for (int i = 0; i < 5; ++i) EXPECT_EQ(enter_from(bench, clients, origin), opened);
    }
}

// Goal: who is turned away takes no place from anybody, and neither do those who keep trying.
TEST(Admission, OneAddressCannotFillTheServerByBeingTurnedAway) {
    NetBench bench({.connections_max = 3, .connections_per_ip_max = 1});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    for (std::uint32_t i = 0; i < antechamber; ++i) {
        ASSERT_EQ(enter_from(bench, clients, "203.0.113.7"), too_many);
    }
    // Nobody has left yet. The next one is not even told.
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), "");
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.8"), opened);
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.9"), opened);
    EXPECT_EQ(bench.stats().refused_per_ip, antechamber + 1);
    EXPECT_EQ(bench.stats().refused_full, 0U);
}

TEST(Admission, APlaceGoesToTheNextThoughManyAreStillBeingTurnedAway) {
    NetBench bench({.connections_max = 1});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.7"), opened);
    for (std::uint32_t i = 0; i < antechamber; ++i) {
        ASSERT_EQ(enter_from(bench, clients, "203.0.113.8"), full);
    }
    clients[0]->close();
    ASSERT_TRUE(bench.until([&] { return !bench.events.closed.empty(); }));
    EXPECT_EQ(enter_from(bench, clients, "203.0.113.9"), opened);
}

// ------------------------------------------------------------------------------ X-Forwarded-For

TEST(Admission, CountsTheClientBehindATrustedProxyAndNotTheProxy) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.7")), opened);
        EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.8, 10.0.0.6")),
                  opened);
    }
    EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.7")), too_many);
    EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("1.1.1.1, 203.0.113.8")), too_many);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(enter_behind_proxy(bench, clients, upgrade_request()), opened);
    }
    clients[0]->close();
    ASSERT_TRUE(bench.until([&] { return !bench.events.closed.empty(); }));
    EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.7")), opened);
}

TEST(Admission, DoesNotBelieveAnybodyElse) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(come(bench, "11.0.0.1"));
        EXPECT_EQ(enter(bench, clients.back(), forwarded_for("203.0.113." + std::to_string(i))),
                  opened);
    }
    clients.push_back(come(bench, "11.0.0.1"));
    EXPECT_EQ(enter(bench, clients.back(), forwarded_for("203.0.113.9")), too_many);
    // Nor was anybody counted whom they named.
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.0")), opened);
    }
}

TEST(Admission, CountsAProxysConnectionForTheLastClientThatUsedIt) {
    NetBench bench({.connections_per_ip_max = 1, .trust = trusting("10.0.0.0/8")});
    NEEDS_RING(bench);
    const auto ask = [&](const Client& client, std::string_view address) {
        const std::size_t before = client->received().size();
        client->send("GET /page HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " +
                     std::string(address) + "\r\n\r\n");
        EXPECT_TRUE(bench.until([&] {
            const bool more = client->read();
            return !more || client->received().substr(before).ends_with("\n");
        }));
        return client->received().substr(before + 9, 3);
    };
    const Client pooled = come(bench, "10.0.0.5");
    EXPECT_EQ(ask(pooled, "203.0.113.1"), "200");
    EXPECT_EQ(ask(pooled, "203.0.113.1"), "200");
    const Client other = come(bench, "10.0.0.5");
    EXPECT_EQ(ask(other, "203.0.113.2"), "200");
    EXPECT_EQ(ask(pooled, "203.0.113.3"), "200");
    EXPECT_EQ(ask(other, "203.0.113.1"), "200");  // The first one's place is free again.
    EXPECT_EQ(ask(other, "203.0.113.3"), "429");
    ASSERT_TRUE(bench.until([&] { return !other->read(); }));
}

TEST(Admission, AnswersAHeadRequestThatIsTooMuchWithAHeadAlone) {
    NetBench bench({.connections_per_ip_max = 1, .trust = trusting("10.0.0.0/8")});
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_behind_proxy(bench, clients, forwarded_for("203.0.113.1")), opened);
    EXPECT_EQ(enter_behind_proxy(bench, clients,
                                 "HEAD / HTTP/1.1\r\nHost: localhost\r\n"
                                 "X-Forwarded-For: 203.0.113.1\r\n\r\n"),
              too_many);
    ASSERT_TRUE(bench.until([&] { return !clients.back()->read(); }));
    EXPECT_TRUE(clients.back()->received().ends_with("\r\n\r\n"));
}

// --------------------------------------------------------------------------------- PROXY headers

TEST(Admission, CountsTheClientOfAProxyHeaderAtOnce) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(1) + upgrade_request()), opened);
    clients.push_back(come(bench, "10.0.0.5"));
    ASSERT_TRUE(clients.back()->send(header_for(1)));  // No request yet.
    ASSERT_TRUE(bench.until([&] { return bench.stats().proxy_headers == 2; }));
    EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(1)), too_many);
    EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(2) + upgrade_request()), opened);
    EXPECT_EQ(bench.stats().requests, 2U);
}

TEST(Admission, ReadsAProxyHeaderAndTheRequestBehindItCutAnywhere) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    const std::string stream = header_for(1) + upgrade_request();
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        const Client client = come(bench, "10.0.0.5");
        ASSERT_TRUE(client->send(stream.substr(0, cut)));
        const std::uint64_t before = bench.stats().receives;
        ASSERT_TRUE(bench.until([&] { return bench.stats().receives > before; }));
        ASSERT_EQ(enter(bench, client, stream.substr(cut)), opened) << "cut at " << cut;
        client->abort();
        ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    }
}

TEST(Admission, TakesAProxyHeaderForABadRequestFromAnybodyElse) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    const Client client = come(bench, "11.0.0.1");
    EXPECT_EQ(enter(bench, client, header_for(1) + upgrade_request()), bad);
    EXPECT_EQ(bench.stats().proxy_headers, 0U);
    EXPECT_EQ(bench.stats().proxy_headers_malformed, 0U);
}

TEST(Admission, TakesASecondProxyHeaderForABadRequest) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(1) + header_for(2) + upgrade_request()),
              bad);
}

TEST(Admission, ClosesOnAMalformedProxyHeaderWithoutAWordAndCountsIt) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    EXPECT_EQ(enter_behind_proxy(bench, clients, proxy_header(0x21, 0x11, "short")), "");
    EXPECT_TRUE(clients.back()->ended());
    EXPECT_EQ(bench.stats().proxy_headers_malformed, 1U);
    EXPECT_EQ(bench.stats().closed[static_cast<std::size_t>(CloseReason::protocol)], 1U);
}

TEST(Admission, ATrickledProxyHeaderHasTheHandshakesTime) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    const Client client = come(bench, "10.0.0.5");
    const std::string header = header_for(1);
    for (std::size_t i = 0; i < 6; ++i) {
        client->send(header.substr(i, 1));
        bench.pass(1s);
    }
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    client->close();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

// The one whom the header names is now who speaks, and is no proxy of ours.
TEST(Admission, DoesNotBelieveTheClientOfAProxyHeader) {
    NetBench bench(two_each());
    NEEDS_RING(bench);
    std::vector<Client> clients;
    for (int i = 0; i < 2; ++i) {
        const std::string invented = "203.0.113." + std::to_string(i);
        EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(1) + forwarded_for(invented)),
                  opened);
    }
    EXPECT_EQ(enter_behind_proxy(bench, clients, header_for(1) + forwarded_for("203.0.113.9")),
              too_many);
}

TEST(Admission, BelievesAProxyBehindAProxyAndAProxyThatSpeaksForItself) {
    NetBench bench({.connections_per_ip_max = 1, .trust = trusting("10.0.0.0/8")});
    NEEDS_RING(bench);
    const std::string other_proxy =
        proxy_header(0x21, 0x11, std::string("\x0A\0\0\6\x0A\0\0\5pppp", 12));
    const std::string itself = proxy_header(0x20, 0x00, "");
    std::vector<Client> clients;
    for (const std::string& header : {other_proxy, itself}) {
        EXPECT_EQ(enter_behind_proxy(bench, clients, header + upgrade_request()), opened);
        EXPECT_EQ(enter_behind_proxy(bench, clients, header + upgrade_request()), opened);
    }
    EXPECT_EQ(enter_behind_proxy(bench, clients, other_proxy + forwarded_for("203.0.113.1")),
              opened);
    EXPECT_EQ(enter_behind_proxy(bench, clients, itself + forwarded_for("203.0.113.1")), too_many);
}

TEST(Admission, TrustsAUnixSocketOnlyIfTold) {
    for (const bool told : {true, false}) {
        NetBench bench(
            {.connections_per_ip_max = 1, .trust = trusting(told ? "unix" : "10.0.0.5")});
        NEEDS_RING(bench);
        const Client first = come(bench, "unix");
        EXPECT_EQ(enter(bench, first, header_for(1) + upgrade_request()), told ? opened : bad);
        const Client second = come(bench, "unix");
        EXPECT_EQ(enter(bench, second, forwarded_for("192.0.2.1")), told ? too_many : opened);
    }
}

}  // namespace
}  // namespace ringtick
