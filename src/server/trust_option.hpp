#pragma once

#include "net/proxy_trust.hpp"

#include <CLI/CLI.hpp>

namespace ringtick {

// --trust-proxy, which every program that listens has. What is no range is bad usage.
void add_trust_option(CLI::App& app, ProxyTrust& trust);

}  // namespace ringtick
