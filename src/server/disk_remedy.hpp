#pragma once

#include <cerrno>

namespace ringtick {

// What to do about a file that could not be written, for the error that came.
inline const char* disk_remedy(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            return "make room on its disk";
        case EFBIG:
            return "raise `ulimit -f`";
        default:
            return "look after its disk";
    }
}

}  // namespace ringtick
