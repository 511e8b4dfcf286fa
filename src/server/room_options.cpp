#include "server/room_options.hpp"

#include "server/options.hpp"
#include "server/room_setup.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <system_error>

namespace ringtick {

namespace {

bool fits(std::string_view pattern, std::string_view name) {
    if (!pattern.ends_with('*')) return pattern == name;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
}

bool is_pattern(std::string_view pattern) {
    if (pattern == "*") return true;
    if (pattern.ends_with('*')) pattern.remove_suffix(1);
    return RoomName::from(pattern).has_value();
}

// One of several, to be put over another.
void put_over(const RoomOptions::Choice& from, RoomOptions::Choice& choice) {
    if (from.players_max) choice.players_max = from.players_max;
    if (from.bots) choice.bots = from.bots;
    if (from.seed) choice.seed = from.seed;
}

bool is_whole_number(const CLI::ConfigItem& item, std::uint64_t& number) {
    if (item.inputs.size() != 1) return false;
    const std::string& text = item.inputs.front();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

// Takes one line over. Returns what is wrong with it.
std::string take(const CLI::ConfigItem& item, const Options& options, RoomOptions::Choice& choice) {
    std::uint64_t number = 0;
    const bool is_whole = is_whole_number(item, number);
    const auto problem = [&](std::uint64_t least, std::uint64_t most, const char* why) {
        if (is_whole && number >= least && number <= most) return std::string();
        return fmt::format("{} must be a number from {} to {}{}", item.name, least, most, why);
    };
    if (item.name == "players-max") {
        choice.players_max = static_cast<std::uint32_t>(number);
        return problem(1, options.players_max, " (--players-max)");
    }
    if (item.name == "bots") {
        choice.bots = static_cast<std::uint32_t>(number);
        return problem(0, std::max(options.bots, options.bots_max),
                       " (--bots-max, or --bots if that is more)");
    }
    if (item.name == "seed") {
        choice.seed = number;
        return problem(0, std::numeric_limits<std::uint64_t>::max(), "");
    }
    return fmt::format("a room has no option {}: there are players-max, bots and seed", item.name);
}

// The section that a line stands in; empty: before all of them.
std::string pattern_of(const CLI::ConfigItem& item) {
    std::string pattern;
    for (const std::string& part : item.parents) {
        if (!pattern.empty()) pattern += '.';
        pattern += part;
    }
    return pattern;
}

RoomOptions::Choice& section_of(const std::string& pattern, RoomOptions& options) {
    const auto found = std::ranges::find(options.sections, pattern, &RoomOptions::Section::pattern);
    if (found != options.sections.end()) return found->choice;
    return options.sections.emplace_back(pattern, RoomOptions::Choice()).choice;
}

// Returns what is wrong.
std::string take_all(const std::vector<CLI::ConfigItem>& items,
                     const Options& options,
                     RoomOptions& out) {
    for (const CLI::ConfigItem& item : items) {
        const bool is_mark = item.name == "++" || item.name == "--";  // A section begins, or ends.
        const std::string pattern = pattern_of(item);
        if (!pattern.empty() && !is_pattern(pattern)) {
            return fmt::format(
                "[{}] is no name of rooms: 1 to {} letters, digits, '-' and '_', and * at the end",
                pattern, RoomName::size_max);
        }
        RoomOptions::Choice& choice = pattern.empty() ? out.every : section_of(pattern, out);
        if (is_mark) continue;
        const std::string problem = take(item, options, choice);
        if (problem.empty()) continue;
        return pattern.empty() ? problem : fmt::format("[{}]: {}", pattern, problem);
    }
    return {};
}

}  // namespace

RoomOptions::Choice RoomOptions::of(std::string_view name) const {
    Choice choice = every;
    const auto found = std::ranges::find_if(
        sections, [name](const Section& section) { return fits(section.pattern, name); });
    if (found != sections.end()) put_over(found->choice, choice);
    return choice;
}

std::string read_room_options(const std::string& path, const Options& options, RoomOptions& out) {
    std::ifstream file(path);
    if (!file) {
        return fmt::format("cannot read {}: {}. Choose another --room-options.", path,
                           std::generic_category().message(errno));
    }
    try {
        const std::string problem = take_all(CLI::ConfigINI().from_config(file), options, out);
        return problem.empty() ? problem : fmt::format("{}: {}", path, problem);
    } catch (const CLI::Error& error) {
        return fmt::format("{}: {}", path, error.what());
    }
}

}  // namespace ringtick
