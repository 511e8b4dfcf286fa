#include "server/shards.hpp"

#include "base/assert.hpp"
#include "net/admission.hpp"
#include "server/room_maker.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

namespace ringtick {

namespace {

// Each to a core of its own, as far as there are some that this process may use.
void pin(std::uint32_t shard) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    const auto cores = static_cast<std::uint32_t>(CPU_COUNT(&allowed));
    if (cores == 0) return;
    std::uint32_t left = shard % cores;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &allowed) || left-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

// The one random number that no --seed repeats: it decides nothing but places in a table. Without
// it (getrandom(2) may be interrupted) the table works all the same.
std::uint64_t secret() {
    std::uint64_t secret = 0;
    return getrandom(&secret, sizeof secret, 0) == sizeof secret ? secret : 0;
}

RoomDirectory::Limits rooms_of(const Options& options, const ServerKind& kind) {
    return {.rooms = kind.echo ? 0 : options.rooms,
            .rooms_max = options.rooms_max,
            .shards = options.shards,
            .seed = options.seed,
            .players_max = RoomMaker::players_max(options),
            .bots = options.bots,
            .options = options.room_options};
}

}  // namespace

Shards::Shards(const Options& options, const Program& program, const ServerKind& kind)
    : options_(options),
      program_(program),
      kind_(kind),
      board_(options.shards, options.rooms_max),
      directory_(rooms_of(options, kind)),
      servers_(options.shards),
      threads_(options.shards - 1),
      opened_(options.shards - 1),
      ended_(options.shards - 1) {
    ASSERT(options.shards > 0);
    using Sharing = ListenOptions::Sharing;
    options_.listener.sharing = options.shards > 1 ? Sharing::begins : Sharing::none;
    places_.open(options.net.connections_max, slots_of(options.net), secret());
    options_.net.places = &places_;
    servers_.front() = make_server(0);
}

std::unique_ptr<Server> Shards::make_server(std::uint32_t shard) {
    const Server::Shared shared{.board = board_,
                                .directory = directory_,
                                .place = {.number = shard, .count = options_.shards}};
    return std::make_unique<Server>(options_, program_, kind_, shared);
}

Shards::~Shards() {
    end_threads();
}

Result<void> Shards::open() {
    if (auto opened = servers_.front()->open(); !opened || options_.shards == 1) return opened;
    first_has_opened_ = true;
    options_.listener.sharing = ListenOptions::Sharing::joins;
    // The kernel has chosen it, if it was left to it.
    options_.listen.port = servers_.front()->port();
    if (auto opened = open_others(); !opened) return opened;
    return connect_all();
}

Result<void> Shards::open_others() {
    for (std::uint32_t shard = 1; shard < options_.shards; ++shard) {
        Thread& thread = threads_[shard - 1];
        thread.all = this;
        thread.number = shard;
        const int refused = pthread_create(&thread.thread, nullptr, live, &thread);
        if (refused != 0) {
            // Those that were not begun are not waited for.
            const auto missing = static_cast<std::ptrdiff_t>(options_.shards - shard);
            opened_.count_down(missing);
            ended_.count_down(missing);
            return std::unexpected(Error{"pthread_create", refused});
        }
        thread.is_begun = true;
    }
    opened_.wait();
    for (const Thread& thread : threads_) {
        if (!thread.opened) return thread.opened;
    }
    return {};
}

void* Shards::live(void* argument) {
    Thread& thread = *static_cast<Thread*>(argument);
    Shards& all = *thread.all;
    pin(thread.number);
    auto& server = all.servers_[thread.number];
    server = all.make_server(thread.number);
    thread.opened = server->open();
    if (thread.opened) server->publish();
    all.opened_.count_down();
    all.may_run_.wait();
    if (!all.is_given_up_) {
        server->run();
        server->publish();
    }
    all.ended_.count_down();
    all.may_close_.wait();
    server.reset();
    return nullptr;
}

// A way from each to each other.
Result<void> Shards::connect_all() {
    const std::uint32_t count = options_.shards;
    passages_ = std::make_unique<Passage[]>(std::size_t{count} * count);
    routes_.resize(std::size_t{count} * count);
    for (std::uint32_t from = 0; from < count; ++from) {
        for (std::uint32_t to = 0; to < count; ++to) {
            if (from == to) continue;
            Passage& there = passages_[from * count + to];
            if (auto opened = servers_[to]->open_passage(there); !opened) return opened;
            routes_[from * count + to] = {.there = &there,
                                          .here = &passages_[to * count + from],
                                          .ring = servers_[to]->ring()};
        }
    }
    for (std::uint32_t shard = 0; shard < count; ++shard) {
        servers_[shard]->join(std::span(routes_).subspan(std::size_t{shard} * count, count));
    }
    return {};
}

// One thread shuts the door behind all of them; none of the others runs yet.
void Shards::enter_sandbox() {
    servers_.front()->enter_sandbox();
    for (std::size_t shard = 1; shard < servers_.size(); ++shard) {
        servers_[shard]->share_sandbox(*servers_.front());
    }
}

void Shards::run() {
    if (options_.shards > 1) pin(0);
    has_run_ = true;
    servers_.front()->publish();
    may_run_.count_down();
    servers_.front()->run();
    ended_.wait();
}

// Whose totals are written by now, or that will not run at all.
void Shards::end_threads() {
    if (!has_run_) {
        is_given_up_ = true;
        may_run_.count_down();
    }
    may_close_.count_down();
    for (const Thread& thread : threads_) {
        if (thread.is_begun) pthread_join(thread.thread, nullptr);
    }
}

}  // namespace ringtick
