#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "ws/client_frame.hpp"
#include "ws/deflater.hpp"
#include "ws/inflater.hpp"
#include "ws/message_story.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "cuts.hpp"

namespace ringtick {
namespace {

constexpr MessageLimits limits{.message_size_max = 3'000, .fragments_max = 1'000};

// The input as the payload of one compressed message in one frame, cut nowhere.
std::string story_of_one_frame(Inflater& inflater, std::span<const std::byte> payload) {
    MessageStory story(limits, &inflater);
    story.feed(ClientFrame{
        .opcode = Opcode::binary, .payload = as_text(payload), .reserved_bits = compressed_bit}
                   .wire());
    return story.text();
}

// The same in fragments, each of which is read in two pieces.
std::string story_of_fragments(Inflater& inflater, std::span<const std::byte> payload) {
    MessageStory story(limits, &inflater);
    Cuts cuts(payload);
    bool first = true;
    for (bool fin = false; !fin && story.text().empty(); first = false) {
        const std::size_t size = std::min(cuts.next_size(), payload.size());
        fin = size == payload.size();
        const Bytes wire = ClientFrame{.opcode = first ? Opcode::binary : Opcode::continuation,
                                       .payload = as_text(payload.first(size)),
                                       .fin = fin,
                                       .reserved_bits = first ? compressed_bit : std::uint8_t{0}}
                               .wire();
        const std::size_t middle = std::min(cuts.next_size(), wire.size());
        story.feed(std::span(wire).first(middle));
        story.feed(std::span(wire).subspan(middle));
        payload = payload.subspan(size);
    }
    return story.text();
}

void check_inflating(Inflater& inflater, std::span<const std::byte> payload) {
    const auto result = inflater.inflate(payload);
    ASSERT(result.message.size() <= limits.message_size_max);
    const bool good = result.violation == CloseCode::none;
    ASSERT(good || result.violation == CloseCode::invalid_payload_data ||
           result.violation == CloseCode::message_too_big);

    const std::string whole = story_of_one_frame(inflater, payload);
    if (payload.size() > compressed_size_max(limits.message_size_max)) return;
    ASSERT(good == whole.starts_with("binary("));
    // More fragments than are allowed are refused sooner.
    if (payload.size() < limits.fragments_max) {
        ASSERT(story_of_fragments(inflater, payload) == whole);
    }
}

void check_deflating(Inflater& inflater, Deflater& deflater, std::span<const std::byte> message) {
    std::array<std::byte, limits.message_size_max> out;
    if (message.size() > out.size()) return;
    const auto bits = static_cast<std::uint8_t>(
        Deflater::window_bits_min +
        message.size() % (Deflater::window_bits_max - Deflater::window_bits_min + 1));
    const std::size_t size = deflater.deflate(bits, message, out);
    ASSERT(size == 0 || size < message.size());
    if (size == 0) return;
    const auto result = inflater.inflate(std::span(out).first(size));
    ASSERT(result.violation == CloseCode::none);
    ASSERT(std::ranges::equal(result.message, message));
}

}  // namespace
}  // namespace ringtick

// Properties: a compressed message has the same outcome however it is cut and whatever was inflated
// before it, never more bytes than the limit, and what we compress comes back as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto inflater =
        std::make_unique<ringtick::Inflater>(ringtick::limits.message_size_max);
    static const auto deflater = std::make_unique<ringtick::Deflater>();
    const auto input = std::as_bytes(std::span(data, size));
    ringtick::check_inflating(*inflater, input);
    ringtick::check_deflating(*inflater, *deflater, input);
    return 0;
}
