#pragma once

#include "http/message.hpp"
#include "ws/deflate_offer.hpp"
#include "ws/deflater.hpp"
#include "ws/inflater.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringtick {

// What permessage-deflate needs, once for all connections: none keeps anything of its own but the
// window that was agreed.
struct Compression {
    explicit Compression(std::uint64_t message_size_max) : inflater(message_size_max) {}

    std::size_t memory() const { return inflater.memory() + deflater.memory(); }

    Inflater inflater;
    Deflater deflater;
};

// The first offer we can keep, of all the headers (RFC 6455, section 9.1: they are one list).
std::optional<DeflateAgreement> accept_deflate_offer(const http::Request& request);

}  // namespace ringtick
