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

// All that a server answers to: these, and what has it read its certificate again, if it has one.
inline sigset_t server_signals(bool has_certificate) {
    sigset_t signals = stop_signals();
    if (has_certificate) sigaddset(&signals, SIGHUP);
    return signals;
}

// Leaves them to the ring's signalfd(2). A thread inherits what is blocked, so this comes before
// the first thread is made.
inline void block_signals(const sigset_t& signals) {
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}
inline void block_stop_signals() {
    block_signals(stop_signals());
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
