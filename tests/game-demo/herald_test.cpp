#include "railroids/herald.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

// All events one player was told, oldest first.
std::vector<Event> events_of(const Match& match, std::uint16_t slot) {
    std::vector<Event> events;
    for (const Mailbox::Letter& letter : match.mailbox.letters) {
        if (letter.slot != slot || letter.bytes[0] != std::byte{5}) continue;
        ringtick::FieldReader reader(letter.bytes);
        MessageTag tag;
        describe_tag(reader, tag, MessageKind::event);
        while (reader.more()) {
            Event event;
            describe_event(reader, event);
            events.push_back(event);
        }
        EXPECT_TRUE(reader.finished());
    }
    return events;
}

std::vector<Event> joins_of(const Match& match, std::uint16_t slot) {
    std::vector<Event> events = events_of(match, slot);
    std::erase_if(events, [](const Event& event) { return event.type != EventType::join; });
    return events;
}

std::size_t count(const std::vector<Event>& events, EventType type) {
    return static_cast<std::size_t>(
        std::ranges::count_if(events, [&](const Event& event) { return event.type == type; }));
}

TEST(Herald, TellsANewcomerWhoIsHereAndAllWhoCame) {
    Match match({.players_max = 4});
    match.join(0, "Ann");
    match.step();
    match.join(1, "Ben");
    match.step();

    const auto ann = joins_of(match, 0);
    ASSERT_EQ(ann.size(), 2U);  // Herself and Ben.
    EXPECT_EQ(ann[1].id, 1);
    EXPECT_TRUE(ann[1].is_new);
    EXPECT_EQ(as_text(ann[1].name), "Ben");
    const auto ben = joins_of(match, 1);
    ASSERT_EQ(ben.size(), 2U);
    EXPECT_EQ(as_text(ben[0].name), "Ann");
    EXPECT_FALSE(ben[0].is_new);

    match.leave(1);
    match.step();
    EXPECT_EQ(count(events_of(match, 0), EventType::leave), 1U);
}

// As in a match that is looked at somewhere in its midst, where no second ends just then.
TEST(Herald, TellsANewcomerAtOnceHowThingsStand) {
    Match match({.players_max = 8, .bots = 30, .guests_max = 1});
    match.join(0, "Ann");
    match.step();
    match.ship(20).score = 70;
    match.step();
    match.join(1, "Ben");
    EXPECT_TRUE(match.game.on_guest({8}));
    match.game.on_guest_message({8}, hello_to_watch(ringtick::overview), match.mailbox);
    match.mailbox.letters.clear();
    match.step();
    for (const PlayerId newcomer : {PlayerId{1}, PlayerId{8}}) {
        const auto events = events_of(match, newcomer.slot);
        ASSERT_EQ(count(events, EventType::standings), 1U) << newcomer.slot;
        EXPECT_EQ(events[0].people, 2U);
        EXPECT_EQ(events[0].bots, 30U);
        ASSERT_EQ(events[0].leaders.size(), 1U);
        EXPECT_EQ(events[0].leaders[0].id, 20);
    }
    EXPECT_EQ(count(events_of(match, 0), EventType::standings), 0U);
}

TEST(Herald, SplitsManyNamesOverMessages) {
    Match match({.players_max = 201});
    for (std::uint16_t slot = 0; slot < 200; ++slot) {
        match.join(slot, "A name of twenty-four by");
    }
    match.steps(2);
    match.mailbox.letters.clear();
    match.join(200, "Last");
    match.steps(2);
    EXPECT_EQ(count(events_of(match, 200), EventType::join), 201U);
    for (const Mailbox::Letter& letter : match.mailbox.letters) {
        EXPECT_LE(letter.bytes.size(), 1000U);
    }
}

// Goal: a storm of joins, as after a restart, costs nobody the place in the queue of what must
// arrive.
TEST(Herald, SpreadsAStormOfJoinsOverTicks) {
    constexpr std::uint16_t people = 600;
    Match match({.players_max = people});
    for (std::uint16_t slot = 0; slot < people; ++slot) {
        match.join(slot, "A name of twenty-four by");
    }
    std::size_t joins = 0;
    for (int tick = 0; tick < 10; ++tick) {
        match.mailbox.letters.clear();
        match.step();
        std::size_t bytes = 0;
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            bytes += letter.slot == 7 ? letter.bytes.size() : 0;
        }
        EXPECT_LE(bytes, 10'000U);
        joins += count(events_of(match, 7), EventType::join);
    }
    EXPECT_EQ(joins, people + people - 1U);  // Who is here, and who came, itself included.
}

// Two people and a crowd of bots that kill each other all the time.
TEST(Herald, DoesNotTellEveryDeathAmongBots) {
    Match match({.seed = 2, .players_max = 2, .bots = 600, .players_expected = 2});
    match.join(0, "Ann");
    match.steps(900);
    const auto events = events_of(match, 0);
    EXPECT_GT(match.game.totals().kills, 100U);
    EXPECT_LE(count(events, EventType::kill), 30U * 5 + match.ship(0).kills + match.ship(0).deaths);
    EXPECT_LE(match.mailbox.letters.size(), 30U + 5 + match.ship(0).kills + match.ship(0).deaths);
}

TEST(Herald, TellsADeathAtOnceToThoseItConcernsAndLaterToOthers) {
    // Nothing is rewound, so that a ship can be put where it is hit.
    Match match({.players_max = 3, .rewind_ms = 0});
    match.join(0, "Ann");
    match.join(1, "Ben");
    match.join(2, "Cas");
    match.steps(5);
    const Lane lane = free_lane(match.game.world().terrain(), 300);
    match.ship(0).position = lane.west;
    match.ship(1).position = lane.east;
    match.ship(0).cooldown_ticks = 0;
    match.ship(1).energy = 1;
    match.mailbox.letters.clear();
    match.say(0, input(6, Input::fire, 0));
    match.step();
    EXPECT_EQ(count(events_of(match, 0), EventType::kill), 1U);
    EXPECT_EQ(count(events_of(match, 1), EventType::kill), 1U);
    EXPECT_EQ(count(events_of(match, 2), EventType::kill), 0U);
    match.steps(30);
    EXPECT_EQ(count(events_of(match, 0), EventType::kill), 1U);
    EXPECT_EQ(count(events_of(match, 2), EventType::kill), 1U);
}

TEST(Herald, RanksTheTenBest) {
    Match match({.players_max = 1, .bots = 30});
    match.join(0, "Ann");
    match.step();
    for (ShipId id = 1; id <= 30; ++id) match.ship(id).score = id * 1000U;
    match.ship(0).score = 25'500;
    match.steps(60);
    const auto events = events_of(match, 0);
    ASSERT_GT(count(events, EventType::standings), 0U);
    const Event& last = *std::find_if(events.rbegin(), events.rend(), [](const Event& event) {
        return event.type == EventType::standings;
    });
    EXPECT_EQ(last.people, 1);
    EXPECT_EQ(last.bots, 30);
    ASSERT_EQ(last.leaders.size(), 10U);
    EXPECT_EQ(last.leaders[0].id, 30);
    EXPECT_EQ(last.leaders[5].id, 0);
    for (std::size_t i = 1; i < 10; ++i) {
        EXPECT_GE(last.leaders[i - 1].score, last.leaders[i].score);
    }
}

}  // namespace
}  // namespace railroids
