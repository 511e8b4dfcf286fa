#include "server/server.hpp"

#include "base/assert.hpp"
#include "server/allocation_counter.hpp"
#include "server/clock.hpp"
#include "server/handover_socket.hpp"
#include "server/log.hpp"
#include "server/match_identity.hpp"
#include "server/signals.hpp"
#include "server/sizes.hpp"
#include "uring/refusal.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

constexpr BufferGroup receive_group{.id = 1};
// Half of it is shared by the players evenly: each has room for a HELLO, whoever else is loud.
constexpr std::uint32_t inbox_bytes_of_player = 2'304;
constexpr std::uint32_t inbox_bytes_least = 4'194'304;

std::uint32_t descriptors_needed(std::uint32_t connections_max) {
    return connections_max + 128;
}

// A server is the kind of program that the hard limit is for.
void raise_descriptor_limit(std::uint32_t connections_max) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t needed = descriptors_needed(connections_max);
    if (limit.rlim_cur >= needed) return;
    log_warning(
        fmt::format("only {} descriptors are allowed, {} are needed for {} connections: "
                    "raise `ulimit -n` or lower --connections-max",
                    limit.rlim_cur, needed, connections_max));
}

// What follows from the options, or from nowhere.
Options completed(Options options, const Certificate& certificate) {
    // A page about all the rooms is written where its connection's output waits.
    if (options.tls.given()) options.net.tls = &certificate.context();
    std::uint32_t& output = options.net.output_size_max;
    output = std::max(output, page_size_max(options.rooms));
    // A secret, and the one random number that no --seed repeats: it decides nothing but places in
    // a table. Without it (getrandom(2) may be interrupted) the table works all the same.
    std::uint64_t& seed = options.net.address_seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = 0;
    return options;
}

// Only moments have files opened and named while the server runs.
FileUse file_use(const Options& options) {
    if (!options.moments.folder.empty()) return FileUse::all;
    return options.record.empty() ? FileUse::none : FileUse::written;
}

http::Transport transport_of(const NetOptions& net) {
    return net.tls != nullptr ? http::Transport::tls : http::Transport::plain;
}

std::string describe_compression(const Compression* compression) {
    if (compression == nullptr) return "no compression";
    return fmt::format("permessage-deflate in {} KiB", compression->memory() / 1'024);
}

// Between two tries to bind. Start-up is the one time that the program may sit and wait.
void pause_briefly() {
    ::poll(nullptr, 0, 10);
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

Server::Server(const Options& options, const Program& program, ServerKind kind)
    : options_(completed(options, certificate_)),
      program_(program),
      kind_(kind),
      policy_{.origins = options_.origins,
              .subprotocol = program.subprotocol,
              .transport = transport_of(options_.net)},
      pages_(program.assets),
      rooms_(sizes_of(options_.net).slots, pages_, drain_, kind.any_path),
      echo_(pages_),
      connections_(options_.net,
                   policy_,
                   ring_,
                   buffers_,
                   kind.echo ? static_cast<ConnectionEvents&>(echo_)
                             : static_cast<ConnectionEvents&>(rooms_)),
      recording_(ring_),
      operator_(options_.may_have_operator
                    ? operator_of(options_.listen, options_.net, options_.ops_token)
                    : Operator()),
      kept_({.owner = operator_, .connections = connections_, .loop = loop_stats_}),
      moments_({.ring = ring_, .kept = kept_, .owner = operator_}),
      ops_({.owner = operator_,
            .metrics = metrics_,
            .connections = connections_,
            .rooms = rooms_,
            .drain = drain_,
            .moments = moments_}),
      handover_({.ring = ring_,
                 .connections = connections_,
                 .rooms = rooms_,
                 .listener = listener_,
                 .drain = drain_}) {
    echo_.attach(connections_);
    operator_.serve_over(policy_.transport);
}

Server::~Server() {
    if (signals_ >= 0) ::close(signals_);
}

Result<void> Server::open() {
    // First: whoever mistyped a file's name need not wait.
    if (options_.tls.given() && !certificate_.load(options_.tls).empty()) {
        return std::unexpected(Error{"tls", EINVAL});
    }
    if (options_.realtime) realtime_ = request_realtime();
    // Before the ring: it keeps the limit that was in force when it was made.
    raise_descriptor_limit(options_.net.connections_max);
    const sigset_t signals = server_signals(options_.tls.given());
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) return std::unexpected(Error{"signalfd", errno});
    if (auto opened = open_ring(); !opened) return opened;
    if (auto opened = connections_.open(); !opened) return opened;
    if (!kind_.echo) open_rooms();
    if (auto opened = open_kept(); !opened) return opened;
    attach_metrics();
    const bool is_taken_over = kind_.takeover != nullptr && kind_.takeover->is_on();
    if (is_taken_over && !options_.check_only) return take_over();
    if (auto opened = open_listener(); !opened) return opened;
    if (options_.check_only) return {};
    if (auto opened = open_handover(); !opened) return opened;
    // Last, so that nothing that is refused leaves a file behind.
    return options_.record.empty() ? Result<void>() : open_recording();
}

Result<void> Server::open_ring() {
    const Sizes sizes = sizes_of(options_.net);
    const RingOptions ring_options{.submissions = sizes.submissions,
                                   .completions = sizes.completions,
                                   .files = file_use(options_),
                                   .mask = options_.mask};
    return open_with_buffers(
        ring_, ring_options, buffers_,
        {.group = receive_group, .count = sizes.buffers, .size = options_.net.receive_buffer_size});
}

Result<void> Server::open_listener() {
    ListenOptions listen_options = options_.listener;
    listen_options.backlog = options_.net.listen_backlog;
    // A server that was killed a moment ago may still hold the address: the kernel takes a ring
    // down after its process is gone.
    const Nanoseconds patience = monotonic_now() + std::chrono::seconds(1);
    while (true) {
        auto opened = listener_.open(options_.listen, listen_options);
        if (opened) break;
        const bool taken = opened.error().error_number == EADDRINUSE;
        if (!taken || monotonic_now() >= patience) return opened;
        pause_briefly();
    }
    connections_.listen(listener_.socket());
    return {};
}

Result<void> Server::open_handover() {
    if (options_.handover.empty()) return {};
    if (rooms_.all().front()->game().state_size_max() == 0) {
        return std::unexpected(Error{"handover of nothing", EOPNOTSUPP});
    }
    return handover_.open(options_.handover, *kind_.handover_identity,
                          std::chrono::milliseconds(options_.handover_ms));
}

// All that takes its time comes before the other one stands still.
Result<void> Server::take_over() {
    Takeover& takeover = *kind_.takeover;
    if (!options_.record.empty()) {
        if (auto opened = open_recording(); !opened) return opened;
    }
    handover_socket::make_room_for(descriptors_needed(options_.net.connections_max));
    if (auto taken = take_match(takeover); !taken) {
        recording_.discard();
        listener_.leave();
        return taken;
    }
    handover_.stats = takeover.stats();
    const Nanoseconds now = monotonic_now();
    connections_.begin_adopted(takeover.began_at(), now, takeover.ticks_due(now));
    connections_.listen(listener_.socket());
    // By now nobody else serves these connections.
    if (auto opened = open_handover(); !opened) {
        log_warning(fmt::format("the next handover is not possible: {} cannot be listened at ({})",
                                options_.handover,
                                std::generic_category().message(opened.error().error_number)));
    }
    return {};
}

// From here to its end nobody serves.
Result<void> Server::take_match(Takeover& takeover) {
    const Error failed{"handover", 0};
    if (!takeover.receive(signals_) || !takeover.load(connections_, rooms_, drain_)) {
        return std::unexpected(failed);
    }
    if (auto adopted = listener_.adopt(takeover.take_listener(), options_.listen); !adopted) {
        return adopted;
    }
    if (recording_.is_open()) {
        recording_.begin_at(takeover.tick());
        if (auto written = recording_.write_states(rooms_.all()); !written) return written;
    }
    return takeover.commit() ? Result<void>() : std::unexpected(failed);
}

RoomLimits Server::room_limits() const {
    const std::uint32_t players =
        std::min({options_.players_max, options_.net.connections_max, 65'535U});
    return {
        .players_max = players,
        .inbox_messages = options_.inbox_messages > 0 ? options_.inbox_messages : 8 * players + 64,
        .inbox_bytes = options_.inbox_bytes > 0
                           ? options_.inbox_bytes
                           : std::max(inbox_bytes_least, inbox_bytes_of_player * players)};
}

void Server::open_rooms() {
    const RoomLimits limits = room_limits();
    for (std::uint32_t room = 0; room < options_.rooms; ++room) {
        rooms_.add(make_room(room, limits));
    }
}

std::unique_ptr<Room> Server::make_room(std::uint32_t number, const RoomLimits& limits) {
    if (kind_.show == nullptr) {
        auto game = kind_.resume != nullptr
                        ? kind_.resume->take_game(number)
                        : program_.make_game(game_options(options_, limits.players_max, number));
        return std::make_unique<Room>(std::move(game), limits, connections_);
    }
    auto room = std::make_unique<ShownRoom>(*kind_.show, number, limits, connections_);
    shown_rooms_.push_back(room.get());
    return room;
}

Result<void> Server::open_recording() {
    const RoomLimits limits = room_limits();
    // Room for the fullest tick: all that an inbox holds, a few bytes before each message. Of
    // several rooms the half of a block that is not shared out can take that much.
    const std::size_t fullest = limits.inbox_bytes + limits.inbox_messages * 8UL;
    const std::size_t block_size = (options_.rooms > 1 ? 2 : 1) * fullest + 65'536;
    const RecordHeader header = record_header(options_, program_, limits.players_max);
    const RecordStates states{.size_max = rooms_.all().front()->game().state_size_max(),
                              .seconds = options_.record_states_s,
                              .tick = first_tick()};
    auto opened = recording_.open(options_.record, header, block_size, states);
    if (!opened) return opened;
    std::uint32_t number = 0;
    for (const auto& room : rooms_.all()) room->record_to(recording_.writer(), number++);
    return recording_.write_states(rooms_.all());
}

// Of a recorded match on show there is more than that in its file.
Result<void> Server::open_kept() {
    const bool is_played = !kind_.echo && kind_.show == nullptr;
    // Before the rules are found out, which takes a game its time.
    if (!is_played || options_.keep.seconds == 0) return {};
    const RecordHeader header = record_header(options_, program_, room_limits().players_max);
    if (auto opened = kept_.open(options_.keep, header, rooms_.all()); !opened) return opened;
    return options_.moments.folder.empty() ? Result<void>()
                                           : moments_.open(options_.moments, program_.name);
}

// That which was over before this server began.
std::uint64_t Server::first_tick() const {
    if (handover_.stats.handovers > 0) return kind_.takeover->tick();
    return kind_.resume == nullptr ? 0 : kind_.resume->tick();
}

// Who only echoes has no tick to be awake for.
Nanoseconds Server::spin() const {
    return options_.realtime && !kind_.echo ? realtime_spin : Nanoseconds{};
}

void Server::attach_metrics() {
    configuration_ = describe();
    metrics_ = {.loop = &loop_stats_,
                .ring = &ring_.stats(),
                .buffers = &buffers_,
                .connections = &connections_,
                .record = &recording_.stats(),
                .drain = &drain_,
                .handover = &handover_.stats,
                .kept = &kept_,
                .moments = &moments_,
                .owner = &operator_,
                .rate_hz = options_.rate_hz,
                .schema = program_.schema,
                .configuration = configuration_,
                .rooms = rooms_.all(),
                .shown_rooms = shown_rooms_};
    pages_.attach(metrics_);
    pages_.attach(ops_);
    pages_.attach(kept_);
    pages_.attach(moments_);
}

void Server::enter_sandbox() {
    if (options_.sandbox) {
        sandbox_ = ringtick::enter_sandbox(
            {.local_sockets = options_.listen.family == ListenAddress::Family::local ||
                              !options_.handover.empty()});
    }
    configuration_ = describe();
    metrics_.configuration = configuration_;
    metrics_.sandboxed = sandbox_.on();
}

void Server::run() {
    const Sizes sizes = sizes_of(options_.net);
    Loop loop(
        {.ring = ring_,
         .buffers = buffers_,
         .connections = connections_,
         .listener = listener_,
         .recording = recording_,
         .moments = moments_,
         .certificate = certificate_,
         .drain = drain_,
         .rooms = rooms_.all(),
         .signals = signals_,
         .handover = &handover_},
        {.rate_hz = options_.rate_hz,
         .catch_up_max = options_.catch_up_max,
         .snapshot_size_max = options_.snapshot_size_max,
         .spin = spin(),
         // Each holds a buffer, or is the last of its connection's.
         .receives_max = std::size_t{sizes.buffers} + sizes.slots,
         .first_tick = first_tick(),
         .first_at = handover_.stats.handovers > 0 ? std::optional(kind_.takeover->next_at())
                                                   : std::nullopt,
         .ticked_at = handover_.stats.handovers > 0 ? std::optional(kind_.takeover->ticked_at())
                                                    : std::nullopt},
        loop_stats_);
    loop.run();
    if (!recording_.finished()) {
        log_warning(
            fmt::format("the disk did not take the end of the recording in time; {} can be "
                        "replayed all the same",
                        options_.record));
    }
    log_info("stopped");
}

std::size_t Server::write_totals(std::span<char> out) const {
    return write_totals_json(out, metrics_);
}

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
            options_.rooms, reason);
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
    const RoomLimits limits = room_limits();
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
