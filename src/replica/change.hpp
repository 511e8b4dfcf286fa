#pragma once

#include "replica/declared.hpp"

#include <cstdint>

namespace ringtick {

// Shared dead reckoning. Who was told of an entity goes on from there by itself, tick by tick, with
// the game's own rule (`step`: the last held controls, inertia, walls; whatever the declared fields
// suffice for). The server does the very same with a model of its own, and tells only where that
// model misses. Since all of it is whole numbers, both models are equal to the last bit:
//
//     server:  model --controls--> --step--> [ compare with the world ] --settle--> model
//                        |                            |
//                        +------- mask, changes ------+
//                        |                            |
//     client:  model --controls--> --step-----------------> settle ---> model
//
// Controls are the fields declared with `.steers`: what the pilot holds. They are told before the
// step, so that thrust that begins costs one bit and no correction of the flight that follows.

// The fields of an entity, and the world in which they are told.
template <class Wire>
struct Telling {
    const Wire& wire;
    Extent extent;
};
template <class Wire>
Telling(const Wire&, Extent) -> Telling<Wire>;

// One tick of a model about which nothing is told.
template <class Wire, class Entity, class Step>
void step_model(const Telling<Wire>& telling, Entity& model, Step&& step) {
    step(model);
    telling.wire.for_each(
        [&](const auto& field, std::uint32_t) { field.confine(model, telling.extent); });
}

// What a model misses after a tick, a bit for each field; and what it was before.
template <class Entity>
struct Miss {
    std::uint32_t mask = 0;
    Entity before;
};

// One tick: takes over the controls, moves the model on and compares. Nothing is told of a model
// that misses nothing.
template <class Wire, class Entity, class Step>
Miss<Entity> follow(const Telling<Wire>& telling,
                    Entity& model,
                    const Entity& actual,
                    Step&& step) {
    Miss<Entity> miss{.before = model};
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (!field.steers || field.agrees(model, actual)) return;
        miss.mask |= bit;
        field.settle(model, actual, telling.extent);
    });
    step_model(telling, model, step);
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (!field.steers && !field.agrees(model, actual)) miss.mask |= bit;
    });
    return miss;
}

// Tells what it misses, and makes the model what its reader has then.
template <class Wire, class Entity>
void write_miss(FieldWriter& writer,
                const Telling<Wire>& telling,
                const Miss<Entity>& miss,
                Entity& model,
                const Entity& actual) {
    writer.bits(miss.mask, Wire::count);
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (!field.steers || (miss.mask & bit) == 0) return;
        field.write_change(writer, miss.before, actual, telling.extent);
    });
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (field.steers || (miss.mask & bit) == 0) return;
        field.write_change(writer, model, actual, telling.extent);
        field.settle(model, actual, telling.extent);
    });
}

// Their counterpart: one tick of a model about which something is told.
template <class Wire, class Entity, class Step>
void read_step(FieldReader& reader, const Telling<Wire>& telling, Entity& model, Step&& step) {
    std::uint32_t mask = 0;
    reader.bits(mask, Wire::count);
    if (mask == 0) reader.refuse();  // Nothing is told with no bits at all.
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (field.steers && (mask & bit) != 0) field.read_change(reader, model, telling.extent);
    });
    step_model(telling, model, step);
    telling.wire.for_each([&](const auto& field, std::uint32_t bit) {
        if (!field.steers && (mask & bit) != 0) field.read_change(reader, model, telling.extent);
    });
}

// The model itself, for someone who knows nothing of the entity.
template <class Codec, class Wire, class Entity>
constexpr void describe_whole(Codec& codec, const Telling<Wire>& telling, Entity& model) {
    telling.wire.for_each(
        [&](const auto& field, std::uint32_t) { field.whole(codec, model, telling.extent); });
}

// Makes a model of an entity that had none: only what is declared is in it.
template <class Wire, class Entity>
void begin_model(const Telling<Wire>& telling, Entity& model, const Entity& actual) {
    model = Entity{};
    telling.wire.for_each(
        [&](const auto& field, std::uint32_t) { field.settle(model, actual, telling.extent); });
}

}  // namespace ringtick
