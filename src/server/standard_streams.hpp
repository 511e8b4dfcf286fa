#pragma once

#include <string_view>

namespace ringtick {

// Before anything else: a program may be started with its standard streams closed, and their
// readers may go at any time. Neither must end a server, or let its first socket be its stdout.
void secure_standard_streams();

// Writes to stdout, at once. Returns errno, or 0.
int print(std::string_view text);

// The same for a short text, unless stdout is a pipe that is full: it does not wait for a reader.
void print_if_taken(std::string_view text);

}  // namespace ringtick
