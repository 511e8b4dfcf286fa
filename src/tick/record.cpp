#include "tick/record.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <limits>

namespace ringtick {

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) {
    if (bytes.empty()) return before;  // To zlib no bytes are a wish for a new checksum.
    const auto* const first = reinterpret_cast<const Bytef*>(bytes.data());
    return static_cast<std::uint32_t>(crc32_z(before, first, bytes.size()));
}

void write_block_head(std::span<std::byte> block, std::uint32_t payload_checksum) {
    ASSERT(block.size() > block_head_size);
    const std::size_t size = block.size() - block_head_size;
    ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
    ByteWriter writer(block.first(block_head_size));
    writer.put(static_cast<std::uint32_t>(size));
    writer.put(payload_checksum);
    writer.put(checksum(block.first(writer.size())));
    ASSERT(!writer.overflowed());
}

std::size_t write_file_head(std::span<std::byte> out, const RecordHeader& header) {
    ASSERT(out.size() >= file_head_size_max);
    ASSERT(header.game.size() <= 255);
    const std::size_t begin = copy_bytes(out, as_bytes(record_magic));
    ByteWriter writer(out.subspan(begin + block_head_size));
    writer.put(header.schema);
    writer.put(header.rules);
    writer.put(header.seed);
    writer.put(header.rate_hz);
    writer.put(header.rooms);
    writer.put(header.players_max);
    writer.put(header.players_expected);
    writer.put(header.bots);
    writer.put(header.bots_max);
    writer.put(header.rewind_ms);
    writer.put(static_cast<std::uint8_t>(header.game.size()));
    writer.put(as_bytes(header.game));
    ASSERT(!writer.overflowed());
    const auto block = out.subspan(begin, block_head_size + writer.size());
    write_block_head(block, checksum(block.subspan(block_head_size)));
    return begin + block.size();
}

}  // namespace ringtick
