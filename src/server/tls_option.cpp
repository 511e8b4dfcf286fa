#include "server/tls_option.hpp"

#include "server/options.hpp"

#include <fmt/format.h>

namespace ringtick {

void add_tls_options(CLI::App& app, Options& options) {
    auto* const certificate = app.add_option(
        "--tls-cert", options.tls.certificate,
        "Speak TLS 1.2 and 1.3 with this certificate: a file in PEM, followed by those that vouch "
        "for it. SIGHUP has it and the key read again, for whoever connects from then on");
    auto* const key = app.add_option("--tls-key", options.tls.key,
                                     "The certificate's private key: a file in PEM, not encrypted");
    certificate->option_text("FILE")->needs(key);
    key->option_text("FILE")->needs(certificate);
    constexpr std::uint32_t most = 1'000;
    std::uint32_t& steps = options.net.tls_handshakes_per_turn;
    app.add_option("--tls-handshakes-per-turn", steps,
                   fmt::format("Steps of TLS handshakes, of which each takes two, in a turn of the "
                               "loop; what is more waits, so that no tick does. 0: 8, or 2 with a "
                               "key of RSA, which takes ten times as long [0 to {}]",
                               most))
        ->check(CLI::Range(0U, most))
        ->option_text(fmt::format("STEPS ({})", steps));
}

}  // namespace ringtick
