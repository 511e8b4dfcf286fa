#include "server/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ringtick {

void secure_standard_streams() {
    // Else writing to a pipe whose reader has gone kills the process (pipe(7)).
    std::signal(SIGPIPE, SIG_IGN);
    // And to a file that has reached `ulimit -f` (setrlimit(2)).
    std::signal(SIGXFSZ, SIG_IGN);
    // open(2) takes the lowest number that is free. Not close-on-exec, as these three never are.
    int descriptor = 0;
    do {
        descriptor = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open)
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0) ::close(descriptor);
}

int print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::write(STDOUT_FILENO, text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return 0;
}

void print_if_taken(std::string_view text) {
    pollfd stdout_now{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&stdout_now, 1, 0) == 1) print(text);
}

}  // namespace ringtick
