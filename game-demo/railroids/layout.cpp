// Prints where each field of View lies, as TypeScript for the page. A field that is missing below
// does not compile: their sizes must add up to the view's.
#include "railroids/view.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

using railroids::View;

struct FieldLayout {
    std::string_view name;
    std::size_t offset;
    std::size_t count;  // 1 for a scalar.
    bool is_float;
};

// The member's name, cut from what the compiler calls this function: both GCC and clang write the
// parameter there as "&railroids::View::own_x".
template <auto Member>
constexpr std::string_view member_name() {
    const std::string_view function = __PRETTY_FUNCTION__;
    constexpr std::string_view before = "View::";
    const std::size_t begin = function.find(before) + before.size();
    const std::size_t end = function.find_first_of(";]", begin);
    return function.substr(begin, end - begin);
}

template <auto Member>
FieldLayout field() {
    static const View view{};
    using Type = std::remove_cvref_t<decltype(view.*Member)>;
    using Element = std::remove_all_extents_t<Type>;
    static_assert(sizeof(Element) == 4);  // Of every field: view.hpp says so.
    const auto* const begin = reinterpret_cast<const std::byte*>(&view);
    const auto* const place = reinterpret_cast<const std::byte*>(&(view.*Member));
    return {.name = member_name<Member>(),
            .offset = static_cast<std::size_t>(place - begin),
            .count = sizeof(Type) / 4,
            .is_float = std::is_same_v<Element, float>};
}

template <auto... Members>
struct Fields {
    static constexpr std::size_t size = (sizeof(std::declval<View>().*Members) + ...);
    static std::array<FieldLayout, sizeof...(Members)> layouts() { return {field<Members>()...}; }
};

using V = View;
using ViewFields = Fields<&V::connected,
                          &V::resumptions,
                          &V::own_id,
                          &V::own_slot,
                          &V::own_alive,
                          &V::own_x,
                          &V::own_y,
                          &V::own_vx,
                          &V::own_vy,
                          &V::own_heading,
                          &V::own_aim,
                          &V::own_energy,
                          &V::own_score,
                          &V::own_kills,
                          &V::own_deaths,
                          &V::own_cooldown_ms,
                          &V::own_respawn_ms,
                          &V::own_in_beacon,
                          &V::hit_serial,
                          &V::kill_serial,
                          &V::world_side,
                          &V::tick_rate_hz,
                          &V::server_tick,
                          &V::players,
                          &V::bots,
                          &V::bots_max,
                          &V::beacon_x,
                          &V::beacon_y,
                          &V::beacon_radius,
                          &V::beacon_ms_left,
                          &V::rtt_ms,
                          &V::snapshot_divisor,
                          &V::snapshots_per_second,
                          &V::snapshot_bytes_per_second,
                          &V::tick_work_p50_us,
                          &V::tick_work_p99_us,
                          &V::tick_late_p99_us,
                          &V::snapshots_skipped,
                          &V::interpolation_delay_ms,
                          &V::snapshot_age_ms,
                          &V::shot_age_ms,
                          &V::rewind_ms,
                          &V::messages_refused,
                          &V::rtt_last_ms,
                          &V::rtt_count,
                          &V::drawn_ahead_ms,
                          &V::snapshots,
                          &V::snapshots_missed,
                          &V::bytes_header,
                          &V::bytes_own,
                          &V::bytes_shots,
                          &V::bytes_comings,
                          &V::bytes_updates,
                          &V::bytes_cells,
                          &V::by_cells,
                          &V::stands_alone,
                          &V::cell_size,
                          &V::sight_width,
                          &V::sight_height,
                          &V::sight_margin,
                          &V::told_x,
                          &V::told_y,
                          &V::told_heading,
                          &V::input_lead,
                          &V::inputs_late,
                          &V::inputs_waiting,
                          &V::corrections,
                          &V::corrections_unexplained,
                          &V::correction_last,
                          &V::correction_worst,
                          &V::ship_count,
                          &V::ship_id,
                          &V::ship_x,
                          &V::ship_y,
                          &V::ship_vx,
                          &V::ship_vy,
                          &V::ship_heading,
                          &V::ship_aim,
                          &V::ship_energy,
                          &V::ship_flags,
                          &V::told_count,
                          &V::told_id,
                          &V::told_ship_x,
                          &V::told_ship_y,
                          &V::put_off_count,
                          &V::put_off_id,
                          &V::gem_count,
                          &V::gem_id,
                          &V::gem_x,
                          &V::gem_y,
                          &V::beam_count,
                          &V::beam_id,
                          &V::beam_x0,
                          &V::beam_y0,
                          &V::beam_x1,
                          &V::beam_y1,
                          &V::beam_shooter,
                          &V::beam_hit,
                          &V::beam_age_ms,
                          &V::asteroid_count,
                          &V::asteroid_x,
                          &V::asteroid_y,
                          &V::asteroid_radius,
                          &V::asteroid_seed,
                          &V::leader_count,
                          &V::leader_id,
                          &V::leader_score,
                          &V::feed_count,
                          &V::feed_kind,
                          &V::feed_a,
                          &V::feed_b,
                          &V::feed_age_ms,
                          &V::feed_serial>;
static_assert(ViewFields::size == sizeof(View), "a field of View is not in the list above");

}  // namespace

int main() {
    std::puts("// Written by railroids-layout from game-demo/railroids/view.hpp. Do not edit.");
    std::printf("export const view_size = %zu;\n\n", sizeof(View));
    std::puts("// Element type, byte offset, number of elements.");
    std::puts("export const layout = {");
    for (const FieldLayout& field : ViewFields::layouts()) {
        std::printf("  %.*s: ['%s', %zu, %zu],\n", static_cast<int>(field.name.size()),
                    field.name.data(), field.is_float ? "f32" : "i32", field.offset, field.count);
    }
    std::puts("} as const;");
    return 0;
}
