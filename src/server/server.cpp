#include "server/server.hpp"

#include "base/assert.hpp"
#include "server/allocation_counter.hpp"
#include "server/clock.hpp"
#include "server/handover_socket.hpp"
#include "server/log.hpp"
#include "server/match_identity.hpp"
#include "server/signals.hpp"
#include "server/sizes.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

constexpr BufferGroup receive_group{.id = 1};

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
    output = std::max(output, page_size_max(options.rooms_max, options.shards));
    return options;
}

// Only moments have files opened and named while the server runs.
FileUse file_use(const Options& options) {
    if (!options.moments.folder.empty()) return FileUse::all;
    return options.record.empty() ? FileUse::none : FileUse::written;
}

// A recording, and a process that takes over, know of one tick for all rooms.
std::uint32_t phases_of(const Options& options) {
    const bool alone = !may_make_rooms(options);
    return alone ? 1 : std::min(options.rooms_max, Rooms::phases_max);
}

http::Transport transport_of(const NetOptions& net) {
    return net.tls != nullptr ? http::Transport::tls : http::Transport::plain;
}

// Between two tries to bind. Start-up is the one time that the program may sit and wait.
void pause_briefly() {
    ::poll(nullptr, 0, 10);
}

}  // namespace

Server::Server(const Options& options,
               const Program& program,
               ServerKind kind,
               const Shared& shared)
    : options_(completed(options, certificate_)),
      program_(program),
      kind_(kind),
      place_(shared.place),
      policy_{.origins = options_.origins,
              .subprotocol = program.subprotocol,
              .transport = transport_of(options_.net)},
      pages_(program.assets),
      maker_({.options = options_,
              .program = program_,
              .connections = connections_,
              .kept = kept_,
              .show = kind.show,
              .resume = kind.resume}),
      rooms_({.connections_max = sizes_of(options_.net).slots,
              .phases = phases_of(options_),
              .empty_s = options_.room_empty_s,
              .place = shared.place,
              .any_path = kind.any_path},
             {.pages = pages_, .drain = drain_, .directory = shared.directory, .maker = maker_}),
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
      handover_({.ring = ring_,
                 .connections = connections_,
                 .rooms = rooms_,
                 .listener = listener_,
                 .drain = drain_}),
      reporter_(shared.board,
                shared.directory,
                shared.place,
                {.loop = loop_stats_,
                 .ring = ring_,
                 .buffers = buffers_,
                 .connections = connections_,
                 .recording = recording_,
                 .drain = drain_,
                 .handover = handover_,
                 .kept = kept_,
                 .moments = moments_,
                 .rooms = rooms_}),
      siblings_(ring_),
      ops_({.owner = operator_,
            .reporter = reporter_,
            .loop = loop_stats_,
            .rate_hz = options_.rate_hz,
            .connections = connections_,
            .rooms = rooms_,
            .drain = drain_,
            .moments = moments_,
            .siblings = siblings_}) {
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
    if (auto opened = open_signals(); !opened) return opened;
    if (auto opened = open_ring(); !opened) return opened;
    if (auto opened = connections_.open(); !opened) return opened;
    if (!kind_.echo) rooms_.open();
    if (auto opened = open_kept(); !opened) return opened;
    attach_pages();
    const bool is_taken_over = kind_.takeover != nullptr && kind_.takeover->is_on();
    if (is_taken_over && !options_.check_only) return take_over();
    if (auto opened = open_listener(); !opened) return opened;
    if (options_.check_only) return {};
    if (auto opened = open_handover(); !opened) return opened;
    // Last, so that nothing that is refused leaves a file behind.
    return options_.record.empty() ? Result<void>() : open_recording();
}

// One thread hears them, for all.
Result<void> Server::open_signals() {
    if (place_.number != 0) return {};
    const sigset_t signals = server_signals(options_.tls.given());
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals_ < 0 ? Result<void>(std::unexpected(Error{"signalfd", errno})) : Result<void>();
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

Result<void> Server::open_recording() {
    const RoomLimits limits = maker_.limits_of(maker_.players_max());
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
    const RecordHeader header = record_header(options_, program_, maker_.players_max());
    // There may be larger rooms than those that there are yet.
    const auto largest = maker_.make_largest_game();
    auto opened = kept_.open(options_.keep, header, options_.rooms_max, *largest);
    if (!opened) return opened;
    for (const auto& room : rooms_.all()) kept_.keep(*room);
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

void Server::attach_pages() {
    describe_report();
    pages_.attach(reporter_);
    pages_.attach(ops_);
    pages_.attach(kept_);
    pages_.attach(moments_);
}

void Server::describe_report() {
    configuration_ = describe();
    reporter_.describe({.rate_hz = options_.rate_hz,
                        .rooms_max = options_.rooms_max,
                        .sandboxed = sandbox_.on(),
                        .schema = program_.schema,
                        .operator_kind = operator_.kind(),
                        .configuration = configuration_,
                        .shown_rooms = maker_.shown_rooms()});
}

void Server::join(std::span<const Connections::Route> routes) {
    connections_.join(place_.number, routes);
    siblings_.join(place_.number, routes);
}

void Server::enter_sandbox() {
    if (options_.sandbox) {
        sandbox_ = ringtick::enter_sandbox(
            {.local_sockets = options_.listen.family == ListenAddress::Family::local ||
                              !options_.handover.empty()});
    }
    describe_report();
}

void Server::share_sandbox(const Server& other) {
    sandbox_ = other.sandbox_;
    describe_report();
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
         .rooms = rooms_,
         .signals = signals_,
         .siblings = siblings_,
         .reporter = reporter_,
         .handover = &handover_},
        {.rate_hz = options_.rate_hz,
         .catch_up_max = options_.catch_up_max,
         .snapshot_size_max = options_.snapshot_size_max,
         .spin = spin(),
         // Each receive holds a buffer, or is the last of its connection's; each message a place in
         // its passage, or it is an operator's.
         .set_aside_max = std::size_t{sizes.buffers} + sizes.slots +
                          std::size_t{place_.count} * Passage::places_count,
         .has_siblings = place_.count > 1,
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

std::size_t Server::write_totals(std::span<char> out) {
    return write_totals_json(out, reporter_.report());
}

}  // namespace ringtick
