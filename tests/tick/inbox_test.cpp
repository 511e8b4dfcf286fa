#include "tick/inbox.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringtick {
namespace {

std::string content(Inbox& inbox) {
    std::string all;
    for (const Command& command : inbox.commands()) {
        all += std::to_string(command.player.slot) + ":";
        all += std::string(as_text(command.bytes)) + " ";
    }
    return all;
}

TEST(Inbox, KeepsMessagesInTheOrderTheyCame) {
    Inbox inbox(8, 64);
    EXPECT_TRUE(inbox.push({3}, as_bytes("left")));
    EXPECT_TRUE(inbox.push({1}, as_bytes("")));
    EXPECT_TRUE(inbox.push({3}, as_bytes("right")));
    EXPECT_EQ(content(inbox), "3:left 1: 3:right ");
}

TEST(Inbox, RefusesTheMessageThatIsOneTooMany) {
    Inbox inbox(1, 64);
    EXPECT_TRUE(inbox.push({0}, as_bytes("a")));
    EXPECT_FALSE(inbox.push({1}, as_bytes("b")));
    EXPECT_EQ(content(inbox), "0:a ");
}

TEST(Inbox, RefusesTheByteThatIsOneTooManyAndKeepsNoneOfIt) {
    Inbox inbox(8, 4);
    EXPECT_TRUE(inbox.push({0}, as_bytes("abc")));
    EXPECT_FALSE(inbox.push({1}, as_bytes("de")));
    EXPECT_TRUE(inbox.push({2}, as_bytes("f")));
    EXPECT_EQ(content(inbox), "0:abc 2:f ");
}

TEST(Inbox, IsWholeAgainAfterClear) {
    Inbox inbox(1, 4);
    EXPECT_TRUE(inbox.push({0}, as_bytes("abcd")));
    inbox.clear();
    EXPECT_EQ(content(inbox), "");
    EXPECT_TRUE(inbox.push({0}, as_bytes("efgh")));
    EXPECT_EQ(content(inbox), "0:efgh ");
}

}  // namespace
}  // namespace ringtick
