#include "tick/last_seconds.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/varint.hpp"

namespace ringtick {

namespace {

// Of a block, so that the ticks at its end can always be told.
constexpr std::size_t last_words_size = varint_size_max;

constexpr std::uint64_t ticks_of_part(const LastSeconds::Limits& limits, std::uint64_t parts) {
    const std::uint64_t wanted = std::uint64_t{limits.seconds} * limits.rate_hz;
    return (wanted + parts - 2) / (parts - 1);  // The newest may have only begun.
}

}  // namespace

LastSeconds::LastSeconds(std::span<std::byte> memory,
                         std::span<std::byte> scratch,
                         const Limits& limits)
    : memory_(memory),
      scratch_(scratch),
      limits_(limits),
      part_ticks_(ticks_of_part(limits, parts_count)),
      part_size_(memory.size() / parts_count) {
    ASSERT(memory.size() >= memory_min);
    ASSERT(limits.rate_hz > 0);
    ASSERT(limits.seconds > 0);
}

void LastSeconds::join(PlayerId player, const ResumeToken& digest) {
    put(RecordHead(RecordKind::join, player.slot), digest.bytes());
}

void LastSeconds::leave(PlayerId player) {
    put(RecordHead(RecordKind::leave, player.slot));
}

void LastSeconds::command(const Command& command) {
    put(head_of(command), command.bytes);
}

void LastSeconds::tick(std::uint64_t tick, const Game& game) {
    ASSERT(tick > tick_);
    if (count_ > 0 && tick != tick_ + 1) {
        settle_ticks();
        put(RecordHead(RecordKind::skip, tick - tick_ - 1));
    }
    tick_ = tick;
    if (count_ > 0) ticks_unsaid_ += 1;
    if (count_ > 0 && (tick + limits_.room) % limits_.rate_hz == 0) {
        const std::uint64_t hash = game.state_hash();
        if (hash != 0) put(RecordHead(RecordKind::hash, 0), bytes_of(hash));
    }
    if (count_ > 0) block_.check_up();
    if (is_part_over()) begin_part(game);
}

bool LastSeconds::is_part_over() const {
    if (count_ == 0) return tick_ >= try_again_at_;
    const std::uint64_t age = tick_ - parts_[newest_].tick;
    // The first is shorter in some rooms than in others.
    const std::uint64_t age_max =
        count_ > 1 ? part_ticks_ : part_ticks_ - limits_.room % part_ticks_;
    return age >= age_max || block_.room() < part_size_ / 4;
}

void LastSeconds::begin_part(const Game& game) {
    if (count_ > 0) end_block();
    const std::size_t size = game.save_state(scratch_);
    ASSERT(size <= scratch_.size());
    is_too_small_ = size > state_size_max(memory_.size());
    if (size == 0 || is_too_small_) {
        forget();
        try_again_at_ = tick_ + part_ticks_;  // To save it in vain costs the same.
        return;
    }
    newest_ = (newest_ + 1) % parts_count;
    if (count_ < parts_count) count_ += 1;
    write_state(scratch_.first(size));
}

void LastSeconds::write_state(std::span<const std::byte> state) {
    const auto memory = memory_of(newest_);
    BlockWriter block(memory);
    RecordHead head(RecordKind::state, tick_);
    head.add(state.size());
    block.put(head, state);
    const std::size_t size = block.seal().size();
    parts_[newest_] = {.tick = tick_, .state_size = size, .size = size};
    block_ = BlockWriter(memory.subspan(size));
}

void LastSeconds::forget() {
    count_ = 0;
    ticks_unsaid_ = 0;
}

void LastSeconds::settle_ticks() {
    if (ticks_unsaid_ == 0) return;
    block_.put(RecordHead(RecordKind::ticks, ticks_unsaid_));
    ticks_unsaid_ = 0;
}

// What is told from here on needs another one.
void LastSeconds::end_block() {
    settle_ticks();
    if (block_.empty()) return;
    parts_[newest_].size += block_.seal().size();
}

void LastSeconds::put(const RecordHead& head, std::span<const std::byte> bytes) {
    if (count_ == 0) return;
    if (block_.room() < head.size() + bytes.size() + 2 * last_words_size) return forget();
    settle_ticks();
    block_.put(head, bytes);
}

std::size_t LastSeconds::write_file(const RecordHeader& header, std::span<std::byte> out) {
    ASSERT(out.size() >= file_size_max(memory_.size()));
    if (count_ == 0) return 0;
    end_block();
    block_ = BlockWriter(memory_of(newest_).subspan(parts_[newest_].size));
    std::size_t size = write_file_head(out, header);
    for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t place = (oldest() + i) % parts_count;
        const Part& part = parts_[place];
        const std::size_t begin = i == 0 ? 0 : part.state_size;
        size += copy_bytes(out.subspan(size), memory_of(place).subspan(begin, part.size - begin));
    }
    BlockWriter last(out.subspan(size));
    last.put(RecordHead(RecordKind::end, end_of_all));
    return size + last.seal().size();
}

std::uint64_t LastSeconds::ticks() const {
    return count_ == 0 ? 0 : tick_ - parts_[oldest()].tick;
}

std::size_t LastSeconds::size() const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count_; ++i) size += parts_[(oldest() + i) % parts_count].size;
    return size + (count_ > 0 && !block_.empty() ? block_.size() : 0);
}

}  // namespace ringtick
