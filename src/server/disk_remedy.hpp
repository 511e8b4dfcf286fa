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
        case EMFILE:
        case ENFILE:
            return "raise `ulimit -n`";
        case EACCES:
        case EROFS:
            return "let this user write there";
        case ENOENT:
        case EPERM:
            return "see whether its directory, and /proc, are still there";
        default:
            return "look after its disk";
    }
}

}  // namespace ringtick
