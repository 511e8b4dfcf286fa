#include "agones/options.hpp"

#include "server/number_option.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

namespace ringtick::agones {

namespace {

// An address and a port, and nothing behind them: the paths are ours. No name, for a resolver may
// take longer than any time-out here, and has a thread of its own.
std::string check_server(const std::string& text) {
    constexpr std::string_view scheme = "http://";
    constexpr std::string_view in_a_host = "0123456789abcdefABCDEF.:[]";
    const std::string_view rest =
        text.starts_with(scheme) ? std::string_view(text).substr(scheme.size()) : "";
    const std::size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && colon > 0) {
        const std::string_view digits = rest.substr(colon + 1);
        std::uint16_t port = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), port);
        const bool whole = error == std::errc{} && end == digits.data() + digits.size();
        const bool address = rest.find_first_not_of(in_a_host) == std::string_view::npos;
        if (whole && port > 0 && address) return {};
    }
    return "'" + text + "' is no address of a server: give http://127.0.0.1:9001";
}

// It becomes part of a path, and Kubernetes has names of no other kind.
std::string check_counter(const std::string& text) {
    constexpr std::size_t most = 63;
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    if (text.size() <= most && std::all_of(text.begin(), text.end(), fits)) return {};
    return fmt::format("'{}' is no name of a Counter: give up to {} letters, digits, - and _", text,
                       most);
}

void add_seconds(
    CLI::App& app, const char* flag, const char* text, Nanoseconds& value, const char* help) {
    constexpr double most = 86'400;
    app.add_option_function<double>(
           flag, [&value](double seconds) { value = Nanoseconds(std::int64_t(seconds * 1e9)); },
           fmt::format("{} [0 to {}]", help, most))
        ->check(between(0, most))
        ->option_text(text);
}

void add_places(CLI::App& app, AdapterOptions& options) {
    app.add_option("--server", options.server, "The server's address, as its --listen has it")
        ->check(CLI::Validator(check_server, ""))
        ->option_text("URL (" + options.server + ")");
    add_count<std::uint32_t>(
        app, {"--sdk-port", "PORT", options.sdk_port, 1, 65'535,
              "Where Agones' SDK listens on 127.0.0.1; without this option the environment's "
              "AGONES_SDK_HTTP_PORT, which Agones sets"})
        ->envname("AGONES_SDK_HTTP_PORT");
}

void add_pace(CLI::App& app, AdapterOptions& options) {
    add_count<std::uint32_t>(app, {"--poll-ms", "MS", options.poll_ms, 10, 60'000,
                                   "Time from one look at the server to the next"});
    add_count<std::uint32_t>(
        app, {"--health-ms", "MS", options.health_ms, 10, 60'000,
              "Least time from one health message to the next, sent only while the server "
              "answers: well under the Fleet's health.periodSeconds"});
    add_count<std::uint32_t>(
        app, {"--timeout-ms", "MS", options.timeout_ms, 10, 60'000,
              "How long an answer of the server or of the SDK may take, to its last byte"});
    add_count<std::uint32_t>(
        app, {"--retry-max-ms", "MS", options.retry_max_ms, 10, 60'000,
              "While the SDK fails the time to the next attempt doubles, up to this"});
    add_count<std::uint32_t>(app, {"--answer-max", "BYTES", options.answer_max, 1'024, 64U << 20U,
                                   "A longer answer is an error"});
}

void add_rules(CLI::App& app, AdapterOptions& options) {
    app.add_option("--counter", options.counter,
                   "The Counter of the Fleet that is told players and capacity; '' for none")
        ->check(CLI::Validator(check_counter, ""))
        ->option_text("NAME (" + options.counter + ")");
    add_count<std::uint32_t>(
        app, {"--capacity", "PLAYERS", options.capacity, 0, 10'000'000,
              "Players that the server takes; 0: what its rooms take, those included that "
              "can still be made"});
    app.add_flag("--allocate-on-players,!--no-allocate-on-players", options.allocate_on_players,
                 "Say that the server is Allocated once somebody plays, so that nothing that makes "
                 "the Fleet smaller ends a match; the default");
    add_seconds(app, "--gone-after-s", "SECONDS (5)", options.gone_after,
                "A server that answered, and whose port has been closed for so long, has ended: "
                "its GameServer is shut down");
    add_seconds(app, "--shutdown-when-empty-s", "SECONDS (0)", options.empty_after,
                "A GameServer that is Allocated, and in which nobody has played for so long, is "
                "shut down; 0: never");
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv, AdapterOptions& options) {
    CLI::App app("Tells Agones' SDK how the ringtick server beside it is", "ringtick-agones");
    app.option_defaults()->always_capture_default(false);
    add_places(app, options);
    add_rules(app, options);
    add_pace(app, options);
    app.add_option("--log-level", options.log_level, "Least level of what goes to stderr")
        ->check(CLI::IsMember({"info", "warning", "off"}))
        ->option_text("info|warning|off (info)");
    app.add_flag("--check", options.check_only,
                 "Ask the server and the SDK once, tell them nothing, say what they answered, and "
                 "end");
    app.footer("Exit codes: 0 fine, 1 the machine refuses (with the remedy), 2 bad usage.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return {.run = false, .exit_code = error.get_exit_code() == 0 ? 0 : 2};
    }
    return {};
}

}  // namespace ringtick::agones
