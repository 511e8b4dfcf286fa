#include "server/serve.hpp"

#include "server/log.hpp"
#include "server/options.hpp"
#include "server/server.hpp"
#include "server/signals.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace ringtick {

namespace {

std::string url_of(const ListenAddress& address, std::uint16_t port) {
    switch (address.family) {
        case ListenAddress::Family::ip4:
            return fmt::format("http://{}:{}", address.host, port);
        case ListenAddress::Family::ip6:
            return fmt::format("http://[{}]:{}", address.host, port);
        case ListenAddress::Family::local:
            return "unix:" + address.host;
    }
    return {};
}

}  // namespace

int serve(int argc, char** argv, const Program& program) {
    Options options;
    options.rate_hz = program.rate_hz;
    const ParsedOptions parsed =
        parse_options(argc, argv, program.name, program.description, options);
    if (!parsed.run) return parsed.exit_code;
    return run_server(options, program, {});
}

int run_server(const Options& options, const Program& program, ServerKind kind) {
    block_stop_signals();
    start_log(options.log_level);
    const auto server = std::make_unique<Server>(options, program, kind);
    const auto opened = server->open();
    if (!opened) {
        stop_log();
        std::fprintf(stderr, "%s: %s\n", program.name, server->explain(opened.error()).c_str());
        return 1;
    }
    if (options.check_only) {
        stop_log();
        std::printf("%s: %s\n", program.name, server->describe().c_str());
        return 0;
    }
    log_info(server->describe());
    if (!kind.quiet) {
        std::printf("%s: %s\n", program.name, url_of(options.listen, server->port()).c_str());
        std::fflush(stdout);
    }
    server->run();
    stop_log();
    static char totals[2'048];
    const std::size_t size = server->write_totals(totals);
    std::fwrite(totals, 1, size, stdout);
    std::fflush(stdout);
    return 0;
}

}  // namespace ringtick
