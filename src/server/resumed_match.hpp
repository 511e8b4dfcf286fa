#pragma once

#include "base/time.hpp"
#include "server/options.hpp"
#include "server/recorded_match.hpp"
#include "server/serve.hpp"
#include "tick/game.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ringtick {

// --resume-from: a recorded match, to be played on from where its file ends, by a server that takes
// the place of the one that recorded it. Each room is played again from the last state in the file,
// so it takes as long as that is old, not as long as the match; then everybody who was connected
// is gone, as if their connections had broken in the last tick that was recorded: the seats are
// kept from there on for whoever has the token.
//
// What is not in the file is lost: what was said after the last sync of the recording, or behind
// the place where it is torn.
class ResumedMatch {
public:
    // Each says what is wrong and what can be done, or nothing. All wait, and allocate.
    [[nodiscard]] std::string open(const std::string& path, const Program& program);
    // What of the options contradicts the recording. Then they say what that says of its match.
    [[nodiscard]] std::string adopt(const Program& program, Options& options) const;
    // Tells on stderr how far it is.
    [[nodiscard]] std::string play(const Program& program, const Options& options);

    // At the end of which it goes on.
    std::uint64_t tick() const { return tick_; }
    // Of each room once.
    std::unique_ptr<Game> take_game(std::uint32_t room) { return std::move(games_[room]); }
    // For the log: where it goes on, and what that took.
    const std::string& description() const { return description_; }

private:
    std::string play_all(const Program& program);
    std::string load(const Program& program, const Options& options);
    std::string describe(Nanoseconds took) const;

    std::string path_;
    RecordedMatch match_;
    std::vector<std::unique_ptr<Game>> games_;
    std::vector<std::vector<std::byte>> states_;
    std::uint64_t tick_ = 0;
    std::uint64_t ticks_played_ = 0;
    std::uint32_t away_ = 0;
    std::size_t rooms_over_ = 0;
    std::string tail_;  // How the file ends.
    std::string description_;
};

}  // namespace ringtick
