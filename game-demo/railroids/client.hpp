#pragma once

#include "railroids/names.hpp"
#include "railroids/snapshot.hpp"
#include "railroids/terrain.hpp"
#include "railroids/view.hpp"
#include "railroids/wire.hpp"
#include "replica/client.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace railroids {

using ringtick::Nanoseconds;

// Railroids' half of a client (see replica/client.hpp): decodes the messages and fills the view.
// Runs natively and as WebAssembly; positions are interpolated as whole numbers and become floats
// at the very end, so that both show the same to the last bit. About 600 KiB, none of it allocated.
class ClientSide {
public:
    using Snapshot = railroids::Snapshot;
    using View = railroids::View;
    using Input = railroids::Input;
    using Own = Ship;

    static constexpr std::size_t named_people_max = 16'384;

    void start();
    bool on_welcome(std::span<const std::byte> message, ringtick::WelcomeTime& time);
    bool on_snapshot(std::span<const std::byte> message,
                     const Snapshot* before,
                     Snapshot& snapshot) const;
    void on_applied(const Snapshot& snapshot);
    bool on_event(std::span<const std::byte> message, Nanoseconds now);
    bool on_stats(std::span<const std::byte> message);
    bool on_bye(std::span<const std::byte> message);
    void on_put_off(std::span<const ringtick::EntityName> entities);

    // `watch`: whom it wants to look at (replica/session.hpp).
    static std::size_t write_hello(std::span<const char> name,
                                   const ringtick::ResumeWish& wish,
                                   std::uint16_t watch,
                                   std::span<std::byte> out);
    std::size_t write_inputs(const ringtick::InputStamp& stamp,
                             std::span<const Input> inputs,
                             std::span<std::byte> out);

    void show(const ringtick::Moment<Snapshot>& moment,
              const ringtick::ClientNumbers& numbers,
              Nanoseconds now);
    void show_nothing(const ringtick::ClientNumbers& numbers, Nanoseconds now);
    const View& view() const { return view_; }
    // Whether the view is to say where the newest snapshot tells that ships are.
    void look_inside(bool looks) { looks_inside_ = looks; }

    // For prediction (replica/prediction.hpp): the rules of one ship, as the server runs them.
    static constexpr Fixed leap = rules::leap;
    static Ship own(const Snapshot& snapshot) { return snapshot.own; }
    void predict(Ship& ship, Input input) const;
    static bool agree(const Ship& a, const Ship& b);
    static bool explains(const Ship& before, const Ship& now);
    static FixedVector place(const Ship& ship) { return ship.position; }
    void on_own(const ringtick::OwnMoment<Ship>& moment);

    // Ends with a zero. Lives until the next call.
    const char* name_of(std::int32_t id);

private:
    struct Beam {
        BeamRecord record;
        std::uint32_t tick = 0;
        bool shown = false;
        Nanoseconds shown_at{};
    };
    struct FeedEntry {
        EventType type{};
        ShipId a = 0;
        ShipId b = 0;
        Nanoseconds at{};
        std::int32_t serial = 0;
    };
    struct Place {
        FixedVector position;
        FixedVector velocity;
    };

    void apply(const Event& event, Nanoseconds now);
    void show_terrain();
    void show_numbers(const ringtick::ClientNumbers& numbers);
    void show_own(const ringtick::Moment<Snapshot>& moment);
    void show_parts(const ringtick::SnapshotParts& parts);
    void show_told(const Snapshot& snapshot);
    void show_prediction(const ringtick::ClientNumbers& numbers);
    bool is_in_beacon(FixedVector place) const;
    void show_beacon(std::uint64_t tick);
    void show_ships(const ringtick::Moment<Snapshot>& moment);
    void show_ship(ShipId id, const Ship& ship);
    void show_gems(const Snapshot& snapshot);
    void show_beams(std::uint64_t tick, Nanoseconds now);
    void show_feed(Nanoseconds now);

    Welcome welcome_;
    Scale scale_;
    Terrain terrain_;
    Beacon beacon_;
    Ship own_;  // As it is drawn.
    bool own_is_predicted_ = false;
    bool looks_inside_ = false;
    View view_{};
    BoundedList<Beam, View::beams_max> beams_;
    BoundedList<FeedEntry, View::feed_max> feed_;
    std::int32_t feed_serial_ = 0;
    std::array<Name, named_people_max> names_{};
    std::array<char, Name::capacity + 1> name_text_{};
};

using RailroidsClient = ringtick::Client<ClientSide>;

}  // namespace railroids
