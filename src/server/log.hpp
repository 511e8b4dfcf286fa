#pragma once

#include <string_view>

namespace ringtick {

// A log that never makes its caller wait: lines go into a queue of fixed length, and a thread of
// its own writes them to stderr. When the queue is full the oldest line gives way. A line per
// event of the server, never one per packet.
void start_log(std::string_view level);
void stop_log();  // Writes what waits.

void log_info(std::string_view line);
void log_warning(std::string_view line);
void log_error(std::string_view line);

}  // namespace ringtick
