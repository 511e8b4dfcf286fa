#include "railroids/wire.hpp"

#include "railroids/rules_hash.hpp"
#include "railroids/snapshot.hpp"

#include <algorithm>

namespace railroids {

namespace {

using ringtick::FieldHasher;
using ringtick::FieldReader;
using ringtick::FieldWriter;
using ringtick::SnapshotHeader;

consteval std::uint64_t hash_of_layout() {
    FieldHasher hasher;
    Hello hello;
    Welcome welcome;
    InputMessage input;
    Event event;
    Stats stats;
    Bye bye;
    ringtick::Ping ping;
    ringtick::Pong pong;
    ringtick::Rate rate;
    describe_hello(hasher, hello);
    describe_welcome(hasher, welcome);
    describe_input(hasher, input);
    describe_event(hasher, event);
    describe_stats(hasher, stats);
    describe_bye(hasher, bye);
    describe_ping(hasher, ping);
    describe_pong(hasher, pong);
    describe_rate(hasher, rate);

    // Of the snapshot, what its lists consist of.
    SnapshotHeader header;
    BeamRecord beam;
    describe_snapshot_header(hasher, header, 0);
    describe_beam(hasher, beam, Scale::of(4095, 4096));
    for (const std::uint64_t entity :
         {ringtick::schema_hash_of<Ship::wire>(), ringtick::schema_hash_of<Ship::owner_wire>(),
          ringtick::schema_hash_of<Gem::wire>()}) {
        hasher.bits(0, static_cast<unsigned>(entity));
        hasher.bits(0, static_cast<unsigned>(entity >> 32));
    }
    return hasher.hash();
}

template <class Describe>
std::size_t write(std::span<std::byte> out, Describe describe) {
    FieldWriter writer(out);
    describe(writer);
    const std::size_t size = writer.finish();
    return writer.overflowed() ? 0 : size;
}

template <class Describe>
bool read(std::span<const std::byte> in, Describe describe) {
    FieldReader reader(in);
    describe(reader);
    return reader.finished();
}

}  // namespace

std::uint64_t schema_hash() {
    constexpr std::uint64_t layout = hash_of_layout();
    return ringtick::Rng::mix(layout ^ rules_hash());
}

std::size_t encode(const Hello& hello, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_hello(writer, hello); });
}
std::size_t encode(const Welcome& welcome, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_welcome(writer, welcome); });
}
std::size_t encode(const InputMessage& message, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_input(writer, message); });
}
std::size_t encode(const ringtick::Pong& pong, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_pong(writer, pong); });
}
std::size_t encode(const ringtick::Rate& rate, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_rate(writer, rate); });
}
std::size_t encode(const Stats& stats, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_stats(writer, stats); });
}
std::size_t encode(const Bye& bye, std::span<std::byte> out) {
    return write(out, [&](FieldWriter& writer) { describe_bye(writer, bye); });
}

bool decode(std::span<const std::byte> in, Hello& hello) {
    return read(in, [&](FieldReader& reader) { describe_hello(reader, hello); });
}

bool decode(std::span<const std::byte> in, Welcome& welcome) {
    if (!read(in, [&](FieldReader& reader) { describe_welcome(reader, welcome); })) return false;
    const std::uint32_t ships = std::uint32_t{welcome.people_max} + welcome.bots;
    return welcome.tick_rate_hz > 0 && ships <= ships_max && welcome.id < welcome.people_max &&
           welcome.side >= side_min && welcome.side <= side_max;
}

bool decode(std::span<const std::byte> in, InputMessage& message) {
    if (!read(in, [&](FieldReader& reader) { describe_input(reader, message); })) return false;
    const auto known = [](Input input) { return (input.buttons & ~Input::all_buttons) == 0; };
    return !message.inputs.empty() && std::ranges::all_of(message.inputs, known);
}

bool decode(std::span<const std::byte> in, ringtick::Ping& ping) {
    return read(in, [&](FieldReader& reader) { describe_ping(reader, ping); });
}
bool decode(std::span<const std::byte> in, ringtick::Rate& rate) {
    return read(in, [&](FieldReader& reader) { describe_rate(reader, rate); });
}
bool decode(std::span<const std::byte> in, Stats& stats) {
    return read(in, [&](FieldReader& reader) { describe_stats(reader, stats); });
}
bool decode(std::span<const std::byte> in, Bye& bye) {
    return read(in, [&](FieldReader& reader) { describe_bye(reader, bye); });
}

}  // namespace railroids
