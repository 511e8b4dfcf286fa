#include "agones/server_watch.hpp"

#include "server/clock.hpp"
#include "server/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringtick::agones {

namespace {

constexpr long ok = 200;
constexpr long unavailable = 503;

}  // namespace

void ServerWatch::look() {
    const Answer answer = http_.ask(Method::get, options_.server + "/healthz", {});
    if (http_.stopped()) return;
    answers_ = answer.status == ok || answer.status == unavailable;
    open_ = answer.status == ok;
    places_.reset();
    problem_.clear();
    if (answers_) {
        closed_since_.reset();
        look_at_rooms();
    } else if (answer.whole()) {
        problem_ = fmt::format("{}/healthz is answered with {}: is it a ringtick server?",
                               options_.server, answer.status);
    } else {
        problem_ = fmt::format("{}: {}", options_.server, answer.problem);
    }
    if (http_.stopped()) return;
    if (!answer.refused) closed_since_.reset();
    if (answer.refused && !closed_since_) closed_since_ = monotonic_now();
    if (answers_ && !answered_ever_) {
        log_info(fmt::format("the server at {} answers", options_.server));
    }
    answered_ever_ = answered_ever_ || answers_;
    trouble_.note(problem_);
}

void ServerWatch::look_at_rooms() {
    const Answer answer = http_.ask(Method::get, options_.server + "/rooms", {});
    if (answer.status == ok) places_ = read_rooms(answer.body);
    if (!places_) {
        problem_ = fmt::format("{}/rooms: {}", options_.server,
                               answer.whole() ? "what it says makes no sense" : answer.problem);
        return;
    }
    if (options_.capacity > 0) places_->capacity = options_.capacity;
    // The SDK refuses a count beyond the capacity.
    if (places_->capacity > 0) places_->capacity = std::max(places_->capacity, places_->players);
    if (!open_) places_->capacity = places_->players;
}

bool ServerWatch::ended(Nanoseconds now) const {
    return answered_ever_ && closed_since_ && now - *closed_since_ >= options_.gone_after;
}

}  // namespace ringtick::agones
