#pragma once

#include "base/rng.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// What the server of a simulation shows, in PEM: the same in every run, for its size is one of what
// is cut into pieces. Its key is no secret.
extern const std::string_view simulated_certificate;
extern const std::string_view simulated_key;

// From now on all that OpenSSL draws in this process follows from the seed.
void seed_openssl(std::uint64_t seed);

// A ticket for the next connection, if the server gave one.
struct TlsTicket {
    struct Free {
        void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
    };
    std::unique_ptr<SSL_SESSION, Free> session;
};

// The client's end of a TLS connection: OpenSSL's own over memory, of either version. Knows no
// socket.
class TlsEnd {
public:
    // Goes on from the ticket, if there is one, and leaves the next one there. It has to outlive
    // this.
    TlsEnd(Rng& rng, TlsTicket& ticket);

    // What came from the server. Returns what was in it.
    std::vector<std::byte> read(std::span<const std::byte> sealed);
    // Seals it, or keeps it until the handshake is done.
    void write(std::span<const std::byte> plain);
    // What is to be sent since the last time.
    std::vector<std::byte> take();

    void change_keys();
    // Nothing more will be written (close_notify).
    void say_goodbye();

    bool is_open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    // What the server said is no TLS.
    bool has_failed() const { return has_failed_; }
    // It said that nothing more will come.
    bool has_heard_goodbye() const {
        return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    void shake_hands();
    void read_records(std::vector<std::byte>& plain);

    std::unique_ptr<SSL, Free> ssl_;
    std::vector<std::byte> unsealed_;  // Until the handshake is done.
    bool has_failed_ = false;
};

}  // namespace ringtick
