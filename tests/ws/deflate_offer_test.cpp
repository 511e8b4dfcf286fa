#include "ws/deflate_offer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {
namespace {

// What is answered, without what every answer begins with; "declined" if nothing is.
std::string answer_to(std::string_view field_value) {
    const auto agreement = accept_deflate_offer(field_value);
    if (!agreement) return "declined";
    std::array<char, deflate_response_size_max> out{};
    const std::string answer(write_deflate_response(out, *agreement));
    constexpr std::string_view always =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    EXPECT_TRUE(answer.starts_with(always)) << answer;
    return answer.substr(always.size());
}

std::string answer_to_parameters(const std::string& parameters) {
    return answer_to("permessage-deflate; " + parameters);
}

struct Row {
    const char* parameters;
    const char* answer;
};

// RFC 7692, section 7.1, parameter by parameter.
TEST(DeflateOffer, IsAnsweredParameterByParameter) {
    constexpr const char* window_15 = "; server_max_window_bits=15";
    constexpr const char* declined = "declined";
    const std::vector<Row> rows{
        {"server_no_context_takeover", ""},
        {"client_no_context_takeover", ""},
        {"client_no_context_takeover; server_no_context_takeover", ""},
        {"server_no_context_takeover=true", declined},
        {"server_no_context_takeover=", declined},
        {"client_no_context_takeover=1", declined},
        {"client_no_context_takeover; client_no_context_takeover", declined},

        {"client_max_window_bits", ""},
        {"client_max_window_bits=8", ""},
        {"client_max_window_bits=15", ""},
        {"client_max_window_bits=\"10\"", ""},
        {"client_max_window_bits=", declined},
        {"client_max_window_bits=7", declined},
        {"client_max_window_bits=16", declined},
        {"client_max_window_bits; client_max_window_bits=9", declined},

        {"server_max_window_bits=9", "; server_max_window_bits=9"},
        {"server_max_window_bits=10", "; server_max_window_bits=10"},
        {"server_max_window_bits=15", window_15},
        {"server_max_window_bits=\"15\"", window_15},
        {"server_max_window_bits=\"1\\5\"", window_15},
        {"server_max_window_bits = 15", window_15},
        {"server_max_window_bits", declined},
        {"server_max_window_bits=", declined},
        {"server_max_window_bits=\"\"", declined},
        {"server_max_window_bits=0", declined},
        {"server_max_window_bits=7", declined},
        {"server_max_window_bits=8", declined},
        {"server_max_window_bits=16", declined},
        {"server_max_window_bits=09", declined},
        {"server_max_window_bits=015", declined},
        {"server_max_window_bits=+9", declined},
        {"server_max_window_bits=-9", declined},
        {"server_max_window_bits=1e1", declined},
        {"server_max_window_bits=15 15", declined},
        {"server_max_window_bits=99999999999", declined},
        {"server_max_window_bits=18446744073709551625", declined},
        {"server_max_window_bits='15'", declined},
        {"server_max_window_bits=\"15", declined},
        {"server_max_window_bits=\"15\\\"", declined},
        {"server_max_window_bits=15=15", declined},
        {"server_max_window_bits=10; server_max_window_bits=10", declined},

        {"x_unknown", declined},
        {"server_max_window_bits=10; mux=1", declined},
        {"Server_Max_Window_Bits=10", declined},
        {"", declined},
        {";", declined},
        {"client_max_window_bits;", declined},
        {"=15", declined},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(answer_to_parameters(row.parameters), row.answer) << row.parameters;
    }
}

TEST(DeflateOffer, IsTakenAtItsPlainest) {
    EXPECT_EQ(answer_to("permessage-deflate"), "");
    EXPECT_EQ(answer_to(" \tpermessage-deflate\t "), "");
    EXPECT_EQ(answer_to("permessage-deflate;client_max_window_bits"), "");
    EXPECT_EQ(answer_to("permessage-deflate \t;\t client_max_window_bits\t"), "");
}

TEST(DeflateOffer, IsTheFirstThatCanBeKept) {
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate"), "");
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=11, permessage-deflate"),
              "; server_max_window_bits=11");
    EXPECT_EQ(answer_to("x-mux; limit=3, permessage-bzip2,, permessage-deflate"), "");
    EXPECT_EQ(answer_to("x-quoted; a=\"permessage-deflate, ;\\\"\", permessage-deflate; "
                        "server_max_window_bits=12"),
              "; server_max_window_bits=12");
}

TEST(DeflateOffer, MayBeAbsentOrNonsense) {
    for (const char* value :
         {"", " ", ",", ",,,", ";", "=", "\"", "\\", "permessage-deflat", "permessage-deflate2",
          "x-webkit-deflate-frame", "\"permessage-deflate\"", "permessage-deflate=1",
          "permessage-deflate client_max_window_bits", "x; a=\"unfinished, permessage-deflate",
          "x; a=\"unfinished\\"}) {
        EXPECT_EQ(answer_to(value), "declined") << value;
    }
}

// As long as a head may be, and longer.
TEST(DeflateOffer, IsFoundBehindTenThousandOthers) {
    std::string value;
    for (int i = 0; i < 10'000; ++i) value += "permessage-deflate; x=" + std::to_string(i) + ",";
    EXPECT_EQ(answer_to(value), "declined");
    EXPECT_EQ(answer_to(value + "permessage-deflate"), "");
    std::string parameters;
    for (int i = 0; i < 10'000; ++i) parameters += ";client_max_window_bits";
    EXPECT_EQ(answer_to("permessage-deflate" + parameters), "declined");
}

}  // namespace
}  // namespace ringtick
