#include "replica/host.hpp"
#include "server/serve.hpp"

using namespace ringtick;

struct Pile {
    static constexpr std::size_t entities_max = 1;
    std::uint32_t stones = 0;

    bool shown() const { return true; }
    static constexpr auto wire = fields(Count<&Pile::stones>{});
};

// Everybody puts stones on one pile, and everybody sees it.
struct Cairn {
    struct Input {
        bool adds = false;

        void absorb(Input skipped) { adds = adds || skipped.adds; }
        void let_go() { adds = false; }
        static constexpr auto wire = fields(Flag<&Input::adds>{});
    };
    using Entities = Types<Pile>;

    std::array<Pile, 1> piles{};

    std::tuple<EntityList<Pile>> entities() const { return {EntityList<Pile>(piles)}; }
    void on_join(PlayerId) {}
    void on_leave(PlayerId) {}
    void on_input(PlayerId, Input input) { piles[0].stones += input.adds ? 1 : 0; }
    void tick(std::uint64_t) {}
};

int main(int argc, char** argv) {
    return serve<Cairn>(argc, argv, {.name = "cairn", .description = "Stones on a pile, together"});
}
