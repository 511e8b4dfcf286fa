#include "railroids/wire.hpp"

#include "base/rng.hpp"
#include "railroids/rules_hash.hpp"

namespace railroids {

namespace {

// Of what the types of Messages do not say.
consteval std::uint64_t hash_of_records() {
    ringtick::FieldHasher hasher;
    Event event;
    BeamRecord beam;
    describe_event(hasher, event);
    describe_beam(hasher, beam, Scale::of(4095, 4096));
    return hasher.hash();
}

}  // namespace

std::uint64_t Messages::rules_hash() {
    constexpr std::uint64_t records = hash_of_records();
    return ringtick::Rng::mix(records ^ railroids::rules_hash());
}

std::uint64_t schema_hash() {
    return ringtick::schema_hash<Messages>();
}

}  // namespace railroids
