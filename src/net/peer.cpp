#include "net/peer.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <span>

namespace ringtick {

Peer peer_of(int socket) {
    union {
        sockaddr generic;
        sockaddr_in ip4;
        sockaddr_in6 ip6;
        sockaddr_storage any;
    } name{};
    socklen_t size = sizeof name;
    if (getpeername(socket, &name.generic, &size) != 0) return {};
    switch (name.generic.sa_family) {
        case AF_INET:
            return {.kind = Peer::Kind::ip,
                    .address = IpAddress::from_ip4(
                        std::as_bytes(std::span<const in_addr, 1>(&name.ip4.sin_addr, 1)))};
        case AF_INET6:
            return {.kind = Peer::Kind::ip,
                    .address = IpAddress::from_ip6(
                        std::as_bytes(std::span<const in6_addr, 1>(&name.ip6.sin6_addr, 1)))};
        case AF_UNIX:
            return {.kind = Peer::Kind::local};
        default:
            return {};
    }
}

std::uint64_t bytes_acknowledged(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_acked;
}

}  // namespace ringtick
