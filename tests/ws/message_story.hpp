#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/image.hpp"
#include "ws/message_decoder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// Decodes and tells what came out, so that two runs can be compared and a failure reads as a story:
// "text(hi) ping(a) close(1000,bye) !1002".
class MessageStory {
public:
    explicit MessageStory(const MessageLimits& limits, Inflater* inflater = nullptr)
        : limits_(limits),
          decoder_(limits, inflater),
          assembly_(assembly_size(limits.message_size_max, inflater != nullptr)) {}

    // The piece lies in memory of its own and is gone afterwards, as a read's would be.
    void feed(std::span<const std::byte> bytes) {
        std::vector<std::byte> piece(bytes.begin(), bytes.end());
        std::span<std::byte> input(piece);
        for (auto event = decoder_.next(input, assembly_); event.kind != Kind::need_input;
             event = decoder_.next(input, assembly_)) {
            ASSERT(event.payload.size() <= std::max<std::uint64_t>(limits_.message_size_max, 125));
            tell(event);
        }
        ASSERT(input.empty());
        ASSERT(decoder_.assembled() <= assembly_.size());
    }

    void stop_inflating() { decoder_.stop_inflating(); }

    // What another process is told of the decoder (base/image.hpp).
    std::vector<std::byte> image() const {
        ImageWriter writer;
        MessageDecoder::describe(writer, decoder_);
        return {writer.image().begin(), writer.image().end()};
    }
    // Goes on as a decoder of which that was told. False: it could not be. `inflater`: its own.
    bool go_on_from(std::span<const std::byte> image, Inflater* inflater = nullptr) {
        decoder_ = MessageDecoder(limits_, inflater);
        ImageReader reader(image);
        MessageDecoder::describe(reader, decoder_);
        return reader.finished();
    }

    const std::string& text() const { return text_; }
    bool mid_message() const { return decoder_.mid_message(); }
    std::size_t assembled() const { return decoder_.assembled(); }

private:
    using Kind = MessageDecoder::Event::Kind;

    void tell(const MessageDecoder::Event& event) {
        if (!text_.empty()) text_ += ' ';
        const std::string payload(as_text(event.payload));
        const std::string code = std::to_string(static_cast<int>(event.close_code));
        switch (event.kind) {
            case Kind::need_input:
                break;
            case Kind::message:
                text_ += (event.opcode == Opcode::text ? "text(" : "binary(") + payload + ")";
                break;
            case Kind::ping:
                text_ += "ping(" + payload + ")";
                break;
            case Kind::pong:
                text_ += "pong(" + payload + ")";
                break;
            case Kind::close:
                text_ += "close(" + code + "," + payload + ")";
                break;
            case Kind::violation:
                text_ += "!" + code;
                break;
        }
    }

    MessageLimits limits_;
    MessageDecoder decoder_;
    std::vector<std::byte> assembly_;
    std::string text_;
};

}  // namespace ringtick
