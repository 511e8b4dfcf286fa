#pragma once

#include "base/bytes.hpp"
#include "tls/identity.hpp"
#include "tls/session.hpp"

#include <openssl/ssl.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {

using Bytes = std::vector<std::byte>;

// The newest version that a client offers.
struct UpTo {
    int version = TLS1_3_VERSION;

    void operator()(SSL_CTX* context) const { SSL_CTX_set_max_proto_version(context, version); }
};

// OpenSSL's own client over memory BIOs, against which the sessions are held.
class TlsClient {
public:
    TlsClient() : TlsClient(UpTo()) {}
    template <class Choose>
    explicit TlsClient(const Choose& choose) : context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_security_level(context_.get(), 0);  // To offer what is to be refused, too.
        choose(context_.get());
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    SSL* ssl() { return ssl_.get(); }

    bool shake_hands() { return SSL_do_handshake(ssl()) == 1; }
    void take(std::span<const std::byte> bytes) {
        BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
    }
    // What it has for the server since the last time.
    Bytes give() {
        const std::string text = text_of(SSL_get_wbio(ssl()));
        BIO_reset(SSL_get_wbio(ssl()));
        Bytes bytes(text.size());
        copy_bytes(bytes, as_bytes(text));
        return bytes;
    }
    void write(std::string_view text) {
        SSL_write(ssl(), text.data(), static_cast<int>(text.size()));
    }
    // All that it can read now.
    std::string read() {
        std::string all;
        std::array<char, 16'384> piece;
        int size = 0;
        while ((size = SSL_read(ssl(), piece.data(), piece.size())) > 0) {
            all.append(piece.data(), static_cast<std::size_t>(size));
        }
        return all;
    }

private:
    Owned<SSL_CTX, SSL_CTX_free> context_;
    Owned<SSL, SSL_free> ssl_;
};

// A session with its output, as its owner has it.
struct Served {
    TlsSession session;
    std::string read;  // All that the client wrote.
    Bytes memory = Bytes(TlsSession::handshake_output_max);

    // Gives it the bytes, and returns what it has to say.
    Bytes take(std::span<const std::byte> bytes) {
        TlsSession::Wire wire{.input = bytes, .output = memory};
        if (session.state() == TlsSession::State::handshake) session.shake_hands(wire);
        std::array<std::byte, TlsSession::record_payload_max> plain;
        while (const std::size_t size = session.read(wire, plain)) {
            read += as_text(std::span(plain).first(size));
        }
        return said(wire);
    }
    Bytes write(std::string_view text) {
        Bytes room(TlsSession::sealed_size_max(text.size()));
        TlsSession::Wire wire{.output = room};
        session.write(as_bytes(text), wire);
        return said(wire);
    }
    Bytes say_goodbye() {
        TlsSession::Wire wire{.output = memory};
        session.say_goodbye(wire);
        return said(wire);
    }
    static Bytes said(const TlsSession::Wire& wire) {
        Bytes bytes(wire.written);
        copy_bytes(bytes, wire.output.first(wire.written));
        return bytes;
    }
};

// Lets both speak until neither has more to say.
inline void converse(TlsClient& client, Served& served) {
    client.shake_hands();
    while (true) {
        const Bytes asked = client.give();
        if (asked.empty()) return;
        client.take(served.take(asked));
        client.shake_hands();
    }
}

}  // namespace ringtick
