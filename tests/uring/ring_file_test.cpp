// Writing to files, on the real kernel.

#include "uring/ring.hpp"
#include "uring/support.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>

namespace ringtick {
namespace {

constexpr Handle owner{3, 4};

class RingFile : public RingTest {
protected:
    RingFile() : file(fileno_of(stream)) {}
    ~RingFile() override { std::fclose(stream); }

    // The results of a write and its sync.
    std::map<Op, int> results_of_both() {
        std::map<Op, int> results;
        for (const Seen& seen : wait_for(2)) {
            EXPECT_EQ(seen.token.owner, owner);
            EXPECT_FALSE(seen.more);
            results[seen.token.op] = seen.result;
        }
        return results;
    }
    std::string text() const {
        std::string all(1'000, '\0');
        const ssize_t size = ::pread(file, all.data(), all.size(), 0);
        all.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return all;
    }

    std::FILE* stream = std::tmpfile();
    int file;

private:
    static int fileno_of(std::FILE* stream) {
        return stream == nullptr ? must(-1) : fileno(stream);
    }
};
INSTANTIATE_TEST_SUITE_P(Ring, RingFile, every_fallback, name_of_fallback);

TEST_P(RingFile, WritesWhereItIsToldAndThenSyncs) {
    ring->write_and_sync(file, as_bytes("hello"), 0, owner);
    EXPECT_EQ(results_of_both(), (std::map<Op, int>{{Op::write_file, 5}, {Op::sync_file, 0}}));
    ring->write_and_sync(file, as_bytes("p me"), 3, owner);
    EXPECT_EQ(results_of_both(), (std::map<Op, int>{{Op::write_file, 4}, {Op::sync_file, 0}}));
    EXPECT_EQ(text(), "help me");
}

TEST_P(RingFile, SyncsNothingIfTheWriteFailed) {
    const Descriptor full(must(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
    ring->write_and_sync(full.number(), as_bytes("hello"), 0, owner);
    EXPECT_EQ(results_of_both(),
              (std::map<Op, int>{{Op::write_file, -ENOSPC}, {Op::sync_file, -ECANCELED}}));
}

// Goal: the two are one submission, or they would not be a chain.
// Method: a queue with room for only one more; the write fails, so an unchained sync would succeed.
TEST_P(RingFile, KeepsWriteAndSyncTogetherInAQueueThatIsNearlyFull) {
    const Descriptor read_only(must(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    open({.submissions = 8, .completions = 256});
    if (IsSkipped()) return;
    const Token none = token_of(Op::recv, 0xFF'FFFF, 0xFFFF'FFFF);
    for (int i = 0; i < 7; ++i) ring->cancel(none);
    ring->write_and_sync(read_only.number(), as_bytes("hello"), 0, owner);
    std::map<Op, int> results;
    for (const Seen& seen : wait_for(2)) results[seen.token.op] = seen.result;
    EXPECT_EQ(results[Op::write_file], -EBADF);
    EXPECT_EQ(results[Op::sync_file], -ECANCELED);
}

// A directory of its own, gone with the test.
class RingUnnamedFile : public RingFile {
protected:
    void SetUp() override {
        RingFile::SetUp();
        path = testing::TempDir() + "ringtick-ring-file-XXXXXX";
        ASSERT_NE(::mkdtemp(path.data()), nullptr);
        folder = Descriptor(must(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    }
    void TearDown() override { std::filesystem::remove_all(path); }

    // Skips where the file system has no such files.
    int open_unnamed() {
        ring->open_unnamed(folder.number(), owner);
        const auto seen = wait_for(1);
        EXPECT_EQ(seen.front().token.op, Op::open_file);
        return seen.front().result;
    }
    std::map<Op, int> results_of_naming(int unnamed, const char* name) {
        const Ring::FilePath from = Ring::path_of(unnamed);
        ring->name_and_sync({.directory = folder.number(), .path = from.data(), .name = name},
                            owner);
        return results_of_both();
    }
    std::size_t files() const {
        const std::filesystem::directory_iterator all(path);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    std::string path;
    Descriptor folder;
};
INSTANTIATE_TEST_SUITE_P(Ring, RingUnnamedFile, every_fallback, name_of_fallback);

// Goal: a file is there whole and under its name, or not at all.
// Method: no name before it is given one, and no second file under a name that is taken.
TEST_P(RingUnnamedFile, IsThereWhenItHasItsName) {
    const int unnamed = open_unnamed();
    if (unnamed == -EOPNOTSUPP) GTEST_SKIP() << "no O_TMPFILE in " << path;
    ASSERT_GE(unnamed, 0);
    ring->write_and_sync(unnamed, as_bytes("hello"), 0, owner);
    EXPECT_EQ(results_of_both(), (std::map<Op, int>{{Op::write_file, 5}, {Op::sync_file, 0}}));
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(results_of_naming(unnamed, "a"),
              (std::map<Op, int>{{Op::name_file, 0}, {Op::sync_file, 0}}));
    ring->close_file(unnamed, owner);
    EXPECT_EQ(files(), 1U);
    EXPECT_EQ(std::filesystem::file_size(path + "/a"), 5U);

    const int other = open_unnamed();
    ASSERT_GE(other, 0);
    EXPECT_EQ(results_of_naming(other, "a")[Op::name_file], -EEXIST);
    ring->close_file(other, owner);
    EXPECT_EQ(std::filesystem::file_size(path + "/a"), 5U);
}

TEST_P(RingUnnamedFile, IsClosedWithoutAWord) {
    const int unnamed = open_unnamed();
    if (unnamed == -EOPNOTSUPP) GTEST_SKIP() << "no O_TMPFILE in " << path;
    ASSERT_GE(unnamed, 0);
    ring->close_file(unnamed, owner);
    ring->write_and_sync(file, as_bytes("hello"), 0, owner);
    EXPECT_EQ(results_of_both(), (std::map<Op, int>{{Op::write_file, 5}, {Op::sync_file, 0}}));
    while (::fcntl(unnamed, F_GETFD) >= 0) ring->submit_and_wait(0, {});
    ring->close_file(unnamed, owner);  // It is none any more, and that is said.
    const auto seen = wait_for(1);
    EXPECT_EQ(seen.front().token.op, Op::close_file);
    EXPECT_EQ(seen.front().result, -EBADF);
}

}  // namespace
}  // namespace ringtick
