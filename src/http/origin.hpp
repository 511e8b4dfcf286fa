#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringtick::http {

// RFC 6454: who served the page that a request comes from.
struct Origin {
    std::string_view scheme;
    std::string_view host;  // Of an IPv6 address with its brackets.
    std::string_view port;  // The scheme's own if none is written.

    friend bool same_origin(const Origin& a, const Origin& b);
};

// Nothing for "null", and for anything that is not scheme://host[:port] to the letter.
std::optional<Origin> parse_origin(std::string_view text);

// How a request came: in TLS that ended here; or plain, but then TLS may have ended before us.
enum class Transport : std::uint8_t { plain, tls };

// Whether a page of that origin was served by who a Host header names. Where we are told of no
// scheme, the page's gives the port that either leaves out. Where TLS ends here, http:// is
// somebody else's, who may be anybody on the way.
bool is_served_by(const Origin& origin, std::string_view host_header, Transport transport);

// The host that a Host header names, without its port; of an IPv6 address with its brackets. Empty
// if it names none.
std::string_view host_of(std::string_view host_header);

}  // namespace ringtick::http
