#include "http/message.hpp"

#include "base/assert.hpp"
#include "http/field_value.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

bool lists_token(std::string_view list, std::string_view token) {
    while (const auto element = take_element(list)) {
        if (equals_ignoring_case(*element, token)) return true;
    }
    return false;
}

}  // namespace

std::string_view reason_phrase(Status status) {
    switch (status) {
        case Status::switching_protocols:
            return "Switching Protocols";
        case Status::ok:
            return "OK";
        case Status::accepted:
            return "Accepted";
        case Status::see_other:
            return "See Other";
        case Status::not_modified:
            return "Not Modified";
        case Status::bad_request:
            return "Bad Request";
        case Status::unauthorized:
            return "Unauthorized";
        case Status::forbidden:
            return "Forbidden";
        case Status::not_found:
            return "Not Found";
        case Status::method_not_allowed:
            return "Method Not Allowed";
        case Status::request_timeout:
            return "Request Timeout";
        case Status::content_too_large:
            return "Content Too Large";
        case Status::uri_too_long:
            return "URI Too Long";
        case Status::upgrade_required:
            return "Upgrade Required";
        case Status::too_many_requests:
            return "Too Many Requests";
        case Status::header_fields_too_large:
            return "Request Header Fields Too Large";
        case Status::service_unavailable:
            return "Service Unavailable";
        case Status::insufficient_storage:
            return "Insufficient Storage";  // RFC 4918, section 11.5.
    }
    UNREACHABLE();
}

std::optional<std::string_view> Request::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); });
    if (found == headers.end()) return std::nullopt;
    return found->value;
}

std::uint32_t Request::count(std::string_view name) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); }));
}

// A list may be spread over several headers of its name (RFC 9110, section 5.3).
bool Request::has_token(std::string_view name, std::string_view token) const {
    return std::ranges::any_of(headers, [&](const Header& header) {
        return equals_ignoring_case(header.name, name) && lists_token(header.value, token);
    });
}

}  // namespace ringtick::http
