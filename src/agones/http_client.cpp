#include "agones/http_client.hpp"

#include "base/assert.hpp"

#include <curl/curl.h>

#include <array>
#include <cerrno>
#include <string>

namespace ringtick::agones {

struct HttpClient::Transfer {
    CURLM* several = curl_multi_init();  // Keeps the connections; and can be waited for.
    CURL* one = curl_easy_init();
    curl_slist* fields = curl_slist_append(nullptr, "Content-Type: application/json");
    int stop_signals = -1;
    std::uint32_t timeout_ms = 0;
    std::size_t answer_max = 0;
    bool stopped = false;
    bool too_long = false;
    Answer answer;

    static std::size_t take(const char* bytes, std::size_t, std::size_t count, void* self);
    void prepare(Method method, const std::string& url, const std::string& body);
    bool run_to_the_end();
    void conclude();
    // Returns when something can go on, or somebody wants to stop.
    void wait(int milliseconds);
};

// A callback of libcurl; whoever takes fewer bytes than there are ends the transfer.
std::size_t HttpClient::Transfer::take(const char* bytes,
                                       std::size_t,
                                       std::size_t count,
                                       void* self) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    transfer.too_long = count > transfer.answer_max - transfer.answer.body.size();
    if (transfer.too_long) return 0;
    transfer.answer.body.append(bytes, count);
    return count;
}

void HttpClient::Transfer::prepare(Method method, const std::string& url, const std::string& body) {
    answer = {};
    too_long = false;
    curl_easy_reset(one);
    curl_easy_setopt(one, CURLOPT_URL, url.c_str());
    curl_easy_setopt(one, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(one, CURLOPT_PROXY, "");  // Not even the environment's.
    curl_easy_setopt(one, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(one, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
    curl_easy_setopt(one, CURLOPT_WRITEFUNCTION, &Transfer::take);
    curl_easy_setopt(one, CURLOPT_WRITEDATA, this);
    if (method == Method::get) return;
    curl_easy_setopt(one, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(one, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(one, CURLOPT_COPYPOSTFIELDS, body.c_str());
    if (method == Method::patch) curl_easy_setopt(one, CURLOPT_CUSTOMREQUEST, "PATCH");
}

void HttpClient::Transfer::wait(int milliseconds) {
    curl_waitfd signals{.fd = stop_signals, .events = CURL_WAIT_POLLIN, .revents = 0};
    curl_multi_poll(several, &signals, 1, milliseconds, nullptr);
    stopped = stopped || signals.revents != 0;
}

// False if it was stopped. The transfer's own deadline bounds the loop.
bool HttpClient::Transfer::run_to_the_end() {
    int running = 1;
    while (true) {
        if (curl_multi_perform(several, &running) != CURLM_OK || running == 0) return true;
        wait(static_cast<int>(timeout_ms));
        if (stopped) return false;
    }
}

void HttpClient::Transfer::conclude() {
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(several, &left);
    const CURLcode result = message != nullptr ? message->data.result : CURLE_FAILED_INIT;
    if (result == CURLE_OK) {
        curl_easy_getinfo(one, CURLINFO_RESPONSE_CODE, &answer.status);
        return;
    }
    long error = 0;
    curl_easy_getinfo(one, CURLINFO_OS_ERRNO, &error);
    answer.body.clear();
    answer.refused = result == CURLE_COULDNT_CONNECT && error == ECONNREFUSED;
    answer.problem = curl_easy_strerror(result);
    if (too_long) {
        answer.problem =
            "an answer of more than " + std::to_string(answer_max) + " bytes: raise --answer-max";
    }
    if (answer.refused) answer.problem = "nobody listens there";
    if (result == CURLE_OPERATION_TIMEDOUT) {
        answer.problem = "no answer within " + std::to_string(timeout_ms) + " ms";
    }
}

HttpClient::HttpClient(int stop_signals, std::uint32_t timeout_ms, std::uint32_t answer_max)
    : transfer_(std::make_unique<Transfer>()) {
    ASSERT(transfer_->several != nullptr);
    ASSERT(transfer_->one != nullptr);
    ASSERT(transfer_->fields != nullptr);
    ASSERT(timeout_ms > 0);
    transfer_->stop_signals = stop_signals;
    transfer_->timeout_ms = timeout_ms;
    transfer_->answer_max = answer_max;
}

HttpClient::~HttpClient() {
    curl_easy_cleanup(transfer_->one);
    curl_multi_cleanup(transfer_->several);
    curl_slist_free_all(transfer_->fields);
}

Answer HttpClient::ask(Method method, const std::string& url, const std::string& body) {
    Transfer& transfer = *transfer_;
    if (transfer.stopped) return {.status = 0, .refused = false, .body = {}, .problem = "stopped"};
    transfer.prepare(method, url, body);
    curl_multi_add_handle(transfer.several, transfer.one);
    if (transfer.run_to_the_end()) {
        transfer.conclude();
    } else {
        transfer.answer = {.status = 0, .refused = false, .body = {}, .problem = "stopped"};
    }
    curl_multi_remove_handle(transfer.several, transfer.one);
    return std::move(transfer.answer);
}

void HttpClient::pause(std::uint32_t milliseconds) {
    if (!transfer_->stopped) transfer_->wait(static_cast<int>(milliseconds));
}

bool HttpClient::stopped() const {
    return transfer_->stopped;
}

}  // namespace ringtick::agones
