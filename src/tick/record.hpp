#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// The file of a recorded match: what shaped the world, and then what the games were told, in the
// order in which they were told it. Everything else follows from that.
//
//   "ringtick record 5\n"   block: the header   block   block ...
//
//   block   0         4           8           12
//          +---------+-----------+-----------+- - - - - - - -+
//          | size    | CRC-32 of | CRC-32 of | payload       |   Numbers are little-endian.
//          |         | payload   | these 8 B | `size` bytes  |
//          +---------+-----------+-----------+- - - - - - - -+
//
//   header  schema 8, rules 8, seed 8, rate Hz 4, rooms 4, players at most 4, players expected 4,
//           bots 4, bots at most 4, rewind ms 4, size of the name 1, name of the game
//
// The payloads behind it hold records. A record is whole within its block, and begins with a
// varint, whose lowest four bits are its kind and the others a number:
//
//   0 ticks    every room takes so many steps, the first with the commands before it
//   1 join     the player with this slot: 16 bytes, its token's digest; then 2 leave, without
//   3 command  of the player with this slot: a varint for its size, its bytes; with 65,535, an
//              operator's order to the room
//   4 room     the records from here on are about this room; the first is 0, and the file begins
//              with it
//   5 skip     so many ticks were left out after a stall: the next one's number is so much higher
//   6 hash     8 bytes: the state of this room's game now, between two ticks
//   7 end      0: the recording ended as it should; nothing follows
//              1: of this room nothing more was written down; the others go on
//   8 state    of the game at the end of the tick of this number: a varint for its size, its
//              bytes. Before all else that is told of a room the match begins there; anywhere else
//              it is what the game is then, and who has no time for all before it begins there
//
// A block is written and made durable before the next one, so a crash can harm only the last: then
// its head says more than is there, or is missing. Anything else that does not add up is damage.
namespace ringtick {

struct RecordHeader {
    std::string_view game;     // The program's name.
    std::uint64_t schema = 0;  // Of the commands, as the program has it.
    std::uint64_t rules = 0;   // What the build that recorded makes of a match of bots.
    std::uint64_t seed = 0;    // Of the first room; each further one's is one more.
    std::uint32_t rate_hz = 0;
    std::uint32_t rooms = 0;
    std::uint32_t players_max = 0;
    std::uint32_t players_expected = 0;
    std::uint32_t bots = 0;      // To begin with.
    std::uint32_t bots_max = 0;  // To how many an operator could bring them.
    std::uint32_t rewind_ms = 0;
};

enum class RecordKind : std::uint8_t { ticks, join, leave, command, room, skip, hash, end, state };
inline constexpr RecordKind record_kind_last = RecordKind::state;
// The numbers of an end.
inline constexpr std::uint64_t end_of_all = 0;
inline constexpr std::uint64_t end_of_room = 1;

inline constexpr std::string_view record_magic = "ringtick record 5\n";
inline constexpr std::string_view record_magic_any = "ringtick record ";
inline constexpr std::size_t block_head_size = 12;
inline constexpr unsigned record_kind_bits = 4;

// A header that says more than these was made by nobody.
inline constexpr std::uint32_t record_rate_hz_max = 1'000;
inline constexpr std::uint32_t record_rooms_max = 1'024;
inline constexpr std::uint32_t record_players_max = 65'535;
inline constexpr std::uint32_t record_bots_max = 65'535;
inline constexpr std::uint32_t record_rewind_ms_max = 1'000;
// Nor has a tick a larger number, for games count in 32 bits: two years at 30 Hz.
inline constexpr std::uint64_t record_ticks_max = 0x7FFF'FFFF;

// CRC-32 (zlib's), going on from `before`.
std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0);

// Puts the head of a block before its payload. `block` is both.
void write_block_head(std::span<std::byte> block, std::uint32_t payload_checksum);

// What a file begins with: magic and header. Returns the bytes used of `out`.
inline constexpr std::size_t file_head_size_max = 512;
std::size_t write_file_head(std::span<std::byte> out, const RecordHeader& header);

}  // namespace ringtick
