#include "server/realtime.hpp"

#include "server/clock.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>

namespace ringtick {
namespace {

using namespace std::chrono_literals;

TEST(Realtime, SaysWhatWasObtained) {
    EXPECT_EQ(describe({}, realtime_spin), "realtime: SCHED_FIFO 10, spin 50 us");
    EXPECT_EQ(describe({}, 0ns), "realtime: SCHED_FIFO 10, no spin, for there is no tick");
}

TEST(Realtime, SaysWhatIsMissingAndWhatHelps) {
    const std::string text = describe({.refusal = EPERM, .priority_max = 9}, realtime_spin);
    EXPECT_TRUE(
        text.starts_with("realtime: not allowed (RLIMIT_RTPRIO 9, no CAP_SYS_NICE): "
                         "only spin 50 us; remedy: "))
        << text;
    EXPECT_NE(text.find("LimitRTPRIO=10"), std::string::npos) << text;
}

TEST(Realtime, DoesNotBlameACapabilityThatIsThere) {
    const std::string text = describe({.refusal = EPERM, .capable = true}, realtime_spin);
    EXPECT_EQ(text.find("no CAP_SYS_NICE"), std::string::npos) << text;
    EXPECT_NE(text.find("seccomp filter"), std::string::npos) << text;
    EXPECT_TRUE(describe({.refusal = ENOSYS}, realtime_spin)
                    .starts_with("realtime: not possible (Function not implemented): only spin"));
}

TEST(Realtime, ADeadlineThatIsNearIsAwaited) {
    // Nearer than the spin, however long this thread may stand still before it looks.
    const Nanoseconds deadline = monotonic_now() + 100us;
    EXPECT_GE(now_or_at(deadline, 1h), deadline);
}

TEST(Realtime, ADeadlineThatIsFarIsNot) {
    const Nanoseconds deadline = monotonic_now() + 1h;
    EXPECT_LT(now_or_at(deadline, 50us), deadline);
    EXPECT_LT(now_or_at(deadline, 0us), deadline);
}

TEST(Realtime, ADeadlineThatHasPassedCostsNothing) {
    const Nanoseconds before = monotonic_now();
    EXPECT_GE(now_or_at(before - 1s, 50us), before);
}

}  // namespace
}  // namespace ringtick
