#include "server/resumed_match.hpp"

#include "server/clock.hpp"
#include "server/match_identity.hpp"
#include "server/progress_pace.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

namespace ringtick {

namespace {

// The kernel takes a ring down, and with it what holds the file, after its process is gone.
constexpr Nanoseconds patience = std::chrono::seconds(2);

// Whether a server still records to the file: it holds a lock for as long as it does.
bool is_being_recorded(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;  // Whoever opens it next says why.
    const Nanoseconds until = monotonic_now() + patience;
    bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    while (locked && monotonic_now() < until) {
        ::poll(nullptr, 0, 10);
        locked = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    }
    ::close(file);
    return locked;
}

// Where the last state of each room is, for which the whole file is read, but nothing played.
struct LastStates {
    explicit LastStates(const RecordReader& from) : before(from.header().rooms) {
        RecordReader reader = from;
        std::size_t room = 0;
        while (true) {
            const RecordReader at = reader;
            Record record;
            tail = reader.next(record);
            if (tail != RecordReader::State::record) {
                end = reader;
                return;
            }
            if (record.kind == RecordKind::room && record.number < before.size()) {
                room = record.number;
            }
            if (record.kind == RecordKind::state) before[room] = at;
        }
    }

    std::vector<std::optional<RecordReader>> before;  // By room; none: it has no state.
    RecordReader::State tail = RecordReader::State::damaged;
    RecordReader end;
};

// Plays one room to the file's end, and says how far it is once a second.
class CatchingUp {
public:
    CatchingUp(const char* name, Playback playback)
        : name_(name), playback_(std::move(playback)), began_at_(playback_.tick()) {}

    Playback::State run() {
        Playback::State state = Playback::State::playing;
        while (state == Playback::State::playing) {
            state = playback_.advance();
            report_progress();
        }
        return state;
    }
    const Playback& playback() const { return playback_; }

private:
    void report_progress() {
        if (!pace_.is_due(playback_.ticks_played())) return;
        const RecordReader& reader = playback_.reader();
        std::fputs(fmt::format("{}: taking the match up: tick {}, {} played since tick {}, {:.0f} "
                               "% of the file\n",
                               name_, playback_.tick(), playback_.ticks_played(), began_at_,
                               100.0 * static_cast<double>(reader.block_offset()) /
                                   static_cast<double>(reader.file_size()))
                       .c_str(),
                   stderr);
    }

    const char* name_;
    Playback playback_;
    std::uint64_t began_at_;
    ProgressPace pace_;
};

std::string why_not_whole(const Playback& playback, Playback::State state, std::size_t room) {
    if (state == Playback::State::diverged) {
        return fmt::format(
            "room {} becomes another match at tick {}: this build, or this machine, does not play "
            "it as the one that recorded it; take it up with that build",
            room + 1, playback.tick());
    }
    if (playback.is_state_refused()) {
        return fmt::format(
            "the state of room {} in it is none that this game can go on from; take another copy "
            "of it",
            room + 1);
    }
    if (playback.tail() != RecordReader::State::damaged) return {};
    return fmt::format(
        "what it says of room {} behind tick {} is nothing that was ever recorded; "
        "take another copy of it",
        room + 1, playback.tick());
}

// As if their connections had broken. Returns how many.
std::uint32_t lose_everybody(Game& game, std::uint32_t players_max) {
    std::uint32_t lost = 0;
    for (std::uint32_t slot = 0; slot < players_max; ++slot) {
        const PlayerId player{static_cast<std::uint16_t>(slot)};
        if (!game.is_present(player)) continue;
        game.on_leave(player);
        lost += 1;
    }
    return lost;
}

}  // namespace

std::string ResumedMatch::open(const std::string& path, const Program& program) {
    path_ = path;
    if (is_being_recorded(path)) {
        return fmt::format(
            "cannot take up {}: a server that still runs records to it. Stop that first.", path);
    }
    return match_.open(path, program);
}

std::string ResumedMatch::adopt(const Program& program, Options& options) const {
    const RecordHeader& header = match_.reader().header();
    if (options.net.connections_max < header.players_max) {
        return fmt::format(
            "{} is of rooms for {} players: raise --connections-max to that, it is {}", path_,
            header.players_max, options.net.connections_max);
    }
    options.players_max =
        std::min({options.players_max, options.net.connections_max, program.players_max});
    struct Figure {
        const char* flag;
        std::uint64_t given;
        std::uint64_t recorded;
    };
    for (const Figure& figure :
         {Figure{"--seed", options.seed, header.seed},
          Figure{"--rate-hz", options.rate_hz, header.rate_hz},
          Figure{"--rooms", options.rooms, header.rooms},
          Figure{"--players-max", options.players_max, header.players_max},
          Figure{"--players-expected", options.players_expected, header.players_expected},
          Figure{"--bots", options.bots, header.bots},
          Figure{"--bots-max", options.bots_max, header.bots_max},
          Figure{"--rewind-ms", options.rewind_ms, header.rewind_ms}}) {
        if (!options.was_given(figure.flag) || figure.given == figure.recorded) continue;
        return fmt::format("{} was recorded with {} {}, not {}: leave that option away", path_,
                           figure.flag, figure.recorded, figure.given);
    }
    options.seed = header.seed;
    options.rate_hz = header.rate_hz;
    options.rooms = header.rooms;
    options.players_max = header.players_max;
    options.players_expected = header.players_expected;
    options.bots = header.bots;
    options.bots_max = header.bots_max;
    options.rewind_ms = header.rewind_ms;
    return {};
}

std::string ResumedMatch::play(const Program& program, const Options& options) {
    const Nanoseconds began = monotonic_now();
    std::string problem = play_all(program);
    if (problem.empty()) problem = load(program, options);
    if (!problem.empty()) return fmt::format("cannot take up {}: {}", path_, problem);
    description_ = describe(monotonic_now() - began);
    return {};
}

std::string ResumedMatch::play_all(const Program& program) {
    const LastStates last(match_.reader());
    if (last.tail == RecordReader::State::damaged) {
        return fmt::format(
            "it is damaged at byte {} of {}: take another copy of it; or make do with what is "
            "before that: truncate -s {} on a copy",
            last.end.block_offset(), last.end.file_size(), last.end.block_offset());
    }
    tail_ = describe_tail(last.tail, last.end);
    Nowhere nowhere;
    const std::uint32_t rooms = match_.reader().header().rooms;
    for (std::uint32_t room = 0; room < rooms; ++room) {
        const auto game = match_.make_game(room);
        if (game->state_size_max() == 0) {
            return "it is of a game whose state cannot be saved, and so not be taken up";
        }
        const Playback::Stage stage{.game = game.get(), .outbox = &nowhere};
        const auto& state = last.before[room];
        CatchingUp one(program.name, state ? Playback::from_state(*state, room, stage)
                                           : Playback(match_.reader(), room, stage));
        const Playback::State how = one.run();
        const Playback& played = one.playback();
        if (auto problem = why_not_whole(played, how, room); !problem.empty()) return problem;
        tick_ = std::max(tick_, played.tick());
        ticks_played_ += played.ticks_played();
        rooms_over_ += played.rooms_over() > 0 ? 1U : 0U;
        away_ += lose_everybody(*game, match_.reader().header().players_max);
        states_.emplace_back(game->state_size_max());
        states_.back().resize(game->save_state(states_.back()));
    }
    return {};
}

// What goes on is what a recording of it begins with, for one must be the other.
std::string ResumedMatch::load(const Program& program, const Options& options) {
    if (tick_ == 0) return "nothing was recorded but its beginning: start without it";
    for (std::uint32_t room = 0; room < states_.size(); ++room) {
        games_.push_back(
            program.make_game(game_options(options, {.seed = options.seed + room,
                                                     .players_max = options.players_max,
                                                     .bots = options.bots})));
        if (!games_.back()->load_state(tick_, states_[room])) {
            return fmt::format("the state of room {} cannot be taken in again", room + 1);
        }
    }
    states_.clear();
    return {};
}

std::string ResumedMatch::describe(Nanoseconds took) const {
    std::string text = fmt::format(
        "{} is taken up at the end of tick {}, {} ticks of it played again in {:.2f} s; {} who "
        "were "
        "connected have {} s to come back",
        path_, tick_, ticks_played_, static_cast<double>(took.count()) / 1e9, away_,
        HostOptions{}.absence_s);
    if (!tail_.empty()) text += "; " + tail_;
    if (rooms_over_ > 0) {
        text += fmt::format(
            "; {} of the rooms go on from an earlier tick, for no more of them was recorded",
            rooms_over_);
    }
    return text;
}

}  // namespace ringtick
