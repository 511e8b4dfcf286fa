// Who looks at a recorded match was not there then: it sees and hears what a spectator would, and
// the match is none the other for it.
#include "railroids/client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "match.hpp"

namespace railroids {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t people = 6;
constexpr std::uint16_t bots = 40;

RailroidsOptions options(std::uint16_t guests) {
    return {.seed = 5, .players_max = people, .bots = bots, .guests_max = guests};
}

// A guest's page, without delay.
class Guest {
public:
    Guest(Match& match, std::uint16_t slot, std::uint16_t watch) : match_(match), slot_(slot) {
        EXPECT_TRUE(match.game.on_guest({slot}));
        client_->start(now_);
        Bytes hello(64);
        hello.resize(ClientSide::write_hello(std::string_view("Gus"), {}, watch, hello));
        match.game.on_guest_message({slot}, hello, match.mailbox);
    }
    // All that it was sent since, and a snapshot.
    void look() {
        now_ += milliseconds(33);
        for (const Mailbox::Letter& letter : match_.mailbox.letters) {
            if (letter.slot != slot_) continue;
            EXPECT_TRUE(client_->on_message(letter.bytes, now_));
        }
        if (match_.game.snapshot_key({slot_}) != ringtick::SnapshotKey::held_back) {
            EXPECT_TRUE(client_->on_message(match_.snapshot(slot_), now_));
        }
        client_->advance(now_);
    }
    void ping() {
        Bytes bytes(64);
        bytes.resize(client_->write_ping(now_, bytes));
        match_.game.on_guest_message({slot_}, bytes, match_.mailbox);
    }
    const View& view() const { return client_->view(); }
    std::string_view name_of(ShipId id) const { return client_->game().name_of(id); }

private:
    Match& match_;
    std::uint16_t slot_;
    std::unique_ptr<RailroidsClient> client_ = std::make_unique<RailroidsClient>();
    ringtick::Nanoseconds now_ = std::chrono::seconds(5);
};

// What was recorded, a tick of it.
void play(Match& match) {
    if (match.tick == 2) match.join(0, "Ann");
    if (match.tick == 4) match.join(1, "Bob");
    if (match.tick == 30) {
        match.game.on_join({2});
        match.say(2, hello_to_watch(people + 1));
    }
    if (match.tick == 60) match.game.on_leave({1});
    if (match.tick > 3) match.say(0, input(static_cast<std::uint32_t>(match.tick), Input::thrust));
    match.step();
}

TEST(Guests, ChangeNothingOfTheMatch) {
    Match shown(options(3));
    Match alone(options(0));
    std::vector<std::unique_ptr<Guest>> guests;
    for (int tick = 0; tick < 300; ++tick) {
        shown.mailbox.letters.clear();
        play(shown);
        play(alone);
        if (tick == 10) guests.push_back(std::make_unique<Guest>(shown, people, 0));
        if (tick == 20) {
            guests.push_back(std::make_unique<Guest>(shown, people + 1, ringtick::overview));
        }
        if (tick == 25) guests.push_back(std::make_unique<Guest>(shown, people + 2, people + 3));
        for (const auto& guest : guests) guest->look();
        ASSERT_EQ(shown.game.state_hash(), alone.game.state_hash()) << tick;
        if (tick == 200) {
            guests.erase(guests.begin());
            shown.game.on_guest_leave({people});
        }
    }
    EXPECT_EQ(shown.game.totals().spectators, 1U);
    EXPECT_EQ(shown.game.totals().spectator_snapshots, 0U) << "the recorded one is shown nothing";
}

TEST(Guests, SeeWhatTheyLookAtAndHearWhoIsHere) {
    Match match(options(3));
    for (int tick = 0; tick < 30; ++tick) play(match);
    match.mailbox.letters.clear();
    Guest of_ann(match, people, 0);
    Guest of_all(match, people + 1, ringtick::to_play);
    Guest of_bot(match, people + 2, people + 3);
    for (int tick = 0; tick < 40; ++tick) {
        for (Guest* guest : {&of_ann, &of_all, &of_bot}) guest->look();
        match.mailbox.letters.clear();
        play(match);
    }
    EXPECT_EQ(of_ann.view().own_id, 0);
    EXPECT_EQ(of_bot.view().own_id, people + 3);
    EXPECT_EQ(of_all.view().own_id, ringtick::overview);
    EXPECT_EQ(of_all.name_of(ringtick::overview), "");
    EXPECT_EQ(of_all.name_of(0), "Ann");
    EXPECT_EQ(of_bot.name_of(0), "Ann");
    const Ship& ann = match.ship(0);
    const float ann_x = static_cast<float>(ann.position.x.raw()) / Fixed::one;
    EXPECT_NEAR(of_ann.view().own_x, ann_x, 12 * 4);
    const FixedVector beacon = match.game.world().beacon().position;
    EXPECT_NEAR(of_all.view().own_x, static_cast<float>(beacon.x.floor()), 2);
    EXPECT_EQ(of_ann.view().inputs_waiting, 0) << "nothing is predicted";
}

TEST(Guests, AreAnsweredTheirPingsAndNothingElse) {
    Match match(options(1));
    for (int tick = 0; tick < 30; ++tick) play(match);
    Guest guest(match, people, 0);
    guest.look();
    match.mailbox.letters.clear();
    guest.ping();
    EXPECT_EQ(match.mailbox.count(people, MessageKind::pong), 1U);
    const std::uint64_t before = match.game.state_hash();
    const auto stamp = static_cast<std::uint32_t>(match.tick + 1);
    match.game.on_guest_message({people}, input(stamp, Input::fire), match.mailbox);
    match.game.on_guest_message({people}, Bytes(3), match.mailbox);
    match.game.on_guest_message({people}, {}, match.mailbox);
    match.game.on_guest_message(
        {people}, encoded(ringtick::Bye{.reason = ringtick::ByeReason::leave}), match.mailbox);
    EXPECT_EQ(match.game.state_hash(), before);
    EXPECT_TRUE(match.mailbox.closed.empty());
}

TEST(Guests, AreToldToLoadThePageAgainIfItIsAnotherBuilds) {
    Match match(options(1));
    match.step();
    ASSERT_TRUE(match.game.on_guest({people}));
    Hello message;
    message.schema = schema_hash() + 1;
    match.game.on_guest_message({people}, encoded(message), match.mailbox);
    EXPECT_EQ(match.mailbox.count(people, MessageKind::bye), 1U);
    ASSERT_EQ(match.mailbox.closed.size(), 1U);
    EXPECT_EQ(match.mailbox.closed[0], people);
}

}  // namespace
}  // namespace railroids
