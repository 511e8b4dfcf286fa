#pragma once

#include "base/bytes.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick::http {

// Writes text into memory of fixed size. What does not fit is remembered, so that a writer asks
// once, at the end.
class TextWriter {
public:
    explicit TextWriter(std::span<std::byte> out) : bytes_(out) {}

    TextWriter& put(std::string_view text) {
        bytes_.put(as_bytes(text));
        return *this;
    }
    TextWriter& put_number(std::uint64_t number) {
        std::array<char, 20> digits;  // 2^64 - 1 has twenty.
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return put({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    // A whole header line.
    TextWriter& put_header(std::string_view name, std::string_view value) {
        return put(name).put(": ").put(value).put("\r\n");
    }

    // How much was written, or 0 if not everything fitted.
    std::size_t size() const { return bytes_.overflowed() ? 0 : bytes_.size(); }

private:
    ByteWriter bytes_;
};

}  // namespace ringtick::http
