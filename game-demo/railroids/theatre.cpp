// The page's second WebAssembly module, loaded when a recording is to be watched: one theatre, and
// what the page calls. There is no import: assertions trap, and so does memory that cannot be had.
#include "railroids/theatre.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <vector>

namespace ringtick {

// In place of base/assert.cpp, which prints: a module has nowhere to print to.
void assertion_failed(const char*, const char*, int) {
    __builtin_trap();
}

namespace {

// Of each byte, eight steps of the polynomial at once.
constexpr auto checksum_steps = [] {
    std::array<std::uint32_t, 256> steps{};
    for (std::uint32_t byte = 0; byte < steps.size(); ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) * 0xEDB8'8320U);
        steps[byte] = rest;
    }
    return steps;
}();

}  // namespace

// In place of tick/record.cpp, which has it from zlib.
std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) {
    std::uint32_t rest = ~before;
    for (const std::byte byte : bytes) {
        rest = checksum_steps[(rest ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ (rest >> 8);
    }
    return ~rest;
}

}  // namespace ringtick

// These the C++ library lets a program put in place of its own, which would bring its way to print
// and to throw.
void std::__libcpp_verbose_abort(const char*, ...) {
    __builtin_trap();
}
void* operator new(std::size_t size) {
    void* const memory = std::malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) __builtin_trap();
    return memory;
}
void* operator new[](std::size_t size) {
    return operator new(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using railroids::Theatre;

constexpr std::size_t message_size_max = 65'536;

constinit std::array<std::byte, message_size_max> said{};
constinit std::array<std::byte, message_size_max> told{};
constinit std::byte* file = nullptr;
constinit std::size_t file_size = 0;
constinit std::size_t letter = 0;  // The next that is to be fetched.

// Made by the first call. (A static inside would bring the C++ library's guards and exit handlers.)
Theatre& theatre() {
    alignas(Theatre) static constinit std::array<std::byte, sizeof(Theatre)> memory{};
    static constinit Theatre* made = nullptr;
    if (made == nullptr) made = new (memory.data()) Theatre;
    return *made;
}

double number(std::uint64_t value) {
    return static_cast<double>(value);
}

}  // namespace

// What the page calls. A file is put where file_room() says; messages lie in the buffers, whose
// sizes are returned. Ticks are numbers that a double holds exactly. A room is entered before
// anything is played.
extern "C" {

// Where a file of this size is to be put, in place of the one before. 0: there is no such room.
[[clang::export_name("file_room")]] std::byte* file_room(std::uint32_t size) {
    std::free(file);
    file = static_cast<std::byte*>(std::malloc(size));
    file_size = file == nullptr ? 0 : size;
    return file;
}

// 0, or why it cannot be shown.
[[clang::export_name("open")]] std::int32_t open() {
    return static_cast<std::int32_t>(theatre().open({file, file_size}));
}

// Of a file that is a recording.
[[clang::export_name("rooms")]] std::uint32_t rooms() {
    return theatre().header().rooms;
}
[[clang::export_name("rate_hz")]] std::uint32_t rate_hz() {
    return theatre().header().rate_hz;
}
[[clang::export_name("players_max")]] std::uint32_t players_max() {
    return theatre().header().players_max;
}
// The name of the game that was recorded; its size is returned.
[[clang::export_name("game_name")]] std::int32_t game_name() {
    const auto name = std::as_bytes(std::span(theatre().header().game));
    std::ranges::copy(name, told.begin());
    return static_cast<std::int32_t>(name.size());
}

[[clang::export_name("enter")]] void enter(std::uint32_t room) {
    theatre().enter(room);
}

// Returns how many were played; fewer at the end.
[[clang::export_name("play")]] std::uint32_t play(std::uint32_t ticks) {
    std::uint32_t played = 0;
    while (played < ticks && theatre().play_tick()) played += 1;
    return played;
}

[[clang::export_name("go_near")]] void go_near(double tick) {
    theatre().go_near(static_cast<std::uint64_t>(std::max(tick, 0.0)));
}

[[clang::export_name("tick")]] double tick() {
    return number(theatre().tick());
}
// Behind which the recording begins, and the last one.
[[clang::export_name("first_tick")]] double first_tick() {
    return number(theatre().first_tick());
}
[[clang::export_name("last_tick")]] double last_tick() {
    return number(theatre().last_tick());
}
[[clang::export_name("is_over")]] std::int32_t is_over() {
    return theatre().is_over() ? 1 : 0;
}

// How the recording ends (RecordReader::State), and where in the file.
[[clang::export_name("tail")]] std::int32_t tail() {
    return static_cast<std::int32_t>(theatre().tail());
}
[[clang::export_name("tail_offset")]] std::uint32_t tail_offset() {
    return static_cast<std::uint32_t>(theatre().tail_offset());
}

// The states that were written down: all, those that were found again, and the first tick that was
// not; -1: there is none. And up to where was looked.
[[clang::export_name("hashes")]] double hashes() {
    return number(theatre().hashes());
}
[[clang::export_name("hashes_verified")]] double hashes_verified() {
    return number(theatre().hashes_verified());
}
[[clang::export_name("verified_tick")]] double verified_tick() {
    return number(theatre().verified_tick());
}
[[clang::export_name("diverged_at")]] double diverged_at() {
    const auto tick = theatre().diverged_at();
    return tick ? number(*tick) : -1;
}

// Of the game as it is now.
[[clang::export_name("state_hash")]] std::uint64_t state_hash() {
    return theatre().state_hash();
}
// How many are kept.
[[clang::export_name("states")]] std::uint32_t states() {
    return static_cast<std::uint32_t>(theatre().states().count());
}

// The guest.
[[clang::export_name("join")]] void join() {
    theatre().join();
    letter = 0;
}
[[clang::export_name("leave")]] void leave() {
    theatre().leave();
    letter = 0;
}
[[clang::export_name("say_buffer")]] std::byte* say_buffer() {
    return said.data();
}
[[clang::export_name("say_capacity")]] std::uint32_t say_capacity() {
    return message_size_max;
}
[[clang::export_name("say")]] void say(std::uint32_t size) {
    theatre().say(std::span(said).first(std::min<std::size_t>(size, said.size())));
}

// What it is told lies here.
[[clang::export_name("told_buffer")]] std::byte* told_buffer() {
    return told.data();
}
// The size of the next message that must arrive; 0: there is no further one.
[[clang::export_name("next_letter")]] std::uint32_t next_letter() {
    const auto letters = theatre().letters();
    if (letter == letters.size()) {
        theatre().take_letters();
        letter = 0;
        return 0;
    }
    const std::vector<std::byte>& bytes = letters[letter];
    letter += 1;
    std::ranges::copy(bytes, told.begin());
    return static_cast<std::uint32_t>(bytes.size());
}
[[clang::export_name("snapshot")]] std::uint32_t snapshot() {
    return static_cast<std::uint32_t>(theatre().write_snapshot(told));
}

[[clang::export_name("next_subject")]] std::uint32_t next_subject(std::uint32_t subject,
                                                                  std::int32_t forward) {
    return theatre().next_subject(static_cast<std::uint16_t>(subject), forward != 0);
}
[[clang::export_name("can_watch")]] std::int32_t can_watch(std::uint32_t subject) {
    return theatre().can_watch(static_cast<std::uint16_t>(subject)) ? 1 : 0;
}

}  // extern "C"
