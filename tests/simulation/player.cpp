#include "simulation/player.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

#include "load/client_frame.hpp"

namespace ringtick {

namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds patience = 3s;       // With who is asked for an answer.
constexpr std::uint64_t gap_allowed = 24;  // Ticks: four of the slowest rate.
constexpr float tolerance = 0.4F;          // Units, of what everyone is told.
constexpr std::size_t message_size_max = 65'536;

std::string request_of(std::uint32_t room, bool inflates) {
    return fmt::format(
        "GET /play/{} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: arena.v1\r\n{}{}{}"
        "Sec-WebSocket-Key: {}\r\n\r\n",
        room, inflates ? "Sec-WebSocket-Extensions: " : "", inflates ? swarm::deflate_offer : "",
        inflates ? "\r\n" : "", swarm::websocket_key);
}

// Where it aims, and nobody else; 0 is where everybody aims who has not said it yet.
std::uint8_t mark_of(std::uint32_t number) {
    return static_cast<std::uint8_t>(1 + number % 255);
}

std::string name_of(std::uint32_t number) {
    return fmt::format("P{}", number);
}

float to_float(railroids::Fixed value) {
    return static_cast<float>(value.raw()) / railroids::Fixed::one;
}

}  // namespace

Player::Player(SimulatedKernel& kernel,
               const Witness& witness,
               const Identity& identity,
               const Manners& manners)
    : kernel_(kernel),
      witness_(witness),
      rng_(identity.seed),
      identity_(identity),
      manners_(manners),
      is_model_(manners.has_none()) {
    delay_ = std::chrono::milliseconds(rng_.below(120));
    wakes_at_ = kernel.now() + std::chrono::milliseconds(rng_.below(3'000));
    stepped_at_ = kernel.now();
    client_->start(kernel.now());
    client_->game().look_inside(true);
    if (manners.inflates) unpacker_ = std::make_unique<swarm::Unpacker>(1, message_size_max);
}

bool Player::happens(std::uint32_t per_mille_a_second, Nanoseconds elapsed) {
    if (per_mille_a_second == 0) return false;
    const auto us = static_cast<std::uint64_t>(std::chrono::microseconds(1s) / 1us);
    const auto passed = static_cast<std::uint64_t>(elapsed / 1us);
    return rng_.below(1'000'000) < per_mille_a_second * passed * 1'000 / us;
}

void Player::complain(std::string_view what) {
    if (complaint_.empty()) complaint_ = what;
}

void Player::step(Nanoseconds now) {
    const Nanoseconds elapsed = now - std::exchange(stepped_at_, now);
    // Nobody can be asked for an answer while the machine stands still.
    if (kernel_.is_paused()) knocked_at_ += elapsed;
    if (state_ == State::vanished) {
        if (now >= wakes_at_) leave_connection(now, false);
        return;
    }
    if (state_ == State::away) {
        if (now >= wakes_at_) connect(now);
        return;
    }
    misbehave(now, elapsed);
    if (socket_ == nullptr || state_ == State::vanished) return;
    stalled_ = stalled_ && now < wakes_at_;
    if (!stalled_) read(now);
    const bool waits = state_ == State::handshake && now - knocked_at_ > patience;
    if (waits && is_model_ && !is_ending_) complain("nobody answers it");
    if (state_ == State::open) speak(now);
}

void Player::connect(Nanoseconds now) {
    socket_ = kernel_.connect(0x0A00'0000U + rng_.below(40));
    if (socket_ == nullptr) {
        wakes_at_ = now + 200ms;
        return;
    }
    // Of some sockets little can be on its way.
    socket_->room_max = 4'096ULL << rng_.below(6);
    state_ = State::handshake;
    knocked_at_ = now;
    handshake_ = {};
    frames_ = {};
    message_.clear();
    has_lied_ = stalled_ = false;
    shown_tick_ = 0;
    last_arrival_ = now;
    looks_on_ = rng_.below(1'000) < manners_.looks_on;
    client_->reconnect();
    tls_ = manners_.seals ? std::make_unique<TlsEnd>(rng_, ticket_) : nullptr;
    send(as_bytes(request_of(identity_.room, manners_.inflates)), now);
}

void Player::leave_connection(Nanoseconds now, bool forgets) {
    socket_ = nullptr;
    state_ = State::away;
    wakes_at_ = now + std::chrono::milliseconds(rng_.below(2'500));
    if (forgets) client_->start(now);
}

void Player::misbehave(Nanoseconds now, Nanoseconds elapsed) {
    if (happens(manners_.breaks, elapsed)) {
        socket_->reset_by_client = true;
        return leave_connection(now, false);
    }
    if (happens(manners_.vanishes, elapsed)) {
        state_ = State::vanished;
        wakes_at_ = now + std::chrono::milliseconds(rng_.below(20'000));
        return;
    }
    if (happens(manners_.leaves, elapsed) && state_ == State::open) {
        std::array<std::byte, 16> bye{};
        const std::size_t size = encode(Bye{.reason = ByeReason::leave}, bye);
        send_frame(Opcode::binary, std::span(bye).first(size), now);
        if (tls_) tls_->say_goodbye();
        send({}, now);
        socket_->fin_at = last_arrival_ + 1ms;
        return leave_connection(now, true);
    }
    if (happens(manners_.stalls, elapsed)) {
        stalled_ = true;
        wakes_at_ = now + std::chrono::milliseconds(rng_.below(rng_.chance(10) ? 12'000 : 900));
    }
    if (happens(manners_.lies, elapsed) && state_ == State::open) lie(now);
}

// Bytes of any kind; some are frames.
void Player::lie(Nanoseconds now) {
    has_lied_ = has_ever_lied_ = true;
    std::array<std::byte, 200> bytes{};
    const std::size_t size = 1 + rng_.below(bytes.size());
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng_.next());
    const auto lies = std::span(bytes).first(size);
    if (rng_.chance(30)) return tls_ && rng_.chance(50) ? post(lies, now) : send(lies, now);
    if (rng_.chance(70)) bytes[0] = static_cast<std::byte>(1 + rng_.below(10));  // A kind of ours.
    send_frame(Opcode::binary, lies, now);
}

void Player::speak(Nanoseconds now) {
    std::array<std::byte, 256> out{};
    if (client_->inputs_due(now) > 0) {
        const auto buttons = static_cast<std::uint8_t>(rng_.below(64));
        client_->want({.buttons = buttons, .aim = mark_of(identity_.number)}, now);
    }
    const bool waits = manners_.hurries > 0 && rng_.below(1'000) < manners_.hurries;
    if (const std::size_t size = waits ? 0 : client_->write_inputs(now, out); size > 0) {
        if (!looks_on_) send_frame(Opcode::binary, std::span(out).first(size), now);
    }
    client_->advance(now);
    if (now < ping_at_) return;
    ping_at_ = now + 1s;
    if (tls_ && rng_.chance(10)) tls_->change_keys();
    client_->want_encoding(static_cast<Encoding>(rng_.below(3)));
    send_frame(Opcode::binary, std::span(out).first(client_->write_ping(now, out)), now);
}

void Player::send_frame(Opcode opcode, std::span<const std::byte> payload, Nanoseconds now) {
    std::array<std::byte, 1'024> frame{};
    const std::size_t size = swarm::write_client_frame(frame, opcode, payload);
    send(std::span(frame).first(size), now);
}

void Player::send(std::span<const std::byte> bytes, Nanoseconds now) {
    if (!tls_) return post(bytes, now);
    if (!bytes.empty()) tls_->write(bytes);
    post(tls_->take(), now);
}

// A stream, in pieces of any size, each of which comes when it comes.
void Player::post(std::span<const std::byte> bytes, Nanoseconds now) {
    while (!bytes.empty()) {
        const auto left = static_cast<std::uint32_t>(bytes.size());
        const bool cut = rng_.below(1'000) < 20 + manners_.hurries;
        const std::size_t size = cut ? 1 + rng_.below(left) : left;
        const Nanoseconds at = now + delay_ + std::chrono::microseconds(rng_.below(4'000));
        last_arrival_ = std::max(last_arrival_, at);
        socket_->under_way.push_back(
            {.at = last_arrival_, .bytes = {bytes.begin(), bytes.begin() + left}});
        socket_->under_way.back().bytes.resize(size);
        bytes = bytes.subspan(size);
    }
}

// All that is there, or a part of it.
std::vector<std::byte> Player::take_bytes() {
    std::vector<std::byte> bytes;
    auto& unread = socket_->unread;
    if (manners_.stalls > 0 && rng_.chance(5)) {
        const auto all = static_cast<std::uint32_t>(unread.size());
        const auto some = static_cast<std::ptrdiff_t>(all > 0 ? rng_.below(all) : 0);
        bytes.assign(unread.begin(), unread.begin() + some);
        unread.erase(unread.begin(), unread.begin() + some);
    } else {
        bytes.swap(unread);
    }
    socket_->read += bytes.size();
    return bytes;
}

void Player::read(Nanoseconds now) {
    auto taken = take_bytes();
    if (tls_) taken = unseal(taken, now);
    std::span<const std::byte> bytes = taken;
    if (state_ == State::handshake) read_answer(bytes, now);
    read_frames(bytes, now);
    const bool ended = socket_ != nullptr && socket_->unread.empty() &&
                       (socket_->fin_from_server || socket_->reset_by_server);
    if (!ended) return;
    if (shown_tick_ > 0 && is_model_ && !is_ending_ && last_words_ != "kicked by the operator") {
        complain(fmt::format("it was cut off: {}", last_words_));
    }
    socket_->fin_at = now;
    leave_connection(now, false);
}

std::vector<std::byte> Player::unseal(std::span<const std::byte> sealed, Nanoseconds now) {
    auto plain = tls_->read(sealed);
    if (tls_->has_failed() && !has_lied_) complain("what it was sent is no TLS");
    send({}, now);
    return plain;
}

void Player::read_answer(std::span<const std::byte>& bytes, Nanoseconds now) {
    const auto answer = handshake_.read(bytes);
    if (answer == swarm::HandshakeReader::Answer::open) {
        state_ = State::open;
        if (handshake_.compression_agreed()) frames_.allow_compression();
        greet(now);
    } else if (answer == swarm::HandshakeReader::Answer::refused) {
        socket_->fin_at = now;
        leave_connection(now, true);  // It is full.
    }
}

void Player::greet(Nanoseconds now) {
    std::uint16_t watch = to_play;
    if (looks_on_) watch = rng_.chance(50) ? overview : static_cast<std::uint16_t>(rng_.below(40));
    std::array<std::byte, 1'024> hello{};
    const std::size_t size = railroids::ClientSide::write_hello(
        name_of(identity_.number), looks_on_ ? ResumeWish{} : client_->resume_wish(), watch, hello);
    send_frame(Opcode::binary, std::span(hello).first(size), now);
}

void Player::read_frames(std::span<const std::byte> bytes, Nanoseconds now) {
    using Kind = swarm::ServerFrameReader::Event::Kind;
    while (socket_ != nullptr) {
        auto event = frames_.next(bytes);
        if (event.kind == Kind::need_input) return;
        if (event.kind == Kind::data && event.compressed && !inflate(event)) continue;
        if (event.kind == Kind::violation) return complain("no frame of a server's");
        if (event.kind == Kind::control) {
            on_control(event.opcode, event.bytes, now);
            continue;
        }
        message_.insert(message_.end(), event.bytes.begin(), event.bytes.end());
        if (!event.message_end) continue;
        on_message(now);
        message_.clear();
    }
}

// False: the message has not come whole.
bool Player::inflate(swarm::ServerFrameReader::Event& event) {
    const auto whole = unpacker_->read(0, event);
    if (whole) event = *whole;
    return whole.has_value();
}

void Player::on_control(Opcode opcode, std::span<const std::byte> payload, Nanoseconds now) {
    if (opcode == Opcode::ping) send_frame(Opcode::pong, payload, now);
    if (opcode != Opcode::close) return;
    last_words_.clear();
    for (const std::byte byte : payload.subspan(std::min<std::size_t>(payload.size(), 2))) {
        last_words_ += std::to_integer<char>(byte);
    }
    send_frame(Opcode::close, payload, now);
    state_ = State::closing;
}

void Player::on_message(Nanoseconds now) {
    const auto kind = client_->on_message(message_, now);
    if (!kind) {
        if (!has_lied_) complain("a message that is not well formed");
        return;
    }
    if (*kind == MessageKind::welcome) {
        welcomes_ += 1;
        resumptions_ = client_->numbers().resumptions;
        on_welcome();
    }
    if (*kind == MessageKind::event) on_event();
    if (*kind != MessageKind::snapshot) return;
    snapshots_ += 1;
    client_->advance(now);
    check_snapshot();
}

// Who is somebody else now, or is told all anew, was told nothing yet.
void Player::on_welcome() {
    railroids::Welcome welcome;
    if (!decode(message_, welcome)) return complain("a welcome that cannot be read");
    held_back_before_ = held_back_at_shown_ = witness_.times_held_back(welcome.slot);
    if (welcome.resume.goes_on()) return;
    told_.clear();
    seated_at_ = welcome.tick;
    kills_checked_ = 0;
    if (welcome.resume.resumed == Resumed::fresh) has_ever_lied_ = has_lied_;
}

void Player::on_event() {
    FieldReader reader(message_);
    MessageTag tag;
    describe_tag(reader, tag, MessageKind::event);
    const std::uint16_t own = client_->resume_key().id;
    while (reader.more()) {
        railroids::Event event;
        describe_event(reader, event);
        const bool concerns = event.id == own || event.other == own;
        if (event.type != railroids::EventType::kill || !concerns) continue;
        told_.emplace_back(event.id, event.other);
        kills_told_ += 1;
    }
}

// Each ship that it was told of was there, within what the wire can say.
void Player::check_snapshot() {
    const railroids::View& view = client_->view();
    const auto tick = static_cast<std::uint64_t>(view.server_tick);
    check_gap(std::exchange(shown_tick_, tick), tick);
    if (is_trusted()) check_kills(tick);
    const auto ships = witness_.ships_at(tick);
    if (ships.empty()) return;  // It read that very late.
    for (std::int32_t i = 0; i < view.told_count; ++i) {
        const Witness::Ship& ship = ships[static_cast<std::size_t>(view.told_id[i])];
        if (!ship.alive) return complain("it was told of a ship that was not there");
        const float x = std::abs(view.told_ship_x[i] - to_float(ship.position.x));
        const float y = std::abs(view.told_ship_y[i] - to_float(ship.position.y));
        if (x > tolerance || y > tolerance) return complain("a ship was somewhere else");
    }
    check_nobody_is_missing(ships);
    if (is_trusted()) check_own_ship(ships);
}

// Who reads all that comes, and whose socket took all of it, is shown every tick that anybody is
// shown, whatever goes wrong elsewhere.
void Player::check_gap(std::uint64_t before, std::uint64_t tick) {
    if (before == 0 || !is_model_) return;
    const std::uint64_t missed = witness_.shown_between(before, tick);
    gap_max_ = std::max(gap_max_, missed);
    // Whose acknowledgements do not come is believed to be behind.
    const auto slot = static_cast<std::uint16_t>(client_->numbers().slot);
    const std::uint64_t held_back = witness_.times_held_back(slot);
    const std::uint64_t held_meanwhile = held_back - std::exchange(held_back_at_shown_, held_back);
    if (witness_.is_withheld(slot)) return;
    if (missed > gap_allowed + held_meanwhile) complain("it was shown nothing for many ticks");
    if (socket_->disturbed || held_back != held_back_before_) return;
    undisturbed_ += 1;
    if (missed > 0) complain("a snapshot that it could take was missing");
}

// Messages that must arrive come before the snapshot of their tick: by now it was told of each kill
// that concerns it, once and in order, through all its connections.
void Player::check_kills(std::uint64_t tick) {
    const std::uint16_t own = client_->resume_key().id;
    auto next = told_.begin();
    for (; kills_checked_ < witness_.kills().size(); ++kills_checked_) {
        const Witness::Kill& kill = witness_.kills()[kills_checked_];
        if (kill.tick > tick) break;
        const bool concerns = kill.killer == own || kill.victim == own;
        if (kill.tick < seated_at_ || !concerns) continue;
        if (next == told_.end()) return complain("it was not told of a kill");
        if (*next != std::pair(kill.killer, kill.victim)) return complain("it was told of another");
        ++next;
    }
    if (next != told_.end()) complain("it was told of a kill twice, or of one that never was");
    told_.clear();
}

// It is flown by what this player said, and by nobody else; and it bears its name.
void Player::check_own_ship(std::span<const Witness::Ship> ships) {
    const std::uint16_t own = client_->resume_key().id;
    const Witness::Ship& ship = ships[own];
    const auto mark = railroids::Angle::from_byte(mark_of(identity_.number));
    const bool is_flown_by_it =
        ship.aim == mark || ship.aim == railroids::Angle() || ship.aim == ship.heading;
    if (ship.alive && !is_flown_by_it) complain("somebody else flies its ship");
    if (is_model_ && witness_.name_in_seat(own) != name_of(identity_.number)) {
        complain("its seat bears another's name");
    }
}

// Where all in sight is told in each snapshot.
void Player::check_nobody_is_missing(std::span<const Witness::Ship> ships) {
    const railroids::View& view = client_->view();
    std::vector<bool> told(ships.size());
    for (std::int32_t i = 0; i < view.told_count; ++i) {
        told[static_cast<std::size_t>(view.told_id[i])] = true;
    }
    const float half_width = railroids::view_width / 2.0F;
    const float half_height = railroids::view_height / 2.0F;
    for (std::size_t id = 0; id < ships.size(); ++id) {
        const bool near = std::abs(to_float(ships[id].position.x) - view.told_x) < half_width &&
                          std::abs(to_float(ships[id].position.y) - view.told_y) < half_height;
        if (ships[id].alive && near && !told[id]) {
            return complain("it was not told of a ship in its view");
        }
    }
}

}  // namespace ringtick
