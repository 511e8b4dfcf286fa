#include "replica/host.hpp"
#include "server/serve.hpp"

using namespace ringtick;

// One square of the canvas. Its id is its place, row by row, so no place is ever sent.
struct Pixel {
    static constexpr std::size_t across = 32;
    static constexpr std::size_t entities_max = across * across;
    static constexpr std::size_t visible_max = entities_max;

    std::uint8_t colour = 0;  // 0: blank, which nobody needs to be told.

    bool shown() const { return colour != 0; }
    static constexpr auto wire = fields(Number<&Pixel::colour, 0, 15>{});
};

// A canvas that all who are there paint on. Who comes later is told of what is painted.
struct Canvas {
    struct Input {
        bool paints = false;
        std::uint8_t x = 0;
        std::uint8_t y = 0;
        std::uint8_t colour = 0;

        // A dab that fell into a tick that was skipped is not lost, unless there is another.
        void absorb(const Input& skipped) {
            if (skipped.paints && !paints) *this = skipped;
        }
        void let_go() { paints = false; }
        static constexpr auto wire = fields(Flag<&Input::paints>{},
                                            Number<&Input::x, 0, Pixel::across - 1>{},
                                            Number<&Input::y, 0, Pixel::across - 1>{},
                                            Number<&Input::colour, 0, 15>{});
    };
    using Entities = Types<Pixel>;

    std::array<Pixel, Pixel::entities_max> pixels{};

    std::tuple<EntityList<Pixel>> entities() const { return {EntityList<Pixel>(pixels)}; }
    void on_join(PlayerId) {}
    void on_leave(PlayerId) {}
    // Whatever a client sent, x, y and colour are in the ranges that are declared.
    void on_input(PlayerId, const Input& input) {
        if (input.paints) pixels[input.y * Pixel::across + input.x].colour = input.colour;
    }
    void tick(std::uint64_t) {}
};

int main(int argc, char** argv) {
    return serve<Canvas>(
        argc, argv, {.name = "canvas", .description = "Paint together, 32 by 32", .rate_hz = 20});
}
