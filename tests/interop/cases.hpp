#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// What every client of these tests sends to an echo server and expects back to the byte.

namespace interop {

struct Case {
    bool text = false;
    bool fragmented = false;
    std::size_t size = 0;

    std::string name() const {
        return std::string(text ? "text" : "binary") + "_of_" + std::to_string(size) + "_bytes" +
               (fragmented ? "_in_fragments" : "");
    }

    // Of two-byte characters as far as the size allows, or of bytes that repeat late.
    std::string payload() const {
        std::string bytes;
        bytes.reserve(size);
        while (text && bytes.size() + 2 <= size) bytes += "\u00FC";
        while (bytes.size() < size) {
            bytes += text ? 'x' : static_cast<char>(bytes.size() * bytes.size() / 7 % 251);
        }
        return bytes;
    }
};

// Each size on both sides of the limits of RFC 6455, section 5.2, up to the server's own.
inline std::vector<Case> all_cases(std::size_t size_max) {
    std::vector<Case> cases;
    for (const bool fragmented : {false, true}) {
        for (const bool text : {true, false}) {
            for (const std::size_t size : {std::size_t{1}, std::size_t{125}, std::size_t{126},
                                           std::size_t{65'535}, std::size_t{65'536}, size_max}) {
                cases.push_back({.text = text, .fragmented = fragmented, .size = size});
            }
        }
    }
    return cases;
}

// In GoogleTest's words, so that one tool counts all of the project's tests.
inline void report_begin(const Case& test) {
    std::printf("[ RUN      ] %s\n", test.name().c_str());
}
inline void report_passed(const Case& test) {
    std::printf("[       OK ] %s\n", test.name().c_str());
    std::fflush(stdout);
}
inline void report_failed(const Case& test, std::string_view why) {
    std::printf("%.*s\n[  FAILED  ] %s\n", static_cast<int>(why.size()), why.data(),
                test.name().c_str());
    std::fflush(stdout);
}

}  // namespace interop
