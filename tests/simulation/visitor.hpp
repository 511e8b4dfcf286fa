#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kernel.hpp"
#include "simulation/tls_end.hpp"

namespace ringtick {

// Who asks for pages, and whatever else HTTP has: in pieces, several at once, and not always to the
// end. Every answer has to be a whole one, and to come.
class Visitor {
public:
    // `seals`: the server speaks TLS.
    Visitor(SimulatedKernel& kernel, std::uint64_t seed, bool seals);

    void step(Nanoseconds now);
    void behave() { is_ending_ = true; }

    const std::string& complaint() const { return complaint_; }
    std::uint64_t answers() const { return answers_; }

private:
    // Of a server that speaks TLS some ask in plain, and some send a hello that is none.
    enum class Speech : std::uint8_t { plain, tls, rubbish };

    void connect(Nanoseconds now);
    void ask(Nanoseconds now);
    void leave(Nanoseconds now);
    void send(std::string_view text, Nanoseconds now);
    void post(std::span<const std::byte> bytes, Nanoseconds now);
    void send_rubbish(Nanoseconds now);
    void read(Nanoseconds now);
    std::vector<std::byte> take_bytes();
    bool take_answer();
    bool is_answer_whole(std::size_t& size);
    void complain(std::string_view what, std::string_view about = {});

    SimulatedKernel& kernel_;
    Rng rng_;
    bool seals_;
    SimulatedSocket* socket_ = nullptr;
    Speech speech_ = Speech::plain;
    TlsTicket ticket_;
    std::unique_ptr<TlsEnd> tls_;  // Null: plain bytes.
    std::string asked_;            // The last, for a complaint.
    std::string answers_text_;     // What came and is no whole answer yet.
    std::uint32_t open_questions_ = 0;
    bool asks_for_heads_ = false;  // All that it asks in this connection.
    bool is_well_mannered_ = true;
    bool is_ending_ = false;
    Nanoseconds wakes_at_{};
    Nanoseconds asked_at_{};
    Nanoseconds last_arrival_{};
    std::uint64_t answers_ = 0;
    std::string complaint_;
};

}  // namespace ringtick
