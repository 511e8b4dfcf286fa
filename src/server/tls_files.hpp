#pragma once

#include <string>

namespace ringtick {

// Where certificate and key are, both in PEM. Either both are given or none.
struct TlsFiles {
    std::string certificate;
    std::string key;

    bool given() const { return !certificate.empty(); }
};

}  // namespace ringtick
