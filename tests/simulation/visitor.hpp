#pragma once

#include "base/rng.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulation/kernel.hpp"

namespace ringtick {

// Who asks for pages, and whatever else HTTP has: in pieces, several at once, and not always to the
// end. Every answer has to be a whole one, and to come.
class Visitor {
public:
    Visitor(SimulatedKernel& kernel, std::uint64_t seed);

    void step(Nanoseconds now);
    void behave() { is_ending_ = true; }

    const std::string& complaint() const { return complaint_; }
    std::uint64_t answers() const { return answers_; }

private:
    void connect(Nanoseconds now);
    void ask(Nanoseconds now);
    void leave(Nanoseconds now);
    void send(std::string_view text, Nanoseconds now);
    void read(Nanoseconds now);
    bool take_answer();
    bool is_answer_whole(std::size_t& size);
    void complain(std::string_view what, std::string_view about = {});

    SimulatedKernel& kernel_;
    Rng rng_;
    SimulatedSocket* socket_ = nullptr;
    std::string asked_;         // The last, for a complaint.
    std::string answers_text_;  // What came and is no whole answer yet.
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
