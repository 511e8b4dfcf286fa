#pragma once

#include "ws/client_frame.hpp"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace ringtick {

// How a client may compress a message.
struct ClientDeflate {
    int window_bits = 15;
    int level = 6;
    int flush = Z_SYNC_FLUSH;
    bool keep_tail = false;
};

// A message compressed by plain use of zlib (RFC 7692, section 7.2.1).
inline std::string deflated(std::string_view message, const ClientDeflate& how = {}) {
    z_stream stream{};
    deflateInit2(&stream, how.level, Z_DEFLATED, -how.window_bits, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, message.size()) + 16, '\0');
    std::string in(message);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, how.flush);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    if (how.flush == Z_SYNC_FLUSH && !how.keep_tail) out.resize(out.size() - 4);
    return out;
}

// Text of a few words over and over, as compressible as prose.
inline std::string prose(std::size_t size, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    constexpr std::string_view words[] = {"ship ", "gem ", "beacon ",
                                          "rail ", "42, ", "\xC3\xA9t\xC3\xA9 "};
    std::string text;
    while (text.size() < size) text += words[random() % std::size(words)];
    text.resize(size);
    return text;
}

inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

}  // namespace ringtick
