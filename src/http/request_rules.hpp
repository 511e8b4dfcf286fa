#pragma once

#include "http/message.hpp"

#include <string_view>

namespace ringtick::http {

// Whether a Content-Length says that something follows.
bool announces_body(const Request& request);

// The rules on a whole head that are about what its headers say together: who is asked, and that no
// body comes. `authority` is that of a target in the absolute form, or empty. ok, or the refusal.
Status judge_head(const Request& request, std::string_view authority);

}  // namespace ringtick::http
