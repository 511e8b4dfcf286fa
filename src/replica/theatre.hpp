#pragma once

#include "base/assert.hpp"
#include "replica/session.hpp"
#include "tick/game.hpp"
#include "tick/kept_states.hpp"
#include "tick/playback.hpp"
#include "tick/record_reader.hpp"
#include "tick/rules_match.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// Why a recording cannot be shown.
enum class ShowRefusal : std::uint8_t {
    none,
    no_recording,
    other_version,
    damaged,
    other_game,
    other_messages,
    too_large,
    other_rules
};

// What a game gives that is to be shown: the name of the program whose recordings they are, how a
// room of one is made, with one guest, and who in it can be watched.
template <class P>
concept Shown = requires(const RecordHeader& recorded,
                         std::uint32_t room,
                         const typename P::Game& game) {
    requires std::derived_from<typename P::Game, Game>;
    { P::name } -> std::convertible_to<std::string_view>;
    { P::rate_hz } -> std::convertible_to<std::uint32_t>;
    { P::players_max } -> std::convertible_to<std::uint32_t>;
    { P::schema() } -> std::same_as<std::uint64_t>;
    requires std::constructible_from<typename P::Game, decltype(P::options(recorded, room))>;
    { P::subjects(game) } -> std::convertible_to<std::size_t>;  // All are below this number.
    { P::can_watch(game, PlayerId{}) } -> std::same_as<bool>;
};

// A recorded match that is shown without a server: the very game is told what it was told then,
// every state that was written down is held against its own, and one guest looks on. To be anywhere
// at once it keeps the state of the game every few seconds of what it has played, and goes on from
// there. What was never played cannot be leapt over.
//
//     open a file --> enter a room --> play a tick <----+
//                                        |              | on from the last state before it
//                                        +--> go near --+
template <Shown P>
class Theatre final : Outbox {
public:
    // How the recording ends, as far as is known.
    using Tail = RecordReader::State;

    // `states_size_max`: of all the states that are kept, in bytes.
    explicit Theatre(std::size_t states_size_max = 96 << 20) : states_size_max_(states_size_max) {}
    Theatre(const Theatre&) = delete;
    Theatre& operator=(const Theatre&) = delete;

    // The bytes stay where they are for as long as they are shown. What was before is forgotten.
    [[nodiscard]] ShowRefusal open(std::span<const std::byte> file) {
        states_.reset();
        playback_.reset();
        game_.reset();
        is_there_ = false;
        switch (reader_.open(file)) {
            case RecordReader::Opened::no_recording:
                return ShowRefusal::no_recording;
            case RecordReader::Opened::other_version:
                return ShowRefusal::other_version;
            case RecordReader::Opened::damaged:
                return ShowRefusal::damaged;
            case RecordReader::Opened::fine:
                break;
        }
        return why_not_playable();
    }
    // Of a file that is a recording.
    const RecordHeader& header() const { return reader_.header(); }

    // Reads through the file, and stands before the first tick of this room.
    void enter(std::uint32_t room) {
        ASSERT(room < header().rooms);
        room_ = room;
        hashes_verified_ = verified_tick_ = 0;
        diverged_at_.reset();
        const std::size_t playback_size =
            sizeof(KeptStates::State) + header().rooms * (64 + header().players_max / 8);
        states_.emplace(states_size_max_, playback_size, seconds_between_states * header().rate_hz);
        measure();
        begin();
    }

    // False: there is no further one.
    bool play_tick() {
        if (is_over_) return false;
        Playback::State state = Playback::State::diverged;
        while (state == Playback::State::diverged) {
            state = playback().advance();
            if (state == Playback::State::diverged && !diverged_at_) diverged_at_ = tick();
        }
        // All that is farther ahead than before was played from the beginning, or from a state of
        // that.
        hashes_verified_ = std::max(hashes_verified_, playback().hashes_verified());
        verified_tick_ = std::max(verified_tick_, tick());
        if (state == Playback::State::playing) {
            keep_state();
            return true;
        }
        end();
        return false;
    }
    // As near before this tick, or at it, as can be at once: where it is, at a state that was kept,
    // or at the beginning. Nobody looks on then.
    void go_near(std::uint64_t wanted) {
        leave();
        const KeptStates::State* const state = states().before(wanted);
        const std::uint64_t nearest = state == nullptr ? 0 : state->playback.tick();
        if (tick() <= wanted && tick() >= nearest) return;
        if (state == nullptr) return begin();
        set_stage();
        const bool loaded = game().load_state(state->playback.tick(), state->game);
        ASSERT(loaded);  // It is of this very game.
        playback_ = state->playback;
    }

    std::uint64_t tick() const { return playback().tick(); }
    // At whose end the recording begins; 0: before the match's first.
    std::uint64_t first_tick() const { return playback().first_tick(); }
    std::uint64_t last_tick() const { return last_tick_; }
    bool is_over() const { return is_over_; }
    Tail tail() const { return tail_; }
    std::size_t tail_offset() const { return tail_offset_; }
    std::uint64_t hashes() const { return hashes_; }  // That were written down.
    std::uint64_t hashes_verified() const { return hashes_verified_; }
    std::uint64_t verified_tick() const { return verified_tick_; }  // All was played up to it.
    std::optional<std::uint64_t> diverged_at() const { return diverged_at_; }
    std::uint64_t state_hash() const { return game().state_hash(); }
    const KeptStates& states() const {
        ASSERT(states_.has_value());
        return *states_;
    }

    // The guest. What it says is answered at once; what it is told waits in letters().
    void join() {
        leave();
        is_there_ = game().on_guest(guest());
    }
    void leave() {
        if (is_there_) game().on_guest_leave(guest());
        is_there_ = false;
        letters_.clear();
    }
    void say(std::span<const std::byte> message) {
        if (is_there_) game().on_guest_message(guest(), message, *this);
    }
    std::span<const std::vector<std::byte>> letters() const { return letters_; }
    void take_letters() { letters_.clear(); }
    // Returns the bytes used of `out`; 0: there is none now, as before the first tick.
    std::size_t write_snapshot(std::span<std::byte> out) {
        if (!is_there_ || playback().ticks_played() == 0) return 0;
        if (game().snapshot_key(guest()) == SnapshotKey::held_back) return 0;
        return game().write_snapshot(guest(), out);
    }

    bool can_watch(std::uint16_t subject) const { return P::can_watch(game(), {subject}); }
    // Who can be watched, by number, behind this one or before it; `overview` is before the first
    // and behind the last.
    std::uint16_t next_subject(std::uint16_t subject, bool forward) const {
        const std::size_t count = P::subjects(game());
        const std::size_t round = count + 1;  // With the overview behind the last.
        std::size_t at = std::min<std::size_t>(subject, count);
        for (std::size_t i = 0; i < round; ++i) {
            at = (at + (forward ? 1 : round - 1)) % round;
            if (at == count) break;
            if (can_watch(static_cast<std::uint16_t>(at))) return static_cast<std::uint16_t>(at);
        }
        return overview;
    }

private:
    static constexpr std::uint64_t seconds_between_states = 2;

    void send(PlayerId player, std::span<const std::byte> message) override {
        if (!is_there_ || player != guest()) return;  // That was then.
        letters_.emplace_back(message.begin(), message.end());
    }
    void close(PlayerId) override {}

    // As server/match_identity.cpp asks it.
    ShowRefusal why_not_playable() const {
        if (header().game != P::name) return ShowRefusal::other_game;
        if (header().schema != P::schema()) return ShowRefusal::other_messages;
        if (header().players_max > P::players_max) return ShowRefusal::too_large;
        return header().rules == rules_here() ? ShowRefusal::none : ShowRefusal::other_rules;
    }
    static std::uint64_t rules_here() {
        static const std::uint64_t rules = [] {
            const RecordHeader match{.seed = RulesMatch::seed,
                                     .rate_hz = P::rate_hz,
                                     .rooms = 1,
                                     .players_max = RulesMatch::players_max,
                                     .bots = RulesMatch::bots,
                                     .rewind_ms = RulesMatch::rewind_ms};
            typename P::Game game(P::options(match, 0));
            return RulesMatch::play(game, P::rate_hz);
        }();
        return rules;
    }

    // What there is of this room, by the records alone.
    void measure() {
        RecordReader reader = reader_;
        last_tick_ = hashes_ = 0;
        std::uint64_t about = 0;
        bool is_ended = false;
        Record record;
        while (!is_ended && (tail_ = reader.next(record)) == Tail::record) {
            if (record.kind == RecordKind::room) about = record.number;
            if (record.kind == RecordKind::state) {
                last_tick_ = std::min(record.number, record_ticks_max);
            }
            if (record.kind == RecordKind::ticks || record.kind == RecordKind::skip) {
                last_tick_ += std::min(record.number, record_ticks_max - last_tick_);
            }
            if (about == room_ && record.kind == RecordKind::hash) hashes_ += 1;
            is_ended = about == room_ && record.kind == RecordKind::end;
        }
        if (is_ended) tail_ = Tail::ended;  // Of this room nothing more was written down.
        tail_offset_ = reader.block_offset();
    }

    void begin() {
        set_stage();
        playback_.emplace(reader_, room_, Playback::Stage{.game = &game(), .outbox = this});
        if (!playback().is_state_refused()) return;
        end();
        game_.emplace(P::options(header(), room_));  // The other is good for nothing.
    }
    void set_stage() {
        is_there_ = is_over_ = false;
        letters_.clear();
        game_.emplace(P::options(header(), room_));
    }
    // What adds up as records can still be damage to a playback.
    void end() {
        is_over_ = true;
        last_tick_ = tick();
        const bool is_news = playback().tail() != tail_;
        tail_ = playback().tail();
        if (is_news) tail_offset_ = playback().reader().block_offset();
    }
    void keep_state() {
        if (!kept().want(playback())) return;
        scratch_.resize(game().state_size_max());
        const std::size_t size = game().save_state(scratch_);
        if (size > 0) kept().keep(playback(), std::span(scratch_).first(size));
    }

    PlayerId guest() const { return {static_cast<std::uint16_t>(header().players_max)}; }
    KeptStates& kept() {
        ASSERT(states_.has_value());
        return *states_;
    }
    typename P::Game& game() {
        ASSERT(game_.has_value());
        return *game_;
    }
    const typename P::Game& game() const {
        ASSERT(game_.has_value());
        return *game_;
    }
    Playback& playback() {
        ASSERT(playback_.has_value());
        return *playback_;
    }
    const Playback& playback() const {
        ASSERT(playback_.has_value());
        return *playback_;
    }

    std::size_t states_size_max_;
    RecordReader reader_;
    std::uint32_t room_ = 0;
    std::optional<typename P::Game> game_;  // In place: a playback that was kept finds it there.
    std::optional<Playback> playback_;
    std::optional<KeptStates> states_;
    std::vector<std::byte> scratch_;
    bool is_there_ = false;  // The guest.
    std::vector<std::vector<std::byte>> letters_;

    std::uint64_t last_tick_ = 0;
    std::uint64_t hashes_ = 0;
    Tail tail_ = Tail::record;
    std::size_t tail_offset_ = 0;
    bool is_over_ = false;
    std::uint64_t hashes_verified_ = 0;
    std::uint64_t verified_tick_ = 0;
    std::optional<std::uint64_t> diverged_at_;
};

}  // namespace ringtick
