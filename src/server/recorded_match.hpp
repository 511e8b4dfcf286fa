#pragma once

#include "server/mapped_file.hpp"
#include "server/serve.hpp"
#include "tick/game.hpp"
#include "tick/record_reader.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ringtick {

// A recording that this program can play.
class RecordedMatch {
public:
    // Says what is wrong with it and what can be done, or nothing.
    [[nodiscard]] std::string open(const std::string& path, const Program& program);

    // At the beginning.
    const RecordReader& reader() const { return reader_; }
    // A room's, as it was before the first tick.
    std::unique_ptr<Game> make_game(std::uint32_t room, std::uint32_t guests_max = 0) const;

private:
    std::string try_states() const;

    MappedFile file_;
    RecordReader reader_;
    MakeGame make_game_ = nullptr;
};

// How a file ends that does not end with its mark, for whoever replayed it; empty if it does.
std::string describe_tail(RecordReader::State tail, const RecordReader& reader);

}  // namespace ringtick
