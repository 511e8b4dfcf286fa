#include "simulation/scene.hpp"

#include "base/rng.hpp"

#include <chrono>
#include <cstdlib>

namespace ringtick {

namespace {

using namespace std::chrono_literals;

std::uint32_t some(Rng& rng, std::uint32_t most) {
    return rng.chance(50) ? 0 : rng.below(most);
}

Manners manners_of(Rng& rng, bool inflates) {
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
    manners.inflates = inflates && rng.chance(60);
    return manners;
}

// Hundreds of players now and then: they take the time of a dozen other scenes.
void add_crowd(Scene& scene) {
    Rng rng(Rng::mix(scene.seed + 30'000'000));
    if (rng.below(400) != 0) return;
    Options& options = scene.options;
    options.players_max = 200 + rng.below(150);
    options.net.connections_max = options.players_max + rng.below(8);
    options.snapshot_size_max = 65'536;
    options.net.output_size_max = 262'144;
    while (scene.players.size() < options.players_max) {
        scene.players.push_back(manners_of(rng, options.net.deflate));
        scene.players.back().seals = scene.seals;
    }
}

// Of a stream of their own: so what was drawn before there were any stays as it was. There are none
// in the seeds that are kept.
void add_strangers(Scene& scene) {
    Rng rng(Rng::mix(scene.seed + 15'000'000));
    scene.strangers = rng.chance(40) ? 1 + rng.below(4) : 0;
    scene.believes_proxy = scene.strangers > 0 && rng.chance(50);
    if (!scene.believes_proxy) return;
    IpRange& range = scene.options.net.trust.ranges.emplace_back();
    if (IpRange::parse("10.2.0.0/16", range) != IpRange::Syntax::exact) std::abort();
}

// Of a stream of its own, too, and in none of the seeds that are kept.
void add_owner(Scene& scene) {
    Rng rng(Rng::mix(scene.seed + 35'000'000));
    scene.has_owner = rng.chance(25);
}

}  // namespace

Scene scene_of(std::uint64_t seed) {
    Rng rng(Rng::mix(seed));
    Scene scene{.seed = seed};
    scene.faults = {.short_receive = some(rng, 300),
                    .short_send = some(rng, 100),
                    .failed_accept = some(rng, 100),
                    .ended_receive = some(rng, 100),
                    .late_end = some(rng, 300),
                    .slow_work = some(rng, 2),
                    .late_sleep = some(rng, 50),
                    .pause = some(rng, 6),
                    .failed_disk = rng.chance(80) ? 0 : rng.below(200)};
    scene.features = {.single_issuer = true,
                      .defer_taskrun = rng.chance(80),
                      .submit_all = true,
                      .ring_descriptor = true,
                      .absolute_deadline = true,
                      .no_iowait = true,
                      .recv_budget = rng.chance(70),
                      .second_ring = true,
                      .submissions = 512,
                      .completions = rng.chance(70) ? 65'536 : 8U << rng.below(6)};
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
    options.rooms = rng.chance(30) ? 2 : 1;
    options.bots_max = 40;
    options.net.deflate = rng.chance(40);
    options.may_have_operator = true;
    options.keep.seconds = rng.chance(50) ? 5 : 0;
    options.keep.memory = 1 << 20;
    const bool inflates = options.net.deflate;
    const std::uint32_t count = 2 + rng.below(options.players_max + 10);
    for (std::uint32_t i = 0; i < count; ++i) scene.players.push_back(manners_of(rng, inflates));
    scene.seals = Rng(Rng::mix(seed + 1)).chance(25);
    for (Manners& manners : scene.players) manners.seals = scene.seals;
    scene.visitors = rng.chance(50) ? 0 : 1 + rng.below(6);
    scene.length = std::chrono::seconds(4 + rng.below(12));
    add_strangers(scene);
    add_crowd(scene);
    add_owner(scene);
    return scene;
}

}  // namespace ringtick
