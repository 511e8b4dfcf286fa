#pragma once

#include "base/assert.hpp"
#include "replica/change.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

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
          wholes_(std::make_unique<Whole[]>(capacity)) {}

    std::size_t capacity() const { return capacity_; }

    // After the world's tick. Entity i is `entities[i]`; step(model, tick) is the rule that both
    // sides know. A tick that is not the next (some were forgiven) is as if in those between
    // nothing had been said.
    template <class Step>
    void advance(std::uint32_t tick, std::span<const Entity> entities, Step step) {
        ASSERT(entities.size() <= capacity_);
        ASSERT(tick > tick_ || tick_ == 0);
        const bool leap = tick - tick_ > remembered;  // Nobody can be told what was between.
        while (!leap && tick_ + 1 < tick) {
            tick_ += 1;
            for (std::size_t i = 0; i < capacity_; ++i) {
                correction_at(i, tick_).width = 0;
                if (entries_[i].shown) step_one(entries_[i].model, step);
            }
        }
        tick_ = tick;
        for (std::size_t i = 0; i < entities.size(); ++i) {
            correct(i, entities[i], leap, step);
        }
    }

    std::uint32_t tick() const { return tick_; }
    bool shown(std::size_t id) const { return entries_[id].shown; }
    const Entity& model(std::size_t id) const { return entries_[id].model; }

    // Whoever knows the entity of this tick or later has followed all that became of it since.
    std::uint32_t shown_since(std::size_t id) const { return entries_[id].shown_since; }
    // Whether there is anything to tell to a viewer who was last told in tick `since`.
    bool changed_since(std::size_t id, std::uint32_t since) const {
        return entries_[id].changed_at > since;
    }
    // The corrections after `since` can be told one by one.
    bool remembers(std::size_t id, std::uint32_t since) const {
        return tick_ - since <= remembered && entries_[id].shown_since <= since &&
               entries_[id].too_long_at <= since;
    }

    // The correction of one of the last ticks: none if `width` is 0.
    struct Correction {
        std::array<std::byte, 15> bits{};
        std::uint8_t width = 0;
    };
    const Correction& correction(std::size_t id, std::uint32_t tick) const {
        return corrections_[(tick % remembered) * capacity_ + id];
    }

    // The model as a stranger is told of it, packed once a tick.
    struct Whole {
        // No field takes more bits than its member does in memory, and a list's count two bytes.
        std::array<std::byte, sizeof(Entity) + 8> bits{};
        std::uint16_t width = 0;
        std::uint32_t tick = 0;
    };
    const Whole& whole(std::size_t id) {
        Whole& whole = wholes_[id];
        if (whole.tick == tick_) return whole;
        FieldWriter writer(whole.bits);
        describe_whole(writer, telling(), entries_[id].model);
        whole.width = width_of(writer, whole.bits.size());
        ASSERT(whole.width > 0);
        whole.tick = tick_;
        return whole;
    }

private:
    struct Entry {
        Entity model{};
        bool shown = false;
        std::uint32_t shown_since = 0;
        std::uint32_t changed_at = 0;
        std::uint32_t too_long_at =
            0;  // A correction that did not fit: who missed it needs a whole.
    };

    Correction& correction_at(std::size_t id, std::uint32_t tick) {
        return corrections_[(tick % remembered) * capacity_ + id];
    }
    template <class Step>
    void step_one(Entity& model, Step& step) {
        step_model(telling(), model, [&](Entity& entity) { step(entity, tick_); });
    }

    template <class Step>
    void correct(std::size_t id, const Entity& actual, bool leap, Step& step) {
        Entry& entry = entries_[id];
        Correction& correction = correction_at(id, tick_);
        correction.width = 0;
        const bool was_shown = entry.shown;
        entry.shown = actual.shown();
        if (!entry.shown) return;
        if (!was_shown || leap) {
            begin_model(telling(), entry.model, actual);
            entry.shown_since = entry.changed_at = tick_;
            return;
        }
        FieldWriter writer(correction.bits);
        const bool missed = write_step(writer, telling(), entry.model, actual,
                                       [&](Entity& model) { step(model, tick_); });
        if (!missed) return;
        entry.changed_at = tick_;
        correction.width = static_cast<std::uint8_t>(width_of(writer, correction.bits.size()));
        if (correction.width == 0) entry.too_long_at = tick_;
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
};

}  // namespace ringtick
