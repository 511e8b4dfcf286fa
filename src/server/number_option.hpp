#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace ringtick {

// CLI11 reads 010 as eight, as C does; nobody who writes it means that.
inline bool reads_as_octal(std::string_view number) {
    return number.size() > 1 && number[0] == '0' && number[1] >= '0' && number[1] <= '9';
}

// CLI::Range takes what is no number (nan) for one within it, and shows itself in the flag's unit.
inline CLI::Validator between(double least, double most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        double value = 0;
        const char* const end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        const bool whole = error == std::errc{} && rest == end && !reads_as_octal(text);
        if (whole && value >= least && value <= most) return {};
        return fmt::format("'{}' is not a number from {} to {}", text, least, most);
    };
    return {check, ""};
}

// A figure, and where it may lie.
template <class T>
struct Count {
    const char* flag;
    const char* unit;
    T& value;
    T least;
    T most;
    const char* help;
};

// --help shows it as "HZ (30)", with the default behind the unit.
template <class T>
CLI::Option* add_count(CLI::App& app, const Count<T>& count) {
    return app
        .add_option(count.flag, count.value,
                    fmt::format("{} [{} to {}]", count.help, count.least, count.most))
        ->check(between(static_cast<double>(count.least), static_cast<double>(count.most)))
        ->option_text(fmt::format("{} ({})", count.unit, count.value));
}

}  // namespace ringtick
