#pragma once

#include "base/resume_token.hpp"

#include <array>
#include <cstddef>

namespace ringtick {

// Where tokens come from: the kernel's random numbers, some at a time, so that a crowd of newcomers
// costs few system calls, and players who stay none.
class TokenSource {
public:
    // None, if the kernel gives no random numbers: then nobody can come back, and all can play.
    ResumeToken draw();

private:
    std::array<ResumeToken, 16> drawn_{};
    std::size_t left_ = 0;
};

}  // namespace ringtick
