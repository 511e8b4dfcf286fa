#include "base/assert.hpp"
#include "net/proxy_header.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include "cuts.hpp"

namespace {

using ringtick::parse_proxy_header;
using ringtick::ProxyHeader;

bool same(const ProxyHeader& a, const ProxyHeader& b) {
    return a.state == b.state && a.size == b.size && a.client == b.client;
}

}  // namespace

// Property: the same verdict however the stream is cut, reached within the bound, and never
// changed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stream = std::as_bytes(std::span(data, size));
    const ProxyHeader whole = parse_proxy_header(stream);
    if (whole.state == ProxyHeader::State::need_input) ASSERT(size < ProxyHeader::size_max);
    if (whole.state == ProxyHeader::State::complete) {
        ASSERT(whole.size >= 16);
        ASSERT(whole.size <= ProxyHeader::size_max);
        ASSERT(whole.size <= size);
    }

    ringtick::Cuts cuts(stream);
    for (std::size_t there = 0; there < size; there += cuts.next_size()) {
        const ProxyHeader part = parse_proxy_header(stream.first(there));
        if (part.state != ProxyHeader::State::need_input) ASSERT(same(part, whole));
    }
    return 0;
}
