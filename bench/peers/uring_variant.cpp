// The floor with io_uring, varied: what bench/experiments.py compares.
//
// usage: uring-variant [--wait-count N] [--drain-first] [--sleep-aside] [--min-wait-us US]
//                      [--chunk N] [--submission-thread] [--fixed-files] [--huge-pages]
//                      PORT MODE [HZ BYTES]
#include <array>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "peers/peer.hpp"
#include "peers/uring_floor.hpp"

namespace ringtick::peers {
namespace {

struct Number {
    std::string_view name;
    unsigned& value;
    std::size_t most;
};

struct Flag {
    std::string_view name;
    bool& value;
};

// Reads the options before PORT, and returns how many words they are; nothing if one is wrong.
std::optional<int> read_config(std::span<char*> words, UringConfig& config) {
    const std::array numbers{Number{"--wait-count", config.wait_count, completions_max},
                             Number{"--min-wait-us", config.min_wait_us, 1'000'000},
                             Number{"--chunk", config.chunk, 4'096}};
    const std::array flags{
        Flag{"--drain-first", config.drain_first}, Flag{"--sleep-aside", config.sleep_aside},
        Flag{"--submission-thread", config.submission_thread},
        Flag{"--fixed-files", config.fixed_files}, Flag{"--huge-pages", config.huge_pages}};
    std::size_t i = 0;
    for (; i < words.size() && std::string_view(words[i]).starts_with("--"); ++i) {
        bool known = false;
        for (const Flag& flag : flags) {
            if (flag.name == words[i]) known = flag.value = true;
        }
        for (const Number& number : numbers) {
            if (number.name != words[i] || i + 1 == words.size()) continue;
            const auto value = number_in(words[++i], 1, number.most);
            known = value.has_value();
            number.value = static_cast<unsigned>(value.value_or(0));
            break;
        }
        if (!known) return std::nullopt;
    }
    return static_cast<int>(i);
}

std::string to_json(const Play& play) {
    std::string text = ",\"play\":{";
    for (const auto& [name, value] :
         {std::pair{"ticks", play.ticks}, std::pair{"sent", play.sent},
          std::pair{"waits", play.waits}, std::pair{"completions", play.completions},
          std::pair{"drained", play.drained}, std::pair{"receives", play.receives},
          std::pair{"switches", play.switches}}) {
        if (text.back() != '{') text += ',';
        text.append("\"").append(name).append("\":").append(std::to_string(value));
    }
    return text + "}";
}

int run_variant(int argc, char** argv) {
    UringConfig config;
    const auto taken = read_config(std::span(argv + 1, static_cast<std::size_t>(argc - 1)), config);
    if (!taken) {
        std::fputs("unknown option; the head of the source lists them\n", stderr);
        return 2;
    }
    // The rest is as for every peer.
    argv[*taken] = argv[0];
    const auto options = parse(argc - *taken, argv + *taken);
    if (!options) return 2;
    raise_descriptor_limit();
    stop_on_signals();
    UringFloor server(*options, config);
    if (!server.open()) return 1;
    server.run();
    print_totals(server.counts(), to_json(server.play()));
    return 0;
}

}  // namespace
}  // namespace ringtick::peers

int main(int argc, char** argv) {
    return ringtick::peers::run_variant(argc, argv);
}
