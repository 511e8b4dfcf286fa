#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace ringtick {

// A file as memory, read as it is used: it may be larger than all of the machine's.
class MappedFile {
public:
    MappedFile() = default;
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] Result<void> open(const std::string& path);
    std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::span<const std::byte> bytes_;
};

}  // namespace ringtick
