#pragma once

#include "server/recorded_match.hpp"
#include "server/serve.hpp"

namespace ringtick {

// --replay FILE: plays a recorded match again, as fast as it can and without a socket, and holds
// every state against what was recorded. Returns the exit code: 0 if all were the same.
int replay(const RecordedMatch& match, const Program& program);

}  // namespace ringtick
