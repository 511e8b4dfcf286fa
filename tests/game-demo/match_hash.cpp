// What the rules make of seeded matches. Built by several compilers: see determinism_test.py.
//
//   match_hash                          prints the states that ten matches end in
//   match_hash record FILE BOTS TICKS   records a match of bots and scripted people, and its last
//                                       seconds into FILE.last
//   match_hash replay FILE              plays a recording again, and prints how that went
#include "match_hash.hpp"

#include "tick/last_seconds.hpp"
#include "tick/playback.hpp"
#include "tick/record_writer.hpp"
#include "tick/rules_match.hpp"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace railroids {
namespace {

using ringtick::LastSeconds;
using ringtick::Playback;
using ringtick::RecordHeader;
using ringtick::RecordReader;
using ringtick::RecordWriter;
using ringtick::RulesMatch;

constexpr std::uint16_t people = 8;
constexpr std::uint32_t rate_hz = 30;

std::uint64_t rules() {
    Railroids game({.seed = RulesMatch::seed,
                    .players_max = RulesMatch::players_max,
                    .bots = RulesMatch::bots});
    return RulesMatch::play(game, rate_hz);
}

// A match, and everything the game is told in it written down.
class RecordedMatch {
public:
    RecordedMatch(const char* path, std::uint16_t bots)
        : bots_max_(static_cast<std::uint16_t>(bots + 20)),
          match_({.seed = seed, .players_max = people, .bots = bots, .bots_max = bots_max_}),
          header_{.game = "railroids",
                  .schema = schema_hash(),
                  .rules = rules(),
                  .seed = seed,
                  .rate_hz = rate_hz,
                  .rooms = 1,
                  .players_max = people,
                  .bots = bots,
                  .bots_max = bots_max_,
                  .rewind_ms = RailroidsOptions{}.rewind_ms},
          path_(path),
          file_(path_, std::ios::binary),
          scratch_(match_.game.state_size_max()),
          kept_(memory_, scratch_, {.rate_hz = rate_hz, .seconds = kept_s}) {
        Bytes head(ringtick::file_head_size_max);
        head.resize(write_file_head(head, header_));
        write(file_, head);
    }

    // Bots come and go as ordered. People come and go, press at random, say the same twice, and now
    // and then what no page says.
    void play(std::uint32_t ticks) {
        for (std::uint32_t tick = 1; tick <= ticks; ++tick) {
            for (std::uint16_t slot = 0; slot < people; ++slot) act(slot, tick);
            if (tick % 100 == 50) order_bots(rng_.below(bots_max_ + 1U));
            match_.step();
            record_.tick(tick);
            kept_.tick(tick, match_.game);
            match_.mailbox.letters.clear();
            if (tick % rate_hz == 0) record_.hash(0, match_.game.state_hash());
            if (tick % rate_hz == 0) flush();
        }
        record_.end();
        flush();
        Bytes last(LastSeconds::file_size_max(memory_.size()));
        last.resize(kept_.write_file(header_, last));
        std::ofstream last_file(path_ + ".last", std::ios::binary);
        write(last_file, last);
    }

private:
    static constexpr std::uint64_t seed = 11;
    static constexpr std::uint32_t kept_s = 7;

    void act(std::uint16_t slot, std::uint32_t tick) {
        if (!present_[slot] && rng_.chance(5)) {
            present_[slot] = true;
            record_.join(0, {slot}, {});
            kept_.join({slot}, {});
            match_.game.on_join({slot});
            say(slot, hello("Ann"));
        } else if (present_[slot] && rng_.below(300) == 0) {
            present_[slot] = false;
            record_.leave(0, {slot});
            kept_.leave({slot});
            match_.game.on_leave({slot});
        }
        if (!present_[slot] || rng_.chance(10)) return;
        const auto buttons = static_cast<std::uint8_t>(rng_.below(Input::all_buttons + 1));
        const auto aim = static_cast<std::uint8_t>(rng_.below(256));
        const Bytes message = input(tick + rng_.below(3), buttons, aim);
        for (std::uint32_t times = rng_.below(3); times < 3; ++times) say(slot, message);
        if (rng_.below(50) == 0) say(slot, Bytes(5, std::byte{3}));
    }
    void order_bots(std::uint32_t count) {
        const auto order = ringtick::RoomOrder{.number = count}.encoded();
        say(ringtick::operator_id.slot, Bytes(order.begin(), order.end()));
    }
    void say(std::uint16_t slot, const Bytes& message) {
        record_.command(0, {.player = {slot}, .bytes = message});
        kept_.command({.player = {slot}, .bytes = message});
        match_.say(slot, message);
    }
    void flush() {
        record_.seal();
        write(file_, record_.sealed());
        record_.release();
    }
    static void write(std::ofstream& file, std::span<const std::byte> bytes) {
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }

    std::uint16_t bots_max_;
    Match match_;
    RecordHeader header_;
    RecordWriter record_{1 << 20};
    std::string path_;
    std::ofstream file_;
    Bytes memory_ = Bytes(1 << 23);
    Bytes scratch_;
    LastSeconds kept_;
    ringtick::Rng rng_{5};
    std::array<bool, people> present_{};
};

int replay(const char* path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    RecordReader reader;
    if (reader.open(ringtick::as_bytes(text)) != RecordReader::Opened::fine) return 1;
    const RecordHeader& header = reader.header();
    Railroids game({.seed = header.seed,
                    .players_max = static_cast<std::uint16_t>(header.players_max),
                    .bots = static_cast<std::uint16_t>(header.bots),
                    .bots_max = static_cast<std::uint16_t>(header.bots_max)});
    Mailbox mailbox;
    const Playback::Stage stage{.game = &game, .outbox = &mailbox};
    Playback playback(reader, {&stage, 1});
    Playback::State state = Playback::State::playing;
    while (state == Playback::State::playing) {
        state = playback.advance();
        mailbox.letters.clear();
    }
    const bool same =
        state == Playback::State::over && playback.tail() == RecordReader::State::ended;
    std::printf("%s at tick %" PRIu64 ", %" PRIu64 " hashes verified, state %016" PRIx64
                ", %" PRIu64 " kills\n",
                same ? "the same" : "ANOTHER MATCH", playback.tick(), playback.hashes_verified(),
                game.state_hash(), game.totals().kills);
    return same ? 0 : 1;
}

int print_states() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::printf("%" PRIu64 " %016" PRIx64 "\n", seed, hash_of_match(seed));
    }
    return 0;
}

}  // namespace
}  // namespace railroids

int main(int argc, char** argv) {
    if (argc == 5 && std::strcmp(argv[1], "record") == 0) {
        const auto bots = static_cast<std::uint16_t>(std::strtoul(argv[3], nullptr, 10));
        const auto ticks = static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10));
        railroids::RecordedMatch(argv[2], bots).play(ticks);
        return 0;
    }
    if (argc == 3 && std::strcmp(argv[1], "replay") == 0) return railroids::replay(argv[2]);
    return railroids::print_states();
}
