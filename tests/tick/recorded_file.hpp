#pragma once

#include "base/bytes.hpp"
#include "tick/record_reader.hpp"
#include "tick/record_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick::test {

using Bytes = std::vector<std::byte>;

inline RecordHeader small_header() {
    return {.game = "story",
            .schema = 1,
            .rules = 2,
            .seed = 3,
            .rate_hz = 30,
            .rooms = 2,
            .players_max = 4,
            .players_expected = 0,
            .bots = 5,
            .rewind_ms = 250};
}

inline RecordHeader header_of_one_room() {
    RecordHeader header = small_header();
    header.rooms = 1;
    return header;
}

// A recording in memory: what the ring would have written so far.
class RecordedFile {
public:
    explicit RecordedFile(const RecordHeader& header = small_header())
        : writer(65'536, std::clamp(header.rooms, 1U, 100U)) {
        Bytes head(file_head_size_max);
        head.resize(write_file_head(head, header));
        bytes = head;
    }

    // A block ends here.
    void write() {
        writer.seal();
        if (writer.sealed().empty()) return;
        bytes.insert(bytes.end(), writer.sealed().begin(), writer.sealed().end());
        writer.release();
    }
    // A block of any payload, its checksums right.
    void append_block(std::span<const std::byte> payload) {
        Bytes block(block_head_size);
        block.insert(block.end(), payload.begin(), payload.end());
        write_block_head(block, checksum(payload));
        bytes.insert(bytes.end(), block.begin(), block.end());
    }
    void say(std::uint32_t room, std::uint16_t slot, std::string_view text) {
        writer.command(room, {.player = {slot}, .bytes = as_bytes(text)});
    }

    RecordWriter writer;
    Bytes bytes;
};

// What is in a recording, as a story: "j1 c1:hi t3 " is who joined, a command, and three ticks.
// Ends with how the file does.
inline std::string story_of(std::span<const std::byte> file) {
    RecordReader reader;
    const auto opened = reader.open(file);
    if (opened != RecordReader::Opened::fine) {
        return "!" + std::to_string(static_cast<int>(opened));
    }
    std::string story;
    Record record;
    RecordReader::State state = reader.next(record);
    for (; state == RecordReader::State::record; state = reader.next(record)) {
        constexpr std::string_view kinds = "tjlcrsheS";
        story += kinds[static_cast<std::size_t>(record.kind)] + std::to_string(record.number);
        if (record.kind == RecordKind::command) story += ":" + std::string(as_text(record.bytes));
        story += " ";
    }
    constexpr std::string_view ends[] = {"", "ended", "cut", "torn", "damaged"};
    return story + std::string(ends[static_cast<std::size_t>(state)]);
}

}  // namespace ringtick::test
