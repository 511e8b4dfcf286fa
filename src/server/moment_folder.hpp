#pragma once

#include "base/result.hpp"
#include "server/moment_name.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {

// The folder of --moments, as it is found at the start: then, and only then, it is read. Whatever
// lies there that is no moment is left alone: another name, a link, what is no file, a recording
// that is not whole, or one of another game or format.
class MomentFolder {
public:
    MomentFolder() = default;
    ~MomentFolder();
    MomentFolder(const MomentFolder&) = delete;
    MomentFolder& operator=(const MomentFolder&) = delete;

    // Fails, too, where files cannot be made without a name, and (EWOULDBLOCK) where another server
    // keeps its moments.
    [[nodiscard]] Result<void> open(const std::string& path);
    int descriptor() const { return folder_; }

    struct Found {
        MomentName name;
        std::size_t size = 0;
        std::int64_t kept_at_s = 0;  // Since 1970.
    };
    // What has the name and the size of one, the oldest first.
    std::vector<Found> list(std::size_t size_max);
    // Into `out`, which has its size. False if it is no recording of this game to its last byte.
    bool read(const Found& found, std::string_view game, std::span<std::byte> out);

    // What was left alone: how many, and one of them with the reason. No name: nothing was.
    struct Ignored {
        std::size_t count = 0;
        std::string name;  // Printable.
        const char* reason = "";
    };
    const Ignored& ignored() const { return ignored_; }

private:
    std::optional<Found> look_at(const std::string& name, std::size_t size_max);
    void ignore(std::string_view name, const char* reason);

    std::string path_;
    int folder_ = -1;
    Ignored ignored_;
};

}  // namespace ringtick
