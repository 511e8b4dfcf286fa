#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringtick {

// An IPv6 address, or an IPv4 one in the form that IPv6 has for it (::ffff:a.b.c.d, RFC 4291,
// section 2.5.5.2). So an IPv4 client is the same one on a socket of either family.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    // From the four or sixteen bytes that stand on the wire.
    static IpAddress from_ip4(std::span<const std::byte, 4> octets);
    static IpAddress from_ip6(std::span<const std::byte, 16> octets);

    bool is_ip4() const;
    bool is_loopback() const;  // 127.0.0.0/8 or ::1

    bool operator==(const IpAddress&) const = default;
};

// As inet_pton(3) reads it, which is strictly: four decimal numbers without leading zeros, or what
// RFC 4291, section 2.2, allows; no zone, no port, no white space. Does not allocate.
std::optional<IpAddress> parse_ip_address(std::string_view text);

std::string to_text(const IpAddress& address);

// All addresses that begin with the same bits.
struct IpRange {
    // What a text was: a range, none, or one whose address goes on behind the prefix, in which case
    // the writer may have meant the whole range or the one address.
    enum class Syntax : std::uint8_t { exact, host_bits, malformed };

    IpAddress network;
    std::uint8_t prefix_size = 128;  // Bits; of an IPv4 range, 96 more than is written.

    // "10.0.0.0/8", "fd00::/8", or an address by itself. Leaves `range` alone if malformed; with
    // host bits, it becomes the range without them.
    [[nodiscard]] static Syntax parse(std::string_view text, IpRange& range);

    // An IPv4 address is in no range of IPv6, not even in ::/0.
    bool contains(const IpAddress& address) const;

    bool operator==(const IpRange&) const = default;
};

std::string to_text(const IpRange& range);

}  // namespace ringtick
