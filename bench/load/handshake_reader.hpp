#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick::swarm {

// RFC 6455's own example of a nonce and its answer (section 1.3). A client should draw its own; a
// load generator wants one request for everybody.
inline constexpr std::string_view websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view websocket_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// What is said of compression (RFC 7692): the server must take no context over, so that each
// message inflates by itself. What clients send is never compressed, which they need not announce.
inline constexpr std::string_view deflate_name = "permessage-deflate";
inline constexpr std::string_view deflate_offer = "permessage-deflate; server_no_context_takeover";

// Reads the answer to an opening handshake however it is cut, keeping none of it: it looks for the
// status 101, for the accept key, for compression, and for the end of the head.
class HandshakeReader {
public:
    enum class Answer : std::uint8_t { pending, open, refused };

    // Takes the head off the front of `input`. What follows it are frames.
    Answer read(std::span<const std::byte>& input) {
        while (!input.empty()) {
            const auto c = std::to_integer<char>(input.front());
            input = input.subspan(1);
            if (size_ < status.size() && status[size_] != c) return Answer::refused;
            size_ += 1;
            if (size_ > head_size_max) return Answer::refused;
            follow(websocket_accept, accept_matched_, c);
            follow(deflate_name, deflate_matched_, c);
            if (follow(head_end, end_matched_, c)) {
                return accepted() ? Answer::open : Answer::refused;
            }
        }
        return Answer::pending;
    }

    // Of a connection that is open.
    bool compression_agreed() const { return deflate_matched_ == deflate_name.size(); }

private:
    static constexpr std::string_view status = "HTTP/1.1 101 ";
    static constexpr std::string_view head_end = "\r\n\r\n";
    static constexpr std::uint32_t head_size_max = 16'384;

    bool accepted() const { return accept_matched_ == websocket_accept.size(); }

    // Looks for `word`, one character at a time; `matched` of it stood before. Starting over at a
    // mismatch is enough for words that nowhere contain a longer part of their own beginning than
    // "\r", which is looked at again.
    static bool follow(std::string_view word, std::uint8_t& matched, char c) {
        if (matched == word.size()) return true;
        if (word[matched] != c) matched = 0;
        if (word[matched] == c) matched += 1;
        return matched == word.size();
    }

    std::uint32_t size_ = 0;
    std::uint8_t accept_matched_ = 0;
    std::uint8_t deflate_matched_ = 0;
    std::uint8_t end_matched_ = 0;
};

}  // namespace ringtick::swarm
