#include "net/proxy_header.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ringtick {

namespace {

using State = ProxyHeader::State;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_size = 16;
constexpr std::uint8_t version = 0x2;

enum class Command : std::uint8_t { local = 0x0, proxy = 0x1 };

// What the block holds, by the byte of family and transport.
struct Family {
    std::uint8_t code;
    std::size_t addresses_size;  // Less than this, and the block is cut short.
};
constexpr std::uint8_t tcp4 = 0x11;
constexpr std::uint8_t tcp6 = 0x21;
constexpr std::uint8_t unix_stream = 0x31;
// All that the protocol knows. Of datagrams and the unspecified the addresses are not used, as it
// asks of a receiver that does not support a combination.
constexpr std::array<Family, 7> families{
    {{0x00, 0}, {tcp4, 12}, {0x12, 0}, {tcp6, 36}, {0x22, 0}, {unix_stream, 216}, {0x32, 0}}};

std::uint8_t number_at(std::span<const std::byte> bytes, std::size_t index) {
    return std::to_integer<std::uint8_t>(bytes[index]);
}

// Of datagrams and the unspecified: somebody, who cannot be told and is not believed.
Peer client_of(std::uint8_t family, std::span<const std::byte> block) {
    switch (family) {
        case tcp4:
            return Peer{.kind = Peer::Kind::ip, .address = IpAddress::from_ip4(block.first<4>())};
        case tcp6:
            return Peer{.kind = Peer::Kind::ip, .address = IpAddress::from_ip6(block.first<16>())};
        case unix_stream:
            return Peer{.kind = Peer::Kind::local};
        default:
            return {};
    }
}

}  // namespace

ProxyHeader parse_proxy_header(std::span<const std::byte> bytes) {
    const std::size_t compared = std::min(bytes.size(), signature.size());
    if (as_text(bytes.first(compared)) != signature.substr(0, compared)) {
        return {.state = State::absent};
    }
    // Nothing is judged before all sixteen are there: so the verdict does not depend on the cuts.
    if (bytes.size() < fixed_size) return {.state = State::need_input};

    const std::uint8_t command = number_at(bytes, 12) & 0xFU;
    const std::uint8_t family = number_at(bytes, 13);
    const std::size_t block_size = number_at(bytes, 14) * 256U + number_at(bytes, 15);
    if (number_at(bytes, 12) >> 4U != version) return {.state = State::malformed};
    if (command > static_cast<std::uint8_t>(Command::proxy)) return {.state = State::malformed};
    if (block_size > ProxyHeader::block_size_max) return {.state = State::malformed};

    // A proxy that speaks for itself, to see whether we live: the family is to be ignored.
    const bool local = command == static_cast<std::uint8_t>(Command::local);
    if (!local) {
        const auto* const known = std::ranges::find(families, family, &Family::code);
        if (known == families.end()) return {.state = State::malformed};
        if (block_size < known->addresses_size) return {.state = State::malformed};
    }
    if (bytes.size() - fixed_size < block_size) return {.state = State::need_input};

    const auto block = bytes.subspan(fixed_size, block_size);
    return {.state = State::complete,
            .size = fixed_size + block_size,
            .client = local ? std::nullopt : std::optional(client_of(family, block))};
}

}  // namespace ringtick
