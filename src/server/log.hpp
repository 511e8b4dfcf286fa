#pragma once

#include "server/log_tail.hpp"

#include <string_view>

namespace ringtick {

// A log that never makes its caller wait: lines go into a queue of fixed length, and a thread of
// its own writes them to stderr. When the queue is full the oldest line gives way. A line per
// event of the server, never one per packet.
void start_log(std::string_view level);
// Writes what waits. False if stderr did not take it within a second: then the log's thread is
// still there, and the process is to end by std::_Exit().
[[nodiscard]] bool stop_log();

// The last lines of it, from start_log() on.
LogTail& log_tail();

void log_info(std::string_view line);
void log_warning(std::string_view line);

}  // namespace ringtick
