#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ringtick {

struct Options;

// --tls-cert, --tls-key and what bounds them.
void add_tls_options(CLI::App& app, Options& options);

}  // namespace ringtick
