#pragma once

#include "server/tls_files.hpp"
#include "tls/context.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ringtick {

// The server's certificate and key: read from their files at the start and whenever its operator
// has renewed them (SIGHUP).
class Certificate {
public:
    // Reads both. Empty if they can be served; or says what is wrong and what to do, and those that
    // were served before are served on. A few milliseconds, most of them for the disk. Nothing of
    // it comes from the heap but what it says. Logs what is allowed and unwise.
    [[nodiscard]] std::string load(const TlsFiles& files);

    // Loads them anew, and logs how that went.
    void reload();

    const TlsContext& context() const { return context_; }
    const std::string& problem() const { return problem_; }

private:
    std::string load();
    void warn() const;

    TlsFiles files_;
    TlsContext context_;
    std::string problem_;  // Of the last load().
    std::unique_ptr<char[]> memory_;
};

}  // namespace ringtick
