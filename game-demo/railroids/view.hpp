#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace railroids {

// What a page draws: one frame of the world as plain arrays, filled by the client in place and read
// by whoever knows the offsets (railroids-layout prints them for TypeScript). Fields of 32 bits
// only, so that there is no padding and every offset is a multiple of four. Units are pixels at
// zoom 1, speeds units per second, angles radians, clockwise from +x with y downwards.
struct View {
    static constexpr std::size_t ships_max = 512;
    static constexpr std::size_t gems_max = 512;
    static constexpr std::size_t beams_max = 64;
    static constexpr std::size_t asteroids_max = 1024;
    static constexpr std::size_t leaders_max = 10;
    static constexpr std::size_t feed_max = 8;

    static constexpr std::int32_t ship_thrusting = 1;
    static constexpr std::int32_t ship_bot = 2;
    static constexpr std::int32_t ship_in_beacon = 4;
    static constexpr std::int32_t ship_own = 8;
    static constexpr std::int32_t ship_braking = 16;

    std::int32_t connected;    // A welcome came.
    std::int32_t resumptions;  // Connections that went on where another broke off.
    std::int32_t own_id;       // -1 before.
    std::int32_t
        own_slot;  // By which the server's operator knows the connection. -1: there is none.
    std::int32_t own_alive;
    float own_x;  // Of the wreck while dead.
    float own_y;
    float own_vx;
    float own_vy;
    float own_heading;
    float own_aim;
    std::int32_t own_energy;  // 0 to 100.
    std::int32_t own_score;
    std::int32_t own_kills;
    std::int32_t own_deaths;
    std::int32_t own_cooldown_ms;
    std::int32_t own_respawn_ms;
    std::int32_t own_in_beacon;
    std::int32_t hit_serial;   // Grows each time the own ship is hit.
    std::int32_t kill_serial;  // Grows each time the own ship kills.

    std::int32_t world_side;
    std::int32_t tick_rate_hz;
    std::int32_t server_tick;  // Of the newest snapshot.
    std::int32_t players;      // People.
    std::int32_t bots;
    std::int32_t bots_max;  // To so many an operator can bring them.
    float beacon_x;
    float beacon_y;
    float beacon_radius;
    std::int32_t beacon_ms_left;

    float rtt_ms;                   // -1 while unknown.
    std::int32_t snapshot_divisor;  // More than 1: not every tick is told, for not all were taken.
    std::int32_t snapshots_per_second;
    std::int32_t snapshot_bytes_per_second;
    std::int32_t tick_work_p50_us;
    std::int32_t tick_work_p99_us;
    std::int32_t tick_late_p99_us;
    std::int32_t snapshots_skipped;
    float interpolation_delay_ms;
    float snapshot_age_ms;   // Since the newest snapshot arrived.
    float shot_age_ms;       // How long ago what is drawn is when a shot at it is judged, at most;
    std::int32_t rewind_ms;  // and how far back the server goes for it. 0: all see the present.
    std::int32_t messages_refused;

    // For whoever looks inside.
    float rtt_last_ms;       // Of the last probe, with its wait for the server's tick.
    std::int32_t rtt_count;  // Probes answered.
    float drawn_ahead_ms;    // Of the drawn moment, ahead of the newest snapshot: a guess.
    std::int32_t snapshots;  // Since the welcome, as is all below.
    std::int32_t snapshots_missed;
    std::int32_t bytes_header;
    std::int32_t bytes_own;
    std::int32_t bytes_shots;
    std::int32_t bytes_comings;
    std::int32_t bytes_updates;
    std::int32_t bytes_cells;
    std::int32_t by_cells;      // The newest snapshot was,
    std::int32_t stands_alone;  // or told all anew.
    std::int32_t cell_size;     // Of the grid by which those are cut.
    std::int32_t sight_width;   // What lies within this around the own ship is told,
    std::int32_t sight_height;
    std::int32_t sight_margin;  // and what was told already, so much farther.
    float told_x;               // The own ship as the newest snapshot tells it.
    float told_y;
    float told_heading;

    // Of the own ship, which is shown where it is by now, ahead of all that snapshots tell.
    std::int32_t input_lead;      // How many ticks early inputs reach the server.
    std::int32_t inputs_late;     // Snapshots that told of a tick without its input.
    std::int32_t inputs_waiting;  // Flown already, and not answered by a snapshot yet.
    std::int32_t corrections;     // Since the welcome.
    std::int32_t corrections_unexplained;
    float correction_last;  // How far it was put elsewhere.
    float correction_worst;

    std::int32_t ship_count;
    std::int32_t ship_id[ships_max];
    float ship_x[ships_max];
    float ship_y[ships_max];
    float ship_vx[ships_max];
    float ship_vy[ships_max];
    float ship_heading[ships_max];
    float ship_aim[ships_max];
    std::int32_t ship_energy[ships_max];
    std::int32_t ship_flags[ships_max];

    // As the newest snapshot tells them, for whoever looks inside: neither in the past nor
    // ahead.
    std::int32_t told_count;
    std::int32_t told_id[ships_max];
    float told_ship_x[ships_max];
    float told_ship_y[ships_max];
    // Ships that the server's budget put off, as its last pong said, if it was asked to say so.
    std::int32_t put_off_count;
    std::int32_t put_off_id[ships_max];

    std::int32_t gem_count;
    std::int32_t gem_id[gems_max];
    float gem_x[gems_max];
    float gem_y[gems_max];

    std::int32_t beam_count;
    std::int32_t beam_id[beams_max];
    float beam_x0[beams_max];
    float beam_y0[beams_max];
    float beam_x1[beams_max];
    float beam_y1[beams_max];
    std::int32_t beam_shooter[beams_max];
    std::int32_t beam_hit[beams_max];  // Whom, or -1.
    std::int32_t beam_age_ms[beams_max];

    std::int32_t asteroid_count;
    float asteroid_x[asteroids_max];
    float asteroid_y[asteroids_max];
    float asteroid_radius[asteroids_max];
    std::int32_t asteroid_seed[asteroids_max];

    std::int32_t leader_count;
    std::int32_t leader_id[leaders_max];
    std::int32_t leader_score[leaders_max];

    std::int32_t feed_count;  // Oldest first.
    std::int32_t feed_kind[feed_max];
    std::int32_t feed_a[feed_max];  // Who joined, left or killed.
    std::int32_t feed_b[feed_max];  // Who was killed.
    std::int32_t feed_age_ms[feed_max];
    std::int32_t feed_serial[feed_max];
};

static_assert(std::is_standard_layout_v<View> && std::is_trivial_v<View>);
static_assert(sizeof(float) == 4 && alignof(View) == 4);

}  // namespace railroids
