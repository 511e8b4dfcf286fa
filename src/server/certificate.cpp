#include "server/certificate.hpp"

#include "server/log.hpp"

#include <openssl/crypto.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

// A chain of a dozen certificates in PEM.
constexpr std::size_t file_size_max = 65'536;

struct Read {
    std::string_view text;
    std::string problem;  // Empty: all of the file was read.
};

Read read_file(const char* option, const std::string& path, std::span<char> memory) {
    const auto refuse = [&](int error) {
        return Read{.problem = fmt::format("{} {} cannot be read: {}. Give a file in PEM that this "
                                           "user may read.",
                                           option, path, std::generic_category().message(error))};
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return refuse(errno);
    std::size_t size = 0;
    ssize_t count = 1;
    while (count > 0 && size < memory.size()) {
        count = ::read(file, memory.data() + size, memory.size() - size);
        if (count > 0) size += static_cast<std::size_t>(count);
    }
    const int error = count < 0 ? errno : 0;
    ::close(file);
    if (error != 0) return refuse(error);
    if (size == memory.size()) return refuse(EFBIG);
    return {.text = {memory.data(), size}};
}

std::string explain(TlsProblem problem, const TlsFiles& files, std::string_view detail) {
    const std::string says = detail.empty() ? "" : fmt::format(" (OpenSSL: {})", detail);
    switch (problem) {
        case TlsProblem::none:
            return {};
        case TlsProblem::certificate_malformed:
            return fmt::format(
                "--tls-cert {} is no certificate in PEM{}. Give the certificate, followed by those "
                "that vouch for it.",
                files.certificate, says);
        case TlsProblem::certificate_refused:
            return fmt::format("--tls-cert {} cannot be served{}. Have a stronger one issued.",
                               files.certificate, says);
        case TlsProblem::key_malformed:
            return fmt::format("--tls-key {} is no private key in PEM{}.", files.key, says);
        case TlsProblem::key_encrypted:
            return fmt::format(
                "--tls-key {} is encrypted, and there is nobody to type its passphrase. Decrypt "
                "it (openssl pkey), and let nobody else read it.",
                files.key);
        case TlsProblem::key_of_another:
            return fmt::format("--tls-key {} is not the key of --tls-cert {}{}. Give its own.",
                               files.key, files.certificate, says);
        case TlsProblem::out_of_memory:
            return fmt::format("OpenSSL cannot begin{}.", says);
    }
    return {};
}

std::int64_t seconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

std::string Certificate::load(const TlsFiles& files) {
    files_ = files;
    return load();
}

std::string Certificate::load() {
    if (!memory_) memory_ = std::make_unique<char[]>(2 * file_size_max);
    const std::span<char> all(memory_.get(), 2 * file_size_max);
    Read certificate = read_file("--tls-cert", files_.certificate, all.first(file_size_max));
    Read key = read_file("--tls-key", files_.key, all.subspan(file_size_max));
    problem_ = std::move(certificate.problem.empty() ? key.problem : certificate.problem);
    if (problem_.empty()) {
        const TlsProblem problem = context_.load(certificate.text, key.text);
        problem_ = explain(problem, files_, context_.detail());
    }
    OPENSSL_cleanse(all.data(), all.size());
    if (problem_.empty()) warn();
    return problem_;
}

void Certificate::reload() {
    if (load().empty()) {
        log_info(fmt::format("whoever connects from now on is shown the certificate of {}",
                             files_.certificate));
    } else {
        log_warning(fmt::format("the certificate is the one from before: {}", problem_));
    }
}

void Certificate::warn() const {
    const std::int64_t now = seconds_since_1970();
    if (now > context_.valid_until()) {
        log_warning(
            fmt::format("the certificate of {} has expired: browsers will refuse it. Renew "
                        "it, and send SIGHUP.",
                        files_.certificate));
    }
    if (now < context_.valid_from()) {
        log_warning(
            fmt::format("the certificate of {} is not valid yet: browsers will refuse it. "
                        "Is this machine's clock right?",
                        files_.certificate));
    }
    struct stat status {};
    if (::stat(files_.key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        log_warning(
            fmt::format("everybody on this machine can read the key {}: chmod o-r it", files_.key));
    }
}

}  // namespace ringtick
