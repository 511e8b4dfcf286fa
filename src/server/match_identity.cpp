#include "server/match_identity.hpp"

#include "tick/rules_match.hpp"

#include <fmt/format.h>

namespace ringtick {

std::uint64_t rules_of(const Program& program) {
    const auto game = program.make_game({.seed = RulesMatch::seed,
                                         .players_max = RulesMatch::players_max,
                                         .bots = RulesMatch::bots,
                                         .rate_hz = program.rate_hz,
                                         .rewind_ms = RulesMatch::rewind_ms});
    return RulesMatch::play(*game, program.rate_hz);
}

GameOptions game_options(const Options& options, const RoomSetup& setup) {
    return {.seed = setup.seed,
            .players_max = setup.players_max,
            .players_expected = options.players_expected,
            .bots = setup.bots,
            .bots_max = options.bots_max,
            .rate_hz = options.rate_hz,
            .rewind_ms = options.rewind_ms,
            .snapshot_bytes = options.snapshot_bytes};
}

GameOptions game_options(const RecordHeader& header, std::uint32_t room) {
    return {.seed = header.seed + room,
            .players_max = header.players_max,
            .players_expected = header.players_expected,
            .bots = header.bots,
            .bots_max = header.bots_max,
            .rate_hz = header.rate_hz,
            .rewind_ms = header.rewind_ms};
}

RecordHeader record_header(const Options& options,
                           const Program& program,
                           std::uint32_t players_max) {
    return {.game = program.name,
            .schema = program.schema,
            .rules = rules_of(program),
            .seed = options.seed,
            .rate_hz = options.rate_hz,
            .rooms = options.rooms,
            .players_max = players_max,
            .players_expected = options.players_expected,
            .bots = options.bots,
            .bots_max = options.bots_max,
            .rewind_ms = options.rewind_ms};
}

std::string why_not_playable(const RecordHeader& header, const Program& program) {
    if (header.game != program.name) {
        return fmt::format("it is a recording of {}: replay it with that program", header.game);
    }
    const char* const remedy = "replay it with a build of the version that recorded it";
    if (header.schema != program.schema) {
        return fmt::format(
            "it was recorded by a build with other messages (schema {:016x}, here {:016x}): {}",
            header.schema, program.schema, remedy);
    }
    if (header.players_max > program.players_max) {
        return fmt::format("it was recorded with rooms of {} players, here there can be {}: {}",
                           header.players_max, program.players_max, remedy);
    }
    const std::uint64_t rules = rules_of(program);
    if (header.rules == rules) return {};
    return fmt::format(
        "it was recorded by a build with other rules (fingerprint {:016x}, here {:016x}): {}",
        header.rules, rules, remedy);
}

}  // namespace ringtick
