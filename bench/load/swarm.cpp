// ringtick-swarm: many WebSocket clients on io_uring, which load a server and check all that it
// sends. See bench/README.md.
#include "server/clock.hpp"
#include "server/signals.hpp"
#include "server/standard_streams.hpp"
#include "uring/refusal.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "load/report.hpp"
#include "load/settings.hpp"
#include "load/shard.hpp"
#include "load/shared.hpp"

namespace ringtick::swarm {
namespace {

constexpr int wake_signal = SIGUSR1;  // A thread has finished.
constexpr rlim_t files_beside_clients = 64;

// A socket for each client. Who may raise the hard limit, does.
bool raise_file_limit(std::uint32_t clients) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t wanted = clients + files_beside_clients;
    limit.rlim_cur = std::max(wanted, limit.rlim_max);
    limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return limit.rlim_max >= wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// One line a second on stderr.
class Progress {
public:
    Progress(const Shared& shared, std::span<const Live> lives) : shared_(shared), lives_(lives) {}

    void print() {
        Sum now;
        for (const Live& live : lives_) {
            now.open += live.open;
            now.messages += live.messages;
            now.gaps += live.gaps;
            now.errors += live.errors;
        }
        const std::int64_t start = shared_.start_ns;
        if (start == 0) {
            fmt::print(stderr, "{} connected\n", now.open);
        } else {
            const auto elapsed = monotonic_now() - Nanoseconds(start);
            fmt::print(stderr, "{:>4.0f} s: {} open, {} messages, {} gaps, {} errors\n",
                       std::max(0.0, static_cast<double>(elapsed.count()) / 1e9), now.open,
                       now.messages - before_.messages, now.gaps - before_.gaps,
                       now.errors - before_.errors);
        }
        before_ = now;
    }

private:
    struct Sum {
        std::uint64_t open = 0;
        std::uint64_t messages = 0;
        std::uint64_t gaps = 0;
        std::uint64_t errors = 0;
    };

    const Shared& shared_;
    std::span<const Live> lives_;
    Sum before_;
};

// Threads with their shares of the clients. Signals are the main thread's.
class Swarm {
public:
    explicit Swarm(const Settings& settings)
        : settings_(settings),
          lives_(settings.threads),
          shards_(settings.threads),
          results_(settings.threads) {}

    void start() {
        for (std::uint32_t index = 0; index < settings_.threads; ++index) {
            threads_.emplace_back([this, index] { run_shard(index); });
        }
    }

    // Returns true if a signal ended it early.
    bool watch() {
        sigset_t signals = stop_signals();
        sigaddset(&signals, wake_signal);
        Progress progress(shared_, lives_);
        bool interrupted = false;
        auto next = monotonic_now() + std::chrono::seconds(1);
        while (shared_.finished < settings_.threads) {
            const auto left = std::max(next - monotonic_now(), Nanoseconds::zero());
            const timespec patience{.tv_sec = left / std::chrono::seconds(1),
                                    .tv_nsec = (left % std::chrono::seconds(1)).count()};
            const int signal = sigtimedwait(&signals, nullptr, &patience);
            if (signal == SIGINT || signal == SIGTERM) interrupted = shared_.stop = true;
            if (signal >= 0 || errno != EAGAIN) continue;
            progress.print();
            next += std::chrono::seconds(1);
        }
        for (std::thread& thread : threads_) thread.join();
        return interrupted;
    }

    // Why a thread could not begin, if one could not.
    std::optional<Error> failure() const {
        for (const Result<void>& result : results_) {
            if (!result) return result.error();
        }
        return std::nullopt;
    }

    void collect(Findings& findings) const {
        for (const auto& shard : shards_) findings.add(shard->findings());
    }

private:
    void run_shard(std::uint32_t index) {
        const auto first_of = [this](std::uint64_t thread) {
            return static_cast<std::uint32_t>(thread * settings_.clients / settings_.threads);
        };
        const Share share{.index = index,
                          .first = first_of(index),
                          .count = first_of(index + 1) - first_of(index)};
        shards_[index] = std::make_unique<Shard>(settings_, share, shared_, lives_[index]);
        results_[index] = shards_[index]->run();
        if (!results_[index]) shared_.stop = true;
        shared_.finished += 1;
        kill(getpid(), wake_signal);
    }

    const Settings& settings_;
    Shared shared_;
    std::vector<Live> lives_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<Result<void>> results_;
    std::vector<std::thread> threads_;
};

bool write_file(const std::string& path, const std::string& text) {
    std::FILE* const file = std::fopen(path.c_str(), "we");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return std::fclose(file) == 0 && written;
}

int fail(std::string_view problem) {
    fmt::print(stderr, "ringtick-swarm: {}\n", problem);
    return 1;
}

int run_swarm(int argc, char** argv) {
    secure_standard_streams();
    Settings settings;
    const ParsedSettings parsed = parse_settings(argc, argv, settings);
    if (!parsed.run) return parsed.exit_code;
    if (!raise_file_limit(settings.clients)) {
        return fail(fmt::format("{} clients need as many open files: ulimit -n", settings.clients));
    }

    block_stop_signals();
    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, wake_signal);
    pthread_sigmask(SIG_BLOCK, &wake, nullptr);

    Swarm swarm(settings);
    swarm.start();
    Outcome outcome;
    outcome.interrupted = swarm.watch();
    if (const auto error = swarm.failure()) {
        std::array<char, 512> text{};
        return fail(explain_refusal(*error, read_machine_facts(), text));
    }
    swarm.collect(outcome.findings);
    print(report_table(settings, outcome));
    if (!settings.json_path.empty() &&
        !write_file(settings.json_path, report_json(settings, outcome))) {
        return fail(fmt::format("cannot write {}", settings.json_path));
    }
    const std::string problems = report_problems(settings, outcome);
    fmt::print(stderr, "{}", problems);
    return problems.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ringtick::swarm

int main(int argc, char** argv) {
    return ringtick::swarm::run_swarm(argc, argv);
}
