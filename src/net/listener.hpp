#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ringtick {

// Where to listen: "127.0.0.1:9001", "[::1]:9001", "[::]:9001" (both families) or "unix:PATH".
struct ListenAddress {
    enum class Family : std::uint8_t { ip4, ip6, local };

    Family family = Family::ip4;
    std::string host;  // Numeric, without brackets; or the path.
    std::uint16_t port = 0;

    // False if `text` is none of the forms above.
    [[nodiscard]] static bool parse(std::string_view text, ListenAddress& address);
};

struct ListenOptions {
    std::uint32_t backlog = 1'024;
    std::uint32_t send_buffer_size = 65'536;  // SO_SNDBUF; the kernel doubles it.
    std::uint32_t unsent_max = 16'384;        // TCP_NOTSENT_LOWAT
    // By several sockets of this process (SO_REUSEPORT), each of which gets some connections: the
    // first takes the address if nobody else has it, the others take it with the first.
    enum class Sharing : std::uint8_t { none, begins, joins };
    Sharing sharing = Sharing::none;
};

// A bound, listening, non-blocking socket, closed (and its path removed) at the end of its life.
// What is set on it is inherited by every accepted socket (tcp(7), socket(7)), which saves five
// system calls per connection.
class Listener {
public:
    Listener() = default;
    ~Listener() { close(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // The address may still be held by a server just killed: a ring is torn down after its process
    // has gone (io_uring_setup(2)). The caller tries again on EADDRINUSE, for about a second.
    [[nodiscard]] Result<void> open(const ListenAddress& address, const ListenOptions& options);
    // One that another process has opened for this address; it goes on with it, and leave() says
    // that the other does, there.
    [[nodiscard]] Result<void> adopt(int socket, const ListenAddress& address);
    void leave();
    // From now on whoever comes is refused, and a successor may take the address.
    void refuse();
    void close();

    int socket() const { return socket_; }
    std::uint16_t port() const { return port_; }  // The one bound, if 0 was asked for.

private:
    bool set_options(ListenAddress::Family family, const ListenOptions& options) const;
    [[nodiscard]] Result<void> bind_and_listen(const ListenAddress& address,
                                               const ListenOptions& options);
    [[nodiscard]] Result<void> ask_for_port(const ListenAddress& address);
    void remember_path(const std::string& path);

    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::string path_;  // Of a local socket, and what file it is: another's may lie there later.
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace ringtick
