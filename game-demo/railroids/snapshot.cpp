#include "railroids/snapshot.hpp"

namespace railroids {

bool decode(std::span<const std::byte> in,
            const Scale& scale,
            const Terrain& terrain,
            const Snapshot* before,
            Snapshot& after) {
    return ringtick::read_snapshot(in, SharedRules(scale, terrain), before, after);
}

}  // namespace railroids
