#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct ssl_ctx_st;

namespace ringtick {

// The keys that session tickets are sealed with (RFC 5077, section 4; RFC 8446, section 4.6.1). Who
// has one of them reads whatever was said in TLS 1.2 under its tickets, so each is used for as long
// as a ticket is good, believed for as long again, and then forgotten. They are kept nowhere else.
//
// Nothing wakes up for it: the age of a key is looked at when a handshake begins.
//
// Threading: that of the sessions.
class TicketKeys {
public:
    // A ticket's time, and a key's.
    static constexpr Nanoseconds lifetime = std::chrono::hours(2);

    ~TicketKeys();
    TicketKeys() = default;
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    // From now on the context's tickets are sealed with new keys of these, and none from before is
    // believed. They have to outlive its sessions. False: OpenSSL cannot do that, and nothing has
    // changed.
    [[nodiscard]] bool serve(ssl_ctx_st* context);

    // Takes a new key if the one in use has had its time. `now` never goes back. Without random
    // bytes for one the old one stays in use.
    void renew(Nanoseconds now);

    struct Key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> digest{};
    };
    const Key& current() const { return current_; }
    // The one in use, or the one before it, which is believed still; none of any other name.
    const Key* find(std::span<const unsigned char, 16> name) const;

private:
    void take(Key& fresh);

    Key current_;
    Key before_;
    bool has_before_ = false;
    Nanoseconds before_until_{};
    Nanoseconds made_at_{};
};

}  // namespace ringtick
