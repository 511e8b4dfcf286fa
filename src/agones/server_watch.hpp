#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>

#include "agones/answers.hpp"
#include "agones/http_client.hpp"
#include "agones/options.hpp"
#include "agones/trouble.hpp"

namespace ringtick::agones {

// What is known of the game server, by asking it. Of one thread.
class ServerWatch {
public:
    ServerWatch(const AdapterOptions& options, HttpClient& http) : options_(options), http_(http) {}

    // Asks once: at most two requests.
    void look();

    // Whether it answered when it was last asked. One that drains does, with 503.
    bool answers() const { return answers_; }
    // Whether it lets newcomers in, too.
    bool open() const { return open_; }
    // Who plays, as far as it said so when it was last asked. A server that drains has no place for
    // anybody else.
    std::optional<Places> places() const { return places_; }
    // Whether it answered once, and its port has been closed for long enough since.
    bool ended(Nanoseconds now) const;
    // Why it does not answer, or says nothing of its rooms. Empty: it does.
    const std::string& problem() const { return problem_; }

private:
    void look_at_rooms();

    const AdapterOptions& options_;
    HttpClient& http_;
    Trouble trouble_{"the server"};
    std::string problem_;
    std::optional<Places> places_;
    std::optional<Nanoseconds> closed_since_;
    bool answers_ = false;
    bool open_ = false;
    bool answered_ever_ = false;
};

}  // namespace ringtick::agones
