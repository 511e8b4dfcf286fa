#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "ws/utf8.hpp"
#include "ws/utf8_reference.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cuts.hpp"

namespace {

using ringtick::Verdict;

Verdict validate_in_pieces(std::span<const std::byte> text, ringtick::Cuts cuts) {
    ringtick::Utf8Validator validator;
    while (!text.empty()) {
        const std::size_t size = std::min(cuts.next_size(), text.size());
        const std::vector<std::byte> piece(text.begin(), text.begin() + static_cast<long>(size));
        if (!validator.push(piece)) return Verdict::invalid;
        text = text.subspan(size);
    }
    return validator.at_boundary() ? Verdict::valid : Verdict::unfinished;
}

}  // namespace

// Property: the verdict of a plain reference, however the text is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = std::as_bytes(std::span(data, size));
    const Verdict verdict = validate_in_pieces(text, ringtick::Cuts(text));
    ASSERT(verdict == ringtick::judge_plainly(ringtick::as_text(text)));
    return 0;
}
