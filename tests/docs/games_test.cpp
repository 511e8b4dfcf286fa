// Goal: the games that the documentation shows are games: each is played by clients of its own.
// Method: the very sources are included here, and what a socket would carry goes from hand to hand.
#include "replica/plain_client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

// Each is a program, and brings a main() of its own.
// NOLINTBEGIN(bugprone-suspicious-include, readability-identifier-naming)
#define main cairn_main
#include "../../docs/games/cairn.cpp"
#undef main
#define main canvas_main
#include "../../docs/games/canvas.cpp"
#undef main
#define main chat_main
#include "../../docs/games/chat.cpp"
#undef main
#define main pong_main
#include "../../docs/games/pong.cpp"
#undef main
// NOLINTEND(bugprone-suspicious-include, readability-identifier-naming)

namespace ringtick {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::array<std::uint16_t, 2> both{0, 1};

class Mailbox final : public Outbox {
public:
    explicit Mailbox(std::size_t players) : messages(players) {}
    void send(PlayerId player, std::span<const std::byte> message) override {
        messages[player.slot].emplace_back(message.begin(), message.end());
    }
    void close(PlayerId) override {}

    std::vector<std::vector<Bytes>> messages;
};

// A game and its clients, each `delay` ticks away in both directions.
template <class G>
class Table {
public:
    static constexpr Nanoseconds period = std::chrono::milliseconds(50);
    static constexpr std::size_t players = 2;

    explicit Table(std::size_t delay)
        : host_({.players_max = players, .tick_rate_hz = 20}), delay_(delay) {
        for (auto& client : clients_) client = std::make_unique<GameClient<G>>();
    }

    void join(std::uint16_t player) {
        host_.on_join({player});
        host_.on_token({player}, IssuedToken::recorded({.first = player + 1U, .second = 7}));
        clients_[player]->start(now_);
        Bytes hello(64);
        hello.resize(PlainClient<G>::write_hello(clients_[player]->resume_wish(), hello));
        up_.push_back({tick_ + delay_, player, hello});
        joined_[player] = true;
    }
    void leave(std::uint16_t player) {
        host_.on_leave({player});
        joined_[player] = false;
    }
    void want(std::uint16_t player, const typename G::Input& input) { wishes_[player] = input; }

    void step() {
        tick_ += 1;
        now_ += period;
        for (std::uint16_t player = 0; player < players; ++player) play(player);
        std::vector<Command> commands;
        for (const Post& post : up_) {
            if (post.due == tick_) commands.push_back({{post.player}, post.bytes});
        }
        host_.tick(tick_, commands, mailbox_);
        std::erase_if(up_, [&](const Post& post) { return post.due <= tick_; });
        for (std::uint16_t player = 0; player < players; ++player) collect(player);
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }

    const auto& view(std::uint16_t player) const { return clients_[player]->view(); }
    G& game() { return host_.game(); }
    const HostCounters counters() const { return host_.host_counters(); }
    std::size_t snapshot_bytes = 0;  // Of the last one.

private:
    struct Post {
        std::uint64_t due = 0;
        std::uint16_t player = 0;
        Bytes bytes;
    };

    void play(std::uint16_t player) {
        if (!joined_[player]) return;
        GameClient<G>& client = *clients_[player];
        for (const Post& post : down_) {
            if (post.player == player && post.due == tick_) {
                EXPECT_TRUE(client.on_message(post.bytes, now_));
            }
        }
        std::erase_if(down_,
                      [&](const Post& post) { return post.player == player && post.due <= tick_; });
        Bytes bytes(64);
        if (tick_ % 8 == 0) send(player, bytes, client.write_ping(now_, bytes));
        client.want(wishes_[player], now_);
        send(player, bytes, client.write_inputs(now_, bytes));
        client.advance(now_);
    }
    void send(std::uint16_t player, const Bytes& bytes, std::size_t size) {
        if (size == 0) return;
        up_.push_back({tick_ + delay_,
                       player,
                       {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}});
    }
    void collect(std::uint16_t player) {
        for (const Bytes& message : mailbox_.messages[player]) {
            down_.push_back({tick_ + delay_ + 1, player, message});
        }
        mailbox_.messages[player].clear();
        if (!joined_[player]) return;
        Bytes snapshot(4096);
        snapshot_bytes = host_.write_snapshot({player}, snapshot);
        snapshot.resize(snapshot_bytes);
        if (snapshot_bytes > 0) down_.push_back({tick_ + delay_ + 1, player, snapshot});
    }

    Host<G> host_;
    Mailbox mailbox_{players};
    std::array<std::unique_ptr<GameClient<G>>, players> clients_;
    std::array<typename G::Input, players> wishes_{};
    std::array<bool, players> joined_{};
    std::vector<Post> up_;
    std::vector<Post> down_;
    std::size_t delay_;
    std::uint64_t tick_ = 0;
    Nanoseconds now_ = std::chrono::seconds(1);
};

template <class Entity, class View>
const auto& shown(const View& view) {
    return view.moment.from->template of<Entity>();
}

TEST(Games, EverybodySeesTheCairnThatEverybodyBuilds) {
    Table<Cairn> table(1);
    table.join(0);
    table.join(1);
    table.want(0, {.adds = true});
    table.want(1, {.adds = true});
    table.steps(40);
    for (const std::uint16_t player : both) table.want(player, {.adds = false});
    table.steps(20);
    const std::uint32_t stones = table.game().piles[0].stones;
    EXPECT_GT(stones, 50U);
    for (const std::uint16_t player : both) {
        ASSERT_EQ(shown<Pile>(table.view(player)).size(), 1U);
        EXPECT_EQ(shown<Pile>(table.view(player))[0].entity.stones, stones);
    }
}

TEST(Games, ACanvasIsTheSameForWhoeverComesLater) {
    Table<Canvas> table(1);
    table.join(0);
    table.steps(10);
    for (std::uint8_t i = 0; i < 20; ++i) {
        table.want(0, {.paints = true, .x = i, .y = 3, .colour = 5});
        table.step();
    }
    table.want(0, {});
    table.steps(5);
    table.join(1);
    table.steps(20);
    const auto& painted = shown<Pixel>(table.view(1));
    EXPECT_GE(painted.size(), 18U);
    for (const auto& [id, pixel] : painted) {
        EXPECT_EQ(pixel.colour, table.game().pixels[id].colour);
        EXPECT_EQ(id / Pixel::across, 3U);
    }
    // When nobody paints, there is nothing to tell but that: a bit for each that is painted.
    EXPECT_LT(table.snapshot_bytes, 12U);
}

TEST(Games, AClientOfPongSeesItsOwnPaddleAheadAndRight) {
    Table<PongGame> table(3);
    table.join(0);
    table.join(1);
    table.steps(30);
    for (int turn = 0; turn < 40; ++turn) {
        for (const std::uint16_t player : both) {
            table.want(player, {.way = static_cast<std::int8_t>(turn % 3 - 1)});
        }
        table.steps(7);
    }
    for (const std::uint16_t player : both) {
        const auto& view = table.view(player);
        ASSERT_TRUE(view.own.has_value());
        EXPECT_EQ(view.numbers.prediction.corrections_unexplained, 0U);
        EXPECT_GE(view.numbers.prediction.inputs_waiting, 3U);  // So far is it ahead.
    }
    EXPECT_GT(table.game().paddles[0].score + table.game().paddles[1].score, 0);
    EXPECT_EQ(table.counters().messages_refused, 0U);
}

TEST(Games, WhatIsSaidInTheChatIsHeardByAllOfTheRoom) {
    Chat chat({.players_max = 3});
    Mailbox mailbox(3);
    for (std::uint16_t player = 0; player < 3; ++player) chat.on_join({player});
    const std::string long_text(241, 'x');
    const auto say = [](std::uint16_t player, std::string_view text) {
        return Command{{player}, as_bytes(text)};
    };
    const std::vector<Command> commands{say(1, "hello"), say(2, ""),  say(2, long_text),
                                        say(0, "a"),     say(0, "b"), say(0, "c"),
                                        say(0, "d"),     say(0, "e")};
    chat.tick(1, commands, mailbox);
    for (const auto& heard : mailbox.messages) {
        ASSERT_EQ(heard.size(), 5U);  // One of a length that is heard, and four of five.
        EXPECT_EQ(as_text(heard[0]), (std::string_view{"\x01\0hello", 7}));
        EXPECT_EQ(as_text(heard[4]), (std::string_view{"\0\0d", 3}));
    }
    chat.on_leave({1});
    chat.tick(2, {}, mailbox);
    EXPECT_EQ(mailbox.messages[1].size(), 5U);
    EXPECT_EQ(as_text(mailbox.messages[0].back()), (std::string_view{"\x01\0", 2}));
}

}  // namespace
}  // namespace ringtick
