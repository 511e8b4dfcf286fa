#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <utility>

namespace ringtick {

// Formats into memory of fixed size, one piece after the other. Does not allocate.
class TextWriter {
public:
    explicit TextWriter(std::span<char> out) : out_(out) {}

    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        const auto place = out_.subspan(size_);
        const auto result =
            fmt::format_to_n(place.data(), place.size(), format, std::forward<Args>(args)...);
        overflowed_ = overflowed_ || result.size > place.size();
        if (!overflowed_) size_ += result.size;
    }
    // Takes back the last character, if it is `c`: the comma behind the last element.
    void trim(char c) {
        if (size_ > 0 && out_[size_ - 1] == c) size_ -= 1;
    }

    // How much more it can take.
    std::size_t room() const { return out_.size() - size_; }

    std::size_t size() const { return overflowed_ ? 0 : size_; }

private:
    std::span<char> out_;
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

}  // namespace ringtick
