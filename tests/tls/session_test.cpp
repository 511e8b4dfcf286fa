#include "tls/session.hpp"

#include "tls/client.hpp"
#include "tls/context.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace ringtick {
namespace {

using State = TlsSession::State;

constexpr UpTo old_version{TLS1_2_VERSION};
constexpr UpTo new_version{TLS1_3_VERSION};

class TlsSessions : public testing::Test {
protected:
    TlsSessions() {
        const Identity identity = make_identity();
        EXPECT_EQ(context_.load(identity.certificate, identity.key), TlsProblem::none);
    }
    Served begin(Nanoseconds now = {}) {
        Served served;
        EXPECT_TRUE(served.session.begin(context_, now));
        return served;
    }
    // A session that is open, and its client.
    Served open(TlsClient& client, Nanoseconds now = {}) {
        Served served = begin(now);
        converse(client, served);
        EXPECT_EQ(served.session.state(), State::open);
        return served;
    }

    TlsContext context_;
};

TEST_F(TlsSessions, CarryBytesBothWaysInBothVersions) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SCOPED_TRACE(version);
        TlsClient client(UpTo{version});
        Served served = open(client);
        EXPECT_EQ(SSL_version(client.ssl()), version);
        EXPECT_FALSE(served.session.resumed());
        client.write("asked");
        served.take(client.give());
        EXPECT_EQ(served.read, "asked");
        client.take(served.write("answered"));
        EXPECT_EQ(client.read(), "answered");
        EXPECT_TRUE(served.write("").empty());
    }
}

// Byte by byte, until the client has said `text` and the session has read it.
void say_in_bytes(TlsClient& client, Served& served, const std::string& text) {
    client.shake_hands();
    bool written = false;
    for (Bytes bytes = client.give(); !bytes.empty(); bytes = client.give()) {
        for (const std::byte byte : bytes) client.take(served.take({&byte, 1}));
        if (!client.shake_hands() || written) continue;
        written = true;
        client.write(text);
    }
}

TEST_F(TlsSessions, TakeAStreamThatIsCutAtEveryByte) {
    const std::string text(20'000, 'x');
    for (const UpTo version : {old_version, new_version}) {
        SCOPED_TRACE(version.version);
        TlsClient client(version);
        Served served = begin();
        say_in_bytes(client, served, text);
        EXPECT_EQ(served.session.state(), State::open);
        EXPECT_EQ(served.read, text);
    }
}

// The client's Finished and its first request come in one piece.
TEST_F(TlsSessions, ReadWhatComesBehindTheHandshake) {
    TlsClient client;
    Served served = begin();
    client.shake_hands();
    client.take(served.take(client.give()));
    EXPECT_TRUE(client.shake_hands());
    client.write("early");
    served.take(client.give());
    EXPECT_EQ(served.session.state(), State::open);
    EXPECT_EQ(served.read, "early");
}

TEST_F(TlsSessions, SealWithinTheirBound) {
    for (const std::size_t size : {1UL, 1'000UL, 16'384UL, 16'385UL, 65'536UL}) {
        for (const bool old : {false, true}) {
            TlsClient client(old ? old_version : new_version);
            Served served = open(client);
            const std::string text(size, 'y');
            const Bytes sealed = served.write(text);
            EXPECT_GT(sealed.size(), size);
            client.take(sealed);
            EXPECT_EQ(client.read(), text);
        }
    }
}

SSL_SESSION* ticket = nullptr;

int keep_ticket(SSL*, SSL_SESSION* session) {
    SSL_SESSION_free(ticket);
    ticket = session;
    return 1;
}

TEST_F(TlsSessions, GoOnFromATicketInBothVersions) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SCOPED_TRACE(version);
        const auto choose = [&](SSL_CTX* c) {
            SSL_CTX_set_max_proto_version(c, version);
            SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
            SSL_CTX_sess_set_new_cb(c, keep_ticket);
        };
        TlsClient first(choose);
        const Served served = open(first);
        first.read();  // Tickets of TLS 1.3 come behind the handshake.
        ASSERT_NE(ticket, nullptr);

        TlsClient second(choose);
        ASSERT_EQ(SSL_set_session(second.ssl(), ticket), 1);
        EXPECT_TRUE(open(second).session.resumed());

        // Another context's are not taken, and nobody is refused for one.
        const Identity identity = make_identity();
        ASSERT_EQ(context_.load(identity.certificate, identity.key), TlsProblem::none);
        TlsClient third(choose);
        ASSERT_EQ(SSL_set_session(third.ssl(), ticket), 1);
        EXPECT_FALSE(open(third).session.resumed());
        SSL_SESSION_free(ticket);
        ticket = nullptr;
    }
}

// Goal: a key that is stolen opens what was said under it in a few hours, and no more.
// Method: a ticket is shown again and again, ever later.
TEST_F(TlsSessions, BelieveATicketForSoLongAndItsKeyNoLonger) {
    Nanoseconds first_at{};
    constexpr Nanoseconds lifetime = TicketKeys::lifetime;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SCOPED_TRACE(version);
        const auto choose = [&](SSL_CTX* c) {
            SSL_CTX_set_max_proto_version(c, version);
            SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
            SSL_CTX_sess_set_new_cb(c, keep_ticket);
        };
        first_at += std::chrono::hours(100);
        TlsClient first(choose);
        const Served served = open(first, first_at);
        first.read();
        SSL_SESSION* const shown = std::exchange(ticket, nullptr);
        ASSERT_NE(shown, nullptr);
        const auto goes_on_at = [&](Nanoseconds now) {
            TlsClient client(choose);
            // Its own, for who ends without a farewell shows its session to nobody again.
            const Owned<SSL_SESSION, SSL_SESSION_free> own(SSL_SESSION_dup(shown));
            EXPECT_EQ(SSL_set_session(client.ssl(), own.get()), 1);
            const bool goes_on = open(client, now).session.resumed();
            client.read();
            return goes_on;
        };
        EXPECT_TRUE(goes_on_at(first_at));
        EXPECT_TRUE(goes_on_at(first_at + lifetime - std::chrono::seconds(1)));
        const auto key = context_.ticket_keys().current().cipher;
        // Another key is in use, and this one believed.
        EXPECT_TRUE(goes_on_at(first_at + lifetime));
        EXPECT_NE(context_.ticket_keys().current().cipher, key);
        EXPECT_TRUE(goes_on_at(first_at + 2 * lifetime - std::chrono::seconds(1)));
        EXPECT_FALSE(goes_on_at(first_at + 2 * lifetime));
        SSL_SESSION_free(shown);
        SSL_SESSION_free(std::exchange(ticket, nullptr));
    }
}

TEST_F(TlsSessions, ForgetAKeyWhenItsLastTicketHasHadItsTime) {
    constexpr Nanoseconds made_at = std::chrono::hours(100);
    TicketKeys& keys = context_.ticket_keys();
    keys.renew(made_at);
    const auto name = keys.current().name;
    const Nanoseconds end = made_at + 2 * TicketKeys::lifetime;
    keys.renew(end - std::chrono::minutes(1));  // Late: another key is in use from here on.
    const auto other = keys.current().name;
    EXPECT_NE(keys.find(name), nullptr);
    keys.renew(end);
    EXPECT_EQ(keys.find(name), nullptr);
    EXPECT_EQ(keys.current().name, other);
}

// After a quiet night, whose keys are of no use to anybody.
TEST_F(TlsSessions, BelieveNoTicketFromBeforeALongSilence) {
    TicketKeys& keys = context_.ticket_keys();
    keys.renew(std::chrono::hours(100));
    const auto name = keys.current().name;
    keys.renew(std::chrono::hours(100) + 2 * TicketKeys::lifetime);
    EXPECT_EQ(keys.find(name), nullptr);
    EXPECT_EQ(keys.find(keys.current().name), &keys.current());
}

TEST_F(TlsSessions, SpeakHttp11ToWhoAsksWhichProtocol) {
    const auto offer = [](std::string_view protocols) {
        return [protocols](SSL_CTX* c) {
            SSL_CTX_set_alpn_protos(c, reinterpret_cast<const unsigned char*>(protocols.data()),
                                    static_cast<unsigned>(protocols.size()));
        };
    };
    TlsClient both(offer("\x02h2\x08http/1.1"));
    open(both);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");

    TlsClient other(offer("\x02h2"));
    Served served = begin();
    converse(other, served);
    EXPECT_EQ(served.session.state(), State::failed);
}

TEST_F(TlsSessions, RefuseWhatIsOldOrWeak) {
    using Choose = void (*)(SSL_CTX*);
    constexpr std::array<Choose, 3> refused{
        [](SSL_CTX* c) { UpTo{TLS1_1_VERSION}(c); },
        [](SSL_CTX* c) {  // No authenticated encryption.
            old_version(c);
            SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA");
        },
        [](SSL_CTX* c) {  // No forward secrecy.
            old_version(c);
            SSL_CTX_set_cipher_list(c, "AES128-GCM-SHA256");
        }};
    for (std::size_t i = 0; i < refused.size(); ++i) {
        SCOPED_TRACE(i);
        TlsClient client(refused[i]);
        Served served = begin();
        converse(client, served);
        EXPECT_EQ(served.session.state(), State::failed);
    }
}

TEST_F(TlsSessions, DoNotBeginAnew) {
    TlsClient client(old_version);
    Served served = open(client);
    SSL_renegotiate(client.ssl());
    SSL_do_handshake(client.ssl());
    for (int i = 0; i < 4; ++i) {
        client.take(served.take(client.give()));
        SSL_do_handshake(client.ssl());
    }
    EXPECT_NE(SSL_num_renegotiations(client.ssl()), 0);  // It asked,
    EXPECT_EQ(SSL_in_init(client.ssl()), 1);             // and asks in vain.
}

TEST_F(TlsSessions, EndWhenThePeerSaysSoAndStillAnswer) {
    TlsClient client;
    Served served = open(client);
    client.write("the last question");
    SSL_shutdown(client.ssl());
    served.take(client.give());
    EXPECT_EQ(served.read, "the last question");
    EXPECT_EQ(served.session.state(), State::closed);
    client.take(served.write("the last answer"));
    client.take(served.say_goodbye());
    EXPECT_EQ(client.read(), "the last answer");
    EXPECT_TRUE((SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

TEST_F(TlsSessions, OutliveTheContextsCertificate) {
    TlsClient client;
    Served served = open(client);
    const Identity other = make_identity();
    ASSERT_EQ(context_.load(other.certificate, other.key), TlsProblem::none);
    client.take(served.write("still here"));
    EXPECT_EQ(client.read(), "still here");
}

TEST_F(TlsSessions, FailWhereWhatTheyMustSayHasNoRoom) {
    TlsClient client;
    Served served = begin();
    served.memory.resize(64);
    client.shake_hands();
    EXPECT_TRUE(served.take(client.give()).empty());
    EXPECT_EQ(served.session.state(), State::failed);
}

Bytes record_of(std::uint8_t type, std::size_t declared, std::size_t sent) {
    Bytes record{std::byte{type}, std::byte{3}, std::byte{3}, std::byte(declared >> 8U),
                 std::byte(declared & 0xFFU)};
    record.resize(5 + sent);
    return record;
}

TEST_F(TlsSessions, FailOnRecordsThatAreNone) {
    for (const Bytes& bytes :
         {record_of(22, 65'535, 8'192), record_of(23, 100, 100), record_of(21, 2, 2),
          record_of(99, 10, 10), Bytes(300, std::byte{0xFF})}) {
        Served served = begin();
        EXPECT_LE(served.take(bytes).size(), 100U);
        EXPECT_EQ(served.session.state(), State::failed);
    }
    // One of nothing says nothing; a flood of them does.
    Served patient = begin();
    patient.take(record_of(22, 0, 0));
    EXPECT_EQ(patient.session.state(), State::handshake);
    for (int i = 0; i < 100; ++i) {
        if (patient.session.state() == State::handshake) patient.take(record_of(22, 0, 0));
    }
    EXPECT_EQ(patient.session.state(), State::failed);
    for (const Bytes& bytes : {record_of(23, 17'000, 17'000), record_of(23, 16, 16),
                               record_of(23, 200, 200), record_of(22, 4, 4)}) {
        TlsClient client;
        Served served = open(client);
        served.take(bytes);
        EXPECT_EQ(served.session.state(), State::failed);
        EXPECT_TRUE(served.read.empty());
    }
}

// Each has the server derive keys anew and answer.
TEST_F(TlsSessions, EndureOnlySoManyKeyUpdates) {
    TlsClient client;
    Served served = open(client);
    const auto ask = [&] {
        SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(client.ssl());
    };
    for (std::uint32_t i = 0; i < TlsSession::late_messages_max; ++i) {
        ask();
        client.take(served.take(client.give()));
        EXPECT_EQ(client.read(), "");
    }
    EXPECT_EQ(served.session.state(), State::open);
    client.write("still here");
    served.take(client.give());
    EXPECT_EQ(served.read, "still here");
    ask();
    served.take(client.give());
    EXPECT_EQ(served.session.state(), State::failed);

    // The same, all at once: the rest is not even read.
    TlsClient hasty;
    Served other = open(hasty);
    Bytes flood;
    for (int i = 0; i < 2'000; ++i) {
        SSL_key_update(hasty.ssl(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(hasty.ssl());
        const Bytes asked = hasty.give();
        flood.insert(flood.end(), asked.begin(), asked.end());
    }
    EXPECT_LE(other.take(flood).size(), 4'096U);
    EXPECT_EQ(other.session.state(), State::failed);
}

// One time of three: some bytes changed, or the rest cut off.
Bytes spoilt(Bytes bytes, std::mt19937_64& random) {
    if (bytes.empty() || random() % 3 != 0) return bytes;
    const std::size_t at = random() % bytes.size();
    if (random() % 4 == 0) bytes.resize(at);
    for (std::size_t i = at; i < bytes.size(); ++i) {
        if (random() % 32 == 0) bytes[i] = std::byte(random() & 0xFFU);
    }
    return bytes;
}

// Goal: no byte of a peer's makes a session do anything but fail or wait.
// Method: a conversation in which some bytes are changed or cut off at random.
TEST_F(TlsSessions, SurviveWhateverComes) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    int opened = 0;
    for (int i = 0; i < 2'000; ++i) {
        TlsClient client(i % 2 == 0 ? old_version : new_version);
        Served served = begin();
        client.shake_hands();
        for (int turn = 0; turn < 4; ++turn) {
            const Bytes bytes = spoilt(client.give(), random);
            if (bytes.empty()) break;
            client.take(served.take(bytes));
            if (client.shake_hands() && turn < 2) client.write("said");
        }
        opened += served.read.empty() ? 0 : 1;
        EXPECT_EQ(std::string("saidsaid").find(served.read), 0U);
    }
    EXPECT_GT(opened, 200);
}

}  // namespace
}  // namespace ringtick
