#pragma once

#include "base/assert.hpp"
#include "replica/change.hpp"
#include "replica/id_set.hpp"
#include "replica/state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

// The server's models of all entities of one type (see change.hpp), and how each tick corrected
// them, for as many ticks as a slow viewer may lag. One model serves all viewers, for all of them
// were told the same: a correction is encoded once, whoever sees it. A viewer who skipped ticks
// gets their corrections one after the other. Memory at construction: `remembered` corrections of
// 16 bytes for each entity.
template <class Entity>
class Models {
public:
    static_assert(is_declared<Entity>());

    static constexpr std::uint32_t remembered = 8;  // Ticks.

    Models(std::size_t capacity, Extent extent)
        : extent_(extent),
          capacity_(capacity),
          entries_(std::make_unique<Entry[]>(capacity)),
          corrections_(std::make_unique<Correction[]>(capacity * remembered)),
          wholes_(std::make_unique<Whole[]>(capacity)),
          all_shown_(capacity),
          news_(remembered, News(capacity)),
          older_news_(capacity) {}

    std::size_t capacity() const { return capacity_; }

    // After the world's tick. Entity i is `entities[i]`; step(model, tick) is the rule that both
    // sides know. A tick that is not the next (some were forgiven) is as if in those between
    // nothing had been said.
    template <class Step>
    void advance(std::uint32_t tick, std::span<const Entity> entities, Step step) {
        ASSERT(entities.size() <= capacity_);
        ASSERT(tick > tick_ || tick_ == 0);
        const bool leap = tick - tick_ > remembered;  // Nobody can be told what was between.
        if (leap) {
            for (News& news : news_) news.clear();
        }
        while (!leap && tick_ + 1 < tick) {
            tick_ += 1;
            news_of(tick_).clear();
            for (Entry& entry : std::span(entries_.get(), capacity_)) {
                if (entry.shown) step_model(telling(), entry.model, at_tick(step));
            }
        }
        tick_ = tick;
        news_of(tick_).clear();
        all_shown_.clear();
        for (std::size_t i = 0; i < entities.size(); ++i) {
            correct(i, entities[i], leap, step);
        }
    }

    std::uint32_t tick() const { return tick_; }
    bool shown(std::size_t id) const { return entries_[id].shown; }
    const IdSet& all_shown() const { return all_shown_; }
    const Entity& model(std::size_t id) const { return entries_[id].model; }

    // What became of all in some ticks.
    struct News {
        explicit News(std::size_t ids_max) : changed(ids_max), appeared(ids_max) {}

        void clear() {
            changed.clear();
            appeared.clear();
        }
        void add(const News& news) {
            changed.add(news.changed);
            appeared.add(news.appeared);
        }

        IdSet changed;   // There is something to tell.
        IdSet appeared;  // Of these: who knew it before has not followed it.
    };
    // To a viewer who was last told in tick `since`. Valid until the next call.
    const News& news_since(std::uint32_t since) {
        ASSERT(since < tick_);
        if (tick_ - since == 1) return news_of(tick_);
        older_news_.clear();
        if (tick_ - since <= remembered) {
            for (std::uint32_t tick = since + 1; tick <= tick_; ++tick) {
                older_news_.add(news_of(tick));
            }
        } else {
            gather_older_news(since);
        }
        return older_news_;
    }
    // The corrections after `since` can be told one by one.
    bool remembers(std::size_t id, std::uint32_t since) const {
        return tick_ - since <= remembered && entries_[id].shown_since <= since &&
               entries_[id].too_long_at <= since;
    }

    // Fields as they go on the wire: so many bits.
    struct Packed {
        std::span<const std::byte> bits;
        unsigned width = 0;
    };
    // The correction of one of the last ticks; of no bits, if there was none.
    Packed correction(std::size_t id, std::uint32_t tick) const {
        const Correction& correction = corrections_[(tick % remembered) * capacity_ + id];
        if (correction.tick != tick) return {};
        return {.bits = correction.bits, .width = correction.width};
    }
    // The model as a stranger is told of it, packed once a tick.
    Packed whole(std::size_t id) {
        Whole& whole = wholes_[id];
        if (whole.tick != tick_) {
            whole.width = pack_whole(id, whole.bits);
            whole.tick = tick_;
        }
        return {.bits = whole.bits, .width = whole.width};
    }

    // See state.hpp: of a model only what is told is a part of it. Nobody has been told anything by
    // who takes a state in.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint32_t tick) {
        if constexpr (reads<Codec>) self.begin_at(tick);
        for (std::size_t id = 0; id < self.capacity_; ++id) {
            auto& entry = self.entries_[id];
            if constexpr (reads<Codec>) entry = {};
            codec.bits(entry.shown, 1);
            codec.only_if(entry.shown, [&] { describe_whole(codec, self.telling(), entry.model); });
            if constexpr (reads<Codec>) self.begin_entry(id);
        }
    }

private:
    struct Entry {
        Entity model{};
        bool shown = false;
        std::uint32_t shown_since = 0;
        std::uint32_t changed_at = 0;
        // Then a correction did not fit: who has not seen that tick is told all.
        std::uint32_t too_long_at = 0;
    };

    struct Correction {
        std::array<std::byte, 15> bits{};
        std::uint8_t width = 0;
        std::uint32_t tick = 0;  // Of another one nothing is said here.
    };
    // No field takes more bits than its member does in memory, and a list's count two bytes.
    using WholeBits = std::array<std::byte, (sizeof(Entity) + 15) / 8 * 8>;
    struct Whole {
        WholeBits bits{};
        std::uint16_t width = 0;
        std::uint32_t tick = 0;
    };

    void begin_at(std::uint32_t tick) {
        tick_ = tick;
        for (News& news : news_) news.clear();
        all_shown_.clear();
    }
    // Of a state that was taken in: whoever looks is told it whole.
    void begin_entry(std::size_t id) {
        Entry& entry = entries_[id];
        entry.shown_since = entry.changed_at = entry.too_long_at = tick_;
        if (entry.shown) all_shown_.insert(static_cast<std::uint16_t>(id));
    }

    template <class Step>
    auto at_tick(Step& step) const {
        return [&step, tick = tick_](Entity& model) { step(model, tick); };
    }
    std::uint16_t pack_whole(std::size_t id, WholeBits& bits) const {
        FieldWriter writer(bits);
        describe_whole(writer, telling(), entries_[id].model);
        const std::uint16_t width = width_of(writer, bits.size());
        ASSERT(width > 0);
        return width;
    }

    template <class Step>
    void correct(std::size_t id, const Entity& actual, bool leap, Step& step) {
        Entry& entry = entries_[id];
        const bool was_shown = entry.shown;
        entry.shown = actual.shown();
        if (!entry.shown) return;
        const auto number = static_cast<std::uint16_t>(id);
        all_shown_.insert(number);
        if (!was_shown || leap) {
            begin_model(telling(), entry.model, actual);
            entry.shown_since = entry.changed_at = tick_;
            news_of(tick_).appeared.insert(number);
            news_of(tick_).changed.insert(number);
            return;
        }
        const Miss<Entity> miss = follow(telling(), entry.model, actual, at_tick(step));
        if (miss.mask == 0) return;
        entry.changed_at = tick_;
        news_of(tick_).changed.insert(number);
        Correction& correction = corrections_[(tick_ % remembered) * capacity_ + id];
        FieldWriter writer(correction.bits);
        write_miss(writer, telling(), miss, entry.model, actual);
        correction.width = static_cast<std::uint8_t>(width_of(writer, correction.bits.size()));
        correction.tick = tick_;
        if (correction.width == 0) entry.too_long_at = tick_;
    }

    News& news_of(std::uint32_t tick) { return news_[tick % remembered]; }

    void gather_older_news(std::uint32_t since) {
        for (std::size_t id = 0; id < capacity_; ++id) {
            const Entry& entry = entries_[id];
            if (!entry.shown || entry.changed_at <= since) continue;
            const auto number = static_cast<std::uint16_t>(id);
            older_news_.changed.insert(number);
            if (entry.shown_since > since) older_news_.appeared.insert(number);
        }
    }

    auto telling() const { return Telling{Entity::wire, extent_}; }

    // How many bits a writer has written; 0 if they did not fit. The last of them are put in place.
    static std::uint16_t width_of(FieldWriter& writer, std::size_t size) {
        const std::size_t width = size * 8 - writer.bits_left();
        writer.finish();
        return writer.overflowed() ? std::uint16_t{0} : static_cast<std::uint16_t>(width);
    }

    Extent extent_;
    std::size_t capacity_;
    std::uint32_t tick_ = 0;
    std::unique_ptr<Entry[]> entries_;
    std::unique_ptr<Correction[]> corrections_;  // By tick, then by entity.
    std::unique_ptr<Whole[]> wholes_;
    IdSet all_shown_;
    std::vector<News> news_;  // By tick.
    News older_news_;         // Of several.
};

}  // namespace ringtick
