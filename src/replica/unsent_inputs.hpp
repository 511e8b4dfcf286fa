#pragma once

#include "replica/bounded_list.hpp"
#include "replica/tick_input.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// Inputs on the client's side that have not left yet: as many as one message takes, one for each
// tick from the first on. Of more the oldest are skipped, for their ticks are over when they
// arrive.
template <TickInput Input>
class UnsentInputs {
public:
    static constexpr std::size_t count_max = 8;

    void clear() { inputs_.clear(); }

    void push(std::uint32_t stamp, Input input) {
        // After a leap of the stamps what came before it is past.
        const auto count = static_cast<std::uint32_t>(inputs_.size());
        const bool follows = inputs_.empty() || stamp == first_ + count;
        while (!follows && inputs_.size() > 1) drop_oldest();
        if (!follows) {
            input.absorb(inputs_[0]);
            inputs_.clear();
        }
        if (inputs_.full()) drop_oldest();
        if (inputs_.empty()) first_ = stamp;
        inputs_.push(input);
    }

    bool empty() const { return inputs_.empty(); }
    std::uint32_t first() const { return first_; }
    std::span<const Input> all() const { return {inputs_.begin(), inputs_.size()}; }

private:
    void drop_oldest() {
        inputs_[1].absorb(inputs_[0]);
        for (std::size_t i = 1; i < inputs_.size(); ++i) inputs_[i - 1] = inputs_[i];
        inputs_.resize(inputs_.size() - 1);
        first_ += 1;
    }

    std::uint32_t first_ = 0;
    BoundedList<Input, count_max> inputs_;
};

}  // namespace ringtick
