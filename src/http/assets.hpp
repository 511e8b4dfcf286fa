#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace ringtick::http {

// A file embedded in the program at build time (src/http/embed.py). Lives as long as the program.
struct Asset {
    std::string_view path;  // "/", "/railroids.js"
    std::string_view content_type;
    std::string_view etag;  // Quoted, of the content's hash.
    std::span<const std::byte> bytes;
    std::span<const std::byte> gzip;  // Empty if it would not be smaller.
};

// What to answer to a request for an asset: the head to write, and the body to send behind it
// (empty for HEAD and 304), straight from the asset's memory.
struct AssetResponse {
    std::size_t head_size = 0;
    std::span<const std::byte> body;
};

const Asset* find_asset(std::span<const Asset> assets, std::string_view path);
AssetResponse write_asset_response(std::span<std::byte> out,
                                   const Asset& asset,
                                   const Request& request);

}  // namespace ringtick::http
