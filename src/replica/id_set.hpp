#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick {

// A set of ids up to a bound, read in ascending order: filled in any order, sorted for nothing. A
// bit for each id, so that what two sets have in common is found 64 ids at a time; and for each
// word of these a bit that says whether there may be anything in it, so that a few ids out of many
// cost no more than a few.
class IdSet {
public:
    static constexpr std::size_t ids_in_word = 64;

    explicit IdSet(std::size_t ids_max)
        : words_((ids_max + ids_in_word - 1) / ids_in_word),
          used_((words_.size() + ids_in_word - 1) / ids_in_word) {}

    void clear() {
        std::ranges::fill(words_, 0);
        std::ranges::fill(used_, 0);
    }
    void insert(std::uint16_t id) { insert_if(true, id); }
    // Without a branch, for what nobody could foretell.
    void insert_if(bool wanted, std::uint16_t id) {
        const std::size_t index = id / ids_in_word;
        words_[index] |= std::uint64_t{wanted} << (id % ids_in_word);
        used_[index / ids_in_word] |= std::uint64_t{wanted} << (index % ids_in_word);
    }
    bool contains(std::uint16_t id) const { return (words_[id / ids_in_word] & bit_of(id)) != 0; }
    std::size_t count() const {
        std::size_t count = 0;
        for_each_word([&](std::size_t index) { count += count_of(words_[index]); });
        return count;
    }
    template <class Visit>
    void for_each(Visit visit) const {
        for_each_word([&](std::size_t index) { for_each_in(words_[index], index, visit); });
    }

    // Ids 64 * index to 64 * index + 63, the lowest in the lowest bit.
    std::uint64_t word(std::size_t index) const { return words_[index]; }
    // All of those ids, if there is one.
    void add(std::size_t index, std::uint64_t word) {
        words_[index] |= word;
        used_[index / ids_in_word] |= std::uint64_t{word != 0} << (index % ids_in_word);
    }
    // Those that are in another one with the same bound, too.
    void keep(const IdSet& other) {
        for_each_word([&](std::size_t index) { words_[index] &= other.words_[index]; });
    }
    // Those of another one with the same bound.
    void add(const IdSet& other) {
        other.for_each_word([&](std::size_t index) { add(index, other.words_[index]); });
    }

    // Each index, ascending, at which there may be ids in one of these sets, all of one bound.
    template <class Visit, class... Others>
    void for_each_word(Visit visit, const Others&... others) const {
        for (std::size_t i = 0; i < used_.size(); ++i) {
            for_each_bit((used_[i] | ... | others.used_[i]),
                         [&](std::size_t bit) { visit(i * ids_in_word + bit); });
        }
    }
    // The ids of one word, which need not be of any set.
    template <class Visit>
    static void for_each_in(std::uint64_t word, std::size_t index, Visit&& visit) {
        for_each_bit(word, [&](std::size_t bit) {
            visit(static_cast<std::uint16_t>(index * ids_in_word + bit));
        });
    }
    static std::uint64_t bit_of(std::uint16_t id) { return std::uint64_t{1} << (id % ids_in_word); }
    static std::size_t count_of(std::uint64_t word) {
        return static_cast<std::size_t>(std::popcount(word));
    }

private:
    template <class Visit>
    static void for_each_bit(std::uint64_t word, Visit&& visit) {
        for (; word != 0; word &= word - 1) visit(static_cast<std::size_t>(std::countr_zero(word)));
    }

    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> used_;
};

}  // namespace ringtick
