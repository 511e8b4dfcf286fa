#pragma once

#include <cstdint>
#include <string>

namespace ringtick {

// What a server does while it runs beside the ring, for which the sandbox leaves a door open.
struct SandboxNeeds {
    // Takes a socket of its own away at the end, or hands itself over through one (unix(7)).
    bool local_sockets = false;
};

struct Sandbox {
    enum class State : std::uint8_t {
        off,       // Nobody wants it.
        on,        // And nobody can leave it.
        left_out,  // A sanitizer needs what it forbids.
        refused,   // By the machine: see refusal.
    };
    State state = State::off;
    int refusal = 0;  // errno.

    bool on() const { return state == State::on; }
};

// From here on no thread of this process, present or future, can do more than a server that runs
// (seccomp(2)): no program is started, no socket but a local one is made, no file is opened for
// writing, no memory becomes code, nobody else's process is touched. What is refused is EPERM, and
// counts as any error: who only tried by mistake goes on. New privileges are out of reach, too
// (PR_SET_NO_NEW_PRIVS(2const)).
//
// To be called when all that lasts is open, and before the first peer is heard. What a ring does is
// not seen by it: see uring/restrictions.cpp for that.
Sandbox enter_sandbox(const SandboxNeeds& needs);

// For the line in the log.
std::string describe(const Sandbox& sandbox);

}  // namespace ringtick
