#pragma once

#include <string>

#include "load/findings.hpp"
#include "load/settings.hpp"

namespace ringtick::swarm {

struct Outcome {
    Findings findings;
    bool interrupted = false;
};

// A thread that has so little of its core left is late itself, and measures that.
inline constexpr double saturated_percent = 90;

// The table, for people.
std::string report_table(const Settings& settings, const Outcome& outcome);
// All of it, with the settings, for programs.
std::string report_json(const Settings& settings, const Outcome& outcome);
// What was wrong, one sentence a line; empty if all was well.
std::string report_problems(const Settings& settings, const Outcome& outcome);

}  // namespace ringtick::swarm
