#include "net/listener.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace ringtick {
namespace {

TEST(ListenAddress, KnowsItsThreeForms) {
    ListenAddress address;
    ASSERT_TRUE(ListenAddress::parse("127.0.0.1:9001", address));
    EXPECT_EQ(address.family, ListenAddress::Family::ip4);
    EXPECT_EQ(address.host, "127.0.0.1");
    EXPECT_EQ(address.port, 9001);

    ASSERT_TRUE(ListenAddress::parse("[::]:0", address));
    EXPECT_EQ(address.family, ListenAddress::Family::ip6);
    EXPECT_EQ(address.host, "::");
    EXPECT_EQ(address.port, 0);

    ASSERT_TRUE(ListenAddress::parse("unix:/tmp/a b", address));
    EXPECT_EQ(address.family, ListenAddress::Family::local);
    EXPECT_EQ(address.host, "/tmp/a b");
}

TEST(ListenAddress, RefusesWhatIsNone) {
    for (const std::string text :
         {"", ":", "9001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
          "127.0.0.1:-1", "127.0.0.1:90 ", "localhost:9001", "::1:9001", "[::1]", "[]:9001",
          "[127.0.0.1]:9001", "1.2.3:9001", "unix:"}) {
        ListenAddress address;
        EXPECT_FALSE(ListenAddress::parse(text, address)) << text;
    }
    ListenAddress address;
    EXPECT_FALSE(ListenAddress::parse("unix:" + std::string(200, 'x'), address));
}

// Goal: the threads of a server share its address, and another server does not, though it would
// share its own as well.
TEST(Listener, SharesItsAddressWithItsOwnServerOnly) {
    using Sharing = ListenOptions::Sharing;
    Listener first;
    ASSERT_TRUE(first.open({.host = "127.0.0.1"}, {.sharing = Sharing::begins}));
    const ListenAddress address{.host = "127.0.0.1", .port = first.port()};
    for (const Sharing sharing : {Sharing::begins, Sharing::none}) {
        Listener stranger;
        const auto opened = stranger.open(address, {.sharing = sharing});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().error_number, EADDRINUSE);
    }
    Listener sibling;
    EXPECT_TRUE(sibling.open(address, {.sharing = Sharing::joins}));
    Listener another;
    EXPECT_TRUE(another.open(address, {.sharing = Sharing::joins}));
}

TEST(Listener, ChoosesAPortAndRefusesOneThatIsTaken) {
    Listener first;
    ASSERT_TRUE(first.open({.host = "127.0.0.1"}, {}));
    const std::uint16_t port = first.port();
    ASSERT_NE(port, 0);

    Listener second;
    const auto opened = second.open({.host = "127.0.0.1", .port = port}, {});
    ASSERT_FALSE(opened);
    EXPECT_STREQ(opened.error().operation, "bind");
    EXPECT_EQ(opened.error().error_number, EADDRINUSE);

    first.close();
    EXPECT_TRUE(second.open({.host = "127.0.0.1", .port = port}, {}));
}

class LocalListenerTest : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ringtick-listener-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder = name;
        address = {.family = ListenAddress::Family::local, .host = folder + "/socket"};
    }
    void TearDown() override {
        unlink(address.host.c_str());
        rmdir(folder.c_str());
    }
    bool exists() const {
        struct stat file {};
        return lstat(address.host.c_str(), &file) == 0;
    }

    std::string folder;
    ListenAddress address;
};

TEST_F(LocalListenerTest, RemovesItsPathWhenItGoes) {
    {
        Listener listener;
        ASSERT_TRUE(listener.open(address, {}));
        EXPECT_TRUE(exists());
    }
    EXPECT_FALSE(exists());
}

// A server that was killed leaves its path behind.
TEST_F(LocalListenerTest, TakesOverAPathThatNobodyListensOn) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.host.data(), address.host.size());
    const int gone = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(gone, 0);
    ASSERT_EQ(bind(gone, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    ::close(gone);
    ASSERT_TRUE(exists());

    Listener listener;
    EXPECT_TRUE(listener.open(address, {}));
}

TEST_F(LocalListenerTest, LeavesAPathAloneThatSomebodyListensOn) {
    Listener first;
    ASSERT_TRUE(first.open(address, {}));
    {
        Listener second;
        const auto opened = second.open(address, {});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().error_number, EADDRINUSE);
    }
    EXPECT_TRUE(exists());
}

// Goal: a server too busy to accept is still a server. To ask it must not wait for it, either.
TEST_F(LocalListenerTest, LeavesAPathAloneWhoseServerIsTooBusyToAccept) {
    Listener first;
    ASSERT_TRUE(first.open(address, {.backlog = 1}));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.host.data(), address.host.size());
    std::vector<int> waiting;
    int error = 0;
    while (error == 0 && waiting.size() < 100) {
        waiting.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const auto* const generic = reinterpret_cast<const sockaddr*>(&name);
        if (connect(waiting.back(), generic, sizeof name) != 0) error = errno;
    }
    ASSERT_EQ(error, EAGAIN);

    Listener second;
    const auto opened = second.open(address, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, EADDRINUSE);
    EXPECT_TRUE(exists());
    for (const int client : waiting) ::close(client);
}

TEST_F(LocalListenerTest, DoesNotTakeAnothersPathAway) {
    Listener first;
    ASSERT_TRUE(first.open(address, {}));
    ASSERT_EQ(unlink(address.host.c_str()), 0);
    Listener second;
    ASSERT_TRUE(second.open(address, {}));
    first.close();
    EXPECT_TRUE(exists());
    second.close();
    EXPECT_FALSE(exists());
}

TEST_F(LocalListenerTest, LeavesAFileAloneAndSaysThatItIsOne) {
    const int file = ::open(address.host.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ::close(file);
    Listener listener;
    const auto opened = listener.open(address, {});
    ASSERT_FALSE(opened);
    EXPECT_STREQ(opened.error().operation, "bind over a file");
    EXPECT_EQ(opened.error().error_number, EEXIST);
    EXPECT_TRUE(exists());
}

}  // namespace
}  // namespace ringtick
