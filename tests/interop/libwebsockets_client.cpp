// libwebsockets as the client of an echo server. Arguments: PORT SIZE_MAX plain|deflate
#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cases.hpp"

namespace {

// One connection that works through the cases, one after the other's echo.
class Client {
public:
    Client(std::size_t size_max, bool deflate)
        : cases_(interop::all_cases(size_max)), deflate_(deflate) {
        // Version 4.1 delivers a message that is not compressed again and again on a connection
        // with the extension, and so comes the answer to a small one.
        if (deflate) std::erase_if(cases_, [](const auto& test) { return test.size < 256; });
    }

    bool finished() const { return finished_; }
    bool failed() const { return failed_; }

    int on_event(lws* socket, lws_callback_reasons reason, const char* bytes, std::size_t size) {
        switch (reason) {
            case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:  // Later, the headers are gone.
                return extension_is_wrong(socket) ? fail("deflate was not as asked for") : 0;
            case LWS_CALLBACK_CLIENT_ESTABLISHED:
                return begin_case(socket);
            case LWS_CALLBACK_CLIENT_WRITEABLE:
                return send_fragment(socket);
            case LWS_CALLBACK_CLIENT_RECEIVE:
                answer_.append(bytes, size);
                if (!lws_is_final_fragment(socket) || lws_remaining_packet_payload(socket) > 0) {
                    return 0;
                }
                return on_answer(socket);
            case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
                return fail(bytes == nullptr ? "could not connect" : bytes);
            case LWS_CALLBACK_CLIENT_CLOSED:
                if (!finished_) return fail("closed by the server");
                return 0;
            default:
                return 0;
        }
    }

private:
    bool extension_is_wrong(lws* socket) const {
        std::array<char, 256> value{};
        const int size = lws_hdr_copy(socket, value.data(), value.size(), WSI_TOKEN_EXTENSIONS);
        return (size > 0) != deflate_;
    }

    int begin_case(lws* socket) {
        interop::report_begin(cases_[next_]);
        payload_ = cases_[next_].payload();
        answer_.clear();
        sent_ = 0;
        lws_callback_on_writable(socket);
        return 0;
    }

    int send_fragment(lws* socket) {
        if (sent_ == payload_.size()) return 0;
        const interop::Case& test = cases_[next_];
        const std::size_t third = test.fragmented ? payload_.size() / 3 + 1 : payload_.size();
        const std::size_t size = std::min(third, payload_.size() - sent_);
        std::vector<unsigned char> buffer(LWS_PRE + size);
        std::copy_n(payload_.begin() + static_cast<std::ptrdiff_t>(sent_), size,
                    buffer.begin() + LWS_PRE);
        const int flags = lws_write_ws_flags(test.text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY,
                                             sent_ == 0 ? 1 : 0, sent_ + size == payload_.size());
        const int written = lws_write(socket, buffer.data() + LWS_PRE, size,
                                      static_cast<lws_write_protocol>(flags));
        if (written < static_cast<int>(size)) return fail("could not write");
        sent_ += size;
        if (sent_ < payload_.size()) lws_callback_on_writable(socket);
        return 0;
    }

    int on_answer(lws* socket) {
        const interop::Case& test = cases_[next_];
        const bool text = lws_frame_is_binary(socket) == 0;
        if (answer_ != payload_ || text != test.text) return fail("something else came back");
        interop::report_passed(test);
        next_ += 1;
        if (next_ < cases_.size()) return begin_case(socket);
        finished_ = true;
        lws_close_reason(socket, LWS_CLOSE_STATUS_NORMAL, nullptr, 0);
        return -1;  // How this library is told to close.
    }

    int fail(std::string_view why) {
        interop::report_failed(cases_[std::min(next_, cases_.size() - 1)], why);
        failed_ = true;
        return -1;
    }

    std::vector<interop::Case> cases_;
    bool deflate_;
    std::size_t next_ = 0;
    std::string payload_;
    std::string answer_;
    std::size_t sent_ = 0;
    bool finished_ = false;
    bool failed_ = false;
};

int on_event(lws* socket, lws_callback_reasons reason, void*, void* bytes, std::size_t size) {
    lws_context* const context = lws_get_context(socket);
    auto* const client = static_cast<Client*>(lws_context_user(context));
    if (client == nullptr) return 0;
    return client->on_event(socket, reason, static_cast<const char*>(bytes), size);
}

constexpr std::array<lws_protocols, 2> protocols{{
    {.name = "echo",
     .callback = on_event,
     .per_session_data_size = 0,
     .rx_buffer_size = 65'536,
     .id = 0,
     .user = nullptr,
     .tx_packet_size = 0},
    {},
}};
const std::array<lws_extension, 2> extensions{{
    {"permessage-deflate", lws_extension_callback_pm_deflate,
     "permessage-deflate; client_max_window_bits"},
    {},
}};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const bool deflate = std::string_view(argv[3]) == "deflate";
    Client client(std::stoul(argv[2]), deflate);
    lws_set_log_level(LLL_ERR, nullptr);

    lws_context_creation_info context_info{};
    context_info.port = CONTEXT_PORT_NO_LISTEN;
    context_info.protocols = protocols.data();
    context_info.extensions = deflate ? extensions.data() : nullptr;
    context_info.user = &client;
    lws_context* const context = lws_create_context(&context_info);
    if (context == nullptr) return 1;

    lws_client_connect_info info{};
    info.context = context;
    info.address = "127.0.0.1";
    info.port = std::atoi(argv[1]);
    info.path = "/";
    info.host = "127.0.0.1";
    info.origin = nullptr;
    info.ietf_version_or_minus_one = -1;
    if (lws_client_connect_via_info(&info) == nullptr) return 1;
    while (!client.finished() && !client.failed() && lws_service(context, 0) >= 0) {
    }
    lws_context_destroy(context);
    return client.finished() && !client.failed() ? 0 : 1;
}
