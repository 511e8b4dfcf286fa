#include "server/room_directory.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringtick {

namespace {

RoomName name_of(std::uint64_t number) {
    std::array<char, 20> digits{};
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto name = RoomName::from({digits.data(), end});
    ASSERT(name.has_value());
    return *name;
}

// The number that a room is called by; 0: it is called otherwise.
std::uint64_t number_of(const RoomName& name) {
    const std::string_view text = name.text();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && text.front() != '0' ? number : 0;
}

}  // namespace

RoomDirectory::RoomDirectory(const Limits& limits)
    : limits_(limits),
      entries_(limits.rooms_max),
      loads_(limits.shards),
      numbers_(limits.rooms_max + 2) {
    ASSERT(limits.shards > 0);
    ASSERT(limits.rooms <= limits.rooms_max);
    for (std::uint32_t room = 0; room < limits.rooms; ++room) {
        reserve(name_of(room + 1), room % limits.shards);
        entries_[room].setup.on_demand = false;
    }
}

std::optional<RoomSetup> RoomDirectory::permanent_room(std::uint32_t number,
                                                       std::uint32_t shard) const {
    const std::scoped_lock lock(mutex_);
    const Entry& entry = entries_[number - 1];
    if (!entry.is_used || entry.setup.on_demand || entry.shard != shard) return std::nullopt;
    return entry.setup;
}

std::optional<RoomDirectory::Way> RoomDirectory::find(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = entry_of(name);
    if (entry == nullptr) return std::nullopt;
    return Way{.setup = entry->setup, .shard = entry->shard};
}

std::optional<RoomDirectory::Way> RoomDirectory::find_or_reserve(std::string_view name) {
    const auto valid = RoomName::from(name);
    if (!valid) return std::nullopt;
    const std::scoped_lock lock(mutex_);
    if (const Entry* const entry = entry_of(name)) {
        return Way{.setup = entry->setup, .shard = entry->shard};
    }
    return reserve(*valid, least_loaded());
}

std::optional<RoomDirectory::Way> RoomDirectory::quick_match(bool reserve_place,
                                                             std::optional<std::uint32_t> shard) {
    const std::scoped_lock lock(mutex_);
    const Entry* fullest = nullptr;
    for (const Entry& entry : entries_) {
        if (!entry.is_used || entry.players >= entry.setup.players_max) continue;
        if (shard && entry.shard != *shard) continue;
        if (fullest == nullptr || entry.players > fullest->players) fullest = &entry;
    }
    if (fullest != nullptr) return Way{.setup = fullest->setup, .shard = fullest->shard};
    const RoomName name = unused_number();
    const std::uint32_t there = shard.value_or(least_loaded());
    if (reserve_place) return reserve(name, there);
    if (free_entry() == nullptr) return std::nullopt;
    return Way{.setup = {.name = name}, .shard = there};
}

void RoomDirectory::on_enter(std::uint32_t number) {
    const std::scoped_lock lock(mutex_);
    Entry& entry = entries_[number - 1];
    ASSERT(entry.is_used);
    entry.players += 1;
    entry.empty_s = 0;
}

void RoomDirectory::on_leave(std::uint32_t number) {
    const std::scoped_lock lock(mutex_);
    Entry& entry = entries_[number - 1];
    ASSERT(entry.is_used);
    ASSERT(entry.players > 0);
    entry.players -= 1;
}

const RoomDirectory::Entry* RoomDirectory::entry_of(std::string_view name) const {
    const auto found = std::ranges::find_if(entries_, [name](const Entry& entry) {
        return entry.is_used && entry.setup.name.text() == name;
    });
    return found == entries_.end() ? nullptr : &*found;
}

RoomDirectory::Entry* RoomDirectory::free_entry() {
    const auto found = std::ranges::find(entries_, false, &Entry::is_used);
    return found == entries_.end() ? nullptr : &*found;
}

std::optional<RoomDirectory::Way> RoomDirectory::reserve(const RoomName& name,
                                                         std::uint32_t shard) {
    Entry* const entry = free_entry();
    if (entry == nullptr) return std::nullopt;
    const RoomOptions::Choice choice = limits_.options.of(name.text());
    *entry = {.is_used = true,
              .setup = {.name = name,
                        .number = static_cast<std::uint32_t>(entry - entries_.data()) + 1,
                        .seed = choice.seed.value_or(limits_.seed + rooms_made_),
                        .players_max = std::min(choice.players_max.value_or(limits_.players_max),
                                                limits_.players_max),
                        .bots = choice.bots.value_or(limits_.bots),
                        .on_demand = true},
              .shard = shard};
    rooms_made_ += 1;
    return Way{.setup = entry->setup, .shard = shard};
}

// With the fewest players, then with the fewest rooms.
std::uint32_t RoomDirectory::least_loaded() const {
    std::ranges::fill(loads_, 0);
    for (const Entry& entry : entries_) {
        if (entry.is_used) loads_[entry.shard] += 1 + entry.players * rooms_max();
    }
    return static_cast<std::uint32_t>(std::ranges::min_element(loads_) - loads_.begin());
}

// The lowest number that no room is called by.
RoomName RoomDirectory::unused_number() const {
    numbers_.assign(numbers_.size(), false);
    for (const Entry& entry : entries_) {
        const std::uint64_t number = entry.is_used ? number_of(entry.setup.name) : 0;
        if (number < numbers_.size()) numbers_[number] = true;
    }
    std::uint64_t number = 1;
    while (numbers_[number]) number += 1;
    return name_of(number);
}

}  // namespace ringtick
