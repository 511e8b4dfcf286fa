#include "railroids/names.hpp"

#include "base/rng.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

namespace railroids {

namespace {

constexpr std::array<std::string_view, 24> first_words{
    "Amber", "Brass", "Cobalt", "Dusty", "Ember",  "Frost", "Gentle", "Hollow",
    "Iron",  "Jolly", "Keen",   "Lucky", "Mellow", "Noble", "Ochre",  "Pale",
    "Quick", "Rusty", "Silver", "Tidal", "Umber",  "Vivid", "Wild",   "Zinc"};
constexpr std::array<std::string_view, 24> second_words{
    "Badger",  "Comet", "Drifter", "Falcon", "Gull",   "Heron", "Ibis",   "Jackal",
    "Kestrel", "Lynx",  "Magpie",  "Newt",   "Otter",  "Piper", "Quasar", "Raven",
    "Shrike",  "Tern",  "Urchin",  "Viper",  "Walrus", "Wisp",  "Yak",    "Zephyr"};

void append(Name& name, std::string_view text) {
    for (const char letter : text) {
        if (!name.full()) name.push(letter);
    }
}

void append_number(Name& name, std::uint32_t number) {
    std::array<char, 10> digits{};
    std::size_t begin = digits.size();
    do {
        digits[--begin] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number > 0);
    append(name, {digits.data() + begin, digits.size() - begin});
}

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 0;  // 0: not UTF-8.
};

// The first character of a text that is not empty; RFC 3629, section 4.
Character first_character(std::span<const char> text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {.code = lead, .size = 1};

    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t code = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x1'0000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least[size] || code > 0x10'FFFF || surrogate) return {};
    return {.code = code, .size = size};
}

// Controls, and what would break or reorder the line that a name is shown in: line and paragraph
// separators, and the bidirectional marks.
bool is_unfit(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF;
}

}  // namespace

Name clean_name(std::span<const char> wanted, ShipId id) {
    Name name;
    while (!wanted.empty()) {
        const Character character = first_character(wanted);
        if (character.size == 0) {
            name.clear();
            break;
        }
        const bool leading_space = character.code == ' ' && name.empty();
        if (!is_unfit(character.code) && !leading_space) {
            if (name.size() + character.size > Name::capacity) break;
            append(name, {wanted.data(), character.size});
        }
        wanted = wanted.subspan(character.size);
    }
    while (!name.empty() && name[name.size() - 1] == ' ') name.resize(name.size() - 1);

    if (name.empty()) {
        append(name, "Pilot ");
        append_number(name, id + 1U);
    }
    return name;
}

Name bot_name(std::uint64_t seed, ShipId id) {
    // Steps of a number that shares no factor with theirs: every pair of words comes once before
    // one comes twice.
    constexpr std::size_t pairs = first_words.size() * second_words.size();
    constexpr std::size_t stride = 311;
    static_assert(std::gcd(pairs, stride) == 1);
    const std::size_t pair = (ringtick::Rng::mix(seed) % pairs + id * stride) % pairs;
    Name name;
    append(name, first_words[pair % first_words.size()]);
    append(name, " ");
    append(name, second_words[pair / first_words.size()]);
    return name;
}

}  // namespace railroids
