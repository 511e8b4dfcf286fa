// Property: whatever a client sends, a session waits, goes on, or fails, and says no more than it
// has room for. What it reads of somebody whose handshake is done is what that client wrote, to the
// byte and in order, up to where something was changed on its way; and the same back.
//
// An even first byte: the rest is what a client sends, in pieces. An odd one: after a
// handshake, each byte is something that one of the two does.
#include "base/assert.hpp"
#include "tls/client.hpp"
#include "tls/context.hpp"
#include "tls/session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ringtick {
namespace {

using State = TlsSession::State;

const TlsContext& context() {
    static const std::unique_ptr<TlsContext> made = [] {
        auto loaded = std::make_unique<TlsContext>();
        const Identity identity = make_identity();
        ASSERT(loaded->load(identity.certificate, identity.key) == TlsProblem::none);
        return loaded;
    }();
    return *made;
}

Served begin() {
    Served served;
    ASSERT(served.session.begin(context(), {}));
    return served;
}

void feed(std::span<const std::uint8_t> data) {
    Served served = begin();
    while (!data.empty()) {
        // The first byte of a piece is its size, less one.
        const std::size_t size = std::min<std::size_t>(data[0] + 1U, data.size() - 1);
        const Bytes said = served.take(std::as_bytes(data.subspan(1, size)));
        ASSERT(said.size() <= TlsSession::handshake_output_max);
        data = data.subspan(1 + size);
    }
    ASSERT(served.read.empty());  // Nobody guesses a Finished.
}

class Play {
public:
    Play() {
        converse(client_, served_);
        ASSERT(served_.session.state() == State::open);
    }

    void act(std::uint8_t what) {
        const std::size_t size = std::size_t{what} * what / 8;
        switch (what % 8) {
            case 0:
            case 1:
                client_says(std::string(size, static_cast<char>(what)));
                break;
            case 2:
                SSL_key_update(client_.ssl(), SSL_KEY_UPDATE_REQUESTED);
                SSL_do_handshake(client_.ssl());
                break;
            case 3:
                SSL_shutdown(client_.ssl());
                break;
            case 4:
                spoil_ = size + 1;
                break;
            case 5:
                server_says(std::string(size + 1, static_cast<char>(what)));
                break;
            case 6:
                client_.take(served_.say_goodbye());
                over_ = true;
                break;
            default:
                carry();
        }
    }

    // All that is under way arrives.
    void carry() {
        Bytes bytes = client_.give();
        if (spoil_ > 0 && !bytes.empty()) {
            bytes[spoil_ % bytes.size()] ^= std::byte{0x40};
            spoil_ = 0;
            spoilt_ = true;
        }
        client_.take(served_.take(bytes));
        heard_ += client_.read();
        ASSERT(asked_.starts_with(served_.read));
        ASSERT(answered_.starts_with(heard_));
        ASSERT(spoilt_ || served_.session.state() != State::open || served_.read == asked_);
    }

private:
    void client_says(const std::string& text) {
        const int size = SSL_write(client_.ssl(), text.data(), static_cast<int>(text.size()));
        if (size > 0) asked_ += text;
    }
    void server_says(const std::string& text) {
        const State state = served_.session.state();
        if (over_ || (state != State::open && state != State::closed)) return;
        client_.take(served_.write(text));
        answered_ += text;
    }

    TlsClient client_;
    Served served_ = begin();
    std::string asked_;
    std::string answered_;
    std::string heard_;
    std::size_t spoil_ = 0;
    bool spoilt_ = false;
    bool over_ = false;
};

}  // namespace
}  // namespace ringtick

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::uint8_t> input(data, size);
    if (input[0] % 2 == 0) {
        ringtick::feed(input.subspan(1));
        return 0;
    }
    ringtick::Play play;
    for (const std::uint8_t what : input.subspan(1)) play.act(what);
    play.carry();
    return 0;
}
