#include "server/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>

namespace ringtick {

namespace {

constexpr std::size_t lines_max = 4'096;
constexpr std::chrono::seconds patience(1);

}  // namespace

void start_log(std::string_view level) {
    spdlog::init_thread_pool(lines_max, 1);
    auto logger = spdlog::create_async_nb<spdlog::sinks::stderr_color_sink_mt>("ringtick");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(spdlog::level::from_str(std::string(level)));
}

bool stop_log() {
    // It joins the thread that writes, which a full pipe that nobody reads stops for ever.
    std::promise<void> written;
    const std::future<void> end = written.get_future();
    std::thread([written = std::move(written)]() mutable {
        spdlog::shutdown();
        written.set_value();
    }).detach();
    return end.wait_for(patience) == std::future_status::ready;
}

void log_info(std::string_view line) {
    spdlog::info(line);
}

void log_warning(std::string_view line) {
    spdlog::warn(line);
}

}  // namespace ringtick
