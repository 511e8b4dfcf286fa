#pragma once

#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// One file after the other on its way into a folder, beside the loop, and whole or not at all: it
// has no name until all of it is durable, so neither a full disk nor a crash leaves a part of one.
//
//   idle --begin--> opening --> writing --all of it--> naming --> idle
//                      |           |                      |
//                      +-----------+----------------------+--> idle: failed, and nothing is left
class MomentFile {
public:
    // What the ring brings that is this one's.
    static constexpr Handle owner{.slot = 1};

    explicit MomentFile(Ring& ring) : ring_(ring) {}
    ~MomentFile();
    MomentFile(const MomentFile&) = delete;
    MomentFile& operator=(const MomentFile&) = delete;

    // `name` and `bytes` stay as they are until it is over.
    void begin(int folder, const char* name, std::span<const std::byte> bytes);
    bool is_under_way() const { return state_ != State::idle; }

    enum class Outcome : std::uint8_t { none, kept, failed };
    Outcome on_completion(const Completion& completion);
    int error() const { return error_; }  // Of the last one; one that is kept may have one, too.

private:
    enum class State : std::uint8_t { idle, opening, writing, naming };

    void write_rest();
    void give_name();
    Outcome on_written();
    Outcome on_named();
    Outcome fail(int error);
    void close();

    Ring& ring_;
    State state_ = State::idle;
    int folder_ = -1;
    const char* name_ = nullptr;
    std::span<const std::byte> rest_;  // Not written yet.
    std::uint64_t offset_ = 0;
    int file_ = -1;
    Ring::FilePath path_{};
    std::uint32_t pending_ = 0;  // Completions to come.
    std::int32_t done_ = 0;      // The results.
    std::int32_t synced_ = 0;
    int error_ = 0;
};

}  // namespace ringtick
