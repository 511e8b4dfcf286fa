#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "http/opening_handshake.hpp"
#include "http/request_parser.hpp"
#include "http/request_story.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "cuts.hpp"

namespace {

using namespace ringtick::http;

// What every accepted request promises to whoever reads it.
void check_promises(const RequestStory& story, std::span<const std::byte> stream) {
    std::array<Header, RequestLimits::headers_max> headers;
    const Request request = story.parser().request(stream, headers);
    ASSERT(story.parser().head_size() <= RequestLimits{}.head_size_max);
    ASSERT(request.path.starts_with('/'));
    ASSERT(request.path.find("..") == std::string_view::npos);
    ASSERT(request.path.find('\\') == std::string_view::npos);
    ASSERT(request.count("Transfer-Encoding") == 0);
    ASSERT(request.count("Host") == 1 || !request.http_1_1);
    for (const Header& header : request.headers) {
        ASSERT(!header.name.empty());
        ASSERT(header.value.find_first_of("\r\n") == std::string_view::npos);
    }
    check_opening_handshake(request, {});
}

}  // namespace

// Property: the same answer however the stream is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stream = std::as_bytes(std::span(data, size));
    RequestStory whole(ringtick::as_text(stream));
    whole.grow_to(size);

    RequestStory growing(ringtick::as_text(stream));
    ringtick::Cuts cuts(stream);
    for (std::size_t there = 0; there < size; there += cuts.next_size()) growing.grow_to(there);
    growing.grow_to(size);

    ASSERT(growing.text() == whole.text());
    if (whole.state() == RequestParser::State::complete) check_promises(whole, stream);
    return 0;
}
