#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "replica/cell_reader.hpp"
#include "replica/cell_writer.hpp"
#include "replica/random_world.hpp"
#include "replica/view_reader.hpp"
#include "replica/view_writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace {

using namespace ringtick;
using namespace ringtick::random_world;

constexpr std::size_t seen_max = 64;
constexpr unsigned id_bits = 7;
constexpr std::size_t message_max = 4096;

using List = VisibleList<Thing, seen_max>;
using Bytes = std::vector<std::byte>;  // Of the exact size, so that a byte beyond it is noticed.

void expect_sane(const List& list) {
    std::int32_t last = -1;
    for (const Visible<Thing>& seen : list) {
        ASSERT(seen.id > last && seen.id < things);
        last = seen.id;
        const Thing& thing = seen.entity;
        for (const Fixed place : {thing.position.x, thing.position.y}) {
            ASSERT(place >= Fixed{} && place <= Fixed::from_int(extent.side));
        }
        for (const Fixed speed : {thing.velocity.x, thing.velocity.y}) {
            ASSERT(speed >= Fixed::from_int(-16) && speed <= Fixed::from_int(16));
        }
        ASSERT(thing.turning >= -1 && thing.turning <= 1 && thing.energy <= 100);
        ASSERT(thing.name.size() <= 16);
    }
}

// The server, and one viewer who is told truly.
class Match {
public:
    explicit Match(std::uint8_t seed) : world_(seed) {}

    void tick(std::uint32_t ticks) {
        now_ += ticks;
        if (now_ - since_ > 256) forget();  // As servers do (replica/protocol.hpp).
        world_.tick(now_);
        models_.advance(now_, world_.things_now(), step);
        built_ = false;
    }

    // What became of a list. Empty: there was too little room.
    Bytes write_view(std::uint8_t choice) {
        if (knows_anything_ && since_ == now_) tick(1);
        IdSet seen(things);
        std::size_t count = 0;
        for (std::uint16_t id = 0; id < things && count < seen_max; ++id) {
            if (!models_.shown(id) || (id + choice) % 5 == 0) continue;
            seen.insert(id);
            count += 1;
        }
        Bytes bytes(choice % 16 == 0 ? 40 : message_max);
        FieldWriter out(bytes);
        after_.resize(seen_max);
        const auto known = views_.write(out,
                                        {.before = before_,
                                         .since = since_,
                                         .seen = seen,
                                         .bits_max = bytes.size() * 8,
                                         .bits_wanted = choice % 3 == 0 ? 600U : ~std::size_t{0}},
                                        after_, [](std::uint16_t id) { return id + 1U; });
        bytes.resize(known ? out.finish() : 0);
        bytes.shrink_to_fit();
        after_.resize(known.value_or(0));
        return bytes;
    }
    // By one who has what the true viewer has.
    bool read_view(std::span<const std::byte> bytes, List& list) const {
        FieldReader reader(bytes);
        ViewReader<Thing, seen_max, decltype(&step)> view_reader(
            reader,
            {.since = knows_anything_ ? since_ : now_,
             .tick = now_,
             .extent = extent,
             .ids = things,
             .id_bits = id_bits},
            step);
        return view_reader.read(knows_anything_ ? view_.get() : nullptr, list) && reader.finished();
    }
    void show_view(std::uint8_t choice) {
        const Bytes bytes = write_view(choice);
        if (bytes.empty()) return;
        ASSERT(read_view(bytes, *spare_));
        std::swap(view_, spare_);
        std::swap(before_, after_);
        since_ = now_;
        knows_anything_ = true;
        std::size_t place = 0;
        for (const Known& known : before_) {
            if (known.awaited) continue;
            const Visible<Thing>& seen = (*view_)[place++];
            ASSERT(seen.id == known.id);
            ASSERT(known.missed > 0 || is_as_its_model(seen));
        }
        ASSERT(place == view_->size());
    }

    Bytes write_cells(std::uint8_t choice) {
        if (!built_) build(world_.things_now());
        built_ = true;
        const FixedVector from{Fixed::from_int(choice * 3), Fixed::from_int(choice * 2)};
        return cells_of({.from = from,
                         .to = from + FixedVector{Fixed::from_int(400), Fixed::from_int(300)},
                         .bits_max = message_max * 8,
                         .entities_max = {seen_max}});
    }
    static bool read_cells(std::span<const std::byte> bytes, List& list) {
        FieldReader reader(bytes);
        CellReader<List> cells(reader, grid, {things});
        return cells.read(list) && reader.finished();
    }
    // There is one way to say it: what was read is written again to the same bytes.
    void expect_canonical(std::span<const std::byte> bytes, const List& list) {
        std::array<Thing, things> there{};
        for (const Visible<Thing>& seen : list) {
            there[seen.id] = seen.entity;
            there[seen.id].is_there = true;
        }
        build(there);
        built_ = false;
        FieldReader reader(bytes);
        const CellRectangle cells = read_rectangle(reader, grid);
        const Box first = grid.box(cells.column, cells.row);
        const Box last = grid.box(cells.column + cells.columns - 1, cells.row + cells.rows - 1);
        const Bytes again = cells_of({.from = {Fixed::from_int(first.x), Fixed::from_int(first.y)},
                                      .to = {Fixed::from_int(last.x), Fixed::from_int(last.y)},
                                      .bits_max = bytes.size() * 8 + 32,
                                      .entities_max = {seen_max}});
        ASSERT(std::ranges::equal(again, bytes));
    }

private:
    static constexpr CellGrid grid{extent, 7};

    bool is_as_its_model(const Visible<Thing>& seen) const {
        const Thing& model = models_.model(seen.id);
        return seen.entity.position == model.position && seen.entity.velocity == model.velocity &&
               seen.entity.heading == model.heading && seen.entity.name == model.name;
    }
    void forget() {
        knows_anything_ = false;
        since_ = 0;
        before_.clear();
    }
    void build(std::span<const Thing> there) { cells_.build(there); }
    Bytes cells_of(const CellWriter<Thing>::Viewer& viewer) const {
        Bytes bytes(message_max);
        FieldWriter out(bytes);
        ASSERT(cells_.write(out, viewer) != CellWriter<Thing>::Shown::nothing);
        bytes.resize(out.finish());
        bytes.shrink_to_fit();
        return bytes;
    }

    World world_;
    Models<Thing> models_{things, extent};
    ViewWriter<Thing> views_{models_, id_bits};
    CellWriter<Thing> cells_{grid, {things}};
    bool built_ = false;
    std::uint32_t now_ = 0;
    bool knows_anything_ = false;
    std::uint32_t since_ = 0;
    std::vector<Known> before_;
    std::vector<Known> after_;
    std::unique_ptr<List> view_ = std::make_unique<List>();
    std::unique_ptr<List> spare_ = std::make_unique<List>();
};

// Some of its bytes become others, or its end is cut off.
Bytes damaged(Bytes bytes, ByteReader& input) {
    unsigned places = input.left() > 0 ? input.get<std::uint8_t>() % 8U + 1 : 0;
    for (; places > 0 && !bytes.empty() && input.left() >= 3; --places) {
        const std::size_t place = input.get<std::uint16_t>() % bytes.size();
        const auto change = input.get<std::uint8_t>();
        bytes[place] ^= static_cast<std::byte>(change);
        if (change == 0) bytes.resize(place);
    }
    bytes.shrink_to_fit();
    return bytes;
}

Bytes raw(ByteReader& input, std::size_t size) {
    const auto taken = input.take(std::min(size, input.left()));
    return {taken.begin(), taken.end()};
}

void hear_of_a_list(const Match& match, const Bytes& bytes) {
    List list;
    if (match.read_view(bytes, list)) expect_sane(list);
}

void hear_of_cells(Match& match, const Bytes& bytes) {
    List list;
    if (!Match::read_cells(bytes, list)) return;
    expect_sane(list);
    match.expect_canonical(bytes, list);
}

void go_on(Match& match, ByteReader& input) {
    enum What : std::uint8_t {
        pass,
        show,
        damaged_list,
        raw_list,
        damaged_cells,
        raw_cells,
        whats
    };
    const auto what = static_cast<What>(input.get<std::uint8_t>() % whats);
    const auto how = input.get<std::uint8_t>();
    switch (what) {
        case pass:
            return match.tick(1U + how % 12U);
        case show:
            return match.show_view(how);
        case damaged_list:
            return hear_of_a_list(match, damaged(match.write_view(how), input));
        case raw_list:
            return hear_of_a_list(match, raw(input, how));
        case damaged_cells:
            return hear_of_cells(match, damaged(match.write_cells(how), input));
        case raw_cells:
            return hear_of_cells(match, raw(input, how));
        case whats:
            break;
    }
}

}  // namespace

// The input is what happens, in pairs of bytes (what, and how), each with what it needs behind it.
// Properties: a viewer who is told truly has the server's models, whatever happened. Whatever else
// is told to one who has as much is refused, or read as a list in order and in range; of cells, as
// one that a writer would have told in the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader input(std::as_bytes(std::span(data, size)));
    if (input.left() == 0) return 0;
    Match match(input.get<std::uint8_t>());
    match.tick(1);
    while (input.left() >= 2) go_on(match, input);
    return 0;
}
