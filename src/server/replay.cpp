#include "server/replay.hpp"

#include "server/clock.hpp"
#include "server/progress_pace.hpp"
#include "server/standard_streams.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

namespace ringtick {

namespace {

double seconds(Nanoseconds time) {
    return static_cast<double>(time.count()) / 1e9;
}

// One replay, and what is said about it.
class Replay {
public:
    Replay(const Program& program, const RecordedMatch& match)
        : name_(program.name), playback_(match.reader(), stages(match)) {}

    int run() {
        Playback::State state = Playback::State::playing;
        while (state == Playback::State::playing) {
            state = playback_.advance();
            report_progress();
        }
        return report(state);
    }

private:
    std::vector<Playback::Stage> stages(const RecordedMatch& match) {
        std::vector<Playback::Stage> stages;
        const std::uint32_t rooms = match.reader().header().rooms;
        games_.reserve(rooms);
        stages.reserve(rooms);
        for (std::uint32_t room = 0; room < rooms; ++room) {
            games_.push_back(match.make_game(room));
            stages.push_back({.game = games_.back().get(), .outbox = &nowhere_});
        }
        return stages;
    }

    double played_s() const {
        const auto rate = static_cast<double>(playback_.reader().header().rate_hz);
        return static_cast<double>(playback_.ticks_played()) / rate;
    }

    void report_progress() {
        if (!pace_.is_due(playback_.ticks_played())) return;
        const RecordReader& reader = playback_.reader();
        say(fmt::format("tick {}, {:.0f} s of play, {:.0f} % of the file", playback_.tick(),
                        played_s(),
                        100.0 * static_cast<double>(reader.block_offset()) /
                            static_cast<double>(reader.file_size())));
    }

    int report(Playback::State state) const {
        if (state == Playback::State::diverged) {
            const Playback::Divergence& found = playback_.divergence();
            say(fmt::format(
                "tick {} of room {}: the state's hash is {:016x}, recorded was {:016x}: from "
                "somewhere in the second before it this is another match; {} hashes before it were "
                "the same",
                playback_.tick(), found.room + 1, found.played, found.recorded,
                playback_.hashes_verified()));
            return 1;
        }
        if (playback_.rooms_over() > 0) {
            say(fmt::format(
                "the recording of {} of the {} rooms ends before that of the others: they "
                "were told more than the disk took; they were replayed up to there",
                playback_.rooms_over(), games_.size()));
        }
        const std::string tail = describe_tail(playback_.tail(), playback_.reader());
        if (!tail.empty()) say(tail);
        const double took = seconds(monotonic_now() - started_);
        print(fmt::format(
            "{}: replayed {} ticks{} ({:.1f} s of play) in {:.2f} s, {:.0f}x real time; {}\n",
            name_, playback_.ticks_played(), beginning(), played_s(), took,
            took > 0 ? played_s() / took : 0, verified()));
        return playback_.tail() == RecordReader::State::damaged ? 1 : 0;
    }

    std::string beginning() const {
        if (playback_.first_tick() == 0) return {};
        return fmt::format(" from tick {}", playback_.first_tick());
    }

    std::string verified() const {
        if (playback_.hashes_verified() > 0) {
            return fmt::format("{} hashes verified", playback_.hashes_verified());
        }
        return "nothing verified, for no hash was recorded";
    }

    void say(std::string_view line) const {
        std::fputs(fmt::format("{}: {}\n", name_, line).c_str(), stderr);
    }

    const char* name_;
    Nowhere nowhere_;
    std::vector<std::unique_ptr<Game>> games_;
    Playback playback_;
    Nanoseconds started_ = monotonic_now();
    ProgressPace pace_;
};

}  // namespace

int replay(const RecordedMatch& match, const Program& program) {
    return Replay(program, match).run();
}

}  // namespace ringtick
