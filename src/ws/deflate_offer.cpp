#include "ws/deflate_offer.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace ringtick {

namespace {

constexpr std::uint8_t window_bits_min = 8;  // RFC 7692, section 7.1.2.
constexpr std::uint8_t window_bits_max = 15;
// zlib makes no raw stream with a window of 256 bytes, so we cannot promise one.
constexpr std::uint8_t our_window_bits_min = 9;

// A text cut at each `separator` that does not stand inside a quoted string.
class Parts {
public:
    Parts(std::string_view text, char separator) : rest_(text), separator_(separator) {}

    // The next part, without the white space around it; nothing after the last.
    std::optional<std::string_view> next() {
        if (!more_) return std::nullopt;
        const std::size_t end = find_end();
        const std::string_view part = trim(rest_.substr(0, end));
        more_ = end < rest_.size();
        if (more_) rest_.remove_prefix(end + 1);
        return part;
    }

private:
    std::size_t find_end() const {
        bool quoted = false;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            const char c = rest_[i];
            if (c == '"') quoted = !quoted;
            if (c == '\\' && quoted) i += 1;  // A quoted pair (RFC 9110, section 5.6.4).
            if (c == separator_ && !quoted) return i;
        }
        return rest_.size();
    }

    std::string_view rest_;
    char separator_;
    bool more_ = true;
};

// The next character of a value. In a quoted string a backslash may stand before it.
char take_char(std::string_view& text, bool quoted) {
    if (quoted && text.front() == '\\') text.remove_prefix(1);
    if (text.empty()) return '\0';
    const char c = text.front();
    text.remove_prefix(1);
    return c;
}

// The value of a parameter: a token, or a quoted string that spells one (RFC 6455, section 9.1).
// Here it can only be a decimal number without leading zeroes from 8 to 15; 0 if it is not.
std::uint8_t window_bits_of(std::string_view value) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    if (quoted) value = value.substr(1, value.size() - 2);
    unsigned bits = 0;
    while (!value.empty()) {
        const char digit = take_char(value, quoted);
        if (digit < (bits == 0 ? '1' : '0') || digit > '9') return 0;
        bits = 10 * bits + static_cast<unsigned>(digit - '0');
        if (bits > window_bits_max) return 0;
    }
    return bits >= window_bits_min ? static_cast<std::uint8_t>(bits) : std::uint8_t{0};
}

// One offer under judgement. Each parameter may stand in it once (RFC 7692, section 7.1).
struct Offer {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    bool server_window_bits_given = false;
    bool client_window_bits_given = false;
    std::uint8_t server_window_bits = window_bits_max;

    // False: it is malformed, or asks for what we cannot do.
    bool accept(std::string_view parameter) {
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        const std::string_view name = trim(parameter.substr(0, equals));
        const bool has_value = equals < parameter.size();
        const auto value = trim(parameter.substr(std::min(equals + 1, parameter.size())));

        if (name == "server_no_context_takeover") {  // Section 7.1.1.1.
            return !has_value && first_time(server_no_context_takeover);
        }
        if (name == "client_no_context_takeover") {  // Section 7.1.1.2.
            return !has_value && first_time(client_no_context_takeover);
        }
        if (name == "server_max_window_bits") {  // Section 7.1.2.1.
            server_window_bits = window_bits_of(value);
            return server_window_bits >= our_window_bits_min &&
                   first_time(server_window_bits_given);
        }
        if (name == "client_max_window_bits") {  // Section 7.1.2.2. We inflate with the largest.
            return (!has_value || window_bits_of(value) != 0) &&
                   first_time(client_window_bits_given);
        }
        return false;
    }

private:
    static bool first_time(bool& given) {
        if (given) return false;
        given = true;
        return true;
    }
};

std::optional<DeflateAgreement> judge(std::string_view text) {
    Parts parameters(text, ';');
    if (parameters.next() != "permessage-deflate") return std::nullopt;
    Offer offer;
    while (const auto parameter = parameters.next()) {
        if (!offer.accept(*parameter)) return std::nullopt;
    }
    return DeflateAgreement{.window_bits = offer.server_window_bits,
                            .window_bits_asked = offer.server_window_bits_given};
}

}  // namespace

std::optional<DeflateAgreement> accept_deflate_offer(std::string_view field_value) {
    Parts offers(field_value, ',');
    while (const auto offer = offers.next()) {
        if (const auto agreement = judge(*offer)) return agreement;
    }
    return std::nullopt;
}

std::string_view write_deflate_response(std::span<char> out, const DeflateAgreement& agreement) {
    constexpr std::string_view always =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    constexpr std::string_view window = "; server_max_window_bits=";
    static_assert(always.size() + window.size() + 2 <= deflate_response_size_max);
    ASSERT(out.size() >= deflate_response_size_max);
    ASSERT(agreement.window_bits >= our_window_bits_min);
    ASSERT(agreement.window_bits <= window_bits_max);

    char* end = std::ranges::copy(always, out.data()).out;
    if (agreement.window_bits_asked) {
        end = std::ranges::copy(window, end).out;
        if (agreement.window_bits >= 10) *end++ = '1';
        *end++ = static_cast<char>('0' + agreement.window_bits % 10);
    }
    return {out.data(), static_cast<std::size_t>(end - out.data())};
}

}  // namespace ringtick
