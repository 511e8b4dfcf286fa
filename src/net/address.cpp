#include "net/address.hpp"

#include "base/assert.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ringtick {

namespace {

constexpr std::array<std::uint8_t, 12> ip4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::uint8_t ip4_prefix_size = 96;  // Bits.

// The bits of byte `index` that belong to a prefix of `prefix_size` bits.
std::uint8_t mask_of(std::size_t index, std::size_t prefix_size) {
    const std::size_t bits = prefix_size - std::min(prefix_size, index * 8);
    return static_cast<std::uint8_t>(bits >= 8 ? 0xFF : 0xFF << (8 - bits) & 0xFF);
}

IpAddress without_host_bits(IpAddress address, std::size_t prefix_size) {
    for (std::size_t i = 0; i < address.bytes.size(); ++i) {
        address.bytes[i] &= mask_of(i, prefix_size);
    }
    return address;
}

// A decimal number as it is written, without sign or leading zeros.
std::optional<std::uint8_t> parse_prefix_size(std::string_view text, std::uint8_t most) {
    std::uint8_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    const bool padded = text.size() > 1 && text.front() == '0';
    if (!whole || padded || size > most) return std::nullopt;
    return size;
}

}  // namespace

IpAddress IpAddress::from_ip4(std::span<const std::byte, 4> octets) {
    IpAddress address;
    std::ranges::copy(ip4_prefix, address.bytes.begin());
    std::memcpy(&address.bytes[ip4_prefix.size()], octets.data(), octets.size());
    return address;
}

IpAddress IpAddress::from_ip6(std::span<const std::byte, 16> octets) {
    IpAddress address;
    std::memcpy(address.bytes.data(), octets.data(), octets.size());
    return address;
}

bool IpAddress::is_ip4() const {
    return std::ranges::equal(std::span(bytes).first<ip4_prefix.size()>(), ip4_prefix);
}

bool IpAddress::is_loopback() const {
    if (is_ip4()) return bytes[ip4_prefix.size()] == 127;
    constexpr IpAddress ip6_loopback{.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return *this == ip6_loopback;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN>
        copy{};  // inet_pton(3) wants a NUL behind it, and only there.
    if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return {};
    std::ranges::copy(text, copy.begin());

    std::array<std::byte, 16> octets{};
    if (inet_pton(AF_INET, copy.data(), octets.data()) == 1) {
        return IpAddress::from_ip4(std::span(octets).first<4>());
    }
    if (inet_pton(AF_INET6, copy.data(), octets.data()) == 1) return IpAddress::from_ip6(octets);
    return std::nullopt;
}

std::string to_text(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool ip4 = address.is_ip4();
    const void* const octets = ip4 ? &address.bytes[ip4_prefix.size()] : address.bytes.data();
    const char* const written =
        inet_ntop(ip4 ? AF_INET : AF_INET6, octets, text.data(), text.size());
    ASSERT(written != nullptr);
    return written;
}

IpRange::Syntax IpRange::parse(std::string_view text, IpRange& range) {
    const std::size_t slash = text.find('/');
    const auto address = parse_ip_address(text.substr(0, slash));
    if (!address) return Syntax::malformed;
    if (slash == std::string_view::npos) {
        range = {.network = *address};
        return Syntax::exact;
    }

    // The form that was written decides what the prefix counts, so that ::ffff:10.0.0.0/104 is
    // 10.0.0.0/8.
    const bool written_as_ip4 = text.find(':') == std::string_view::npos;
    const std::uint8_t before = written_as_ip4 ? ip4_prefix_size : 0;
    const auto size =
        parse_prefix_size(text.substr(slash + 1), static_cast<std::uint8_t>(128 - before));
    if (!size) return Syntax::malformed;
    const auto prefix_size = static_cast<std::uint8_t>(*size + before);
    range = {.network = without_host_bits(*address, prefix_size), .prefix_size = prefix_size};
    return range.network == *address ? Syntax::exact : Syntax::host_bits;
}

bool IpRange::contains(const IpAddress& address) const {
    ASSERT(prefix_size <= 128);
    return address.is_ip4() == network.is_ip4() &&
           without_host_bits(address, prefix_size) == network;
}

std::string to_text(const IpRange& range) {
    const bool ip4 = range.network.is_ip4();
    const int size = range.prefix_size - (ip4 ? ip4_prefix_size : 0);
    return to_text(range.network) + "/" + std::to_string(size);
}

}  // namespace ringtick
