// The page's WebAssembly module: one client in static memory, and what the page calls. There is no
// import: assertions trap, and memory is as large as the linker made it.
#include "base/assert.hpp"
#include "railroids/client.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>

namespace ringtick {

// In place of base/assert.cpp, which prints: a module has nowhere to print to.
void assertion_failed(const char*, const char*, int) {
    __builtin_trap();
}

}  // namespace ringtick

namespace {

using railroids::RailroidsClient;

// Zeroes, so that the module does not carry a megabyte of initial values.
alignas(RailroidsClient) constinit std::array<std::byte, sizeof(RailroidsClient)> client_memory{};
constinit std::array<std::byte, 65'536> receive_memory{};
constinit std::array<std::byte, 2'048> send_memory{};
constinit ringtick::Nanoseconds now{};

// Made by the first call. (A static inside would bring the C++ library's guards and exit handlers.)
RailroidsClient& client() {
    static constinit RailroidsClient* made = nullptr;
    if (made == nullptr) made = new (client_memory.data()) RailroidsClient;
    return *made;
}

void set_time(double local_ms) {
    // Not a number and numbers out of range would trap; a page has no reason to send them.
    const bool sane = local_ms >= 0 && local_ms < 1e12;
    if (sane) now = ringtick::Nanoseconds(static_cast<std::int64_t>(local_ms * 1e6));
}

std::span<const std::byte> received(std::int32_t size) {
    const auto wanted = static_cast<std::size_t>(std::max(size, 0));
    return std::span(receive_memory).first(std::min(wanted, receive_memory.size()));
}

}  // namespace

// What the page calls. Every message lies in the receive buffer or the send buffer; sizes are
// returned. start() comes before anything is received.
extern "C" {

[[clang::export_name("receive_buffer")]] std::byte* receive_buffer() {
    return receive_memory.data();
}

[[clang::export_name("receive_capacity")]] std::int32_t receive_capacity() {
    return static_cast<std::int32_t>(receive_memory.size());
}

[[clang::export_name("send_buffer")]] std::byte* send_buffer() {
    return send_memory.data();
}

// A key, if there is one, lies in the receive buffer.
[[clang::export_name("start")]] void start(std::int32_t key_size, double local_ms) {
    set_time(local_ms);
    ringtick::ResumeKey key;
    const bool fine = ringtick::decode(received(key_size), key);
    client().start(now, fine ? key : ringtick::ResumeKey{});
}

[[clang::export_name("reconnect")]] void reconnect() {
    client().reconnect();
}

// Of whom this client is; 0 as long as it is nobody.
[[clang::export_name("resume_key")]] std::int32_t resume_key() {
    const ringtick::ResumeKey& key = client().resume_key();
    if (key.token.none()) return 0;
    return static_cast<std::int32_t>(ringtick::encode(key, send_memory));
}

[[clang::export_name("hello")]] std::int32_t hello(std::int32_t name_size, std::int32_t watch) {
    const auto name = received(name_size);
    const std::span text(reinterpret_cast<const char*>(name.data()), name.size());
    const ringtick::ResumeWish wish = client().resume_wish();
    return static_cast<std::int32_t>(railroids::ClientSide::write_hello(
        text, wish, static_cast<std::uint16_t>(watch), send_memory));
}

// The message's kind, or -1 if it is refused.
[[clang::export_name("on_message")]] std::int32_t on_message(std::int32_t size, double local_ms) {
    set_time(local_ms);
    const auto kind = client().on_message(received(size), now);
    return kind ? static_cast<std::int32_t>(*kind) : -1;
}

[[clang::export_name("inputs_due")]] std::int32_t inputs_due(double local_ms) {
    set_time(local_ms);
    return static_cast<std::int32_t>(client().inputs_due(now));
}

// For all that are due.
[[clang::export_name("want")]] void want(std::int32_t buttons, std::int32_t aim) {
    const railroids::Input wanted{
        .buttons = static_cast<std::uint8_t>(buttons & railroids::Input::all_buttons),
        .aim = static_cast<std::uint8_t>(aim & 0xFF)};
    client().want(wanted, now);
}

// Of what was wanted since the last one; 0 if nothing was.
[[clang::export_name("inputs")]] std::int32_t inputs() {
    return static_cast<std::int32_t>(client().write_inputs(now, send_memory));
}

[[clang::export_name("ping")]] std::int32_t ping(double local_ms) {
    set_time(local_ms);
    return static_cast<std::int32_t>(client().write_ping(now, send_memory));
}

[[clang::export_name("bye")]] std::int32_t bye() {
    return static_cast<std::int32_t>(
        ringtick::encode(ringtick::Bye{.reason = ringtick::ByeReason::leave}, send_memory));
}

// Which snapshots to ask for, with the next ping.
[[clang::export_name("want_encoding")]] void want_encoding(std::int32_t encoding) {
    client().want_encoding(static_cast<ringtick::Encoding>(encoding));
}

// Whether to ask, with each ping, whom the server's budget put off.
[[clang::export_name("want_put_off")]] void want_put_off(std::int32_t wants) {
    client().want_put_off(wants != 0);
}

// How far in the past to draw; below 0: as far as what arrives demands.
[[clang::export_name("hold_interpolation")]] void hold_interpolation(std::int32_t delay_ms) {
    const bool holds = delay_ms >= 0;
    client().hold_interpolation_delay(
        holds ? std::optional<ringtick::Nanoseconds>(std::chrono::milliseconds(delay_ms))
              : std::nullopt);
}

// Whether the view is to tell what only an engineer asks for.
[[clang::export_name("look_inside")]] void look_inside(std::int32_t looks) {
    client().game().look_inside(looks != 0);
}

// Of the newest snapshot, before it is drawn: its tick, and by how much it came later than those
// that came soonest.
[[clang::export_name("newest_tick")]] std::int32_t newest_tick() {
    return static_cast<std::int32_t>(client().numbers().server_tick);
}
[[clang::export_name("newest_late_us")]] std::int32_t newest_late_us() {
    const auto late = client().numbers().snapshot_late / std::chrono::microseconds(1);
    return static_cast<std::int32_t>(std::min<std::int64_t>(late, 1'000'000'000));
}

[[clang::export_name("advance")]] void advance(double local_ms) {
    set_time(local_ms);
    client().advance(now);
}

[[clang::export_name("view")]] const railroids::View* view() {
    return &client().view();
}

// Ends with a zero; lives until the next call.
[[clang::export_name("name_of")]] const char* name_of(std::int32_t id) {
    return client().game().name_of(id);
}

}  // extern "C"
