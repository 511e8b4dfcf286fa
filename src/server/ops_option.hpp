#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ringtick {

// --ops-token-file: what the operator's page asks for. The token itself is never an argument, which
// everybody on the machine could read. A file that holds none is bad usage.
void add_ops_option(CLI::App& app, std::string& token);

}  // namespace ringtick
