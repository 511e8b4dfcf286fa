#include "tick/record_reader.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/resume_token.hpp"
#include "base/varint.hpp"

#include <algorithm>

namespace ringtick {

namespace {

// The three numbers before a payload.
struct BlockHead {
    explicit BlockHead(std::span<const std::byte> bytes) {
        ByteReader reader(bytes.first(block_head_size));
        size = reader.get<std::uint32_t>();
        payload_checksum = reader.get<std::uint32_t>();
        const std::size_t checked = block_head_size - reader.left();
        sound = reader.get<std::uint32_t>() == checksum(bytes.first(checked));
    }

    std::uint32_t size = 0;
    std::uint32_t payload_checksum = 0;
    bool sound = false;
};

bool all_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
}

bool within(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
    return value >= least && value <= most;
}

}  // namespace

RecordReader::Opened RecordReader::open(std::span<const std::byte> file) {
    const std::string_view text = as_text(file);
    if (!text.starts_with(record_magic_any)) return Opened::no_recording;
    if (!text.starts_with(record_magic)) return Opened::other_version;
    file_ = file;
    next_offset_ = record_magic.size();
    state_ = next_block();
    if (state_ != State::record || !read_header(payload_)) {
        state_ = State::damaged;
        return Opened::damaged;
    }
    payload_ = {};
    return Opened::fine;
}

bool RecordReader::read_header(std::span<const std::byte> payload) {
    ByteReader reader(payload);
    header_.schema = reader.get<std::uint64_t>();
    header_.rules = reader.get<std::uint64_t>();
    header_.seed = reader.get<std::uint64_t>();
    header_.rate_hz = reader.get<std::uint32_t>();
    header_.rooms = reader.get<std::uint32_t>();
    header_.players_max = reader.get<std::uint32_t>();
    header_.players_expected = reader.get<std::uint32_t>();
    header_.bots = reader.get<std::uint32_t>();
    header_.bots_max = reader.get<std::uint32_t>();
    header_.rewind_ms = reader.get<std::uint32_t>();
    const auto name_size = reader.get<std::uint8_t>();
    header_.game = as_text(reader.take(name_size));
    return !reader.overran() && reader.left() == 0 &&
           within(header_.rate_hz, 1, record_rate_hz_max) &&
           within(header_.rooms, 1, record_rooms_max) &&
           within(header_.players_max, 1, record_players_max) &&
           within(header_.players_expected, 0, record_players_max) &&
           within(header_.bots, 0, record_bots_max) &&
           within(header_.bots_max, 0, record_bots_max) &&
           within(header_.rewind_ms, 0, record_rewind_ms_max);
}

RecordReader::State RecordReader::next(Record& record) {
    if (state_ != State::record) return state_;
    if (payload_.empty()) state_ = next_block();
    if (state_ != State::record) return state_;
    if (!read(record)) return state_ = State::damaged;
    if (record.kind == RecordKind::end && record.number != end_of_room) {
        const bool last =
            record.number == end_of_all && payload_.empty() && next_offset_ == file_.size();
        state_ = last ? State::ended : State::damaged;
    }
    return state_;
}

RecordReader::State RecordReader::next_block() {
    ASSERT(next_offset_ <= file_.size());
    block_offset_ = next_offset_;
    const auto rest = file_.subspan(block_offset_);
    if (rest.empty()) return State::cut;
    if (rest.size() < block_head_size) return State::torn;
    const BlockHead head(rest);
    if (!head.sound) {
        // A file can be longer than what was written to it when the power goes (its size is kept
        // apart from its bytes): the rest reads as zeroes.
        return all_zero(rest.first(block_head_size)) ? State::torn : State::damaged;
    }
    if (head.size > rest.size() - block_head_size) return State::torn;

    payload_ = rest.subspan(block_head_size, head.size);
    next_offset_ += block_head_size + head.size;
    if (head.size > 0 && checksum(payload_) == head.payload_checksum) return State::record;
    payload_ = {};
    // The last block may have lost its bytes as above. Of an earlier one they were safe.
    return next_offset_ == file_.size() ? State::torn : State::damaged;
}

bool RecordReader::read(Record& record) {
    std::uint64_t head = 0;
    if (!read_varint(payload_, head)) return false;
    constexpr std::uint64_t kind_mask = (1U << record_kind_bits) - 1;
    if ((head & kind_mask) > static_cast<std::uint64_t>(record_kind_last)) return false;
    record = {.kind = static_cast<RecordKind>(head & kind_mask),
              .number = head >> record_kind_bits,
              .bytes = {}};
    if (record.kind == RecordKind::hash) {
        ByteReader reader(payload_);
        record.number = reader.get<std::uint64_t>();
        if (reader.overran()) return false;
        payload_ = payload_.subspan(sizeof record.number);
    }
    const bool says_size = record.kind == RecordKind::command || record.kind == RecordKind::state;
    if (says_size || record.kind == RecordKind::join) {
        std::uint64_t size = ResumeToken::size;
        const bool told = !says_size || read_varint(payload_, size);
        if (!told || size > payload_.size()) return false;
        record.bytes = payload_.first(size);
        payload_ = payload_.subspan(size);
    }
    return true;
}

}  // namespace ringtick
