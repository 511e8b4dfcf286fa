// Functions of the C library that a server calls beside its ring: of simulated sockets, and the
// time of a simulated world.

#include "base/assert.hpp"
#include "base/rng.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <span>

#include "simulation/kernel.hpp"

// The linker's own names for what --wrap puts a function before.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
int __real_clock_gettime(clockid_t clock, timespec* time);
int __real_shutdown(int socket, int how);
int __real_close(int descriptor);
ssize_t __real_send(int socket, const void* bytes, size_t size, int flags);
int __real_getsockopt(int socket, int level, int option, void* value, socklen_t* size);
int __real_getpeername(int socket, sockaddr* name, socklen_t* size);

int __wrap_clock_gettime(clockid_t clock, timespec* time) {
    ringtick::SimulatedKernel* const kernel = ringtick::SimulatedKernel::here();
    if (kernel == nullptr) return __real_clock_gettime(clock, time);
    auto now = kernel->look_at_clock().count();
    if (clock != CLOCK_MONOTONIC) now += 1'700'000'000'000'000'000;  // A date.
    *time = {.tv_sec = now / 1'000'000'000, .tv_nsec = now % 1'000'000'000};
    return 0;
}

// Of a secret it is enough here that it is no other's.
ssize_t __wrap_getrandom(void* memory, size_t size, unsigned flags) {
    static_cast<void>(flags);
    static ringtick::Rng rng(1);
    const std::span bytes(static_cast<std::byte*>(memory), size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.next());
    return static_cast<ssize_t>(size);
}

int __wrap_shutdown(int socket, int how) {
    if (socket < ringtick::SimulatedKernel::first_descriptor) return __real_shutdown(socket, how);
    const ringtick::Outside outside(*ringtick::SimulatedKernel::here());
    auto* const peer = ringtick::SimulatedKernel::here()->socket_of(socket);
    ASSERT(peer != nullptr);
    ringtick::SimulatedKernel::here()->shut_down(*peer, how != SHUT_WR);
    return 0;
}

ssize_t __wrap_send(int socket, const void* bytes, size_t size, int flags) {
    if (socket < ringtick::SimulatedKernel::first_descriptor) {
        return __real_send(socket, bytes, size, flags);
    }
    ASSERT(flags == (MSG_DONTWAIT | MSG_NOSIGNAL));
    const ringtick::Outside outside(*ringtick::SimulatedKernel::here());
    auto* const peer = ringtick::SimulatedKernel::here()->socket_of(socket);
    ASSERT(peer != nullptr);
    const std::span all(static_cast<const std::byte*>(bytes), size);
    const int result = ringtick::SimulatedKernel::here()->send_now(*peer, all);
    if (result < 0) errno = -result;
    return std::max(result, -1);
}

int __wrap_close(int descriptor) {
    if (descriptor < ringtick::SimulatedKernel::first_descriptor) return __real_close(descriptor);
    const ringtick::Outside outside(*ringtick::SimulatedKernel::here());
    ringtick::SimulatedKernel::here()->close(descriptor);
    return 0;
}

int __wrap_getsockopt(int socket, int level, int option, void* value, socklen_t* size) {
    if (socket < ringtick::SimulatedKernel::first_descriptor) {
        return __real_getsockopt(socket, level, option, value, size);
    }
    auto* const peer = ringtick::SimulatedKernel::here()->socket_of(socket);
    ASSERT(peer != nullptr);
    ASSERT(level == IPPROTO_TCP && option == TCP_INFO);
    tcp_info info{};
    info.tcpi_bytes_acked = peer->read;
    ASSERT(*size >= sizeof info);
    std::memcpy(value, &info, sizeof info);
    return 0;
}

int __wrap_getpeername(int socket, sockaddr* name, socklen_t* size) {
    if (socket < ringtick::SimulatedKernel::first_descriptor) {
        return __real_getpeername(socket, name, size);
    }
    auto* const peer = ringtick::SimulatedKernel::here()->socket_of(socket);
    ASSERT(peer != nullptr);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(peer->address);
    address.sin_port = htons(40'000);
    ASSERT(*size >= sizeof address);
    std::memcpy(name, &address, sizeof address);
    *size = sizeof address;
    return 0;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
