// Goal: nothing is lost and nobody is harmed, whatever a kernel, a network and strangers do.
// Method: the whole server above uring/ on a simulated kernel, with simulated players, in simulated
// time. Everything follows from one seed: who comes and goes, what breaks, in which order the
// kernel tells what. Held against what must be: the kernel's own rules (kernel.hpp), what each
// player was told against the world (player.hpp), the recording against the match, and nothing left
// at the end. A seed that failed is run alone by --seed.
#include "base/rng.hpp"
#include "server/log.hpp"
#include "server/options.hpp"
#include "server/server.hpp"
#include "server/signals.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"
#include "tick/record_reader.hpp"

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
#include "simulation/player.hpp"
#include "simulation/witness.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;

// The server's match: the first that it makes. (It makes another, to find out its rules.)
Witness* witness_made = nullptr;

railroids::RailroidsOptions options_of(const GameOptions& options) {
    return {.seed = options.seed,
            .players_max = static_cast<std::uint16_t>(options.players_max),
            .bots = static_cast<std::uint16_t>(options.bots),
            .players_expected = static_cast<std::uint16_t>(options.players_expected),
            .tick_rate_hz = static_cast<std::uint16_t>(options.rate_hz),
            .rewind_ms = options.rewind_ms,
            .snapshot_bytes = options.snapshot_bytes};
}

std::unique_ptr<Game> make_witness(const GameOptions& options) {
    auto witness = std::make_unique<Witness>(options_of(options));
    if (witness_made == nullptr) witness_made = witness.get();
    return witness;
}

// What one seed is about.
struct Scene {
    std::uint64_t seed = 0;
    Faults faults;
    RingFeatures features;
    Options options;
    std::vector<Manners> players;
    Nanoseconds length{};
};

std::uint32_t some(Rng& rng, std::uint32_t most) {
    return rng.chance(50) ? 0 : rng.below(most);
}

Scene scene_of(std::uint64_t seed) {
    Rng rng(Rng::mix(seed));
    Scene scene{.seed = seed};
    scene.faults = {.short_receive = some(rng, 300),
                    .short_send = some(rng, 100),
                    .failed_accept = some(rng, 100),
                    .ended_receive = some(rng, 100),
                    .late_end = some(rng, 300),
                    .slow_work = some(rng, 2),
                    .late_sleep = some(rng, 50)};
    scene.features = {.single_issuer = true,
                      .defer_taskrun = rng.chance(80),
                      .submit_all = true,
                      .ring_descriptor = true,
                      .absolute_deadline = true,
                      .no_iowait = true,
                      .recv_budget = rng.chance(70),
                      .second_ring = true,
                      .submissions = 512,
                      .completions = 65'536};
    Options& options = scene.options;
    options.listen.port = 0;
    options.players_max = 4 + rng.below(40);
    options.bots = rng.below(30);
    options.seed = seed;
    options.snapshot_bytes = 0;  // All in sight is told in each, so that it can be checked.
    options.net.connections_max = options.players_max + rng.below(8);
    options.net.connections_per_ip_max = 4;
    options.net.receive_buffers = 256U >> rng.below(5);
    options.net.receive_buffer_size = 128U << rng.below(5);
    options.net.inbound_bytes_per_tick = rng.chance(50) ? 65'536 : 2'048;
    options.net.messages_per_tick = rng.chance(50) ? 128 : 8;
    options.net.stall_timeout = 3s;
    options.net.idle_timeout = 8s;
    options.net.ping_after = 4s;
    const std::uint32_t count = 2 + rng.below(options.players_max + 10);
    for (std::uint32_t i = 0; i < count; ++i) {
        Manners manners;
        if (rng.chance(60)) {
            manners = {.leaves = some(rng, 200),
                       .breaks = some(rng, 300),
                       .vanishes = some(rng, 60),
                       .stalls = some(rng, 300),
                       .lies = some(rng, 200),
                       .hurries = some(rng, 500),
                       .looks_on = some(rng, 500)};
        }
        scene.players.push_back(manners);
    }
    scene.length = std::chrono::seconds(4 + rng.below(12));
    return scene;
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

    bool operator==(const Findings&) const = default;
};

// The record of the match, played again.
std::string replay(const std::string& path, const Program& program, Findings& findings) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    RecordReader reader;
    if (reader.open(std::as_bytes(std::span(text))) != RecordReader::Opened::fine) {
        return "the recording cannot be read";
    }
    const RecordHeader& header = reader.header();
    const auto game = program.make_game({.seed = header.seed,
                                         .players_max = header.players_max,
                                         .players_expected = header.players_expected,
                                         .bots = header.bots,
                                         .rate_hz = header.rate_hz,
                                         .rewind_ms = header.rewind_ms});
    Nowhere nowhere;
    Playback playback(reader, 0, {.game = game.get(), .outbox = &nowhere});
    Playback::State state = Playback::State::playing;
    while (state == Playback::State::playing) state = playback.advance();
    findings.hashes += playback.hashes_verified();
    if (state == Playback::State::diverged) return "the recording plays another match";
    if (playback.tail() != RecordReader::State::ended) return "the recording has no end";
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
                              .schema = railroids::schema_hash()};
        const std::string path = std::filesystem::temp_directory_path() /
                                 fmt::format("ringtick-simulation-{}.rec", ::getpid());
        ::unlink(path.c_str());
        scene_.options.record = path;
        witness_made = nullptr;
        {
            const auto server =
                std::make_unique<Server>(scene_.options, program, ServerKind{.quiet = true});
            if (!server->open()) return {.complaint = "the server does not open"};
            witness_ = witness_made;
            for (std::size_t i = 0; i < scene_.players.size(); ++i) {
                players_.push_back(std::make_unique<Player>(
                    kernel_, *witness_, Rng::mix(scene_.seed + 1'000 + i), scene_.players[i]));
            }
            ends_at_ = kernel_.now() + scene_.length;
            kernel_.surround_by(*this);
            server->run();
            gather_findings();
            const std::string left = kernel_.left_behind();
            if (!left.empty()) complain("left behind at the end:" + left);
        }
        if (findings_.complaint.empty()) complain(replay(path, program, findings_));
        ::unlink(path.c_str());
        return findings_;
    }

private:
    void complain(std::string_view what) {
        if (findings_.complaint.empty()) findings_.complaint = what;
    }

    void go_on(Nanoseconds until) override {
        while (kernel_.now() < until) {
            kernel_.set_now(std::min(until, kernel_.now() + 3ms));
            for (const auto& player : players_) player->step(kernel_.now());
        }
        if (kernel_.now() < ends_at_ || is_stopping_) return;
        is_stopping_ = true;
        for (const auto& player : players_) player->behave();
        std::raise(SIGTERM);
        kernel_.interrupt();
    }

    void gather_findings() {
        findings_.ticks = witness_->ticks();
        findings_.faults = kernel_.faults_made();
        for (const auto& player : players_) {
            complain(player->complaint());
            findings_.gap_max = std::max(findings_.gap_max, player->gap_max());
            findings_.snapshots += player->snapshots();
            findings_.welcomes += player->welcomes();
            findings_.resumptions += player->resumptions();
        }
    }

    Scene scene_;
    SimulatedKernel kernel_;
    const Witness* witness_ = nullptr;
    std::vector<std::unique_ptr<Player>> players_;
    Nanoseconds ends_at_{};
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
            "seed {}: {}; {} ticks, {} snapshots, {} welcomes, {} of them back, {} faults, {} "
            "states replayed, at most {} ticks between two snapshots\n",
            seed, found.complaint.empty() ? "fine" : found.complaint, found.ticks, found.snapshots,
            found.welcomes, found.resumptions, found.faults, found.hashes, found.gap_max);
    }
    return found;
}

}  // namespace
}  // namespace ringtick

namespace {

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
    const auto goes_on = [&] {
        if (wish.until_failure && failed > 0) return false;
        if (wish.minutes == 0 || wish.seed > 0) return run < count;
        return std::chrono::steady_clock::now() - begin < std::chrono::minutes(wish.minutes);
    };
    for (; goes_on(); ++run) {
        *fmt::format_to_n(last_words.data(), last_words.size() - 1, "seed {} ended all\n",
                          first + run)
             .out = '\0';
        if (!ringtick::simulate(first + run, wish.seed > 0).complaint.empty()) failed += 1;
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
    const int code = play(wish);
    return ringtick::stop_log() ? code : 1;
}
