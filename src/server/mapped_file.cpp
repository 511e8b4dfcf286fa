#include "server/mapped_file.hpp"

#include "base/assert.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ringtick {

MappedFile::~MappedFile() {
    if (bytes_.empty()) return;
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<void> MappedFile::open(const std::string& path) {
    ASSERT(bytes_.empty());
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // Of no pipe.
    if (file < 0) return std::unexpected(Error{"open", errno});
    struct stat facts {};
    void* memory = nullptr;
    int error = 0;
    if (::fstat(file, &facts) != 0) error = errno;
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (error == 0 && size > 0) {
        memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (memory == MAP_FAILED) error = errno;
    }
    ::close(file);  // What is mapped stays (mmap(2)).
    if (error != 0) return std::unexpected(Error{"read", error});
    if (size == 0) return {};
    ::madvise(memory, size, MADV_SEQUENTIAL);
    bytes_ = {static_cast<const std::byte*>(memory), size};
    return {};
}

}  // namespace ringtick
