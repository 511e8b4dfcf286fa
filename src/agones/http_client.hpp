#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ringtick::agones {

enum class Method : std::uint8_t { get, post, patch };

// What came of a request.
struct Answer {
    long status = 0;       // Of HTTP; 0: there was no whole answer.
    bool refused = false;  // Nobody listens there.
    std::string body;
    std::string problem;  // Why there was none, for people.

    bool whole() const { return status != 0; }
};

// One request at a time, each with a deadline for all of it and a bound of its answer, over
// connections that are kept (RFC 9112, section 9.3). No name is resolved, no redirection followed
// and no proxy of the environment asked. A signal to stop ends whatever it waits for. Of one
// thread.
class HttpClient {
public:
    // `stop_signals` is a signalfd(2), and stays its owner's.
    HttpClient(int stop_signals, std::uint32_t timeout_ms, std::uint32_t answer_max);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    // `body` is JSON; a GET has none. Once stopped, nothing is asked and nothing answered.
    Answer ask(Method method, const std::string& url, const std::string& body);
    // Waits so long, unless a signal to stop comes.
    void pause(std::uint32_t milliseconds);
    bool stopped() const;

private:
    struct Transfer;  // What is libcurl's stays in one file.
    std::unique_ptr<Transfer> transfer_;
};

}  // namespace ringtick::agones
