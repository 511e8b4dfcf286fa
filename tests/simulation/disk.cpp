// What uring/ring.cpp promises of files: real ones, done at once, on a disk that fails now and
// then.
#include "base/assert.hpp"
#include "uring/ring.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "simulation/kernel.hpp"
#include "simulation/native.hpp"

namespace ringtick {

// Whatever it is, it may fail as a disk does.
bool SimulatedKernel::disk_fails(Op op, Handle owner) {
    if (!strikes(faults_.failed_disk)) return false;
    constexpr std::array<int, 3> errors{ENOSPC, EIO, EDQUOT};
    post({.op = op, .owner = owner}, -errors[rng_.below(errors.size())]);
    return true;
}

void Ring::write_and_sync(int file,
                          std::span<const std::byte> bytes,
                          std::uint64_t offset,
                          Handle owner) {
    SimulatedKernel& kernel = native_->kernel;
    const Outside outside(kernel);
    const Token sync{.op = Op::sync_file, .owner = owner};
    if (kernel.disk_fails(Op::write_file, owner)) return kernel.post(sync, -ECANCELED);
    std::size_t size = bytes.size();
    if (kernel.strikes(kernel.faults_.short_send)) {
        size = 1 + kernel.rng_.below(static_cast<std::uint32_t>(size));
    }
    const ssize_t written = ::pwrite(file, bytes.data(), size, static_cast<off_t>(offset));
    ASSERT(written == static_cast<ssize_t>(size));
    kernel.post({.op = Op::write_file, .owner = owner}, static_cast<std::int32_t>(size));
    if (size < bytes.size()) return kernel.post(sync, -ECANCELED);
    if (!kernel.disk_fails(Op::sync_file, owner)) kernel.post(sync, 0);
}

void Ring::open_unnamed(int directory, Handle owner) {
    SimulatedKernel& kernel = native_->kernel;
    const Outside outside(kernel);
    if (kernel.disk_fails(Op::open_file, owner)) return;
    const int file = ::openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    kernel.post({.op = Op::open_file, .owner = owner}, file >= 0 ? file : -errno);
}

Ring::FilePath Ring::path_of(int file) {
    FilePath path{"/proc/self/fd/"};
    const std::size_t size = std::string_view(path.data()).size();
    *std::to_chars(path.data() + size, path.data() + path.size() - 1, file).ptr = '\0';
    return path;
}

void Ring::name_and_sync(const Naming& naming, Handle owner) {
    SimulatedKernel& kernel = native_->kernel;
    const Outside outside(kernel);
    const Token sync{.op = Op::sync_file, .owner = owner};
    if (kernel.disk_fails(Op::name_file, owner)) return kernel.post(sync, -ECANCELED);
    const int named =
        ::linkat(AT_FDCWD, naming.path, naming.directory, naming.name, AT_SYMLINK_FOLLOW);
    kernel.post({.op = Op::name_file, .owner = owner}, named == 0 ? 0 : -errno);
    if (!kernel.disk_fails(Op::sync_file, owner)) kernel.post(sync, 0);
}

void Ring::close_file(int file, Handle) {
    ::close(file);
}

}  // namespace ringtick
