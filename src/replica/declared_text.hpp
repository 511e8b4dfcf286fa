#pragma once

#include "replica/declared_fields.hpp"

namespace ringtick {

// A name or another short text: a BoundedList of characters.
template <auto Member>
struct Text : Exact<Member> {
    using Owner = MemberOwner<Member>;
    static_assert(
        requires(MemberType<Member> text) {
            MemberType<Member>::capacity;
            { *text.begin() } -> std::same_as<char&>;
        },
        "ringtick::Text: the member has to be a BoundedList of characters");

    static constexpr bool steers = false;

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
};

}  // namespace ringtick
