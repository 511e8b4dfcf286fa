// Boost.Beast as the client of an echo server. Arguments: PORT SIZE_MAX plain|deflate
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "cases.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Stream = beast::websocket::stream<asio::ip::tcp::socket>;

void send(Stream& stream, const interop::Case& test, const std::string& payload) {
    stream.text(test.text);
    if (!test.fragmented) {
        stream.write(asio::buffer(payload));
        return;
    }
    const std::size_t third = payload.size() / 3;
    stream.write_some(false, asio::buffer(payload.data(), third));
    stream.write_some(false, asio::buffer(payload.data() + third, third));
    stream.write_some(true, asio::buffer(payload.data() + 2 * third, payload.size() - 2 * third));
}

bool comes_back(Stream& stream, const interop::Case& test) {
    const std::string payload = test.payload();
    send(stream, test, payload);
    beast::flat_buffer answer;
    stream.read(answer);
    return stream.got_text() == test.text && beast::buffers_to_string(answer.data()) == payload;
}

int talk(std::uint16_t port, std::size_t size_max, bool deflate) {
    asio::io_context context;
    Stream stream(context);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
    beast::websocket::permessage_deflate extension;
    extension.client_enable = deflate;
    stream.set_option(extension);
    stream.read_message_max(size_max);
    beast::websocket::response_type response;
    stream.handshake(response, "127.0.0.1:" + std::to_string(port), "/");
    const bool deflates = response.count("Sec-WebSocket-Extensions") > 0;
    if (deflates != deflate) {
        std::printf("deflate was %s\n", deflates ? "negotiated" : "not negotiated");
        return 1;
    }

    for (const interop::Case& test : interop::all_cases(size_max)) {
        interop::report_begin(test);
        if (!comes_back(stream, test)) {
            interop::report_failed(test, "something else came back");
            return 1;
        }
        interop::report_passed(test);
    }
    stream.close(beast::websocket::close_code::normal);  // Throws if the answer is not a close.
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    try {
        return talk(static_cast<std::uint16_t>(std::atoi(argv[1])), std::stoul(argv[2]),
                    std::string_view(argv[3]) == "deflate");
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
}
