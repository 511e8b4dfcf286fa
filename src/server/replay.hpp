#pragma once

#include "server/serve.hpp"

#include <string>

namespace ringtick {

// --replay FILE: plays a recorded match again, as fast as it can and without a socket, and holds
// every state against what was recorded. Returns the exit code: 0 if all were the same.
int replay(const std::string& path, const Program& program);

}  // namespace ringtick
