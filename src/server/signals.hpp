#pragma once

#include <csignal>

namespace ringtick {

// The signals that end a server.
inline sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

// Leaves them to the ring's signalfd(2). A thread inherits what is blocked, so this comes before
// the first thread is made.
inline void block_stop_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// From here on one of them ends the process at once, as does one that came in the meantime: nothing
// that may wait is worth more than the wish to stop.
inline void release_stop_signals() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace ringtick
