#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>

namespace ringtick {

// The last lines of the log, for a page that shows them. Each is kept as printable ASCII of bounded
// length, whatever a peer may have brought into it: what else was there becomes a question mark, so
// that no cut and no terminal makes it anything else.
//
// One thread adds, another one reads; neither waits for more than the other's copying.
class LogTail {
public:
    static constexpr std::size_t lines_max = 200;
    static constexpr std::size_t line_size_max = 480;

    void add(std::string_view text) {
        const std::scoped_lock lock(mutex_);
        Line& line = lines_[added_ % lines_max];
        line.size = static_cast<std::uint16_t>(std::min(text.size(), line_size_max));
        std::ranges::transform(text.substr(0, line.size), line.text.begin(), printable);
        added_ += 1;
    }

    // Calls visit(text) for each line, the newest first, until it returns false.
    template <class Visit>
    void visit_newest_first(Visit visit) {
        const std::scoped_lock lock(mutex_);
        const std::size_t count = std::min(added_, lines_max);
        for (std::size_t i = 0; i < count; ++i) {
            const Line& line = lines_[(added_ - 1 - i) % lines_max];
            if (!visit(std::string_view(line.text.data(), line.size))) return;
        }
    }

private:
    struct Line {
        std::uint16_t size = 0;
        std::array<char, line_size_max> text{};
    };

    static char printable(char c) { return c >= ' ' && c <= '~' ? c : '?'; }

    std::mutex mutex_;
    std::array<Line, lines_max> lines_{};
    std::size_t added_ = 0;
};

}  // namespace ringtick
