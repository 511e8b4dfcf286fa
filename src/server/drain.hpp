#pragma once

#include "base/time.hpp"

#include <utility>

namespace ringtick {

// A server that lets nobody in any more, so that it can be stopped or replaced without throwing
// anybody out: those who play play on, for as long as they like or until a given time. The operator
// may open the door again, before that time and after it.
class Drain {
public:
    static constexpr Nanoseconds never = Nanoseconds::max();

    void begin(Nanoseconds close_at) {
        on_ = true;
        close_at_ = close_at;
    }
    void end() {
        on_ = false;
        close_at_ = never;
    }

    bool on() const { return on_; }
    Nanoseconds close_at() const { return close_at_; }
    // Whether those who are still there are to be sent away now. True once.
    bool take_due(Nanoseconds now) {
        if (now < close_at_) return false;
        close_at_ = never;
        return true;
    }

private:
    bool on_ = false;
    Nanoseconds close_at_ = never;
};

}  // namespace ringtick
