#pragma once

#include "base/bytes.hpp"
#include "http/request_parser.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick::http {

// Parses a stream that grows, and says what came of it: "more", the refusal ("400"), or the request
// in short, "GET /path?query 1.1 keep-alive [Host=a][X=b] +rest".
class RequestStory {
public:
    explicit RequestStory(std::string_view stream) : stream_(stream) {}

    // The bytes move to new memory each time, as they may.
    void grow_to(std::size_t size) {
        const auto bytes = as_bytes(stream_.substr(0, size));
        const std::vector<std::byte> here(bytes.begin(), bytes.end());
        state_ = parser_.parse(here);
    }

    std::string text() const {
        if (state_ == RequestParser::State::need_input) return "more";
        if (state_ == RequestParser::State::refused) {
            return std::to_string(static_cast<int>(parser_.refusal()));
        }
        std::array<Header, RequestLimits::headers_max> headers;
        const Request request = parser_.request(as_bytes(stream_), headers);
        constexpr std::array<std::string_view, 4> methods{"GET", "HEAD", "POST", "other"};
        std::string text(methods[static_cast<std::size_t>(request.method)]);
        text.append(" ").append(request.path);
        if (!request.query.empty()) text.append("?").append(request.query);
        text += request.http_1_1 ? " 1.1" : " 1.0";
        text += request.keep_alive ? " keep-alive " : " close ";
        for (const Header& header : request.headers) {
            text.append("[").append(header.name).append("=").append(header.value).append("]");
        }
        return text.append(" +").append(stream_.substr(parser_.head_size()));
    }

    RequestParser::State state() const { return state_; }
    const RequestParser& parser() const { return parser_; }

private:
    std::string_view stream_;
    RequestParser parser_;
    RequestParser::State state_ = RequestParser::State::need_input;
};

}  // namespace ringtick::http
