#include "net/compression.hpp"

#include "http/field_value.hpp"

namespace ringtick {

std::optional<DeflateAgreement> accept_deflate_offer(const http::Request& request) {
    for (const http::Header& header : request.headers) {
        if (!http::equals_ignoring_case(header.name, "Sec-WebSocket-Extensions")) continue;
        if (const auto agreement = accept_deflate_offer(header.value)) return agreement;
    }
    return std::nullopt;
}

}  // namespace ringtick
