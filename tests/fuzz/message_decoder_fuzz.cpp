#include "base/assert.hpp"
#include "ws/message_decoder.hpp"
#include "ws/message_story.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cuts.hpp"

namespace {

constexpr ringtick::MessageLimits limits{.message_size_max = 600, .fragments_max = 8};

}  // namespace

// Property: the same story however the stream is cut, and never more in memory than the limit
// (which the story asserts).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stream = std::as_bytes(std::span(data, size));
    ringtick::MessageStory whole(limits);
    whole.feed(stream);

    ringtick::MessageStory pieces(limits);
    ringtick::Cuts cuts(stream);
    for (auto rest = stream; !rest.empty();) {
        const std::size_t piece = std::min(cuts.next_size(), rest.size());
        pieces.feed(rest.first(piece));
        rest = rest.subspan(piece);
    }
    ASSERT(pieces.text() == whole.text());
    ASSERT(pieces.mid_message() == whole.mid_message());
    ASSERT(pieces.assembled() == whole.assembled());
    return 0;
}
