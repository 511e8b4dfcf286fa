#pragma once

#include "http/message.hpp"
#include "http/origin.hpp"
#include "net/options.hpp"

#include <string>
#include <utility>

namespace ringtick {

struct ListenAddress;

// Who may look behind the scenes and change what goes on there: the one place that decides it.
//
// With a token, whoever shows it, from anywhere. Without one, whoever sits at the machine: a server
// that listens on loopback believes those who reach it by a name of loopback. Otherwise nobody.
//
// A browser carries its owner's rights to every page that it shows, so neither proof is enough from
// a page of another site: Origin and Sec-Fetch-Site tell (they are names that no script can set),
// and a name that another site has pointed at this machine (DNS rebinding) is none of loopback.
class Operator {
public:
    // Nobody is one.
    Operator() = default;
    explicit Operator(std::string token) : token_(std::move(token)) {}
    static Operator at_this_machine();

    // Who that is: "none", "machine" or "token".
    const char* kind() const;

    // How requests come.
    void serve_over(http::Transport transport) { transport_ = transport; }

    bool needs_token() const { return !token_.empty(); }

    // Whether the page may be shown on which an operator shows the token: `ok`, or how to refuse.
    http::Status judge_visit(const http::Request& request) const;

    // Whether the request is an operator's, a question or an order (a POST): `ok`, or how to refuse
    // it.
    http::Status judge(const http::Request& request) const;

private:
    bool shows_token(const http::Request& request) const;

    std::string token_;
    bool at_this_machine_ = false;
    http::Transport transport_ = http::Transport::plain;
};

// A server on loopback that believes no proxy has an operator without a token. A Unix socket is
// there for a proxy, which brings everybody.
Operator operator_of(const ListenAddress& listen, const NetOptions& net, const std::string& token);

}  // namespace ringtick
