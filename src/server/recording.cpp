#include "server/recording.hpp"

#include "base/assert.hpp"
#include "server/disk_remedy.hpp"
#include "server/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ringtick {

namespace {

// So that what is on its way when the power goes began less than a second ago.
constexpr Nanoseconds write_period = std::chrono::milliseconds(500);

// Of a block, where there are rooms whose states may have to go into the same.
constexpr std::size_t states_of_rooms = 4'194'304;

std::size_t state_room(const RecordStates& states, std::uint32_t rooms) {
    if (states.size_max == 0) return 0;
    constexpr std::size_t heads = 64;
    return heads + (rooms > 1 ? std::max(states.size_max, states_of_rooms) : states.size_max);
}

}  // namespace

// The kernel may still be reading a block, if the end could not wait for it: that block is the
// file's last then, and found torn whatever is in it.
Recording::~Recording() {
    if (file_ >= 0) ::close(file_);
}

Result<void> Recording::open(const std::string& path,
                             const RecordHeader& header,
                             std::size_t block_size,
                             const RecordStates& states) {
    ASSERT(!is_open());
    // For its owner to give on: it shows where everyone was, and what they said.
    constexpr int how = O_WRONLY | O_CREAT | O_CLOEXEC;
    file_ = ::open(path.c_str(), how | O_EXCL, 0600);
    file_made_ = file_ >= 0;
    if (!file_made_ && errno == EEXIST) file_ = ::open(path.c_str(), how, 0600);
    if (file_ < 0) return std::unexpected(Error{"record", errno});
    // Two that found it empty at the same time would both write to it.
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return std::unexpected(Error{"record", errno});
    struct stat facts {};
    if (::fstat(file_, &facts) != 0) return std::unexpected(Error{"record", errno});
    if (facts.st_size > 0) return std::unexpected(Error{"record over a file", EEXIST});
    if (auto written = write_head(header); !written) return written;
    path_ = path;
    rate_hz_ = header.rate_hz;
    states_ = states;
    if (states.size_max > 0) {
        scratch_ = std::make_unique_for_overwrite<std::byte[]>(states.size_max);
    }
    const std::size_t for_states = state_room(states, header.rooms);
    writer_ = std::make_unique<RecordWriter>(block_size + for_states, header.rooms, for_states);
    if (states.tick > 0) writer_->begin_at(states.tick);
    return {};
}

// An empty file of somebody else's is left as it was.
void Recording::discard() {
    ASSERT(ticks_ == 0);
    if (!is_open()) return;
    [[maybe_unused]] const int emptied = ::ftruncate(file_, 0);
    if (file_made_) ::unlink(path_.c_str());
    ::close(std::exchange(file_, -1));
}

void Recording::begin_at(std::uint64_t tick) {
    ASSERT(states_.tick == 0);
    states_.tick = tick;
    writer_->begin_at(tick);
    waits_for_disk_ = false;
}

Result<void> Recording::write_states(std::span<const std::unique_ptr<Room>> rooms) {
    ASSERT(ticks_ == 0);
    if (states_.tick == 0) return {};
    for (std::uint32_t room = 0; room < rooms.size(); ++room) {
        const std::size_t size = rooms[room]->game().save_state({scratch_.get(), states_.size_max});
        ASSERT(size > 0);  // It was taken up from one.
        const bool written = writer_->state(room, {scratch_.get(), size});
        ASSERT(written);
        writer_->seal();
        if (auto done = write_now(writer_->sealed()); !done) return done;
        writer_->release();
    }
    if (waits_for_disk_ && ::fdatasync(file_) != 0) return std::unexpected(Error{"record", errno});
    return {};
}

Result<void> Recording::write_now(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset_));
        if (written <= 0) return std::unexpected(Error{"record", written < 0 ? errno : ENOSPC});
        offset_ += static_cast<std::size_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    stats_.bytes = offset_;
    return {};
}

Result<void> Recording::write_head(const RecordHeader& header) {
    std::array<std::byte, file_head_size_max> head{};
    const std::size_t size = write_file_head(head, header);
    const ssize_t written = ::pwrite(file_, head.data(), size, 0);
    if (written == static_cast<ssize_t>(size)) {
        offset_ = size;
        stats_.bytes = size;
        return {};
    }
    const Error error{"record", written < 0 ? errno : ENOSPC};
    // Left empty, a file can be recorded to when there is room. What is no file stays as it is.
    [[maybe_unused]] const int emptied = ::ftruncate(file_, 0);
    return std::unexpected(error);
}

void Recording::on_tick(std::uint64_t tick, std::span<const std::unique_ptr<Room>> rooms) {
    if (state_ == State::closed || finishing_) return;
    writer_->tick(tick);
    ticks_ += 1;
    // Each room's once a second, and not all of them in the same tick.
    for (std::size_t room = 0; room < rooms.size(); ++room) {
        if ((ticks_ + room) % rate_hz_ != 0) continue;
        const std::uint64_t hash = rooms[room]->game().state_hash();
        if (hash != 0) writer_->hash(static_cast<std::uint32_t>(room), hash);
    }
    const std::uint64_t period = std::uint64_t{states_.seconds} * rate_hz_;
    for (std::size_t room = 0; period > 0 && room < rooms.size(); ++room) {
        if ((ticks_ + room) % period != 0) continue;
        save_state(static_cast<std::uint32_t>(room), rooms[room]->game());
    }
    say_which_rooms_ended();
}

// One that finds no room is left out: whoever takes the match up begins with the one before.
void Recording::save_state(std::uint32_t room, const Game& game) {
    if (states_.size_max == 0) return;
    const std::size_t size = game.save_state({scratch_.get(), states_.size_max});
    if (size == 0) return;
    [[maybe_unused]] const bool written = writer_->state(room, {scratch_.get(), size});
}

void Recording::say_which_rooms_ended() {
    const auto ended = writer_->ended_rooms();
    for (; stats_.rooms_ended < ended.size(); ++stats_.rooms_ended) {
        const RecordWriter::EndedRoom& one = ended[stats_.rooms_ended];
        log_warning(fmt::format(
            "the recording of room {} ends here, the game goes on, and the recording of the other "
            "rooms: it was told more than the disk takes; in {} it can be replayed up to tick {}; "
            "remedy: lower --messages-per-tick, or record to a faster disk",
            one.room + 1, path_, one.tick));
    }
}

void Recording::write_if_due(Nanoseconds now) {
    if (state_ != State::filling) return;
    const bool is_waiting = !writer_->sealed().empty() || writer_->half_full();
    const bool due = now >= due_at_ || finishing_ || is_waiting || writer_->overflowed();
    if (!due) return;
    writer_->seal();
    if (!writer_->sealed().empty()) {
        due_at_ = now + write_period;
        rest_ = writer_->sealed();
        write_rest();
    } else if (writer_->overflowed()) {
        fail("the disk did not keep up", "record to a faster one");
    } else if (finishing_) {
        state_ = State::closed;
    }
}

void Recording::write_rest() {
    ASSERT(pending_ == 0);
    ring_.write_and_sync(file_, rest_, offset_, {});
    pending_ = 2;
    state_ = State::writing;
}

void Recording::on_completion(const Completion& completion) {
    ASSERT(pending_ > 0);
    pending_ -= 1;
    (completion.token.op == Op::write_file ? written_ : synced_) = completion.result;
    if (pending_ == 0) on_both_done();
}

void Recording::on_both_done() {
    if (written_ <= 0) return fail(written_ < 0 ? -written_ : ENOSPC);
    const auto written = static_cast<std::size_t>(written_);
    ASSERT(written <= rest_.size());
    offset_ += written;
    rest_ = rest_.subspan(written);
    if (!rest_.empty()) return write_rest();  // The sync was cancelled.
    if (synced_ < 0) return fail(-synced_);
    stats_.bytes = offset_;
    tick_safe_ = writer_->sealed_tick();
    writer_->release();
    state_ = State::filling;
}

void Recording::finish() {
    if (!is_open() || finishing_) return;
    writer_->end();
    finishing_ = true;
}

void Recording::fail(int error) {
    const std::string reason = std::generic_category().message(error);
    fail(reason.c_str(), disk_remedy(error));
}

void Recording::fail(const char* reason, const char* remedy) {
    state_ = State::closed;
    stats_.failed = true;
    writer_->stop();
    log_warning(fmt::format(
        "the recording ends here, the game goes on: {}; {} can be replayed up to tick {}; remedy: "
        "{}, and start again with a new --record",
        reason, path_, tick_safe_, remedy));
}

}  // namespace ringtick
