// What a server says of itself: why it did not start, and what it has taken.

#include "server/server.hpp"
#include "server/sizes.hpp"
#include "uring/refusal.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

std::string describe_compression(const Compression* compression) {
    if (compression == nullptr) return "no compression";
    return fmt::format("permessage-deflate in {} KiB", compression->memory() / 1'024);
}

std::string explain_record(const Error& error, const std::string& path) {
    if (error.operation == std::string_view("record over a file")) {
        return fmt::format(
            "{} holds something, which is not written over. Remove it, or choose another --record.",
            path);
    }
    if (error.error_number == EAGAIN) {
        return fmt::format("another server records to {}. Choose another --record.", path);
    }
    return fmt::format("cannot record to {}: {}. Choose another --record.", path,
                       std::generic_category().message(error.error_number));
}

}  // namespace

std::string Server::explain(const Error& error) const {
    const std::string_view operation = error.operation;
    if (operation == "handover") return kind_.takeover->why();
    if (operation == "handover of nothing") {
        return "--handover hands over nothing of a game whose state cannot be saved: start without "
               "it.";
    }
    if (operation != "handover socket") return explain_start(error);
    return fmt::format("cannot listen at {} ({}). Choose another --handover.", options_.handover,
                       std::generic_category().message(error.error_number));
}

std::string Server::explain_start(const Error& error) const {
    const std::string_view operation = error.operation;
    const std::string reason = std::generic_category().message(error.error_number);
    const char* const option = kind_.address_option;
    if (operation == "tls") return certificate_.problem();
    if (operation == "bind over a file") {
        return fmt::format(
            "{} is a file, and no server's. Remove it, or choose another {} address.",
            options_.listen.host, option);
    }
    if (operation == "bind" && error.error_number == EADDRINUSE) {
        return fmt::format(
            "the address is taken: another server listens there. Stop it, or choose another {}.",
            option);
    }
    if (operation == "bind" || operation == "socket" || operation == "listen") {
        return fmt::format("cannot listen there ({}: {}). Choose another {}.", error.operation,
                           reason, option);
    }
    if (operation.starts_with("record")) return explain_record(error, options_.record);
    if (operation == "keep") {
        return fmt::format(
            "no address space for the last seconds of {} rooms ({}). Lower --keep-memory, or raise "
            "ulimit -v.",
            options_.rooms_max, reason);
    }
    if (operation == "moments") {
        return fmt::format(
            "cannot keep moments in {}: {}. Choose another --moments: a directory that there is, "
            "no other server's, where this user may write, of a file system that lets a file be "
            "made before it has a name (O_TMPFILE), as ext4, xfs, btrfs and tmpfs do.",
            options_.moments.folder, reason);
    }
    if (operation == "moments of nothing") {
        return "--moments keeps nothing of a game whose state cannot be saved: start without it.";
    }
    if (operation == "moments in memory") {
        return fmt::format(
            "no address space for {} moments ({}). Lower --moments-max or --keep-memory, or raise "
            "ulimit -v.",
            options_.moments.count_max, reason);
    }
    if (operation == "mmap") {
        return fmt::format(
            "no address space for the messages of {} connections ({}). Lower --connections-max or "
            "--message-max, or raise ulimit -v.",
            options_.net.connections_max, reason);
    }
    if (operation.starts_with("io_uring") || operation == "multishot receive") {
        std::array<char, 512> text{};
        return std::string(explain_refusal(error, read_machine_facts(), text));
    }
    return fmt::format("{}: {}", error.operation, reason);
}

std::string Server::describe() const {
    const RingFeatures& features = ring_.features();
    const std::size_t receive = std::size_t{buffers_.count()} * options_.net.receive_buffer_size;
    // The loop sets aside completions that come during a broadcast.
    const std::size_t queues = features.submissions * 64UL + features.completions * 16UL +
                               features.completions * sizeof(Completion);
    const RoomLimits limits = maker_.limits_of(maker_.players_max());
    const std::size_t inbox = limits.inbox_bytes + limits.inbox_messages * sizeof(Command);
    const std::size_t frames =
        SnapshotFrames::memory(options_.snapshot_size_max, options_.net.deflate);
    const std::size_t fixed = connections_.memory_fixed() + receive + queues +
                              rooms_.all().size() * inbox + frames + recording_.memory();
    constexpr std::size_t mib = 1 << 20;
    return fmt::format(
        "ring {}/{} entries, features {:#x}, {}, deadline {}, receive budget {}, asleep {}, {} "
        "receive buffers of {} B, {}, {}; memory taken at start {} MiB beside the game's own, "
        "address "
        "space for messages {} MiB, for the last seconds {} MiB, for moments {} MiB; {}{}",
        features.submissions, features.completions, features.raw,
        features.defer_taskrun ? "deferred task work" : "cooperative task work",
        features.absolute_deadline ? "absolute" : "relative",
        features.recv_budget ? "by the kernel" : "by cancelling",
        features.second_ring ? "on a second ring" : "on the ring", buffers_.count(),
        options_.net.receive_buffer_size, describe_compression(connections_.compression()),
        features.restricted ? "restricted to what it is for" : "not restricted", fixed / mib,
        connections_.memory_reserved() / mib, kept_.memory_reserved() / mib,
        moments_.memory_reserved() / mib, ringtick::describe(sandbox_),
        options_.realtime ? "; " + ringtick::describe(realtime_, spin()) : std::string());
}

}  // namespace ringtick
