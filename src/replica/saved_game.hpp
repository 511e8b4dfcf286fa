#pragma once

#include "replica/fields.hpp"
#include "replica/state.hpp"
#include "tick/game.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// A game whose state follows from Self::describe_state (state.hpp), where `Self::has_state` says
// that this is all of it. The tick is no part of it, so that nothing in a state can be of another
// one: begin_at(tick) sets it.
template <class Self>
class SavedGame : public Game {
public:
    std::size_t state_size_max() const override {
        return Self::has_state ? state_bytes_max(self()) : 0;
    }

    std::size_t save_state(std::span<std::byte> out) const override {
        if (!Self::has_state) return 0;
        FieldWriter writer(out);
        Self::describe_state(writer, self());
        const std::size_t size = writer.finish();
        return writer.overflowed() ? 0 : size;
    }

    [[nodiscard]] bool load_state(std::uint64_t tick, std::span<const std::byte> bytes) override {
        if (!Self::has_state) return false;
        static_cast<Self&>(*this).begin_at(tick);
        FieldReader reader(bytes);
        Self::describe_state(reader, static_cast<Self&>(*this));
        return reader.finished();
    }

    // Of the state, and of the rules by which it goes on, so that another build's are noticed
    // before they matter.
    std::uint64_t state_hash() const override {
        StateHasher hasher;
        hasher.fold(self().now());
        Self::describe_state(hasher, self());
        self().tell_rules([&](std::uint64_t rule) { hasher.fold(rule); });
        return Rng::mix(hasher.hash());
    }

private:
    friend Self;
    SavedGame() = default;

    const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace ringtick
