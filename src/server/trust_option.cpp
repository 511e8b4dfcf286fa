#include "server/trust_option.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace ringtick {

namespace {

constexpr const char* local = "unix";

// Empty if the text is a range, or says what is wrong with it.
std::string check_range(const std::string& text) {
    if (text == local) return {};
    IpRange range;
    switch (IpRange::parse(text, range)) {
        case IpRange::Syntax::exact:
            return {};
        case IpRange::Syntax::host_bits:
            return fmt::format(
                "'{}' goes on behind its prefix: give {} for the range, or {} for the "
                "one address",
                text, to_text(range), text.substr(0, text.find('/')));
        case IpRange::Syntax::malformed:
            break;
    }
    return fmt::format("'{}' is no range: give 10.0.0.0/8, fd00::/8, an address, or {}", text,
                       local);
}

void trust_also(ProxyTrust& trust, const std::string& text) {
    if (text == local) {
        trust.local = true;
        return;
    }
    IpRange range;
    if (IpRange::parse(text, range) == IpRange::Syntax::exact) trust.ranges.push_back(range);
}

}  // namespace

void add_trust_option(CLI::App& app, ProxyTrust& trust) {
    app.add_option_function<std::vector<std::string>>(
           "--trust-proxy",
           [&trust](const std::vector<std::string>& texts) {
               for (const std::string& text : texts) trust_also(trust, text);
           },
           "Proxies that are believed who a client is, by X-Forwarded-For or a PROXY header of "
           "version 2: an address, a range, or unix for a Unix socket (repeatable)")
        ->check(CLI::Validator(check_range, ""))
        ->allow_extra_args(false)  // One at a time: what follows may be something else's.
        ->option_text("CIDR (none)");
}

}  // namespace ringtick
