#include "server/moment_file.hpp"

#include "base/assert.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ringtick {

// Without a name it is gone with its descriptor.
MomentFile::~MomentFile() {
    if (file_ >= 0) ::close(file_);
}

void MomentFile::begin(int folder, const char* name, std::span<const std::byte> bytes) {
    ASSERT(!is_under_way());
    ASSERT(!bytes.empty());
    folder_ = folder;
    name_ = name;
    rest_ = bytes;
    offset_ = 0;
    error_ = 0;
    state_ = State::opening;
    pending_ = 1;
    ring_.open_unnamed(folder, owner);
}

MomentFile::Outcome MomentFile::on_completion(const Completion& completion) {
    if (completion.token.op == Op::close_file) return Outcome::none;  // It was of no use any more.
    ASSERT(is_under_way());
    ASSERT(pending_ > 0);
    pending_ -= 1;
    (completion.token.op == Op::sync_file ? synced_ : done_) = completion.result;
    if (pending_ > 0) return Outcome::none;
    switch (state_) {
        case State::opening:
            if (done_ < 0) return fail(-done_);
            file_ = done_;
            write_rest();
            return Outcome::none;
        case State::writing:
            return on_written();
        case State::naming:
            return on_named();
        case State::idle:
            break;
    }
    UNREACHABLE();
}

void MomentFile::write_rest() {
    state_ = State::writing;
    pending_ = 2;
    ring_.write_and_sync(file_, rest_, offset_, owner);
}

MomentFile::Outcome MomentFile::on_written() {
    if (done_ <= 0) return fail(done_ < 0 ? -done_ : ENOSPC);
    const auto written = static_cast<std::size_t>(done_);
    ASSERT(written <= rest_.size());
    offset_ += written;
    rest_ = rest_.subspan(written);
    if (!rest_.empty()) {
        write_rest();  // The sync was cancelled.
        return Outcome::none;
    }
    if (synced_ < 0) return fail(-synced_);
    give_name();
    return Outcome::none;
}

void MomentFile::give_name() {
    state_ = State::naming;
    pending_ = 2;
    path_ = Ring::path_of(file_);
    ring_.name_and_sync({.directory = folder_, .path = path_.data(), .name = name_}, owner);
}

MomentFile::Outcome MomentFile::on_named() {
    if (done_ < 0) return fail(-done_);
    if (synced_ < 0) error_ = -synced_;  // It has its name, as far as anybody can see.
    close();
    return Outcome::kept;
}

MomentFile::Outcome MomentFile::fail(int error) {
    ASSERT(error > 0);
    error_ = error;
    close();
    return Outcome::failed;
}

void MomentFile::close() {
    state_ = State::idle;
    if (file_ >= 0) ring_.close_file(std::exchange(file_, -1), owner);
}

}  // namespace ringtick
