#pragma once

#include "base/resume_token.hpp"

#include <cstddef>
#include <span>

namespace ringtick {

// By which a token is known to everybody but its player: from the digest nobody finds the token.
// That of none is none.
ResumeToken digest_of(const ResumeToken& token);

// Puts the digest in the place of the token that somebody shows: 16 bytes, or nowhere.
void hide_token(std::span<std::byte> shown);

}  // namespace ringtick
