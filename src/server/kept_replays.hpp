#pragma once

#include "base/result.hpp"
#include "net/connections.hpp"
#include "net/events.hpp"
#include "net/memory.hpp"
#include "server/keep_options.hpp"
#include "server/metrics.hpp"
#include "server/operator.hpp"
#include "server/shard_place.hpp"
#include "tick/last_seconds.hpp"
#include "tick/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

class Room;

// What each room was told in its last seconds, for download: GET /replay/last?room=R answers with a
// recording that --replay plays. It shows where everyone was and what they said, so it is an
// operator's (see Operator), unless it is shared.
//
// All memory is address space that is taken at start and backed as it is used. A download is sent
// from one of two copies, so that the room goes on. Policy at the bound: who asks within a second
// of another for the same room is sent the same copy; while both are on their way, or younger than
// that, others are told 503.
class KeptReplays {
public:
    struct Parts {
        const Operator& owner;
        const Connections& connections;
        const LoopStats& loop;
    };

    explicit KeptReplays(const Parts& parts) : parts_(parts) {}

    // Nothing is kept of games that cannot be saved; `largest` is like any of them. `header`
    // describes a recording of all rooms.
    [[nodiscard]] Result<void> open(const KeepOptions& options,
                                    const RecordHeader& header,
                                    std::uint32_t rooms_max,
                                    const Game& largest);
    // From now on, of a room that is new; until it ends. Nothing, before open().
    void keep(Room& room);
    void forget(std::uint32_t number);

    static bool is_asked(const http::Request& request) { return request.path == "/replay/last"; }
    // Nothing (head_size 0) if nothing is kept here, by the options.
    HttpAnswer answer(const http::Request& request, std::span<std::byte> out);

    bool is_open() const { return !rooms_.empty(); }
    // The number of a room that is kept; 0: there is none of that name.
    std::uint32_t number_of(std::string_view name) const;
    // Why there is nothing of that room; empty: there is.
    std::string_view why_nothing(std::uint32_t room) const;
    struct Taken {
        std::size_t size = 0;  // 0: that tick is in nothing that is still here.
        std::uint64_t first_tick = 0;
        std::uint64_t tick = 0;
    };
    // Puts the same file as for a download into `out`, which has room for file_size_max(): if a
    // tick is named, a download that is still here and has it, for that is what somebody looks at;
    // else one of now.
    Taken take(std::uint32_t room, std::optional<std::uint64_t> tick, std::span<std::byte> out);
    std::size_t file_size_max() const { return LastSeconds::file_size_max(options_.memory); }
    // Whoever downloads and may order is told how to keep it (POST /ops/moment).
    void offer_to_keep() { offers_to_keep_ = true; }

    std::size_t memory_reserved() const;
    KeptStats stats() const;

private:
    // A file for download, in the memory of the same number.
    struct Copy {
        std::uint32_t room = 0;  // 0: of one that has ended.
        std::uint64_t first_tick = 0;
        std::uint64_t tick = 0;
        std::uint64_t made_ns = 0;
        std::size_t size = 0;  // 0: there is none.
    };

    void warn_if_too_small(const Game& game);
    std::span<std::byte> memory_of(const Copy& copy) const;
    bool is_young(const Copy& copy) const;
    Copy* copy_of(std::uint32_t room);
    void make(Copy& copy, std::uint32_t room);
    std::size_t write_file(std::uint32_t room, std::span<std::byte> out);
    HttpAnswer send(const Copy& copy, const http::Request& request, std::span<std::byte> out);

    struct Kept {
        RoomSetup setup;
        LastSeconds seconds;
    };
    const LastSeconds& of(std::uint32_t room) const { return rooms_[room - 1]->seconds; }

    Parts parts_;
    KeepOptions options_;
    RecordHeader header_;
    SlotMemory rooms_memory_;
    SlotMemory scratch_;  // Of one state, for all rooms.
    SlotMemory copies_memory_;
    std::vector<std::unique_ptr<Kept>> rooms_;  // By number, less one.
    std::array<Copy, 2> copies_;
    bool is_unsavable_ = false;
    bool offers_to_keep_ = false;
    std::uint64_t downloads_ = 0;
    std::uint64_t busy_ = 0;
};

}  // namespace ringtick
