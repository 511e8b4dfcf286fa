#include "ws/mask.hpp"

#include <cstring>

namespace ringtick {

void unmask(std::span<std::byte> bytes, MaskingKey key, std::uint64_t offset) {
    // The key as it falls on `bytes`, eight times over: sixteen bytes have no more to say than
    // four.
    std::array<std::byte, 8> rotated{};
    for (std::size_t i = 0; i < rotated.size(); ++i) {
        rotated[i] = key[(offset + i) % key.size()];
    }
    std::uint64_t wide_key = 0;
    std::memcpy(&wide_key, rotated.data(), sizeof(wide_key));

    // Words by memcpy, because the payload may begin at any address; the compiler makes plain
    // unaligned loads of it. Four at a time is as fast as the vectors of -march=native.
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
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= rotated[i];
}

}  // namespace ringtick
