#include "tls/session.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "tls/context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace ringtick {

namespace {

// OpenSSL's memory BIOs grow as they are written to. Ours reads and writes what the caller of the
// session has at hand for this one call, which is what a BIO's data points to meanwhile.
int read_wire(BIO* bio, char* out, std::size_t size, std::size_t* count) {
    auto* const wire = static_cast<TlsSession::Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire == nullptr || wire->input.empty()) {
        BIO_set_retry_read(bio);
        return 0;
    }
    const auto piece = wire->input.first(std::min(size, wire->input.size()));
    *count = copy_bytes({reinterpret_cast<std::byte*>(out), size}, piece);
    wire->input = wire->input.subspan(piece.size());
    return 1;
}

int write_wire(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
    auto* const wire = static_cast<TlsSession::Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire == nullptr || wire->output.size() - wire->written < size) {
        BIO_set_retry_write(bio);
        return 0;
    }
    const auto room = wire->output.subspan(wire->written);
    wire->written += copy_bytes(room, {reinterpret_cast<const std::byte*>(bytes), size});
    *count = size;
    return 1;
}

long control_wire(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;  // Nothing is held back.
}

// Made once, and kept.
const BIO_METHOD* wire_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
        if (made == nullptr) return made;
        BIO_meth_set_read_ex(made, read_wire);
        BIO_meth_set_write_ex(made, write_wire);
        BIO_meth_set_ctrl(made, control_wire);
        return made;
    }();
    return method;
}

// Told of every message; in the middle of a call, so that it can be made the last.
// NOLINTNEXTLINE(readability-function-size): its parameters are OpenSSL's.
void on_message(int written, int, int type, const void*, std::size_t, SSL* session, void*) {
    if (written != 0 || type != SSL3_RT_HANDSHAKE) return;
    auto* const wire = static_cast<TlsSession::Wire*>(BIO_get_data(SSL_get_rbio(session)));
    wire->messages += 1;
    if (wire->messages > TlsSession::late_messages_max) wire->input = {};
}

// Lends the wire to the session for one call.
class Lent {
public:
    Lent(SSL* session, TlsSession::Wire& wire) : bio_(SSL_get_rbio(session)) {
        BIO_set_data(bio_, &wire);
        ERR_clear_error();  // Or an older error would be taken for this call's.
    }
    ~Lent() {
        BIO_set_data(bio_, nullptr);
        ERR_clear_error();
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

private:
    BIO* bio_;
};

}  // namespace

void TlsSession::Free::operator()(ssl_st* session) const {
    SSL_free(session);
}

bool TlsSession::begin(const TlsContext& context, Nanoseconds now) {
    ASSERT(context.loaded());
    ASSERT(state_ == State::none);
    ERR_clear_error();
    context.ticket_keys().renew(now);
    native_.reset(SSL_new(context.native()));
    BIO* const bio =
        native_ != nullptr && wire_method() != nullptr ? BIO_new(wire_method()) : nullptr;
    if (bio == nullptr) {
        ERR_clear_error();
        native_.reset();
        return false;
    }
    BIO_set_init(bio, 1);
    SSL_set_bio(native_.get(), bio, bio);
    SSL_set_accept_state(native_.get());
    SSL_set_msg_callback(native_.get(), on_message);
    state_ = State::handshake;
    return true;
}

void TlsSession::end() {
    native_.reset();
    state_ = State::none;
    late_messages_ = 0;
}

bool TlsSession::resumed() const {
    return native_ != nullptr && SSL_session_reused(native_.get()) == 1;
}

void TlsSession::shake_hands(Wire& wire) {
    ASSERT(state_ == State::handshake);
    const Lent lent(native_.get(), wire);
    const int result = SSL_do_handshake(native_.get());
    if (result == 1) {
        state_ = State::open;
    } else {
        judge(result);
    }
}

std::size_t TlsSession::read(Wire& wire, std::span<std::byte> plain) {
    ASSERT(plain.size() >= record_payload_max);
    if (state_ != State::open) return 0;
    const Lent lent(native_.get(), wire);
    std::size_t size = 0;
    wire.messages = 0;
    const int result = SSL_read_ex(native_.get(), plain.data(), plain.size(), &size);
    if (result != 1) judge(result);
    late_messages_ += wire.messages;
    if (late_messages_ > late_messages_max) state_ = State::failed;
    return result == 1 ? size : 0;
}

void TlsSession::write(std::span<const std::byte> plain, Wire& wire) {
    ASSERT(wire.output.size() - wire.written >= sealed_size_max(plain.size()));
    if ((state_ != State::open && state_ != State::closed) || plain.empty()) return;
    const Lent lent(native_.get(), wire);
    std::size_t size = 0;
    const int result = SSL_write_ex(native_.get(), plain.data(), plain.size(), &size);
    if (result != 1) {
        state_ = State::failed;  // Of memory, or of what came in between: there is room.
        return;
    }
    ASSERT(size == plain.size());
}

void TlsSession::say_goodbye(Wire& wire) {
    if (state_ != State::open && state_ != State::closed) return;
    const Lent lent(native_.get(), wire);
    SSL_shutdown(native_.get());  // 0: the peer has not said it, too, and need not.
}

void TlsSession::judge(int result) {
    switch (SSL_get_error(native_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return;
        case SSL_ERROR_ZERO_RETURN:
            state_ = State::closed;
            return;
        default:
            // What it says on SSL_ERROR_WANT_WRITE, too: the peer has us say more than it takes.
            state_ = State::failed;
    }
}

}  // namespace ringtick
