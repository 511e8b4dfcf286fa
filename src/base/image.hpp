#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace ringtick {

// What one process tells another of itself on the same machine: a part says its members once, in
// `describe(image, self)`, and the one writes them and the other reads them, in that order. Numbers
// are as they lie in memory. Both have to be of the same build in that (server/handover.hpp says
// how they know).

template <class T>
concept InImage = std::is_arithmetic_v<T>;

// Allocates as it grows.
class ImageWriter {
public:
    static constexpr bool reads = false;

    template <InImage T>
    void whole(const T& value) {
        bytes(std::as_bytes(std::span(&value, 1)));
    }
    // Of enumerators from 0 on; `last` is the highest.
    template <class E>
    requires std::is_enum_v<E>
    void choice(const E& value, E last) {
        static_cast<void>(last);
        whole(static_cast<std::underlying_type_t<E>>(value));
    }
    void bytes(std::span<const std::byte> some) {
        image_.insert(image_.end(), some.begin(), some.end());
    }
    std::span<const std::byte> image() const { return image_; }

private:
    std::vector<std::byte> image_;
};

// Reads within what it is given. Behind its end everything is zero, and ok() is false.
class ImageReader {
public:
    static constexpr bool reads = true;

    explicit ImageReader(std::span<const std::byte> image) : rest_(image) {}

    template <InImage T>
    void whole(T& value) {
        value = {};
        const auto from = take(sizeof value);
        if (from.empty()) return;
        if constexpr (std::is_same_v<T, bool>) {
            if (from[0] > std::byte{1}) return refuse();
        }
        std::memcpy(&value, from.data(), sizeof value);
    }
    template <class E>
    requires std::is_enum_v<E>
    void choice(E& value, E last) {
        std::underlying_type_t<E> number{};
        whole(number);
        value = {};
        if (number < 0 || number > static_cast<std::underlying_type_t<E>>(last)) return refuse();
        value = static_cast<E>(number);
    }
    void bytes(std::span<std::byte> out) {
        const auto from = take(out.size());
        if (!from.empty()) std::memcpy(out.data(), from.data(), out.size());
    }
    // They lie in the image.
    std::span<const std::byte> take(std::size_t size) {
        if (size > rest_.size()) {
            refuse();
            return {};
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    // What was read is nothing that could be.
    void refuse() {
        ok_ = false;
        rest_ = {};
    }
    bool ok() const { return ok_; }
    bool finished() const { return ok_ && rest_.empty(); }

private:
    std::span<const std::byte> rest_;
    bool ok_ = true;
};

}  // namespace ringtick
