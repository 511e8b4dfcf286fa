#include "ws/mask.hpp"

#include <bit>
#include <cstring>

namespace ringtick {

void unmask(std::span<std::byte> bytes, MaskingKey key, std::uint64_t offset) {
    // The key as it falls on `bytes`, twice over. On this kind of machine the first byte in memory
    // is the lowest of a word.
    static_assert(std::endian::native == std::endian::little);
    const auto rotation = static_cast<int>(8 * (offset % key.size()));
    const std::uint64_t narrow_key = std::rotr(std::bit_cast<std::uint32_t>(key), rotation);
    std::uint64_t wide_key = narrow_key << 32 | narrow_key;

    // Words by memcpy, because the payload may begin at any address; the compiler makes plain
    // unaligned loads of it, and vectors of four words.
    constexpr std::size_t words = 4;
    while (bytes.size() >= words * sizeof(wide_key)) {
        std::array<std::uint64_t, words> block{};
        std::memcpy(block.data(), bytes.data(), sizeof(block));
        for (std::uint64_t& word : block) word ^= wide_key;
        std::memcpy(bytes.data(), block.data(), sizeof(block));
        bytes = bytes.subspan(sizeof(block));
    }
    while (bytes.size() >= sizeof(wide_key)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof(word));
        word ^= wide_key;
        std::memcpy(bytes.data(), &word, sizeof(word));
        bytes = bytes.subspan(sizeof(word));
    }
    for (std::byte& byte : bytes) {
        byte ^= static_cast<std::byte>(wide_key & 0xFF);
        wide_key >>= 8;
    }
}

}  // namespace ringtick
