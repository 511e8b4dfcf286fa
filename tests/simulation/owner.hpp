#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kernel.hpp"
#include "simulation/tls_end.hpp"
#include "simulation/witness.hpp"

namespace ringtick {

// The operator, on the server's own machine: stalls players' paths and narrows them, kicks, drains
// and says what no order is. Each order's status is held against what docs/HOSTING.md and the
// refusal itself promise.
class Owner {
public:
    struct Server {
        bool seals = false;       // It speaks TLS.
        bool is_deaf = false;     // To orders: none may be given from where proxies are trusted.
        std::uint32_t slots = 0;  // Of connections.
        std::uint32_t seats = 0;  // In each room.
        std::uint32_t bots_max = 0;
    };

    // `rooms` are told whose snapshots may be withheld.
    Owner(SimulatedKernel& kernel,
          std::uint64_t seed,
          const Server& server,
          const std::vector<Witness*>& rooms);

    void step(Nanoseconds now);
    void behave() { is_ending_ = true; }

    const std::string& complaint() const { return complaint_; }
    std::uint64_t orders() const { return orders_; }

private:
    void connect(Nanoseconds now);
    void leave(Nanoseconds now);
    void order(Nanoseconds now);
    void choose_order();
    void choose_path();
    void choose_kick();
    void send(std::string_view text, Nanoseconds now);
    void read(Nanoseconds now);
    bool take_answer();
    void judge(int status, std::string_view head);
    void complain(std::string_view what, std::string_view about);

    SimulatedKernel& kernel_;
    Rng rng_;
    Server server_;
    std::vector<Witness*> rooms_;
    SimulatedSocket* socket_ = nullptr;
    TlsTicket ticket_;
    std::unique_ptr<TlsEnd> tls_;
    std::string target_;
    std::string told_;  // And not looked at.
    int status_due_ = 0;
    bool may_be_gone_ = false;  // Whom the order is about.
    bool is_waiting_ = false;
    bool is_first_ = false;  // Of its connection: a refusal at the door answers it, too.
    bool is_draining_ = false;
    bool is_ending_ = false;
    Nanoseconds wakes_at_{};
    Nanoseconds asked_at_{};
    Nanoseconds last_arrival_{};
    std::uint64_t orders_ = 0;  // That were obeyed.
    std::string complaint_;
};

}  // namespace ringtick
