#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agones/http_client.hpp"
#include "agones/options.hpp"
#include "agones/server_watch.hpp"
#include "agones/trouble.hpp"

namespace ringtick::agones {

// When to ask somebody again who failed: the time to that doubles, up to a bound.
class Backoff {
public:
    explicit Backoff(std::uint32_t most_ms) : most_ms_(most_ms) {}

    bool due() const;
    void failed();
    void succeeded();

private:
    std::uint32_t most_ms_;
    std::uint32_t delay_ms_ = 0;
    Nanoseconds next_{};
};

// Looks at the game server, and tells Agones' SDK over its REST interface what follows:
//
//   it answers                        POST  /health; /ready, if the GameServer is not past that
//   somebody plays, state Ready       POST  /allocate
//   players or places are others      PATCH /v1beta1/counters/NAME
//   it has ended, or is empty         POST  /shutdown, and that is the end
//
// Which state the GameServer is in the SDK itself says (GET /gameserver), each time: an adapter
// that was started anew must not say "ready" of a server that is Allocated, and somebody else may
// have allocated it. Of one thread.
class Adapter {
public:
    Adapter(const AdapterOptions& options, HttpClient& http);

    // Until a signal to stop comes, or the SDK has taken that the server is to be shut down.
    void run();
    // Asks both once and tells neither anything. Returns the exit code.
    int check();

private:
    void talk_to_sdk();
    void tell_all(const std::optional<std::string>& state);
    void say_health();
    void say_ready(std::string_view state);
    void say_allocated(std::string_view state);
    void say_places();
    void say_over(std::string_view state);
    bool is_empty_for_long(std::string_view state);
    std::string url(std::string_view path) const;
    std::string counter_url() const;
    Answer ask_state(std::optional<std::string>& state);
    bool tell(std::string_view path);
    void note_problem(std::string_view path, const Answer& answer);

    const AdapterOptions& options_;
    HttpClient& http_;
    ServerWatch server_;
    Trouble sdk_trouble_{"Agones' SDK"};
    Trouble counter_trouble_{"the Counter"};
    Backoff sdk_backoff_;
    Backoff counter_backoff_;
    // Of the SDK, in this turn.
    std::string problem_;
    bool there_ = false;
    // What it was told before, and may have forgotten if it failed since.
    bool ready_said_ = false;
    bool allocated_said_ = false;
    std::optional<Places> places_said_;
    std::optional<Nanoseconds> health_said_;
    std::optional<Nanoseconds> empty_since_;
    bool heard_ever_ = false;
    bool over_ = false;
};

}  // namespace ringtick::agones
