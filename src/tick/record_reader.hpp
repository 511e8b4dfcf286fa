#pragma once

#include "tick/record.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

struct Record {
    RecordKind kind = RecordKind::end;
    std::uint64_t number = 0;  // Ticks, a tick, a slot, a room; of a hash, the hash.
    // Of a command, a state, a join's digest; they lie in the file.
    std::span<const std::byte> bytes;
};

// Reads what RecordWriter wrote, from a file that lies in memory. The file is somebody's word:
// whatever is in it, this reads within it and says what it found.
class RecordReader {
public:
    enum class Opened : std::uint8_t { fine, no_recording, other_version, damaged };
    // What comes next: a record, or the file's end as one of these.
    enum class State : std::uint8_t {
        record,
        ended,   // With its mark.
        cut,     // Behind a whole block, without the mark: killed, or still being written.
        torn,    // Within its last block: killed.
        damaged  // Not what was written.
    };

    [[nodiscard]] Opened open(std::span<const std::byte> file);
    const RecordHeader& header() const { return header_; }  // Its name lies in the file.

    State next(Record& record);

    // Where the block begins that is being read, or was the first that could not be.
    std::size_t block_offset() const { return block_offset_; }
    std::size_t file_size() const { return file_.size(); }

private:
    bool read_header(std::span<const std::byte> payload);
    State next_block();
    bool read(Record& record);

    std::span<const std::byte> file_;
    RecordHeader header_;
    std::size_t block_offset_ = 0;
    std::size_t next_offset_ = 0;
    std::span<const std::byte> payload_;  // What is left of the block.
    State state_ = State::damaged;        // Until open().
};

}  // namespace ringtick
