#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick {

// Reads what a server sent on one connection and asserts that it is well formed: whole HTTP
// responses, perhaps a 101, then frames as RFC 6455 wants them of a server, and behind a close
// frame not one byte. Only the end may be cut off, where the connection was.
class WireChecker {
public:
    explicit WireChecker(std::span<const std::byte> sent) : rest_(sent) {
        while (!rest_.empty() && !switched_ && !cut_off_) check_response();
        while (!rest_.empty() && switched_ && !cut_off_) check_frame();
    }

private:
    void check_response() {
        const std::string_view text = as_text(rest_);
        const auto head_end = text.find("\r\n\r\n");
        if (head_end == std::string_view::npos) {
            cut_off_ = true;
            return;
        }
        const std::string_view head = text.substr(0, head_end + 2);
        ASSERT(head.starts_with("HTTP/1.1 "));
        ASSERT(head.find('\0') == std::string_view::npos);
        switched_ = head.starts_with("HTTP/1.1 101 ");
        deflate_ = switched_ && head.find("permessage-deflate") != std::string_view::npos;
        ASSERT(!ended_);  // Nothing follows a response that says close.
        ended_ = head.find("Connection: close") != std::string_view::npos;
        take(head_end + 4 + content_length(head));
    }

    static std::size_t content_length(std::string_view head) {
        constexpr std::string_view name = "Content-Length: ";
        const auto at = head.find(name);
        if (at == std::string_view::npos) return 0;
        std::size_t length = 0;
        for (const char digit :
             head.substr(at + name.size(), head.find("\r\n", at) - at - name.size())) {
            ASSERT(digit >= '0' && digit <= '9');
            length = 10 * length + static_cast<std::size_t>(digit - '0');
        }
        return length;
    }

    void check_frame() {
        ASSERT(!closed_);
        if (rest_.size() < 2) {
            cut_off_ = true;
            return;
        }
        const auto first = std::to_integer<unsigned>(rest_[0]);
        const auto second = std::to_integer<unsigned>(rest_[1]);
        const unsigned opcode = first & 0x0F;
        ASSERT((first & 0x80) != 0);   // Never fragmented.
        ASSERT((second & 0x80) == 0);  // Never masked (section 5.1).
        ASSERT((first & 0x30) == 0);   // RSV2, RSV3.
        ASSERT(opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10));
        ASSERT((first & 0x40) == 0 || (deflate_ && opcode <= 2));
        closed_ = opcode == 8;
        take_frame(second & 0x7F, opcode);
    }

    void take_frame(unsigned short_length, unsigned opcode) {
        const std::size_t extra = short_length == 126 ? 2U : short_length == 127 ? 8U : 0U;
        ASSERT(opcode < 8 || extra == 0);
        if (rest_.size() < 2 + extra) {
            cut_off_ = true;
            return;
        }
        std::uint64_t length = extra == 0 ? short_length : 0;
        for (std::size_t i = 0; i < extra; ++i) {
            length = length << 8 | std::to_integer<std::uint64_t>(rest_[2 + i]);
        }
        ASSERT(extra != 2 || length > 125);  // The shortest form (section 5.2).
        ASSERT(extra != 8 || length > 65'535);
        take(2 + extra + length);
    }

    void take(std::size_t size) {
        cut_off_ = size > rest_.size();
        rest_ = rest_.subspan(std::min(size, rest_.size()));
    }

    std::span<const std::byte> rest_;
    bool deflate_ = false;  // Negotiated.
    bool switched_ = false;
    bool ended_ = false;
    bool closed_ = false;
    bool cut_off_ = false;
};

}  // namespace ringtick
