#pragma once

#include "ws/inflater.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "load/server_frame_reader.hpp"

namespace ringtick::swarm {

// Inflates the compressed messages of many clients, each by itself (RFC 7692, section 6.2). One
// that comes in pieces is gathered first, so the memory follows what clients have under way.
class Unpacker {
public:
    Unpacker(std::size_t clients, std::uint64_t message_size_max);

    // Answers when a message is complete, with the whole of it as one piece, which lives until the
    // next call; or with a violation, if it is no deflate stream or too long.
    std::optional<ServerFrameReader::Event> read(std::uint32_t client,
                                                 const ServerFrameReader::Event& piece);

private:
    std::uint64_t wire_size_max_;
    Inflater inflater_;
    std::vector<std::vector<std::byte>> gathered_;
};

}  // namespace ringtick::swarm
