#pragma once

#include "base/assert.hpp"
#include "replica/cells.hpp"
#include "replica/game_types.hpp"
#include "replica/id_set.hpp"
#include "replica/snapshot.hpp"
#include "replica/view_writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace ringtick {

namespace detail {

// Which of a viewer's lists: as it was (`generation`, of tick `since`); the other is as it will be.
struct ListPlace {
    std::size_t viewer = 0;
    unsigned generation = 0;
    std::uint32_t since = 0;  // 0: it knows nothing.
    std::size_t bits_max = 0;
    std::size_t bits_wanted = 0;  // By the viewer's budget.
};

// All that the writer keeps of one type of entity: its models, and for each viewer the two lists
// that it was told last. A viewer's pages are touched as it sees more.
template <class Entity>
class Told {
public:
    static constexpr std::size_t visible = visible_max<Entity>;

    struct Scope {
        EntityList<Entity> list;
        Extent extent;
        std::size_t viewers = 0;
    };
    explicit Told(const Scope& scope)
        : list_(scope.list),
          models_(list_.all.size(), scope.extent),
          writer_(models_, bits_for(static_cast<std::uint32_t>(list_.all.size()))),
          near_(list_.all.size()),
          seen_(list_.all.size()),
          known_(std::make_unique_for_overwrite<Known[]>(scope.viewers * 2 * visible)),
          counts_(scope.viewers),
          passed_over_(visible) {
        picked_.reserve(list_.all.size());
    }
    Told(const Told&) = delete;
    Told& operator=(const Told&) = delete;

    const Models<Entity>& models() const { return models_; }
    template <class Codec, class Self>
    static void describe_models(Codec& codec, Self& self, std::uint32_t tick) {
        Models<Entity>::describe_state(codec, self.models_, tick);
    }
    std::span<const Entity> all() const { return list_.all; }

    template <class Rules>
    void advance(std::uint32_t tick, const Rules& rules) {
        models_.advance(tick, list_.all,
                        [&](Entity& model, std::uint32_t now) { rules.step(model, now); });
    }

    // The least that has to be said takes no more bits.
    std::size_t least_width_max(const ListPlace& place) const {
        return ViewWriter<Entity>::least_width_max(count_before(place));
    }

    // False, and nothing is written, if not the least fits.
    template <class Own>
    bool write(FieldWriter& writer, const ListPlace& place, const Sight* sight, const Own* own) {
        const auto before = known(place.viewer, place.generation).first(count_before(place));
        const unsigned next = 1U - place.generation;
        see(sight, before);
        const auto count = writer_.write(
            writer,
            {.before = before,
             .since = place.since,
             .seen = seen_,
             .own = id_of(own),
             .bits_max = place.bits_max,
             .bits_wanted = place.bits_wanted},
            known(place.viewer, next), [&](std::uint16_t id) {
                return sight == nullptr ? 1U : urgency_of(place_of(id) - sight->center);
            });
        if (count) counts_[place.viewer][next] = static_cast<std::uint16_t>(*count);
        return count.has_value();
    }
    // The viewer's list, of generation 0, is what `reader` says (held.hpp). `is_current`: all of it
    // is as the models were; otherwise nothing says what is, and each will be told in full. False
    // for what is no list of ours.
    bool take_up(FieldReader& reader, std::size_t viewer, bool is_current) {
        const std::span<Known> list = known(viewer, 0);
        const std::uint32_t count = detail::read_count(reader, visible);
        std::size_t next = 0;
        for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
            next += detail::read_count(reader, 0xFFFF);
            if (next >= list_.all.size()) reader.refuse();
            list[i] = {.id = static_cast<std::uint16_t>(next),
                       .missed = static_cast<std::uint8_t>(is_current ? 0 : 1),
                       .awaited = false};
            next += 1;
        }
        counts_[viewer][0] = static_cast<std::uint16_t>(count);
        return reader.ok();
    }
    // All that this viewer knows, as for somebody who knows nothing. False if it does not fit.
    bool write_whole(FieldWriter& writer, std::size_t viewer, unsigned generation) {
        seen_.clear();
        for (const Known& one : known(viewer, generation).first(counts_[viewer][generation])) {
            if (!one.awaited) seen_.insert(one.id);
        }
        const auto count = writer_.write(writer, {.seen = seen_, .bits_max = writer.bits_left()},
                                         passed_over_, [](std::uint16_t) { return 1U; });
        return count.has_value() && writer_.put_off() == 0;
    }
    // Whom this viewer knows otherwise than by now they are.
    template <class Visit>
    void for_each_put_off(std::size_t viewer, unsigned generation, Visit visit) const {
        const Known* const list = known_.get() + (viewer * 2 + generation) * visible;
        for (const Known& one : std::span(list, counts_[viewer][generation])) {
            if (one.missed > 0 && !one.awaited) visit(one.id);
        }
    }
    // Of how many the last write() said nothing, for it would have been beyond the budget.
    std::size_t put_off() const { return writer_.put_off(); }
    const SnapshotParts& parts() const { return writer_.parts(); }

private:
    std::size_t count_before(const ListPlace& place) const {
        return place.since == 0 ? 0 : counts_[place.viewer][place.generation];
    }
    std::span<Known> known(std::size_t viewer, unsigned generation) {
        return {known_.get() + (viewer * 2 + generation) * visible, visible};
    }
    FixedVector place_of(std::uint16_t id) const { return ringtick::place_of(list_.all[id]); }

    // A viewer's own entity is one of the list, or none of it.
    template <class Own>
    std::uint32_t id_of(const Own* own) const {
        if constexpr (std::is_same_v<Own, Entity>) {
            const Entity* const first = list_.all.data();
            const bool is_in_list =
                !std::less<>{}(own, first) && std::less<>{}(own, first + list_.all.size());
            if (is_in_list) return static_cast<std::uint32_t>(own - first);
        }
        return ViewWriter<Entity>::nobody;
    }

    // Who is nearer has more of it.
    static std::uint32_t urgency_of(FixedVector off) {
        constexpr std::int64_t most = 0x7FFF'FFFF;
        return static_cast<std::uint32_t>(most - std::min<std::int64_t>(dot(off, off) >> 16, most));
    }

    // Fills seen_ with what is in sight, the nearest if there is too much of it. What has no place
    // is in everybody's sight.
    void see(const Sight* sight, std::span<const Known> before) {
        seen_.clear();
        if (sight != nullptr && has_a_place<Entity>()) {
            see_near(*sight, before);
        } else {
            seen_.add(models_.all_shown());
        }
        if (seen_.count() > visible) keep_nearest(sight != nullptr ? sight->center : FixedVector{});
    }

    // What was seen stays so for a little farther.
    void see_near(const Sight& sight, std::span<const Known> before) {
        near_.clear();
        const auto look_at = [&](std::uint16_t id, FixedVector place) {
            near_.insert_if(sight.outer.contains(place), id);
            seen_.insert_if(sight.inner.contains(place), id);
        };
        if (list_.grid != nullptr) {
            list_.grid->for_each_placed_near(sight.outer, look_at);
        } else {
            models_.all_shown().for_each([&](std::uint16_t id) { look_at(id, place_of(id)); });
        }
        for (const Known& known : before) seen_.insert_if(near_.contains(known.id), known.id);
        seen_.keep(models_.all_shown());
    }

    void keep_nearest(FixedVector center) {
        const auto distance = [&](std::uint16_t id) {
            const FixedVector off = place_of(id) - center;
            return dot(off, off);
        };
        const auto nearer = [&](std::uint16_t a, std::uint16_t b) {
            return distance(a) != distance(b) ? distance(a) < distance(b) : a < b;
        };
        picked_.clear();
        seen_.for_each([&](std::uint16_t id) { picked_.push_back(id); });
        const auto last = picked_.begin() + static_cast<std::ptrdiff_t>(visible);
        std::nth_element(picked_.begin(), last, picked_.end(), nearer);
        seen_.clear();
        std::for_each(picked_.begin(), last, [&](std::uint16_t id) { seen_.insert(id); });
    }

    EntityList<Entity> list_;
    Models<Entity> models_;
    ViewWriter<Entity> writer_;
    IdSet near_;  // Of whom is being written to: what it may see still,
    IdSet seen_;  // and what it sees.
    std::unique_ptr<Known[]> known_;
    std::vector<std::array<std::uint16_t, 2>> counts_;
    std::vector<std::uint16_t> picked_;  // Of too many.
    std::vector<Known> passed_over_;     // Of a whole view, which nobody goes on from.
};

template <class Entities>
struct ToldOf;
template <class... Entities>
struct ToldOf<Types<Entities...>> {
    using Type = std::tuple<Told<Entities>...>;
};

}  // namespace detail

}  // namespace ringtick
