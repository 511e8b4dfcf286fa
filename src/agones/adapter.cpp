#include "agones/adapter.hpp"

#include "server/clock.hpp"
#include "server/log.hpp"
#include "server/standard_streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "agones/answers.hpp"

namespace ringtick::agones {

namespace {

constexpr long ok = 200;
constexpr std::uint32_t retry_first_ms = 100;

// The states in which "ready" is no news, or would undo something.
bool is_past_ready(std::string_view state) {
    constexpr std::array<std::string_view, 6> past{"RequestReady", "Ready",    "Allocated",
                                                   "Reserved",     "Shutdown", "Unhealthy"};
    return std::ranges::find(past, state) != past.end();
}

std::string why_not(const Answer& answer) {
    if (!answer.whole()) return answer.problem;
    if (answer.status != ok) return fmt::format("it answers {}", answer.status);
    return "what it answers makes no sense";
}

bool is_taken(const Answer& answer) {
    return answer.status == ok && is_object(answer.body);
}

}  // namespace

bool Backoff::due() const {
    return monotonic_now() >= next_;
}

void Backoff::failed() {
    delay_ms_ = std::min(std::max(delay_ms_ * 2, retry_first_ms), most_ms_);
    next_ = monotonic_now() + std::chrono::milliseconds(delay_ms_);
}

void Backoff::succeeded() {
    delay_ms_ = 0;
    next_ = {};
}

Adapter::Adapter(const AdapterOptions& options, HttpClient& http)
    : options_(options),
      http_(http),
      server_(options, http),
      sdk_backoff_(options.retry_max_ms),
      counter_backoff_(options.retry_max_ms) {
}

void Adapter::run() {
    while (!over_ && !http_.stopped()) {
        server_.look();
        if (!http_.stopped() && sdk_backoff_.due()) talk_to_sdk();
        if (!over_) http_.pause(options_.poll_ms);
    }
}

void Adapter::talk_to_sdk() {
    problem_.clear();
    std::optional<std::string> state;
    there_ = ask_state(state).whole();
    if (there_) tell_all(state);
    if (http_.stopped()) return;
    sdk_trouble_.note(problem_);
    if (problem_.empty()) return sdk_backoff_.succeeded();
    sdk_backoff_.failed();
    ready_said_ = false;
    places_said_.reset();
}

// In the order of what matters most. Who is not there any more is not asked for the rest, so that
// one who answers nothing costs one time-out a turn.
void Adapter::tell_all(const std::optional<std::string>& state) {
    say_health();
    if (there_ && state) say_ready(*state);
    if (there_ && state) say_allocated(*state);
    if (there_) say_places();
    if (there_) say_over(state.value_or(""));
}

void Adapter::say_health() {
    if (!server_.answers()) return;
    const Nanoseconds now = monotonic_now();
    const auto pace = std::chrono::milliseconds(options_.health_ms);
    if (health_said_ && now - *health_said_ < pace) return;
    if (tell("/health")) health_said_ = now;
}

void Adapter::say_ready(std::string_view state) {
    if (ready_said_ || !server_.open() || is_past_ready(state)) return;
    ready_said_ = tell("/ready");
    if (ready_said_) log_info("the SDK has taken that the server is ready");
}

void Adapter::say_allocated(std::string_view state) {
    const auto places = server_.places();
    const bool wanted =
        options_.allocate_on_players && state == "Ready" && places && places->players > 0;
    if (!wanted) {
        allocated_said_ = false;
    } else if (tell("/allocate") && !allocated_said_) {
        allocated_said_ = true;
        log_info("somebody plays: the SDK has taken that the server is Allocated");
    }
}

// That one Counter is missing, or another's, is no reason to call the SDK unwell.
void Adapter::say_places() {
    const auto places = server_.places();
    if (options_.counter.empty() || !places || places->capacity == 0) return;
    if (places == places_said_ || !counter_backoff_.due()) return;
    const Answer answer = http_.ask(Method::patch, counter_url(), counter_update(*places));
    if (http_.stopped()) return;
    if (is_taken(answer)) {
        places_said_ = places;
        counter_trouble_.note("");
        return counter_backoff_.succeeded();
    }
    counter_backoff_.failed();
    if (!answer.whole()) return note_problem("the Counter", answer);
    counter_trouble_.note(
        fmt::format("{}: {}: is it in the Fleet, under spec.template.spec.counters?",
                    options_.counter, why_not(answer)));
}

void Adapter::say_over(std::string_view state) {
    const bool ended = server_.ended(monotonic_now());
    const bool empty = is_empty_for_long(state);
    if (!ended && !empty) return;
    over_ = tell("/shutdown");
    if (!over_) return;
    log_info(ended ? "the server has ended: the SDK has taken that it is to be shut down"
                   : "nobody plays any more: the SDK has taken that it is to be shut down");
}

bool Adapter::is_empty_for_long(std::string_view state) {
    const auto places = server_.places();
    const bool empty = places && places->players == 0;
    if (options_.empty_after == Nanoseconds(0) || state != "Allocated" || !empty) {
        empty_since_.reset();
        return false;
    }
    const Nanoseconds now = monotonic_now();
    if (!empty_since_) empty_since_ = now;
    return now - *empty_since_ >= options_.empty_after;
}

std::string Adapter::url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", options_.sdk_port, path);
}

std::string Adapter::counter_url() const {
    return url("/v1beta1/counters/") + options_.counter;
}

Answer Adapter::ask_state(std::optional<std::string>& state) {
    Answer answer = http_.ask(Method::get, url("/gameserver"), {});
    if (answer.status == ok) state = read_state(answer.body);
    if (!state) note_problem("/gameserver", answer);
    if (state && !heard_ever_) {
        heard_ever_ = true;
        log_info(fmt::format("Agones' SDK answers: the GameServer's state is '{}'", *state));
    }
    return answer;
}

// False, and a problem is noted, unless it was taken.
bool Adapter::tell(std::string_view path) {
    const Answer answer = http_.ask(Method::post, url(path), "{}");
    const bool taken = is_taken(answer);
    if (!taken) note_problem(path, answer);
    return taken;
}

// The first of a turn is the one that is told.
void Adapter::note_problem(std::string_view path, const Answer& answer) {
    if (!answer.whole()) there_ = false;
    if (problem_.empty()) problem_ = fmt::format("{}: {}", path, why_not(answer));
}

int Adapter::check() {
    server_.look();
    if (!server_.problem().empty()) {
        std::fprintf(stderr, "ringtick-agones: %s. Start the server, or give --server\n",
                     server_.problem().c_str());
        return 1;
    }
    std::optional<std::string> state;
    const Answer answer = ask_state(state);
    if (!state) {
        std::fprintf(stderr,
                     "ringtick-agones: Agones' SDK on port %u: %s. There is one in the Pod of a "
                     "GameServer only: run this there, or give --sdk-port\n",
                     options_.sdk_port, problem_.c_str());
        return 1;
    }
    const bool has_counter =
        options_.counter.empty() || is_taken(http_.ask(Method::get, counter_url(), {}));
    if (!has_counter) {
        std::fprintf(stderr,
                     "ringtick-agones: Agones' SDK knows no Counter '%s'. Add it to the Fleet, "
                     "under spec.template.spec.counters, or give --counter ''\n",
                     options_.counter.c_str());
        return 1;
    }
    const Places places = server_.places().value_or(Places{});
    const std::string text = fmt::format(
        "ringtick-agones: the server answers, with {} of {} players; the GameServer's "
        "state is '{}'\n",
        places.players, places.capacity, *state);
    return print(text) == 0 ? 0 : 1;
}

}  // namespace ringtick::agones
