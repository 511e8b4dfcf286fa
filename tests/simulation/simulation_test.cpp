// Goal: nothing is lost and nobody is harmed, whatever a kernel, a network and strangers do.
// Method: the whole server above uring/ on a simulated kernel, with simulated players, in simulated
// time. Everything follows from one seed: who comes and goes, what breaks, in which order the
// kernel tells what. Held against what must be: the kernel's own rules (kernel.hpp), what each
// player was told against the world (player.hpp), the recording against the match, and nothing left
// at the end. A seed that failed is run alone by --seed.
#include "base/rng.hpp"
#include "server/allocation_counter.hpp"
#include "server/log.hpp"
#include "server/match_identity.hpp"
#include "server/options.hpp"
#include "server/shards.hpp"
#include "server/signals.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"
#include "tick/record_reader.hpp"
#include "tls/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kernel.hpp"
#include "simulation/owner.hpp"
#include "simulation/player.hpp"
#include "simulation/scene.hpp"
#include "simulation/stranger.hpp"
#include "simulation/tls_end.hpp"
#include "simulation/visitor.hpp"
#include "simulation/witness.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;

// The server's matches, room by room. (It makes another behind them, to find out its rules.)
std::vector<Witness*> witnesses_made;

railroids::RailroidsOptions options_of(const GameOptions& options) {
    return {.seed = options.seed,
            .players_max = static_cast<std::uint16_t>(options.players_max),
            .bots = static_cast<std::uint16_t>(options.bots),
            .bots_max = static_cast<std::uint16_t>(options.bots_max),
            .players_expected = static_cast<std::uint16_t>(options.players_expected),
            .tick_rate_hz = static_cast<std::uint16_t>(options.rate_hz),
            .rewind_ms = options.rewind_ms,
            .snapshot_bytes = options.snapshot_bytes};
}

std::unique_ptr<Game> make_witness(const GameOptions& options) {
    auto witness = std::make_unique<Witness>(options_of(options));
    witnesses_made.push_back(witness.get());
    return witness;
}

// A page, which may be packed, and another that is too small for it.
const std::vector<http::Asset>& assets() {
    static const std::vector<std::byte> bytes(30'000, std::byte{'x'});
    static const std::vector<http::Asset> all{{.path = "/",
                                               .content_type = "text/html",
                                               .etag = "\"front\"",
                                               .bytes = bytes,
                                               .gzip = std::span(bytes).first(1'000)},
                                              {.path = "/script.js",
                                               .content_type = "text/javascript",
                                               .etag = "\"script\"",
                                               .bytes = std::span(bytes).first(300),
                                               .gzip = {}}};
    return all;
}

struct Findings {
    std::string complaint;
    std::uint64_t ticks = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t welcomes = 0;
    std::uint64_t resumptions = 0;
    std::uint64_t faults = 0;
    std::uint64_t hashes = 0;
    std::uint64_t gap_max = 0;
    std::uint64_t undisturbed = 0;
    std::uint64_t kills_told = 0;
    std::uint64_t answers = 0;
    std::uint64_t strangers = 0;
    std::uint64_t orders = 0;
    std::uint64_t overflows = 0;

    bool operator==(const Findings&) const = default;
};

std::vector<std::byte> bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string replay_room(const RecordReader& reader,
                        std::uint32_t room,
                        bool is_whole,
                        Findings& findings) {
    const auto game = make_witness(game_options(reader.header(), room));
    Nowhere nowhere;
    Playback playback(reader, room, {.game = game.get(), .outbox = &nowhere});
    Playback::State state = Playback::State::playing;
    while (state == Playback::State::playing) state = playback.advance();
    findings.hashes += playback.hashes_verified();
    if (state == Playback::State::diverged) return "the recording plays another match";
    if (is_whole && playback.tail() != RecordReader::State::ended) {
        return "the recording has no end";
    }
    return {};
}

// The record of the matches, played again; of one that a disk failed to take, what it took.
std::string replay(const std::string& path, bool is_whole, Findings& findings) {
    const auto bytes = bytes_of(path);
    RecordReader reader;
    if (reader.open(bytes) != RecordReader::Opened::fine) return "the recording cannot be read";
    for (std::uint32_t room = 0; room < reader.header().rooms; ++room) {
        std::string complaint = replay_room(reader, room, is_whole, findings);
        if (!complaint.empty()) return complaint;
    }
    return {};
}

class Simulation final : World {
public:
    explicit Simulation(const Scene& scene)
        : scene_(scene), kernel_(scene.seed, scene.faults, scene.features) {}

    Findings run() {
        const Program program{.name = "railroids",
                              .make_game = make_witness,
                              .subprotocol = "arena.v1",
                              .schema = railroids::schema_hash(),
                              .assets = assets()};
        const Folder folder;
        scene_.options.record = folder.path / "match.rec";
        if (scene_.options.keep.seconds > 0) scene_.options.moments.folder = folder.path;
        if (scene_.seals) scene_.options.tls = folder.certificate();
        seed_openssl(scene_.seed);
        witnesses_made.clear();
        {
            scene_.options.rooms_max = scene_.options.rooms;
            scene_.options.shards = 1;
            const auto server =
                std::make_unique<Shards>(scene_.options, program, ServerKind{.quiet = true});
            if (!server->open()) return {.complaint = "the server does not open"};
            fill_world();
            kernel_.surround_by(*this);
            server->run();
            gather_findings();
            const std::string left = kernel_.left_behind();
            if (!left.empty()) complain("left behind at the end:" + left);
        }
        if (findings_.complaint.empty()) {
            const bool is_whole = scene_.faults.failed_disk == 0;
            complain(replay(scene_.options.record, is_whole, findings_));
        }
        return findings_;
    }

private:
    // For the files of one seed.
    struct Folder {
        Folder() {
            std::filesystem::remove_all(path);
            std::filesystem::create_directory(path);
        }
        ~Folder() { std::filesystem::remove_all(path); }
        Folder(const Folder&) = delete;
        Folder& operator=(const Folder&) = delete;

        TlsFiles certificate() const {
            const TlsFiles files{.certificate = path / "certificate.pem", .key = path / "key.pem"};
            std::ofstream(files.certificate) << simulated_certificate;
            std::ofstream(files.key) << simulated_key;
            return files;
        }

        std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     fmt::format("ringtick-simulation-{}", ::getpid());
    };

    void fill_world() {
        const std::uint32_t rooms = scene_.options.rooms;
        for (std::uint32_t i = 0; i < scene_.players.size(); ++i) {
            const std::uint32_t room = i % rooms;
            players_.push_back(std::make_unique<Player>(
                kernel_, *witnesses_made[room],
                Player::Identity{
                    .seed = Rng::mix(scene_.seed + 1'000 + i), .number = i, .room = room + 1},
                scene_.players[i]));
        }
        for (std::uint32_t i = 0; i < scene_.visitors; ++i) {
            visitors_.push_back(std::make_unique<Visitor>(
                kernel_, Rng::mix(scene_.seed + 100'000 + i), scene_.seals));
        }
        for (std::uint32_t i = 0; i < scene_.strangers; ++i) {
            strangers_.push_back(std::make_unique<Stranger>(
                kernel_, Rng::mix(scene_.seed + 200'000 + i),
                Stranger::Server{.seals = scene_.seals,
                                 .deflates = scene_.options.net.deflate,
                                 .believes_proxy = scene_.believes_proxy}));
        }
        if (scene_.has_owner) call_owner();
        ends_at_ = kernel_.now() + scene_.length;
    }

    void call_owner() {
        const Options& options = scene_.options;
        const std::vector<Witness*> rooms(witnesses_made.begin(),
                                          witnesses_made.begin() + options.rooms);
        owner_ = std::make_unique<Owner>(kernel_, Rng::mix(scene_.seed + 300'000),
                                         Owner::Server{.seals = scene_.seals,
                                                       .is_deaf = scene_.believes_proxy,
                                                       .slots = options.net.connections_max,
                                                       .seats = options.players_max,
                                                       .bots_max = options.bots_max},
                                         rooms);
    }

    void complain(std::string_view what) {
        if (findings_.complaint.empty()) findings_.complaint = what;
    }

    void go_on(Nanoseconds until) override {
        if (!kernel_.is_paused()) check_memory();
        while (kernel_.now() < until) {
            kernel_.set_now(std::min(until, kernel_.now() + 3ms));
            for (const auto& player : players_) player->step(kernel_.now());
            for (const auto& visitor : visitors_) visitor->step(kernel_.now());
            for (const auto& stranger : strangers_) stranger->step(kernel_.now());
            if (owner_) owner_->step(kernel_.now());
        }
        if (kernel_.now() >= ends_at_ && !is_stopping_) stop();
    }

    void stop() {
        is_stopping_ = true;
        for (const auto& player : players_) player->behave();
        for (const auto& visitor : visitors_) visitor->behave();
        for (const auto& stranger : strangers_) stranger->behave();
        if (owner_) owner_->behave();
        // Else nobody would be left to wait for when it wakes up.
        kernel_.stay_awake();
        std::raise(SIGTERM);
        kernel_.interrupt();
    }

    // Every queue of the server lies in memory that it took at the start, with a bound: so none has
    // grown past it if the server took nothing since. (But for the words about a disk that failed.)
    void check_memory() {
        const auto taken = allocations_of_this_thread();
        if (!taken || scene_.faults.failed_disk > 0 || witnesses_made.front()->ticks() < 2) return;
        const std::uint64_t servers = *taken - kernel_.allocations();
        if (allocations_at_start_ == 0) allocations_at_start_ = servers;
        if (servers != allocations_at_start_) complain("the server took memory while it ran");
    }

    void gather_findings() {
        for (std::uint32_t room = 0; room < scene_.options.rooms; ++room) {
            findings_.ticks += witnesses_made[room]->ticks();
        }
        findings_.faults = kernel_.faults_made();
        findings_.overflows = kernel_.overflows();
        for (const auto& player : players_) {
            complain(player->complaint());
            findings_.gap_max = std::max(findings_.gap_max, player->gap_max());
            findings_.snapshots += player->snapshots();
            findings_.undisturbed += player->undisturbed();
            findings_.kills_told += player->kills_told();
            findings_.welcomes += player->welcomes();
            findings_.resumptions += player->resumptions();
        }
        for (const auto& visitor : visitors_) {
            complain(visitor->complaint());
            findings_.answers += visitor->answers();
        }
        for (const auto& stranger : strangers_) {
            complain(stranger->complaint());
            findings_.strangers += stranger->answers();
        }
        if (!owner_) return;
        complain(owner_->complaint());
        findings_.orders = owner_->orders();
    }

    Scene scene_;
    SimulatedKernel kernel_;
    std::vector<std::unique_ptr<Player>> players_;
    std::vector<std::unique_ptr<Visitor>> visitors_;
    std::vector<std::unique_ptr<Stranger>> strangers_;
    std::unique_ptr<Owner> owner_;  // Or nobody.
    Nanoseconds ends_at_{};
    std::uint64_t allocations_at_start_ = 0;
    bool is_stopping_ = false;
    Findings findings_;
};

// Now and then twice: what is not the same again could not be looked at.
Findings simulate(std::uint64_t seed, bool verbose) {
    Findings found = Simulation(scene_of(seed)).run();
    if (seed % 10 == 0 && found != Simulation(scene_of(seed)).run()) {
        found.complaint = "it is not the same twice";
    }
    if (verbose || !found.complaint.empty()) {
        fmt::print(
            "seed {}: {}; {} ticks, {} snapshots, {} of them behind one with nothing in the way, "
            "at most {} ticks between two, {} welcomes, {} of them back, {} kills told, {} pages, "
            "{} strangers told, {} orders, {} faults, {} overflows, {} states replayed\n",
            seed, found.complaint.empty() ? "fine" : found.complaint, found.ticks, found.snapshots,
            found.undisturbed, found.gap_max, found.welcomes, found.resumptions, found.kills_told,
            found.answers, found.strangers, found.orders, found.faults, found.overflows,
            found.hashes);
        std::fflush(stdout);  // A search may be ended by whoever has seen enough.
    }
    return found;
}

}  // namespace
}  // namespace ringtick

namespace {

// Those that found a bug once, and one with hundreds of players: first.
constexpr std::array<std::uint64_t, 5> kept_seeds{
    76,    // 246 players.
    28,    // After a pause, what a player had said meanwhile was a flood.
    155,   // So it was where all of that came behind the ticks of the pause.
    4634,  // A pause of more than a second, and less than two, cost an answer its end.
    5777,  // Behind completions that overflowed, memory was taken.
};

constexpr std::size_t openssl_memory_max = 1UL << 30U;  // Of address space, for both ends.

struct Wish {
    std::uint64_t seed = 0;  // 0: those from the first on.
    std::uint64_t first = 1;
    std::uint64_t seeds = 60;
    std::uint64_t minutes = 0;  // 0: the count says how many.
    bool until_failure = false;
};

// Which seed it was, should an assertion end all.
std::array<char, 64> last_words{};

void say_last_words(int signal) {
    [[maybe_unused]] const auto written =
        ::write(STDERR_FILENO, last_words.data(), std::string_view(last_words.data()).size());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

int play(const Wish& wish) {
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t first = wish.seed > 0 ? wish.seed : wish.first;
    const std::uint64_t count = wish.seed > 0 ? 1 : wish.seeds;
    std::uint64_t run = 0;
    std::uint64_t failed = 0;
    const auto play_one = [&](std::uint64_t seed) {
        *fmt::format_to_n(last_words.data(), last_words.size() - 1, "seed {} ended all\n", seed)
             .out = '\0';
        if (!ringtick::simulate(seed, wish.seed > 0).complaint.empty()) failed += 1;
    };
    if (wish.seed == 0) std::ranges::for_each(kept_seeds, play_one);
    const auto goes_on = [&] {
        if (wish.until_failure && failed > 0) return false;
        if (wish.minutes == 0 || wish.seed > 0) return run < count;
        return std::chrono::steady_clock::now() - begin < std::chrono::minutes(wish.minutes);
    };
    for (; goes_on(); ++run) {
        play_one(first + run);
        if ((run + 1) % 100 == 0) fmt::print(stderr, "{} seeds, {} failed\n", run + 1, failed);
    }
    fmt::print("{} seeds from {} on, {} failed\n", run, first, failed);
    std::fflush(stdout);
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    CLI::App app("The whole server on a simulated kernel, seed by seed");
    app.add_option("--seed", wish.seed, "That one alone, and what was seen in it");
    app.add_option("--first", wish.first, "From that one on")->capture_default_str();
    app.add_option("--seeds", wish.seeds, "So many")->capture_default_str();
    app.add_option("--minutes", wish.minutes, "As many as there is time for");
    app.add_flag("--until-failure", wish.until_failure, "No more once one has failed");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGILL, say_last_words);
    std::signal(SIGSEGV, say_last_words);
    ringtick::block_stop_signals();
    ringtick::start_log("off");
    ringtick::give_openssl_memory(openssl_memory_max);
    const int code = play(wish);
    return ringtick::stop_log() ? code : 1;
}
