#pragma once

#include "replica/declared_fields.hpp"

#include <algorithm>

namespace ringtick {

// A name or another short text: a BoundedList of characters.
template <auto Member>
struct Text {
    using Owner = MemberOwner<Member>;
    static_assert(
        requires { MemberType<Member>::capacity; },
        "ringtick::Text: the member has to be a BoundedList of characters");

    static constexpr bool steers = false;

    constexpr bool is_sound() const { return true; }
    bool agrees(const Owner& model, const Owner& actual) const {
        return std::ranges::equal(model.*Member, actual.*Member);
    }
    void settle(Owner& model, const Owner& actual, Extent) const { model.*Member = actual.*Member; }
    void write_change(FieldWriter& writer, const Owner&, const Owner& actual, Extent extent) const {
        whole(writer, actual, extent);
    }
    void read_change(FieldReader& reader, Owner& model, Extent extent) const {
        whole(reader, model, extent);
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent) const {
        codec.list(entity.*Member, [&](auto& letter) { codec.bits(letter, 8); });
    }
    void confine(Owner&, Extent) const {}
};

}  // namespace ringtick
