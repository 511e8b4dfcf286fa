// Plays a seeded match with one client in it and prints what that client received, what it sent
// and, after every frame, the hash of its view. module_test.mjs plays the same to the page's
// module.
//
//     message MS HEX          frame MS HASH
//     input MS DUE BUTTONS AIM HEX
//     ping MS HEX             hello NAME HEX          name ID NAME
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

#include "match.hpp"

namespace railroids {
namespace {

// FNV-1a, which is short in any language.
std::uint32_t hash_of(const View& view) {
    std::uint32_t hash = 2'166'136'261;
    for (const std::byte byte : std::as_bytes(std::span(&view, 1))) {
        hash = (hash ^ std::to_integer<std::uint32_t>(byte)) * 16'777'619;
    }
    return hash;
}

class Recording {
public:
    void run() {
        client_->start(now());
        const char* const name = "Zo\xC3\xAB";
        const Bytes greeting = hello(name);
        std::printf("hello %s ", name);
        print_hex(greeting);
        match_.game.on_join({0});
        match_.say(0, greeting);
        match_.join(1, "Ann");
        for (std::uint32_t tick = 1; tick <= 400; ++tick) play(tick);
        for (const std::int32_t id : {0, 1, 2, 3, 70}) {
            std::printf("name %d %s\n", id, client_->game().name_of(id));
        }
    }

private:
    void play(std::uint32_t tick) {
        if (tick % 100 == 1) press_at_random();
        say_input();
        if (tick % 20 == 0) say_ping();
        if (tick % 50 == 0) press_at_random();
        if (tick == 200) match_.game.on_rate({0}, 2, match_.mailbox);
        if (tick == 300) match_.game.on_rate({0}, 1, match_.mailbox);
        match_.step();
        // The wire delays each tick's messages by up to 30 ms, and now and then skips a snapshot.
        ms_ = std::max(ms_, tick * 33.25 + rng_.below(240) * 0.125);
        receive(rng_.chance(10));
        frame();
        ms_ += 16.625;
        frame();
    }
    void press_at_random() { buttons_ = static_cast<std::uint8_t>(rng_.below(64)); }

    void say_input() {
        const auto aim = static_cast<std::uint8_t>(rng_.below(256));
        std::printf("input %.3f %u %d %d ", ms_, client_->inputs_due(now()), buttons_, aim);
        client_->want({.buttons = buttons_, .aim = aim}, now());
        Bytes bytes(64);
        bytes.resize(client_->write_inputs(now(), bytes));
        print_hex(bytes);
        if (!bytes.empty()) match_.say(0, bytes);
    }
    void say_ping() {
        Bytes bytes(16);
        bytes.resize(client_->write_ping(now(), bytes));
        std::printf("ping %.3f ", ms_);
        print_hex(bytes);
        match_.say(0, bytes);
    }
    void receive(bool skips_snapshot) {
        for (const Mailbox::Letter& letter : match_.mailbox.letters) {
            if (letter.slot == 0) receive(letter.bytes);
        }
        match_.mailbox.letters.clear();
        if (!skips_snapshot) receive(match_.snapshot(0));
    }
    void receive(const Bytes& message) {
        std::printf("message %.3f ", ms_);
        print_hex(message);
        if (!client_->on_message(message, now())) std::abort();
    }
    void frame() {
        client_->advance(now());
        std::printf("frame %.3f %u\n", ms_, hash_of(client_->view()));
    }
    static void print_hex(const Bytes& bytes) {
        for (const std::byte byte : bytes) std::printf("%02x", std::to_integer<unsigned>(byte));
        std::printf("\n");
    }
    // Exact: every time is a multiple of an eighth of a millisecond.
    Nanoseconds now() const { return Nanoseconds(static_cast<std::int64_t>(ms_ * 1e6)); }

    Match match_{{.seed = 21, .players_max = 4, .bots = 150}};
    std::unique_ptr<RailroidsClient> client_ = std::make_unique<RailroidsClient>();
    ringtick::Rng rng_{5};
    double ms_ = 0;
    std::uint8_t buttons_ = 0;
};

}  // namespace
}  // namespace railroids

int main() {
    railroids::Recording().run();
    return 0;
}
