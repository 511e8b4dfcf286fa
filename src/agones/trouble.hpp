#pragma once

#include "server/log.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace ringtick::agones {

// Whether somebody we depend on does what is asked of them. A line of the log when that changes,
// none for each attempt, and none if all was well from the start.
class Trouble {
public:
    explicit Trouble(std::string_view who) : who_(who) {}

    // `why` is for people; empty: all is well.
    void note(std::string_view why) {
        const bool bad = !why.empty();
        if (bad == bad_) return;
        bad_ = bad;
        if (bad) {
            log_warning(fmt::format("no help from {}: {}", who_, why));
        } else {
            log_info(fmt::format("{} is well again", who_));
        }
    }
    bool bad() const { return bad_; }

private:
    std::string who_;
    bool bad_ = false;
};

}  // namespace ringtick::agones
