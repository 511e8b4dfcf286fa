#include "uring/refusal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace ringtick {
namespace {

constexpr unsigned long unlimited = ~0UL;

std::string explained(int error_number, const MachineFacts& facts) {
    std::array<char, 1024> out{};
    return std::string(explain_refusal({"io_uring_setup", error_number}, facts, out));
}

struct Row {
    const char* situation;
    int error_number;
    MachineFacts facts;
    std::vector<std::string> says;  // The cause, and the remedy.
};

const std::vector<Row> rows{
    {"an old kernel", ENOSYS, {}, {"ENOSYS", "no io_uring", "Linux 6.1"}},
    {"a filter that hides it",
     ENOSYS,
     {.seccomp_filter = true},
     {"ENOSYS", "hidden by a seccomp filter", "seccomp profile"}},
    {"switched off",
     EPERM,
     {.uring_disabled = 2},
     {"EPERM", "kernel.io_uring_disabled=2", "sysctl kernel.io_uring_disabled=0"}},
    {"switched off even for root",
     EPERM,
     {.uring_disabled = 2, .may_administer = true},
     {"kernel.io_uring_disabled=2"}},
    {"switched off comes before a filter",
     EPERM,
     {.uring_disabled = 2, .seccomp_filter = true},
     {"kernel.io_uring_disabled=2"}},
    {"reserved for a group",
     EPERM,
     {.uring_disabled = 1, .uring_group = 1234},
     {"kernel.io_uring_disabled=1", "CAP_SYS_ADMIN", "group 1234"}},
    {"reserved for no group",
     EPERM,
     {.uring_disabled = 1, .uring_group = -1},
     {"kernel.io_uring_disabled=1", "name a group"}},
    {"an administrator is not held by the reservation",
     EPERM,
     {.uring_disabled = 1, .seccomp_filter = true, .may_administer = true},
     {"blocked by a seccomp filter"}},
    {"a container's default filter",
     EPERM,
     {.uring_disabled = 0, .seccomp_filter = true},
     {"blocked by a seccomp filter", "--security-opt seccomp="}},
    {"a filter on a kernel without the sysctl",
     EPERM,
     {.uring_disabled = -1, .seccomp_filter = true},
     {"blocked by a seccomp filter"}},
    {"a security module", EPERM, {.uring_disabled = 0}, {"security module", "audit log"}},
    {"a security module that says so", EACCES, {}, {"EACCES", "security module"}},
    {"too little memory to lock",
     ENOMEM,
     {.memlock_bytes = 65'536},
     {"ENOMEM", "64 KiB", "ulimit -l", "LimitMEMLOCK=", "--ulimit memlock="}},
    {"no memory at all", ENOMEM, {.memlock_bytes = unlimited}, {"out of memory"}},
    {"flags unknown", EINVAL, {}, {"EINVAL", "too old", "Linux 6.1"}},
    {"features missing", EOPNOTSUPP, {}, {"too old", "Linux 6.1"}},
    {"files of the process",
     EMFILE,
     {.files = 1024},
     {"EMFILE", "1024 open files", "ulimit -n", "LimitNOFILE="}},
    {"files of the machine", ENFILE, {}, {"ENFILE", "fs.file-max"}},
    {"our own limits", E2BIG, {}, {"E2BIG", "65,536", "--connections-max"}},
    {"anything else", EFAULT, {}, {"EFAULT", "report"}},
    {"an errno without a name", 4095, {}, {"unknown error"}},
};

TEST(Refusal, EachOneNamesItsCauseAndItsRemedy) {
    for (const Row& row : rows) {
        SCOPED_TRACE(row.situation);
        const std::string text = explained(row.error_number, row.facts);
        EXPECT_EQ(text.find("io_uring_setup: "), 0U) << text;
        EXPECT_EQ(text.back(), '.') << text;
        for (const std::string& part : row.says) {
            EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
        }
    }
}

TEST(Refusal, CutsTheTextToTheSpaceItHas) {
    const std::string whole = explained(EMFILE, {.files = 7});
    std::array<char, 20> out{};
    const std::string_view cut = explain_refusal({"io_uring_setup", EMFILE}, {.files = 7}, out);
    EXPECT_EQ(cut, whole.substr(0, 19));
}

TEST(MachineFacts, AreThoseOfThisProcess) {
    const MachineFacts facts = read_machine_facts();
    EXPECT_GE(facts.uring_disabled, -1);
    EXPECT_LE(facts.uring_disabled, 2);
    EXPECT_GT(facts.files, 2U);
}

}  // namespace
}  // namespace ringtick
