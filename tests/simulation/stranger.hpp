#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kernel.hpp"
#include "simulation/tls_end.hpp"

namespace ringtick {

// Who opens a WebSocket, directly or through a proxy, and knows nothing of the game: some ask for
// what is not served, and some break the protocol once they are in. Each is told what the rule that
// it broke demands, if it is told anything.
class Stranger {
public:
    // What the server does for those who come.
    struct Server {
        bool seals = false;           // It speaks TLS.
        bool deflates = false;        // For who offers it.
        bool believes_proxy = false;  // At `proxies`.
    };
    static constexpr std::uint32_t proxies = 0x0A02'0000;  // 10.2.0.0/16

    Stranger(SimulatedKernel& kernel, std::uint64_t seed, const Server& server);

    void step(Nanoseconds now);
    void behave() { is_ending_ = true; }

    const std::string& complaint() const { return complaint_; }
    std::uint64_t answers() const { return answers_; }

private:
    void come(Nanoseconds now);
    void choose_what_to_ask(bool is_proxy);
    std::string forwarding();
    std::string offer();
    std::string proxy_words();
    void leave(Nanoseconds now);
    void send(std::string_view text, Nanoseconds now);
    void post(std::string_view text, Nanoseconds now);
    void read(Nanoseconds now);
    void read_head();
    bool read_frame();
    void judge_close(std::string_view payload);
    void complain(std::string_view what, std::string_view about);

    SimulatedKernel& kernel_;
    Rng rng_;
    Server server_;
    SimulatedSocket* socket_ = nullptr;
    TlsTicket ticket_;
    std::unique_ptr<TlsEnd> tls_;
    std::string asked_;
    std::string told_;  // And not looked at.
    bool is_in_ = false;
    bool is_told_ = false;  // By a close frame.
    bool deflate_is_due_ = false;
    int status_due_ = 0;
    std::size_t script_ = 0;
    bool is_ending_ = false;
    Nanoseconds wakes_at_{};
    Nanoseconds last_arrival_{};
    Nanoseconds quiet_since_{};  // The machine stood still before.
    std::uint64_t answers_ = 0;
    std::string complaint_;
};

}  // namespace ringtick
