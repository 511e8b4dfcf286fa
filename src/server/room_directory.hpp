#pragma once

#include "server/room_options.hpp"
#include "server/room_setup.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace ringtick {

// Which rooms there are, by name, on which thread each is, and how many are in it: what has to be
// known of a room before anybody is with its thread. Some are there always; others are made when
// somebody asks for them, as long as there is place, each on the thread with the fewest players.
//
// Policy at the bound: with rooms_max of them there is no other; who asks for one is told 503.
//
// Threading: any. A lock is held while somebody comes or goes, never in a tick. Allocates when it
// is made only.
class RoomDirectory {
public:
    struct Limits {
        std::uint32_t rooms = 1;      // Always there, called "1", "2"...; of n threads each nth.
        std::uint32_t rooms_max = 1;  // With those that are made on demand.
        std::uint32_t shards = 1;
        std::uint64_t seed = 0;         // Of the first; each further one that is made has the next.
        std::uint32_t players_max = 1;  // Of a room, and its bots, where no section says otherwise.
        std::uint32_t bots = 0;
        RoomOptions options;
    };
    explicit RoomDirectory(const Limits& limits);

    // A room, and the thread that has it or is to make it.
    struct Way {
        RoomSetup setup;
        std::uint32_t shard = 0;
    };

    // The setup of a room that is always there, if this thread has it.
    std::optional<RoomSetup> permanent_room(std::uint32_t number, std::uint32_t shard) const;

    std::optional<Way> find(std::string_view name) const;
    // The room of that name; if there is none yet, a place for it, which is kept for a while until
    // somebody is in it. Nothing: there is no place, or it is no name.
    std::optional<Way> find_or_reserve(std::string_view name);
    // The fullest room where somebody has place, or one to be made: `reserve` keeps its place.
    // Nothing: all are full. `shard`: of this thread alone.
    std::optional<Way> quick_match(bool reserve, std::optional<std::uint32_t> shard = {});

    // Of the thread that has the room.
    void on_enter(std::uint32_t number);
    void on_leave(std::uint32_t number);
    // Once a second, of each thread: asks `end(number)` to end each room that has been empty for
    // long enough, or that nobody came for. False: not yet. Nobody finds it any more if it did.
    template <class End>
    void pass_second(std::uint32_t shard, std::uint32_t empty_s, End end) {
        const std::scoped_lock lock(mutex_);
        for (Entry& entry : entries_) {
            if (!entry.is_used || entry.shard != shard || !entry.setup.on_demand) continue;
            entry.empty_s = entry.players > 0 ? 0 : entry.empty_s + 1;
            if (entry.empty_s > empty_s && end(entry.setup.number)) entry.is_used = false;
        }
    }

    // Calls visit(setup, shard, players) for each room that there is.
    template <class Visit>
    void for_each(Visit visit) const {
        const std::scoped_lock lock(mutex_);
        for (const Entry& entry : entries_) {
            if (entry.is_used) visit(entry.setup, entry.shard, entry.players);
        }
    }

    std::uint32_t rooms_max() const { return static_cast<std::uint32_t>(entries_.size()); }

private:
    struct Entry {
        bool is_used = false;
        RoomSetup setup;
        std::uint32_t shard = 0;
        std::uint32_t players = 0;
        std::uint32_t empty_s = 0;  // For so long nobody has been in it.
    };

    const Entry* entry_of(std::string_view name) const;
    Entry* free_entry();
    std::optional<Way> reserve(const RoomName& name, std::uint32_t shard);
    std::uint32_t least_loaded() const;
    RoomName unused_number() const;

    Limits limits_;
    mutable std::mutex mutex_;
    std::vector<Entry> entries_;  // By number, less one.
    std::uint64_t rooms_made_ = 0;
    // Memory for questions.
    mutable std::vector<std::uint32_t> loads_;
    mutable std::vector<bool> numbers_;
};

}  // namespace ringtick
