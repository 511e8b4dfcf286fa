#include "server/handover_socket.hpp"

#include "base/assert.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace ringtick::handover_socket {

namespace {

// Who comes is let in at the next tick.
constexpr int backlog = 16;

constexpr std::size_t control_size = CMSG_SPACE(sizeof(int) * descriptors_max);

sockaddr_un name_of(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    ASSERT(path.size() < sizeof name.sun_path);
    std::memcpy(name.sun_path, path.c_str(), path.size());
    return name;
}

const sockaddr* generic(const sockaddr_un& name) {
    return reinterpret_cast<const sockaddr*>(&name);
}

int make_socket(int flags) {
    return ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
}

// Receives on it wait for so long at the most, and so do sends and connect(2).
void set_patience(int socket, std::uint32_t ms) {
    const timeval patience{.tv_sec = ms / 1'000, .tv_usec = suseconds_t{ms % 1'000} * 1'000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// Who listens, of a socket that has connected (unix(7), SO_PEERCRED).
bool is_of(int socket, std::uint32_t user) {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == user;
}

// A signal to stop waits to be read (sigpending(2)).
bool is_told_to_stop() {
    sigset_t waiting;
    return ::sigpending(&waiting) == 0 &&
           (::sigismember(&waiting, SIGTERM) == 1 || ::sigismember(&waiting, SIGINT) == 1);
}

}  // namespace

Result<Connected> connect(const std::string& path, std::uint32_t patience_ms) {
    struct stat file {};
    if (::lstat(path.c_str(), &file) != 0) return Connected{};
    if (!S_ISSOCK(file.st_mode)) return Connected{.found = Found::no_socket};
    const int socket = make_socket(0);
    if (socket < 0) return std::unexpected(Error{"socket", errno});
    set_patience(socket, patience_ms);
    const sockaddr_un name = name_of(path);
    const bool connected = ::connect(socket, generic(name), sizeof name) == 0;
    const int error = errno;
    if (connected && is_of(socket, this_user())) {
        return Connected{.found = Found::somebody, .socket = socket};
    }
    ::close(socket);
    if (connected) return Connected{.found = Found::stranger};
    if (error == ECONNREFUSED) return Connected{};
    if (error == EPROTOTYPE) return Connected{.found = Found::no_socket};
    return std::unexpected(Error{"connect", error});
}

Result<int> listen(const std::string& path) {
    const int socket = make_socket(SOCK_NONBLOCK);
    if (socket < 0) return std::unexpected(Error{"socket", errno});
    ::unlink(path.c_str());
    const sockaddr_un name = name_of(path);
    const mode_t before = ::umask(0177);
    const bool bound = ::bind(socket, generic(name), sizeof name) == 0;
    const int error = errno;
    ::umask(before);
    if (bound && ::listen(socket, backlog) == 0) return socket;
    ::close(socket);
    return std::unexpected(Error{"bind", bound ? errno : error});
}

std::uint32_t this_user() {
    return ::geteuid();
}

void make_room_for(std::uint32_t descriptors) {
    const int copy = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, static_cast<int>(descriptors));
    if (copy >= 0) ::close(copy);
}

int accept(int listener, std::uint32_t user) {
    while (true) {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0 || is_of(socket, user)) return socket;
        ::close(socket);
    }
}

bool send(int socket, std::span<const std::byte> message, std::span<const int> descriptors) {
    ASSERT(!message.empty() && message.size() <= message_size_max);
    ASSERT(descriptors.size() <= descriptors_max);
    iovec part{.iov_base = const_cast<std::byte*>(message.data()), .iov_len = message.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<std::byte, control_size> control{};
    if (!descriptors.empty()) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    return ::sendmsg(socket, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

Received receive(int socket, bool waits) {
    Received received{.message = std::vector<std::byte>(message_size_max), .descriptors = {}};
    iovec part{.iov_base = received.message.data(), .iov_len = message_size_max};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<std::byte, control_size> control{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    errno = 0;
    const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
    const int error = errno;
    for (cmsghdr* one = size < 0 ? nullptr : CMSG_FIRSTHDR(&header); one != nullptr;
         one = CMSG_NXTHDR(&header, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t bytes = one->cmsg_len - CMSG_LEN(0);
        received.descriptors.resize(bytes / sizeof(int));
        std::memcpy(received.descriptors.data(), CMSG_DATA(one), bytes);
    }
    received.lost_descriptors = size > 0 && (header.msg_flags & MSG_CTRUNC) != 0;
    const bool whole = size > 0 && (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    received.message.resize(whole ? static_cast<std::size_t>(size) : 0);
    errno = size < 0 ? error : 0;
    return received;
}

Waited wait(int socket, int signals, std::uint32_t patience_ms) {
    std::array<pollfd, 2> both{{{.fd = socket, .events = POLLIN, .revents = 0},
                                {.fd = signals, .events = POLLIN, .revents = 0}}};
    nfds_t heard = both.size();
    while (true) {
        if (::poll(both.data(), heard, static_cast<int>(patience_ms)) <= 0) return Waited::nothing;
        if (both[0].revents != 0) return Waited::something;
        if (is_told_to_stop()) return Waited::interrupted;
        heard = 1;  // Of another signal, which has time.
    }
}

void refuse_more(int socket) {
    ::shutdown(socket, SHUT_RD);
}

void close(int descriptor) {
    ::close(descriptor);
}

}  // namespace ringtick::handover_socket
