#include "tick/playback.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ringtick {

Playback::Playback(const RecordReader& reader, std::span<const Stage> stages) : reader_(reader) {
    ASSERT(stages.size() == reader.header().rooms);
    rooms_.reserve(stages.size());
    for (const Stage& stage : stages) {
        ASSERT(stage.game != nullptr);
        ASSERT(stage.outbox != nullptr);
        add_room(stage);
    }
    begin();
}

Playback::Playback(const RecordReader& reader, std::uint32_t room, const Stage& stage)
    : Playback(reader, Alone{.room = room, .stage = stage}) {
    begin();
}

Playback::Playback(const RecordReader& reader, const Alone& alone)
    : reader_(reader), alone_(alone.room), is_alone_(true) {
    ASSERT(alone.room < reader.header().rooms);
    ASSERT(alone.stage.game != nullptr);
    ASSERT(alone.stage.outbox != nullptr);
    rooms_.reserve(reader.header().rooms);
    for (std::uint32_t i = 0; i < reader.header().rooms; ++i) {
        add_room(i == alone.room ? alone.stage : Stage{});
    }
}

// Who is in the other rooms was said before.
Playback Playback::from_state(const RecordReader& reader, std::uint32_t room, const Stage& stage) {
    Playback playback(reader, Alone{.room = room, .stage = stage});
    for (Room& other : playback.rooms_) other.has_state = other.stage.game == nullptr;
    playback.room_ = room;
    Record record;
    if (playback.reader_.next(record) == RecordReader::State::record &&
        record.kind == RecordKind::state) {
        playback.begin_in_state(record);
    } else {
        playback.damaged();
    }
    return playback;
}

void Playback::add_room(const Stage& stage) {
    rooms_.push_back({.stage = stage,
                      .present = std::vector<bool>(reader_.header().players_max),
                      .commands = {}});
}

// The states that it begins with are found at once, so that the first tick has its number.
void Playback::begin() {
    while (tail_ == RecordReader::State::record) {
        RecordReader ahead = reader_;
        Record record;
        if (ahead.next(record) != RecordReader::State::record) return;
        if (record.kind != RecordKind::state && record.kind != RecordKind::room) return;
        reader_ = ahead;
        if (record.kind == RecordKind::state) {
            begin_in_state(record);
        } else {
            apply(record);
        }
    }
}

Playback::State Playback::advance() {
    if (tail_ != RecordReader::State::record) return State::over;
    while (ticks_left_ == 0) {
        Record record;
        const RecordReader::State found = reader_.next(record);
        if (found != RecordReader::State::record) {
            tail_ = found;
            return State::over;
        }
        const State state = apply(record);
        if (state != State::playing) return state;
    }
    play_tick();
    return State::playing;
}

void Playback::play_tick() {
    ticks_left_ -= 1;
    tick_ += 1;
    ticks_played_ += 1;
    for (Room& room : rooms_) {
        if (room.stage.game != nullptr && !room.is_over) {
            room.stage.game->tick(tick_, room.commands, *room.stage.outbox);
        }
        room.commands.clear();
    }
}

// A game believes what the server tells it. So whatever the server never says is damage here.
Playback::State Playback::apply(const Record& record) {
    const bool is_of_all = record.kind == RecordKind::ticks || record.kind == RecordKind::skip ||
                           record.kind == RecordKind::room;
    if (!is_of_all && rooms_[room_].is_over) return damaged();
    switch (record.kind) {
        case RecordKind::ticks:
            if (record.number == 0 || record.number > record_ticks_max - tick_) return damaged();
            ticks_left_ = record.number;
            return State::playing;
        case RecordKind::skip:
            if (record.number > record_ticks_max - tick_) return damaged();
            tick_ += record.number;
            return State::playing;
        case RecordKind::room:
            if (record.number >= rooms_.size()) return damaged();
            room_ = record.number;
            return State::playing;
        case RecordKind::join:
        case RecordKind::leave:
            return join_or_leave(record);
        case RecordKind::command:
            return take_command(record);
        case RecordKind::hash:
            return verify(record);
        case RecordKind::end:
            return end_room();  // That of all the reader keeps to itself.
        case RecordKind::state:
            // The game is in it already; a hash says whether that is so.
            return record.number == tick_ ? State::playing : damaged();
    }
    UNREACHABLE();
}

// All rooms that have one begin behind the same tick.
void Playback::begin_in_state(const Record& record) {
    Room& room = rooms_[room_];
    const bool is_tick = record.number >= 1 && record.number <= record_ticks_max;
    const bool is_everybodys = first_tick_ == 0 || record.number == first_tick_;
    if (room.has_state || !is_tick || !is_everybodys) {
        damaged();
        return;
    }
    room.has_state = true;
    tick_ = first_tick_ = record.number;
    Game* const game = room.stage.game;
    if (game == nullptr) return;
    is_state_refused_ = !game->load_state(record.number, record.bytes);
    if (is_state_refused_) {
        damaged();
        return;
    }
    for (std::size_t slot = 0; slot < room.present.size(); ++slot) {
        room.present[slot] = game->is_present({static_cast<std::uint16_t>(slot)});
    }
}

// Of one that is played alone there is no more.
Playback::State Playback::end_room() {
    Room& room = rooms_[room_];
    room.is_over = true;
    room.commands.clear();
    if (!is_alone_ || room_ != alone_) return State::playing;
    tail_ = RecordReader::State::ended;
    return State::over;
}

std::size_t Playback::rooms_over() const {
    return static_cast<std::size_t>(std::ranges::count(rooms_, true, &Room::is_over));
}

Playback::State Playback::join_or_leave(const Record& record) {
    Room& room = rooms_[room_];
    const bool joins = record.kind == RecordKind::join;
    if (record.number >= room.present.size()) return damaged();
    if (!room.knows_who_is_there()) return State::playing;
    if (room.present[record.number] == joins) return damaged();
    room.present[record.number] = joins;
    if (room.stage.game == nullptr) return State::playing;
    const PlayerId player{static_cast<std::uint16_t>(record.number)};
    if (joins) {
        room.stage.game->on_join(player);
        const ResumeToken digest = ResumeToken::from(record.bytes);
        room.stage.game->on_token(player, IssuedToken::recorded(digest));
    } else {
        room.stage.game->on_leave(player);
    }
    return State::playing;
}

Playback::State Playback::take_command(const Record& record) {
    Room& room = rooms_[room_];
    const bool is_order = record.number == operator_id.slot;
    if (!is_order && record.number >= room.present.size()) return damaged();
    if (!room.knows_who_is_there()) return State::playing;
    Game* const game = room.stage.game;
    if (is_order && game != nullptr && !game->obeys(record.bytes)) return damaged();
    if (!is_order && !room.present[record.number]) return damaged();
    room.commands.push_back(
        {.player = {static_cast<std::uint16_t>(record.number)}, .bytes = record.bytes});
    return State::playing;
}

Playback::State Playback::verify(const Record& record) {
    if (rooms_[room_].stage.game == nullptr) return State::playing;
    const std::uint64_t played = rooms_[room_].stage.game->state_hash();
    if (played == record.number) {
        hashes_verified_ += 1;
        return State::playing;
    }
    divergence_ = {
        .room = static_cast<std::uint32_t>(room_), .recorded = record.number, .played = played};
    return State::diverged;
}

Playback::State Playback::damaged() {
    tail_ = RecordReader::State::damaged;
    return State::over;
}

}  // namespace ringtick
