// Seats whose players are gone for a while, and who gets them then.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

using ringtick::IssuedToken;
using ringtick::Resumed;
using ringtick::ResumeKey;
using ringtick::ResumeToken;
using ringtick::ResumeWish;

constexpr int absence_ticks = 30 * default_tick_rate_hz;

class Absence : public testing::Test {
protected:
    Absence() : match({.seed = 3, .players_max = 4}) {}

    // What the newcomer is told. Its token is new, whatever it says.
    Welcome come(std::uint16_t slot, const ResumeWish& wish = {}) {
        match.game.on_join({slot});
        tokens += 1;
        match.game.on_token({slot}, IssuedToken::recorded({.first = tokens, .second = ~tokens}));
        match.say(slot, hello("Ann", wish));
        match.mailbox.letters.clear();
        match.step();
        Welcome welcome;
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            MessageTag tag;
            const bool found = letter.slot == slot && ringtick::read_tag(letter.bytes, tag) &&
                               tag.kind == MessageKind::welcome;
            if (found) {
                EXPECT_TRUE(decode(letter.bytes, welcome));
                return welcome;
            }
        }
        ADD_FAILURE() << "no welcome";
        return welcome;
    }
    static ResumeKey key_of(const Welcome& welcome) {
        return {.id = welcome.id, .token = welcome.resume.token};
    }
    void go(std::uint16_t slot) { match.game.on_leave({slot}); }
    // The tick of the snapshot that this slot is written.
    std::uint32_t show(std::uint16_t slot) {
        match.step();
        EXPECT_FALSE(match.snapshot(slot).empty());
        return static_cast<std::uint32_t>(match.tick);
    }
    // Of the next snapshot for this slot.
    bool is_keyframe(std::uint16_t slot) {
        const Bytes bytes = match.snapshot(slot);
        MessageTag tag;
        EXPECT_TRUE(ringtick::read_tag(bytes, tag));
        return (tag.flags & ringtick::SnapshotHeader::keyframe) != 0;
    }
    static ringtick::Held nobody_in_sight() {
        ringtick::Held held;
        hold(Snapshot{}, held);
        return held;
    }
    std::size_t count_events(std::uint16_t slot, EventType type) const {
        std::size_t found = 0;
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            MessageTag tag;
            ringtick::FieldReader reader(letter.bytes);
            if (letter.slot != slot || !ringtick::read_tag(letter.bytes, tag)) continue;
            if (tag.kind != MessageKind::event) continue;
            describe_tag(reader, tag, MessageKind::event);
            while (reader.more()) {
                Event event;
                describe_event(reader, event);
                found += event.type == type ? 1 : 0;
            }
        }
        return found;
    }

    Match match;
    std::uint64_t tokens = 0;
};

TEST_F(Absence, WhoHasTheTokenComesBackToItsShipWithinHalfAMinute) {
    const Welcome first = come(0);
    EXPECT_EQ(first.resume.resumed, Resumed::fresh);
    EXPECT_FALSE(first.resume.token.none());
    match.ship(first.id).kills = 77;
    go(0);
    match.steps(absence_ticks - 2);
    EXPECT_TRUE(match.ship(first.id).present()) << "the ship stays";
    const Welcome again = come(2, {.key = key_of(first)});
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.resume.resumed, Resumed::anew);
    EXPECT_TRUE(again.resume.token.none()) << "its digest is all that is known of it";
    EXPECT_EQ(come(3, {.key = key_of(first)}).id, first.id) << "the connection may break again";
    EXPECT_EQ(match.ship(again.id).kills, 77U);
    EXPECT_EQ(match.game.totals().resumed, 2U);
}

TEST_F(Absence, NobodyWaitsLonger) {
    const Welcome ann = come(0);
    come(1);
    go(0);
    match.mailbox.letters.clear();
    match.steps(absence_ticks - 1);
    EXPECT_EQ(count_events(1, EventType::leave), 0U);
    EXPECT_TRUE(match.ship(ann.id).present());
    match.step();
    EXPECT_EQ(count_events(1, EventType::leave), 1U);
    EXPECT_FALSE(match.ship(ann.id).present());
    EXPECT_EQ(come(0, {.key = key_of(ann)}).resume.resumed, Resumed::fresh);
}

TEST_F(Absence, NoOtherTokenIsWorthAShip) {
    const Welcome ann = come(0);
    const Welcome bob = come(1);
    go(0);
    ResumeKey key = key_of(ann);
    key.token.second ^= 1;
    EXPECT_EQ(come(2, {.key = key}).resume.resumed, Resumed::fresh);
    go(2);
    key = {.id = ann.id, .token = bob.resume.token};
    EXPECT_EQ(come(2, {.key = key}).resume.resumed, Resumed::fresh);
    go(2);
    EXPECT_EQ(come(2, {.key = {.id = ann.id}}).resume.resumed, Resumed::fresh);
    go(2);
    key = {.id = 60'000, .token = ann.resume.token};
    EXPECT_NE(come(2, {.key = key}).id, ann.id);
}

TEST_F(Absence, TheHandsAreOffTheControls) {
    const Welcome ann = come(0);
    match.say(0, input(static_cast<std::uint32_t>(match.tick) + 1, Input::thrust));
    match.step();
    EXPECT_TRUE(match.ship(ann.id).thrusting);
    go(0);
    match.steps(default_tick_rate_hz / 4);
    EXPECT_TRUE(match.ship(ann.id).thrusting) << "as of any player who is late";
    match.step();
    EXPECT_FALSE(match.ship(ann.id).thrusting);
}

TEST_F(Absence, AHalfDeadConnectionIsClosedAndItsSeatGoesOn) {
    const Welcome ann = come(0);
    const Welcome again = come(3, {.key = key_of(ann), .knows_world = true});
    EXPECT_EQ(again.id, ann.id);
    EXPECT_EQ(match.mailbox.closed, (std::vector<std::uint16_t>{0}));
    EXPECT_TRUE(match.snapshot(0).empty());
    EXPECT_FALSE(match.snapshot(3).empty());
    const std::uint64_t refused = match.game.totals().messages_refused;
    match.say(0, input(static_cast<std::uint32_t>(match.tick) + 1, Input::thrust));
    match.step();
    EXPECT_EQ(match.game.totals().messages_refused, refused + 1) << "it speaks for nobody";
    go(0);
    match.steps(absence_ticks + 1);
    EXPECT_TRUE(match.ship(ann.id).present()) << "its end is nobody's";
}

TEST_F(Absence, ANewcomerTakesTheSeatOfWhoIsAwayLongestIfThereIsNoOther) {
    const Welcome ann = come(0);
    const Welcome bob = come(1);
    come(2);
    come(3);
    go(1);
    match.step();
    go(0);
    match.mailbox.letters.clear();
    const Welcome newcomer = come(0);
    EXPECT_EQ(newcomer.id, bob.id);
    EXPECT_EQ(newcomer.resume.resumed, Resumed::fresh);
    EXPECT_EQ(count_events(2, EventType::leave), 1U);
    EXPECT_EQ(come(1, {.key = key_of(bob)}).id, ann.id) << "its own is another's, Ann's is free";
}

TEST_F(Absence, WhoSaysGoodbyeIsGoneAtOnce) {
    const Welcome ann = come(0);
    come(1);
    match.leave(0);
    match.mailbox.letters.clear();
    match.step();
    EXPECT_EQ(match.mailbox.closed, (std::vector<std::uint16_t>{0}));
    EXPECT_EQ(count_events(1, EventType::leave), 1U);
    EXPECT_FALSE(match.ship(ann.id).present());
    go(0);
    EXPECT_EQ(come(0, {.key = key_of(ann)}).resume.resumed, Resumed::fresh);
}

TEST_F(Absence, ADeltaNeedsToKnowFromWhatItGoesOn) {
    const Welcome ann = come(0);
    show(0);
    const std::uint32_t shown = show(0);
    for (int lost = 0; lost < 20; ++lost) show(0);
    ResumeWish wish{.key = key_of(ann), .knows_world = true};
    struct Case {
        std::uint32_t tick;
        bool says_what_it_holds;
        Resumed resumed;
    };
    for (const Case& each :
         {Case{shown, true, Resumed::delta}, Case{shown, false, Resumed::keyframe},
          Case{0, true, Resumed::keyframe}, Case{0xFFFF'FFFF, true, Resumed::keyframe}}) {
        go(0);
        wish.tick = each.tick;
        wish.held = each.says_what_it_holds ? nobody_in_sight() : ringtick::Held{};
        const Welcome again = come(0, wish);
        EXPECT_EQ(again.resume.resumed, each.resumed) << each.tick;
        EXPECT_EQ(is_keyframe(0), each.resumed == Resumed::keyframe) << each.tick;
        wish.events = again.resume.events;
    }
}

TEST_F(Absence, AfterTwoSecondsThereIsAKeyframe) {
    const Welcome ann = come(0);
    for (const int away : {2 * default_tick_rate_hz - 1, 2 * default_tick_rate_hz}) {
        const std::uint32_t last = show(0);
        go(0);
        match.steps(away);
        const Welcome again = come(0, {.key = key_of(ann),
                                       .knows_world = true,
                                       .tick = last,
                                       .events = 0,
                                       .held = nobody_in_sight()});
        const bool recent = away < 2 * default_tick_rate_hz;
        EXPECT_EQ(again.resume.resumed, recent ? Resumed::delta : Resumed::keyframe);
        EXPECT_EQ(is_keyframe(0), !recent);
    }
}

TEST_F(Absence, WhatAPlayerMissedIsToldBehindTheWelcome) {
    const Welcome ann = come(0);
    std::size_t told = match.mailbox.count(0, MessageKind::event);
    come(1);
    told += match.mailbox.count(0, MessageKind::event);
    const auto had = static_cast<std::uint32_t>(told);
    go(0);
    go(1);
    match.steps(absence_ticks / 2);
    come(1);
    const Welcome again =
        come(0, {.key = key_of(ann), .knows_world = true, .tick = 1, .events = had});
    EXPECT_EQ(again.resume.events, had);
    EXPECT_EQ(count_events(0, EventType::join), 1U) << "who came meanwhile, and nobody twice";
}

// The tokens are inputs of the match, so a state says which there are.
TEST_F(Absence, TwoMatchesThatDifferInATokenDiffer) {
    Match other({.seed = 3, .players_max = 4});
    for (Match* const each : {&match, &other}) {
        each->game.on_join({0});
        const std::uint64_t second = each == &match ? 1U : 2U;
        each->game.on_token({0}, IssuedToken::recorded({.first = 1, .second = second}));
        each->step();
    }
    EXPECT_NE(match.game.state_hash(), other.game.state_hash());
}

}  // namespace
}  // namespace railroids
