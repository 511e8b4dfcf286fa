#include "server/recording.hpp"

#include "base/assert.hpp"
#include "server/disk_remedy.hpp"
#include "server/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace ringtick {

namespace {

// So that what is on its way when the power goes began less than a second ago.
constexpr Nanoseconds write_period = std::chrono::milliseconds(500);

}  // namespace

// The kernel may still be reading a block, if the end could not wait for it: that block is the
// file's last then, and found torn whatever is in it.
Recording::~Recording() {
    if (file_ >= 0) ::close(file_);
}

Result<void> Recording::open(const std::string& path,
                             const RecordHeader& header,
                             std::size_t block_size) {
    ASSERT(!is_open());
    // For its owner to give on: it shows where everyone was, and what they said.
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) return std::unexpected(Error{"record", errno});
    // Two that found it empty at the same time would both write to it.
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return std::unexpected(Error{"record", errno});
    struct stat facts {};
    if (::fstat(file_, &facts) != 0) return std::unexpected(Error{"record", errno});
    if (facts.st_size > 0) return std::unexpected(Error{"record over a file", EEXIST});
    if (auto written = write_head(header); !written) return written;
    path_ = path;
    rate_hz_ = header.rate_hz;
    writer_ = std::make_unique<RecordWriter>(block_size, header.rooms);
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
    say_which_rooms_ended();
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
