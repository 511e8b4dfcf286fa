#include "http/assets.hpp"

#include "base/text.hpp"
#include "http/field_value.hpp"
#include "http/response.hpp"
#include "http/text_writer.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ringtick::http {

namespace {

// RFC 9110, section 12.4.2: a weight of 0 means "not acceptable"; 0, 0.0 and 0.000 all write it.
bool weight_is_zero(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto end = std::min(parameters.find(';'), parameters.size());
        const std::string_view parameter = trim(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (!equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

// What one coding, or "*", says about itself in Accept-Encoding; nothing if it is not named.
std::optional<bool> accepts_coding(const Request& request, std::string_view coding) {
    for (const Header& header : request.headers) {
        if (!equals_ignoring_case(header.name, "Accept-Encoding")) continue;
        std::string_view list = header.value;
        while (const auto element = take_element(list)) {
            const auto name_end = std::min(element->find(';'), element->size());
            if (!equals_ignoring_case(trim(element->substr(0, name_end)), coding)) continue;
            return !weight_is_zero(element->substr(name_end));
        }
    }
    return std::nullopt;
}

// RFC 9110, section 12.5.3: "*" speaks for whatever is not named.
bool accepts_gzip(const Request& request) {
    return accepts_coding(request, "gzip").value_or(accepts_coding(request, "*").value_or(false));
}

// An entity tag of one representation. The compressed one needs its own (RFC 9110,
// section 8.8.3.3): "abc" becomes "abc-gzip".
struct EntityTag {
    std::string_view quoted;
    bool gzip;

    bool is(std::string_view other) const {
        constexpr std::string_view suffix = "-gzip\"";
        if (!gzip) return other == quoted;
        const std::string_view stem = quoted.substr(0, quoted.size() - 1);
        return other.starts_with(stem) && other.substr(stem.size()) == suffix;
    }
    void put(TextWriter& text) const {
        text.put("ETag: ").put(quoted.substr(0, quoted.size() - 1));
        text.put(gzip ? "-gzip\"" : "\"").put("\r\n");
    }
};

// RFC 9110, section 13.1.2: weak comparison, and "*" is whatever there is.
bool has_current(const Request& request, const EntityTag& tag) {
    for (const Header& header : request.headers) {
        if (!equals_ignoring_case(header.name, "If-None-Match")) continue;
        std::string_view list = header.value;
        while (auto element = take_element(list)) {
            if (element->starts_with("W/")) element->remove_prefix(2);
            if (*element == "*" || tag.is(*element)) return true;
        }
    }
    return false;
}

}  // namespace

const Asset* find_asset(std::span<const Asset> assets, std::string_view path) {
    const auto found = std::ranges::find(assets, path, &Asset::path);
    return found == assets.end() ? nullptr : &*found;
}

AssetResponse write_asset_response(std::span<std::byte> out,
                                   const Asset& asset,
                                   const Request& request) {
    const bool gzip = !asset.gzip.empty() && accepts_gzip(request);
    const auto body = gzip ? asset.gzip : asset.bytes;
    const EntityTag tag{.quoted = asset.etag, .gzip = gzip};
    const bool current = has_current(request, tag);

    std::array<std::byte, 256> memory;
    TextWriter extra(memory);
    tag.put(extra);
    // Kept by the browser, but asked for each time: then a new build is seen at once, and an old
    // page costs one 304.
    extra.put_header("Cache-Control", "no-cache");
    if (!asset.gzip.empty()) extra.put_header("Vary", "Accept-Encoding");
    if (gzip && !current) extra.put_header("Content-Encoding", "gzip");

    const std::size_t head_size =
        write_response_head(out, {.status = current ? Status::not_modified : Status::ok,
                                  .content_type = current ? std::string_view{} : asset.content_type,
                                  .content_length = body.size(),
                                  .keep_alive = request.keep_alive,
                                  .extra = as_text(std::span(memory).first(extra.size()))});
    const bool with_body = !current && request.method != Method::head;
    return {.head_size = head_size, .body = with_body ? body : std::span<const std::byte>{}};
}

}  // namespace ringtick::http
