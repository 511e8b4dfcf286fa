#include "railroids/names.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace railroids {
namespace {

std::string cleaned(std::string_view wanted) {
    const Name name = clean_name(wanted, 6);
    return std::string(as_text(name));
}

TEST(Names, KeepsWellFormedTextAsItIs) {
    EXPECT_EQ(cleaned("Zo\xC3\xAB \xF0\x9F\x9A\x80"), "Zo\xC3\xAB \xF0\x9F\x9A\x80");
}

TEST(Names, StripsControlsAndTheSpacesAround) {
    EXPECT_EQ(cleaned("  a\x01\x7F\n b \t "), "a b");
    EXPECT_EQ(cleaned("a\xC2\x85"
                      "b"),
              "ab");  // A C1 control.
    EXPECT_EQ(cleaned("a\xE2\x80\xAE"
                      "b"),
              "ab");  // Right-to-left override.
}

TEST(Names, CutsBetweenCharactersAtTwentyFourBytes) {
    EXPECT_EQ(cleaned(std::string(23, 'x') + "\xC3\xAB"), std::string(23, 'x'));
    EXPECT_EQ(cleaned(std::string(22, 'x') + "\xC3\xAB"), std::string(22, 'x') + "\xC3\xAB");
}

TEST(Names, GivesADefaultForNothingAndForWhatIsNotUtf8) {
    for (const std::string_view bad : {"", "   ", "\x01", "ok\xFF", "\xC0\xAF", "\xED\xA0\x80",
                                       "\xF4\x90\x80\x80", "a\xE2\x80"}) {
        EXPECT_EQ(cleaned(bad), "Pilot 7");
    }
}

TEST(Names, NamesBotsBySeedAndDifferently) {
    std::set<std::string> names;
    for (ShipId id = 1000; id < 1500; ++id) {
        const Name name = bot_name(1, id);
        EXPECT_EQ(as_text(name), as_text(bot_name(1, id)));
        EXPECT_LE(name.size(), Name::capacity);
        names.insert(std::string(as_text(name)));
    }
    EXPECT_EQ(names.size(), 500U);
}

}  // namespace
}  // namespace railroids
