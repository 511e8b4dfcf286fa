#include "server/operator.hpp"

#include "base/text.hpp"
#include "http/field_value.hpp"
#include "http/origin.hpp"
#include "net/address.hpp"
#include "net/listener.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ringtick {

namespace {

bool is_loopback_name(std::string_view host_header) {
    std::string_view name = http::host_of(host_header);
    if (http::equals_ignoring_case(name, "localhost")) return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    const auto address = parse_ip_address(name);
    return address && address->is_loopback();
}

// A proxy on this machine reaches us as its owner does, and brings strangers. Many say so.
bool came_through_a_proxy(const http::Request& request) {
    constexpr std::array<std::string_view, 4> signs{"Forwarded", "X-Forwarded-For", "X-Real-IP",
                                                    "Via"};
    return std::ranges::any_of(signs, [&](auto sign) { return request.count(sign) > 0; });
}

// Sent by a page that is not ours. Who is no browser sends neither header.
bool is_foreign(const http::Request& request, http::Transport transport) {
    const auto site = request.find("Sec-Fetch-Site");
    if (site && *site != "same-origin" && *site != "none") return true;
    if (request.count("Origin") == 0) return false;
    const auto origin = http::parse_origin(request.find("Origin").value_or(""));
    return request.count("Origin") > 1 || !origin ||
           !http::is_served_by(*origin, request.find("Host").value_or(""), transport);
}

}  // namespace

Operator Operator::at_this_machine() {
    Operator owner;
    owner.at_this_machine_ = true;
    return owner;
}

const char* Operator::kind() const {
    if (needs_token()) return "token";
    return at_this_machine_ ? "machine" : "none";
}

http::Status Operator::judge_visit(const http::Request& request) const {
    if (needs_token()) return http::Status::ok;
    if (!at_this_machine_) return http::Status::not_found;
    const bool near = is_loopback_name(request.find("Host").value_or(""));
    return near && !came_through_a_proxy(request) ? http::Status::ok : http::Status::forbidden;
}

http::Status Operator::judge(const http::Request& request) const {
    const http::Status visit = judge_visit(request);
    if (visit != http::Status::ok) return visit;
    if (needs_token() && !shows_token(request)) return http::Status::unauthorized;
    if (is_foreign(request, transport_)) return http::Status::forbidden;
    // Every browser says where an order comes from (Fetch, section 3.1). Without a token that is
    // the only proof there is, so nobody may leave it out.
    const bool order = request.method == http::Method::post;
    const bool proven = needs_token() || request.count("Origin") == 1;
    return order && !proven ? http::Status::forbidden : http::Status::ok;
}

// RFC 6750, section 2.1. How long the comparison takes tells the token's length and no more.
bool Operator::shows_token(const http::Request& request) const {
    if (request.count("Authorization") != 1) return false;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view value = request.find("Authorization").value_or("");
    if (!http::equals_ignoring_case(value.substr(0, scheme.size()), scheme)) return false;
    const std::string_view shown = trim(value.substr(scheme.size()));
    return shown.size() == token_.size() &&
           CRYPTO_memcmp(shown.data(), token_.data(), token_.size()) == 0;
}

Operator operator_of(const ListenAddress& listen, const NetOptions& net, const std::string& token) {
    if (!token.empty()) return Operator(token);
    if (listen.family == ListenAddress::Family::local || !net.trust.empty()) return {};
    const auto address = parse_ip_address(listen.host);
    return address && address->is_loopback() ? Operator::at_this_machine() : Operator();
}

}  // namespace ringtick
