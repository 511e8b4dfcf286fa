// The floor with io_uring: the bytes of the bench protocol by a bare loop over liburing.
#include "peers/peer.hpp"
#include "peers/uring_floor.hpp"

int main(int argc, char** argv) {
    const auto options = ringtick::peers::parse(argc, argv);
    if (!options) return 2;
    ringtick::peers::raise_descriptor_limit();
    ringtick::peers::stop_on_signals();
    ringtick::peers::UringFloor server(*options, {});
    if (!server.open()) return 1;
    server.run();
    ringtick::peers::print_totals(server.counts());
    return 0;
}
