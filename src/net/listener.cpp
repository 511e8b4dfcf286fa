#include "net/listener.hpp"

#include "base/assert.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace ringtick {

namespace {

bool parse_port(std::string_view text, std::uint16_t& port) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

union SocketAddress {
    sockaddr generic;
    sockaddr_in ip4;
    sockaddr_in6 ip6;
    sockaddr_un local;
};

// Fills `out` and returns its size. The text was checked by parse().
socklen_t encode(const ListenAddress& address, SocketAddress& out) {
    std::memset(&out, 0, sizeof out);
    switch (address.family) {
        case ListenAddress::Family::ip4:
            out.ip4.sin_family = AF_INET;
            out.ip4.sin_port = htons(address.port);
            inet_pton(AF_INET, address.host.c_str(), &out.ip4.sin_addr);
            return sizeof out.ip4;
        case ListenAddress::Family::ip6:
            out.ip6.sin6_family = AF_INET6;
            out.ip6.sin6_port = htons(address.port);
            inet_pton(AF_INET6, address.host.c_str(), &out.ip6.sin6_addr);
            return sizeof out.ip6;
        case ListenAddress::Family::local:
            out.local.sun_family = AF_UNIX;
            ASSERT(address.host.size() < sizeof out.local.sun_path);
            std::memcpy(out.local.sun_path, address.host.data(), address.host.size());
            return sizeof out.local;
    }
    UNREACHABLE();
}

// A socket file whose server has gone refuses connections, and keeps the address taken for ever.
// One that is anything else (it connects, or it is full: EAGAIN) has a server.
Result<void> remove_abandoned(const SocketAddress& address, socklen_t size) {
    struct stat file {};
    if (lstat(address.local.sun_path, &file) != 0) return {};
    if (!S_ISSOCK(file.st_mode)) return std::unexpected(Error{"bind over a file", EEXIST});
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return std::unexpected(Error{"socket", errno});
    const bool refused = connect(probe, &address.generic, size) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    if (refused) unlink(address.local.sun_path);
    return {};
}

bool set_option(int socket, int level, int name, int value) {
    return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace

bool ListenAddress::parse(std::string_view text, ListenAddress& address) {
    constexpr std::string_view local = "unix:";
    if (text.starts_with(local)) {
        address = {.family = Family::local, .host = std::string(text.substr(local.size()))};
        return !address.host.empty() && address.host.size() < sizeof(sockaddr_un::sun_path);
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    std::string_view host = text.substr(0, colon);
    const bool ip6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (ip6) host = host.substr(1, host.size() - 2);
    address.family = ip6 ? Family::ip6 : Family::ip4;
    address.host = host;
    in6_addr parsed{};
    return parse_port(text.substr(colon + 1), address.port) &&
           inet_pton(ip6 ? AF_INET6 : AF_INET, address.host.c_str(), &parsed) == 1;
}

Result<void> Listener::open(const ListenAddress& address, const ListenOptions& options) {
    ASSERT(socket_ < 0);
    auto opened = bind_and_listen(address, options);
    if (!opened) close();
    return opened;
}

bool Listener::set_options(ListenAddress::Family family, const ListenOptions& options) const {
    const auto send_buffer = static_cast<int>(options.send_buffer_size);
    if (!set_option(socket_, SOL_SOCKET, SO_SNDBUF, send_buffer)) return false;
    if (family == ListenAddress::Family::local) return true;
    if (family == ListenAddress::Family::ip6 &&
        !set_option(socket_, IPPROTO_IPV6, IPV6_V6ONLY, 0)) {
        return false;
    }
    const bool joins = options.sharing == ListenOptions::Sharing::joins;
    return set_option(socket_, SOL_SOCKET, SO_REUSEADDR, 1) &&
           set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1) &&
           set_option(socket_, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
                      static_cast<int>(options.unsent_max)) &&
           (!joins || set_option(socket_, SOL_SOCKET, SO_REUSEPORT, 1));
}

Result<void> Listener::bind_and_listen(const ListenAddress& address, const ListenOptions& options) {
    SocketAddress name;
    const socklen_t size = encode(address, name);
    const bool local = address.family == ListenAddress::Family::local;
    socket_ = ::socket(name.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return std::unexpected(Error{"socket", errno});

    if (!set_options(address.family, options)) {
        return std::unexpected(Error{"setsockopt", errno});
    }

    if (local) {
        if (auto free = remove_abandoned(name, size); !free) return free;
    }
    if (bind(socket_, &name.generic, size) != 0) return std::unexpected(Error{"bind", errno});
    // Only now: another server, which may share its own address as well, has been refused by then.
    const bool shares = options.sharing == ListenOptions::Sharing::begins;
    if (shares && !set_option(socket_, SOL_SOCKET, SO_REUSEPORT, 1)) {
        return std::unexpected(Error{"setsockopt", errno});
    }
    if (local) remember_path(address.host);
    if (::listen(socket_, static_cast<int>(options.backlog)) != 0) {
        return std::unexpected(Error{"listen", errno});
    }
    return local ? Result<void>() : ask_for_port(address);
}

Result<void> Listener::ask_for_port(const ListenAddress& address) {
    SocketAddress name;
    socklen_t size = sizeof name;
    if (getsockname(socket_, &name.generic, &size) != 0) {
        return std::unexpected(Error{"getsockname", errno});
    }
    port_ = ntohs(address.family == ListenAddress::Family::ip6 ? name.ip6.sin6_port
                                                               : name.ip4.sin_port);
    return {};
}

Result<void> Listener::adopt(int socket, const ListenAddress& address) {
    ASSERT(socket_ < 0);
    socket_ = socket;
    if (address.family != ListenAddress::Family::local) return ask_for_port(address);
    remember_path(address.host);
    return {};
}

void Listener::leave() {
    path_.clear();
    close();
}

void Listener::remember_path(const std::string& path) {
    struct stat file {};
    if (lstat(path.c_str(), &file) != 0) return;  // Taken away already.
    path_ = path;
    device_ = file.st_dev;
    inode_ = file.st_ino;
}

void Listener::refuse() {
    ::shutdown(socket_, SHUT_RDWR);
}

void Listener::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    struct stat file {};
    const bool ours = !path_.empty() && lstat(path_.c_str(), &file) == 0 &&
                      file.st_dev == device_ && file.st_ino == inode_;
    if (ours) unlink(path_.c_str());
    path_.clear();
}

}  // namespace ringtick
