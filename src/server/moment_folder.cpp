#include "server/moment_folder.hpp"

#include "base/assert.hpp"
#include "tick/record_reader.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <tuple>

namespace ringtick {

namespace {

// Neither follows a link nor waits for whoever would write to a pipe.
int open_for_reading(int folder, const char* name) {
    return ::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

bool read_all(int file, std::span<std::byte> out) {
    std::size_t size = 0;
    while (size < out.size()) {
        const ssize_t got =
            ::pread(file, out.data() + size, out.size() - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        size += static_cast<std::size_t>(got);
    }
    return true;
}

// Block by block, with every checksum. Nothing is played.
bool is_whole_recording(std::span<const std::byte> file, std::string_view game) {
    RecordReader reader;
    if (reader.open(file) != RecordReader::Opened::fine || reader.header().game != game) {
        return false;
    }
    Record record;
    RecordReader::State state = RecordReader::State::record;
    while (state == RecordReader::State::record) state = reader.next(record);
    return state == RecordReader::State::ended;
}

}  // namespace

MomentFolder::~MomentFolder() {
    if (folder_ >= 0) ::close(folder_);
}

Result<void> MomentFolder::open(const std::string& path) {
    ASSERT(folder_ < 0);
    folder_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return std::unexpected(Error{"moments", errno});
    const int probe = ::openat(folder_, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (probe < 0) return std::unexpected(Error{"moments", errno});
    ::close(probe);
    // Two servers would each believe that the places the other takes are free.
    if (::flock(folder_, LOCK_EX | LOCK_NB) != 0) return std::unexpected(Error{"moments", errno});
    path_ = path;
    return {};
}

std::vector<MomentFolder::Found> MomentFolder::list(std::size_t size_max) {
    std::vector<Found> all;
    std::error_code error;
    std::filesystem::directory_iterator entry(path_, error);
    while (!error && entry != std::filesystem::directory_iterator()) {
        const std::string name = entry->path().filename().string();
        if (const auto found = look_at(name, size_max)) all.push_back(*found);
        entry.increment(error);
    }
    std::ranges::sort(all, [](const Found& a, const Found& b) {
        return std::tuple(a.kept_at_s, a.name.text()) < std::tuple(b.kept_at_s, b.name.text());
    });
    return all;
}

std::optional<MomentFolder::Found> MomentFolder::look_at(const std::string& name,
                                                         std::size_t size_max) {
    const auto refuse = [&](const char* reason) {
        ignore(name, reason);
        return std::nullopt;
    };
    const auto parsed = MomentName::parse(name);
    if (!parsed) return refuse("it has not the name of one");
    struct stat facts {};
    if (::fstatat(folder_, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(facts.st_mode)) {
        return refuse("it is no file");
    }
    if (facts.st_size <= 0 || static_cast<std::size_t>(facts.st_size) > size_max) {
        return refuse("it has not the size of one");
    }
    return Found{.name = *parsed,
                 .size = static_cast<std::size_t>(facts.st_size),
                 .kept_at_s = facts.st_mtim.tv_sec};
}

bool MomentFolder::read(const Found& found, std::string_view game, std::span<std::byte> out) {
    ASSERT(out.size() == found.size);
    const int file = open_for_reading(folder_, found.name.c_str());
    const bool read = file >= 0 && read_all(file, out);
    if (file >= 0) ::close(file);
    const bool whole = read && is_whole_recording(out, game);
    if (!whole) {
        ignore(found.name.text(),
               read ? "it is damaged, or of another game or format" : "it cannot be read");
    }
    return whole;
}

void MomentFolder::ignore(std::string_view name, const char* reason) {
    ignored_.count += 1;
    if (!ignored_.name.empty()) return;
    const auto moment = MomentName::parse(name);
    ignored_.name = moment ? moment->without_secret() : name.substr(0, 64);
    // A name may hold whatever it likes; a terminal is not to obey it.
    std::ranges::replace_if(
        ignored_.name, [](char c) { return c < ' ' || c > '~'; }, '?');
    ignored_.reason = reason;
}

}  // namespace ringtick
