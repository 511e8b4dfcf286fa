#include "server/log.hpp"

#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
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

LogTail the_tail;

// Called by the log's one thread only.
class TailSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        const std::string_view text(line.data(), line.size());
        the_tail.add(text.substr(0, text.find_last_not_of('\n') + 1));
    }
    void flush_() override {}
};

}  // namespace

LogTail& log_tail() {
    return the_tail;
}

void start_log(std::string_view level) {
    spdlog::init_thread_pool(lines_max, 1);
    auto logger = spdlog::create_async_nb<spdlog::sinks::stderr_color_sink_mt>("ringtick");
    // First: stderr may be a pipe that nobody reads.
    logger->sinks().emplace(logger->sinks().begin(), new TailSink);
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
