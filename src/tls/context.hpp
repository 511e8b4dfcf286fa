#pragma once

#include "tls/ticket_keys.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX: no type of its headers shows outside this folder.

namespace ringtick {

// Why a certificate and its key cannot be used.
enum class TlsProblem : std::uint8_t {
    none,
    certificate_malformed,  // No certificate in PEM, or not all of them can be read.
    certificate_refused,    // OpenSSL will not serve it: a key too short, a digest too weak.
    key_malformed,          // No private key in PEM.
    key_encrypted,          // A passphrase is asked for, and there is nobody to give it.
    key_of_another,         // Not the key of this certificate.
    out_of_memory,
};

// What all sessions that begin have in common: certificate and key, TLS 1.2 and 1.3, the ciphers,
// ALPN (http/1.1 and nothing else, RFC 7301), and the keys of session tickets, which are new with
// every certificate. Without compression, renegotiation and early data.
//
// A session keeps what it began with, so another certificate can take its place. It must not
// outlive this.
//
// Reads no file and no clock. (OpenSSL does look at the time, for how old a ticket is.)
class TlsContext {
public:
    // `certificate` is in PEM, followed by those that vouch for it; `key` is its private key in
    // PEM. On a problem, what was loaded before stays.
    [[nodiscard]] TlsProblem load(std::string_view certificate, std::string_view key);

    bool loaded() const { return native_ != nullptr; }
    // The certificate's time, in seconds since 1970-01-01 00:00 UTC, its last one included.
    std::int64_t valid_from() const { return valid_from_; }
    std::int64_t valid_until() const { return valid_until_; }
    // Whether its key is one of RSA, of which a signature costs ten times that of P-256.
    bool signs_slowly() const { return signs_slowly_; }
    // What OpenSSL says of the last problem; empty if it says nothing.
    std::string_view detail() const { return detail_; }

    // To be told the time when a session begins.
    TicketKeys& ticket_keys() const { return *ticket_keys_; }

    ssl_ctx_st* native() const { return native_.get(); }

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    using Native = std::unique_ptr<ssl_ctx_st, Free>;

    TlsProblem fill(ssl_ctx_st* context, std::string_view certificate, std::string_view key);

    std::unique_ptr<TicketKeys> ticket_keys_ = std::make_unique<TicketKeys>();
    Native native_;
    std::int64_t valid_from_ = 0;
    std::int64_t valid_until_ = 0;
    bool signs_slowly_ = false;
    std::string_view detail_;
};

}  // namespace ringtick
