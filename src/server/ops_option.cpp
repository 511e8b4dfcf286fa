#include "server/ops_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace ringtick {

namespace {

constexpr std::size_t token_size_min = 16;
constexpr std::size_t token_size_max = 256;

// What fits a header's value as one word.
bool is_visible(char c) {
    return c > ' ' && c <= '~';
}

// The first line of the file; what a longer one begins with.
std::string token_in(const std::string& path) {
    std::ifstream file(path);
    std::string token;
    char c = 0;
    while (token.size() <= token_size_max && file.get(c) && c != '\n') token += c;
    if (token.ends_with('\r')) token.pop_back();
    return token;
}

// Empty if the file holds a token, or says what is wrong with it, and not what it holds.
std::string check_token_file(const std::string& path) {
    if (!std::ifstream(path)) return fmt::format("cannot read '{}'", path);
    const std::string token = token_in(path);
    const bool long_enough = token.size() >= token_size_min && token.size() <= token_size_max;
    if (long_enough && std::ranges::all_of(token, is_visible)) return {};
    return fmt::format(
        "'{}' holds no token: its first line is to have {} to {} visible ASCII characters and no "
        "blank; `openssl rand -hex 16` makes one",
        path, token_size_min, token_size_max);
}

}  // namespace

void add_ops_option(CLI::App& app, std::string& token) {
    app.add_option_function<std::string>(
           "--ops-token-file", [&token](const std::string& path) { token = token_in(path); },
           "The token for the operator's page, /ops: the first line of this file. Without it there "
           "is that page only on loopback (IP, and no --trust-proxy), for who sits there")
        ->check(CLI::Validator(check_token_file, ""))
        ->option_text("FILE");
}

}  // namespace ringtick
