#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// The Unix socket over which a server is handed from one process to the next (unix(7),
// SOCK_SEQPACKET: what is sent at once is received at once). Every call beside the ring that a
// handover makes is in handover_socket.cpp. None waits, unless it says so.
namespace handover_socket {

inline constexpr std::size_t message_size_max = 32'768;
// The kernel takes 253 descriptors with a message (SCM_MAX_FD).
inline constexpr std::size_t descriptors_max = 200;

enum class Found : std::uint8_t { nobody, somebody, stranger, no_socket };
struct Connected {
    Found found = Found::nobody;
    int socket = -1;
};
// Whoever listens there, if it is of this user. A file that a killed server has left counts as
// nobody.
// On the socket nothing waits longer than that.
[[nodiscard]] Result<Connected> connect(const std::string& path, std::uint32_t patience_ms);
// Takes the place of whatever socket lies there; only this user can connect.
[[nodiscard]] Result<int> listen(const std::string& path);
// Asked at the start, for the sandbox lets nobody ask later.
std::uint32_t this_user();
// Room for so many descriptors; none, if the limit is lower. Where threads share them, the kernel
// waits some milliseconds each time that their table grows: that is to be over before it matters.
void make_room_for(std::uint32_t descriptors);
// Of that user; those of anybody else are closed at once. Below 0: nobody came.
int accept(int listener, std::uint32_t user);
// False, with errno: EAGAIN if there is no room; what else is the end of it.
[[nodiscard]] bool send(int socket,
                        std::span<const std::byte> message,
                        std::span<const int> descriptors = {});

struct Received {
    std::vector<std::byte> message;  // Empty: the end, or errno says why there is none.
    std::vector<int> descriptors;    // The caller's.
    bool lost_descriptors = false;   // There was no room for all of them.
};
Received receive(int socket, bool waits);
// Waits until there is something to receive, or for so long, or until a descriptor of signals has
// one to stop.
enum class Waited : std::uint8_t { something, nothing, interrupted };
Waited wait(int socket, int signals, std::uint32_t patience_ms);

// From now on the other end cannot send any more. What it sent before can still be received.
void refuse_more(int socket);
void close(int descriptor);

}  // namespace handover_socket

}  // namespace ringtick
