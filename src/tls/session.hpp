#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct ssl_st;  // OpenSSL's SSL.

namespace ringtick {

class TlsContext;

// One connection's TLS, on the server's side: bytes of the peer in, bytes for the peer out. Knows
// no socket; what to do with either is the caller's.
//
//   handshake --Finished both ways--> open --the peer's close_notify--> closed
//       |                              |
//       +------ broken, or no room ----+--> failed (its alert, if there is one, has been written)
class TlsSession {
public:
    enum class State : std::uint8_t { none, handshake, open, closed, failed };

    // What a call reads and writes. What it has read is taken off the front of `input`; of an
    // incomplete record it reads what there is, and keeps it.
    struct Wire {
        std::span<const std::byte> input;
        std::span<std::byte> output;  // Where there is no room for what must be said, it fails.
        std::size_t written = 0;      // Bytes of `output`, from its front.
        std::uint32_t messages = 0;   // Of the handshake protocol, that the call has read.
    };

    // Room in `output` with which a handshake succeeds, unless the certificate chain takes more
    // than half of it, and an open session can say whatever it may have to.
    static constexpr std::size_t handshake_output_max = 32'768;
    // An open session derives new keys as often as its peer likes (RFC 8446, section 4.6.3). That
    // costs us more than the peer, and once in millions of records is enough: past so many of these
    // messages, in all, it fails.
    static constexpr std::uint32_t late_messages_max = 64;
    // As much as one record brings at the most (RFC 8446, section 5.1).
    static constexpr std::size_t record_payload_max = 16'384;

    // Bytes for the peer that write() needs room for; no version and cipher of ours needs more: a
    // header, an explicit nonce or a type, and a tag for each record (RFC 5246, section 6.2.3.3).
    static constexpr std::size_t sealed_size_max(std::size_t payload_size) {
        constexpr std::size_t overhead = 5 + 8 + 16;
        return payload_size + (payload_size / record_payload_max + 1) * overhead;
    }

    TlsSession() = default;

    // `now`: on a clock that never goes back. False if there is no memory for it.
    [[nodiscard]] bool begin(const TlsContext& context, Nanoseconds now);
    void end();

    State state() const { return state_; }
    // Whether it went on from an earlier session's ticket; once it is open.
    bool resumed() const;

    // Goes on with the handshake, as far as the input goes; what is behind it is left.
    void shake_hands(Wire& wire);

    // Opens the next record. Returns the size of what was in it, 0 if there is no more: then the
    // input is used up, or the session is not open any more. `plain` has record_payload_max bytes.
    std::size_t read(Wire& wire, std::span<std::byte> plain);

    // Seals all of it. The output must have room for sealed_size_max() of it.
    void write(std::span<const std::byte> plain, Wire& wire);

    // Says that nothing more will be written (close_notify). Of an open or closed session.
    void say_goodbye(Wire& wire);

private:
    struct Free {
        void operator()(ssl_st* session) const;
    };

    // After a call that OpenSSL could not complete.
    void judge(int result);

    std::unique_ptr<ssl_st, Free> native_;
    State state_ = State::none;
    std::uint32_t late_messages_ = 0;
};

}  // namespace ringtick
