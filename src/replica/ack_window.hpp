#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace ringtick {

// Whether a viewer is behind: what it was sent has been under way for longer than usual, as its
// inputs say, which acknowledge the snapshots that it applied. Then these wait in buffers on the
// way, where no look at the own socket finds them, and another would only wait behind them.
//
//     tick   86      87     88     89     90     91     92     93     94
//             |      sent   sent   sent   sent                         now
//        acknowledged last
//
//     The oldest has been under way for 7 ticks. If 2 are usual, that is behind: 4 are to spare.
//
// Usual is the least that it took of late from an oldest one's sending to the input that
// acknowledged it. So it holds how seldom somebody's inputs come, and how seldom its snapshots are
// sent, and it follows a path that has become longer, after some seconds.
//
// Nobody waits for ever. Who has acknowledged all is not behind, nor is who is silent (a page in
// the background, somebody who only looks on), for silence says nothing of the path: of who was
// never heard it is believed at once, of others after `silence_ticks`. And what was sent longer ago
// than is kept here is not waited for.
//
// What was sent is no input of a world, and neither is this: it decides what is told, and no more.
class AckWindow {
public:
    static constexpr std::uint32_t spare_ticks = 4;
    static constexpr std::uint32_t window_ticks = 64;  // Usual is of one or two of them.

    explicit AckWindow(std::uint32_t silence_ticks) : silence_ticks_(silence_ticks) {}

    void on_sent(std::uint32_t tick) {
        count_from(tick);
        under_way_ |= 1;
    }
    // The last one never left.
    void on_refused() { under_way_ &= under_way_ - 1; }

    // An input came, of a viewer that has applied that snapshot.
    void on_acknowledged(std::uint32_t acknowledged, std::uint32_t tick) {
        count_from(tick);
        heard_at_ = tick;
        was_heard_ = true;
        const std::uint32_t ago = tick - acknowledged;
        const std::uint64_t arrived = ago < kept_ticks ? ~std::uint64_t{0} << ago : 0;
        if ((under_way_ & arrived) == 0) return;
        // The very first is no measure, for nobody had begun to acknowledge when it was sent.
        if (has_acknowledged_) note(age_of_oldest(under_way_));
        has_acknowledged_ = true;
        under_way_ &= ~arrived;
    }

    bool behind(std::uint32_t tick) const {
        if (!was_heard_ || tick - heard_at_ > silence_ticks_) return false;
        const std::uint64_t under_way = under_way_at(tick);
        return under_way != 0 && age_of_oldest(under_way) > usual() + spare_ticks;
    }

private:
    static constexpr std::uint32_t kept_ticks = 64;
    static constexpr std::uint32_t unknown = ~0U - spare_ticks;

    std::uint64_t under_way_at(std::uint32_t tick) const {
        const std::uint32_t ticks = tick - counted_from_;
        return ticks < kept_ticks ? under_way_ << ticks : 0;
    }
    void count_from(std::uint32_t tick) {
        under_way_ = under_way_at(tick);
        counted_from_ = tick;
    }
    static std::uint32_t age_of_oldest(std::uint64_t under_way) {
        return kept_ticks - 1 - static_cast<std::uint32_t>(std::countl_zero(under_way));
    }

    void note(std::uint32_t took) {
        if (counted_from_ - window_began_ >= window_ticks) {
            const bool was_long = counted_from_ - window_began_ >= 2 * window_ticks;
            least_ = {unknown, was_long ? unknown : least_[0]};
            window_began_ = counted_from_;
        }
        least_[0] = std::min(least_[0], took);
    }
    std::uint32_t usual() const { return std::min(least_[0], least_[1]); }

    std::uint64_t under_way_ = 0;  // Bit i: what was sent i ticks ago, and is not acknowledged.
    std::uint32_t counted_from_ = 0;
    std::uint32_t heard_at_ = 0;
    std::uint32_t window_began_ = 0;
    std::array<std::uint32_t, 2> least_{unknown, unknown};  // Of this window and of the one before.
    std::uint32_t silence_ticks_;
    bool was_heard_ = false;
    bool has_acknowledged_ = false;
};

}  // namespace ringtick
