#pragma once

#include <string>
#include <string_view>

namespace ringtick::test {

inline constexpr std::string_view proxy_signature("\r\n\r\n\0\r\nQUIT\n", 12);

// A PROXY header of version 2, or what calls itself one.
inline std::string proxy_header(int version_and_command, int family, std::string_view block) {
    std::string header(proxy_signature);
    header += static_cast<char>(version_and_command);
    header += static_cast<char>(family);
    header += static_cast<char>(block.size() >> 8);
    header += static_cast<char>(block.size() & 0xFF);
    return header.append(block);
}

}  // namespace ringtick::test
