#include "server/token_source.hpp"

#include <sys/random.h>
#include <sys/types.h>

#include <utility>

namespace ringtick {

ResumeToken TokenSource::draw() {
    if (left_ == 0) {
        // So few are given whole, whatever signals come (getrandom(2): up to 256 bytes).
        static_assert(sizeof drawn_ <= 256);
        const ssize_t size = getrandom(drawn_.data(), sizeof drawn_, 0);
        if (size != static_cast<ssize_t>(sizeof drawn_)) return {};
        left_ = drawn_.size();
    }
    left_ -= 1;
    return std::exchange(drawn_[left_], {});
}

}  // namespace ringtick
