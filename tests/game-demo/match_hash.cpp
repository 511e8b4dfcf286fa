// Prints the states that ten matches end in. Built by two compilers: see determinism_test.py.
#include "match_hash.hpp"

#include <cinttypes>
#include <cstdint>
#include <cstdio>

int main() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::printf("%" PRIu64 " %016" PRIx64 "\n", seed, railroids::hash_of_match(seed));
    }
    return 0;
}
