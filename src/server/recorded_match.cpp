#include "server/recorded_match.hpp"

#include "server/match_identity.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"

#include <fmt/format.h>

#include <system_error>

namespace ringtick {

namespace {

std::string explain(RecordReader::Opened opened) {
    switch (opened) {
        case RecordReader::Opened::fine:
            return {};
        case RecordReader::Opened::no_recording:
            return "it is no recording: give a file that --record made";
        case RecordReader::Opened::other_version:
            return "its format is another version's: replay it with a build of the version that "
                   "recorded it";
        case RecordReader::Opened::damaged:
            return "it is damaged at its beginning, which says what to build the game from: take "
                   "another copy of it";
    }
    return {};
}

}  // namespace

std::string RecordedMatch::open(const std::string& path, const Program& program) {
    std::string problem;
    if (auto opened = file_.open(path); !opened) {
        problem = std::generic_category().message(opened.error().error_number);
    } else {
        problem = explain(reader_.open(file_.bytes()));
        if (problem.empty()) problem = why_not_playable(reader_.header(), program);
    }
    make_game_ = program.make_game;
    if (problem.empty()) problem = try_states();
    return problem.empty() ? problem : fmt::format("cannot replay {}: {}", path, problem);
}

// What it says of its beginning is found out before anybody is told that there is something to see.
std::string RecordedMatch::try_states() const {
    Nowhere nowhere;
    for (std::uint32_t room = 0; room < reader_.header().rooms; ++room) {
        const auto game = make_game(room);
        const Playback playback(reader_, room, {.game = game.get(), .outbox = &nowhere});
        if (playback.is_state_refused()) {
            return "it is damaged: the state that it begins with is none that this game can go on "
                   "from; take another copy of it";
        }
        if (playback.first_tick() == 0) return {};  // It begins at the beginning.
    }
    return {};
}

std::unique_ptr<Game> RecordedMatch::make_game(std::uint32_t room, std::uint32_t guests_max) const {
    GameOptions options = game_options(reader_.header(), room);
    options.guests_max = guests_max;
    return make_game_(options);
}

std::string describe_tail(RecordReader::State tail, const RecordReader& reader) {
    switch (tail) {
        case RecordReader::State::record:
        case RecordReader::State::ended:
            return {};
        case RecordReader::State::cut:
            return "the recording has no end mark: the server was killed, or still plays; all that "
                   "it wrote was replayed";
        case RecordReader::State::torn:
            return fmt::format(
                "the recording is torn at byte {} of {}: it was cut off while it was written; all "
                "before it was replayed",
                reader.block_offset(), reader.file_size());
        case RecordReader::State::damaged:
            return fmt::format(
                "the file is damaged at byte {} of {}: what is before it was replayed, what is "
                "behind it cannot be trusted; take another copy of it",
                reader.block_offset(), reader.file_size());
    }
    return {};
}

}  // namespace ringtick
