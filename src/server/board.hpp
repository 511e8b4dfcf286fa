#pragma once

#include "server/metrics.hpp"
#include "server/process_usage.hpp"
#include "server/room_directory.hpp"
#include "server/shard_place.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace ringtick {

// Where the threads show each other what they have counted: each once a second, for a page that
// one of them writes about all. Its own figures are as they are then, the others' of the last
// second.
//
// Threading: any. A lock is held for as long as one thread's figures are copied.
class Board {
public:
    // `rooms`: that any thread may have, so that nothing is allocated later.
    Board(std::uint32_t shards, std::uint32_t rooms)
        : notes_(std::make_unique<Note[]>(shards)), rooms_(rooms) {
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            notes_[shard].figures.rooms.reserve(rooms);
        }
    }

    void publish(std::uint32_t shard, const FiguresParts& parts) {
        Note& note = notes_[shard];
        const std::scoped_lock lock(note.mutex);
        collect(parts, note.figures);
    }
    void read(std::uint32_t shard, Figures& figures) {
        Note& note = notes_[shard];
        const std::scoped_lock lock(note.mutex);
        figures = note.figures;
    }
    std::uint32_t rooms() const { return rooms_; }

private:
    struct alignas(64) Note {
        std::mutex mutex;
        Figures figures;
    };

    std::unique_ptr<Note[]> notes_;
    std::uint32_t rooms_;
};

// Makes one thread's reports.
class Reporter {
public:
    Reporter(Board& board,
             const RoomDirectory& directory,
             const ShardPlace& place,
             const FiguresParts& parts)
        : board_(board), directory_(directory), place_(place), parts_(parts), shards_(place.count) {
        for (Figures& figures : shards_) figures.rooms.reserve(board.rooms());
        total_.rooms.reserve(std::size_t{place.count} * board.rooms());
        rooms_.reserve(board.rooms());
    }

    // What does not change, of `report`; the figures are this one's.
    void describe(const Report& report) { report_ = report; }

    bool shows_rooms() const { return !report_.shown_rooms.empty(); }

    // Once a second.
    void publish() {
        if (place_.count > 1) board_.publish(place_.number, parts_);
    }
    // Good until the next one.
    const Report& report() {
        for (std::uint32_t shard = 0; shard < place_.count; ++shard) {
            if (shard == place_.number) continue;
            board_.read(shard, shards_[shard]);
        }
        collect(parts_, shards_[place_.number]);
        for (Figures& figures : shards_) figures.run_delay_ns = run_delay_ns(figures.thread);
        report_.shards = shards_;
        total_ = shards_.front();
        for (std::uint32_t shard = 1; shard < place_.count; ++shard) {
            add_up(shards_[shard], total_);
        }
        std::ranges::sort(total_.rooms, {}, &RoomFigures::number);
        report_.total = &total_;
        list_rooms();
        report_.rooms = rooms_;
        return report_;
    }

private:
    void list_rooms() {
        rooms_.clear();
        directory_.for_each(
            [this](const RoomSetup& setup, std::uint32_t shard, std::uint32_t players) {
                const auto known =
                    std::ranges::lower_bound(total_.rooms, setup.number, {}, &RoomFigures::number);
                // It may be of a room that has ended, or not be known yet.
                const bool is_it = known != total_.rooms.end() && known->name == setup.name;
                rooms_.push_back({.name = setup.name,
                                  .number = setup.number,
                                  .shard = shard,
                                  .players = players,
                                  .players_max = setup.players_max,
                                  .tick_p99_ns = is_it ? known->tick_p99_ns : 0});
            });
    }

    Board& board_;
    const RoomDirectory& directory_;
    ShardPlace place_;
    FiguresParts parts_;
    std::vector<Figures> shards_;
    Figures total_;
    std::vector<RoomFigures> rooms_;
    Report report_;
};

}  // namespace ringtick
