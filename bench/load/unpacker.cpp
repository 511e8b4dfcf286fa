#include "load/unpacker.hpp"

#include "base/assert.hpp"

namespace ringtick::swarm {

Unpacker::Unpacker(std::size_t clients, std::uint64_t message_size_max)
    : wire_size_max_(compressed_size_max(message_size_max)),
      inflater_(message_size_max),
      gathered_(clients) {
}

std::optional<ServerFrameReader::Event> Unpacker::read(std::uint32_t client,
                                                       const ServerFrameReader::Event& piece) {
    using Kind = ServerFrameReader::Event::Kind;
    ASSERT(piece.kind == Kind::data && piece.compressed);
    if (piece.wire_size > wire_size_max_) return ServerFrameReader::Event{.kind = Kind::violation};

    auto compressed = piece.bytes;
    std::vector<std::byte>& gathered = gathered_[client];
    // A connection that was lost may have left the beginning of another.
    if (piece.offset == 0) gathered.clear();
    if (piece.offset > 0 || !piece.message_end) {
        gathered.insert(gathered.end(), piece.bytes.begin(), piece.bytes.end());
        compressed = gathered;
    }
    if (!piece.message_end) return std::nullopt;

    const Inflater::Result inflated = inflater_.inflate(compressed);
    if (inflated.violation != CloseCode::none) {
        return ServerFrameReader::Event{.kind = Kind::violation};
    }
    ServerFrameReader::Event message = piece;
    message.offset = 0;
    message.bytes = inflated.message;
    return message;
}

}  // namespace ringtick::swarm
