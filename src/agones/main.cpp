// ringtick-agones: stands beside a game server in a Pod, and tells Agones' SDK how it is. The
// server itself knows nothing of Kubernetes, and its sandbox lets it open no sockets.
#include "server/log.hpp"
#include "server/signals.hpp"
#include "server/standard_streams.hpp"

#include <sys/signalfd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>

#include "agones/adapter.hpp"
#include "agones/http_client.hpp"
#include "agones/options.hpp"

namespace ringtick::agones {
namespace {

int run(int argc, char** argv) {
    secure_standard_streams();
    AdapterOptions options;
    const ParsedOptions parsed = parse_options(argc, argv, options);
    if (!parsed.run) return parsed.exit_code;

    // Before the log's thread, which inherits what is blocked.
    block_stop_signals();
    const sigset_t signals = stop_signals();
    const int stop = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (stop < 0) {
        std::fprintf(stderr, "ringtick-agones: signalfd: %s: raise ulimit -n\n",
                     std::generic_category().message(errno).c_str());
        return 1;
    }
    start_log(options.check_only ? "off" : options.log_level);
    HttpClient http(stop, options.timeout_ms, options.answer_max);
    Adapter adapter(options, http);
    int exit_code = 0;
    if (options.check_only) {
        exit_code = adapter.check();
    } else {
        adapter.run();
    }
    // What the log cannot write within a second it never will.
    if (!stop_log()) std::_Exit(exit_code);
    return exit_code;
}

}  // namespace
}  // namespace ringtick::agones

int main(int argc, char** argv) try {
    return ringtick::agones::run(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "ringtick-agones: %s\n", error.what());
    return 1;
}
