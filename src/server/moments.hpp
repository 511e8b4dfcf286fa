#pragma once

#include "base/result.hpp"
#include "net/events.hpp"
#include "net/memory.hpp"
#include "server/keep_options.hpp"
#include "server/kept_replays.hpp"
#include "server/metrics.hpp"
#include "server/moment_file.hpp"
#include "server/moment_folder.hpp"
#include "server/moment_name.hpp"
#include "server/operator.hpp"
#include "server/token_source.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// --moments: a room's last seconds that stay, each a file in a folder and for ever at the same
// address.
//
//   POST /ops/moment?room=R[&tick=N]   keeps them, an operator's order; of a tick, a recording in
//                                      which that is. Tells the name before the disk has it.
//   GET  /moments                      the operator's list, and what became of the last order
//   GET  /moments/NAME                 the file, for whoever has the link
//
// The folder is read at the start, once; from then on each is sent from memory, which is address
// space of N times the largest and backed as it is used, and a name is looked up in a table and
// never in the folder. So no request reads a disk, and what lies on it is written beside the loop
// (see MomentFile).
//
// Policy at the bound: when there are so many as --moments-max lets, another one is refused, for a
// link that was given is to stay. One is written at a time. If the disk refuses one, that one is
// gone, and the log says why.
class Moments {
public:
    struct Parts {
        Ring& ring;
        KeptReplays& kept;
        const Operator& owner;
    };

    explicit Moments(const Parts& parts) : parts_(parts), file_(parts.ring) {}

    // `kept` has been opened. `game`, as recordings name it, lives as long.
    [[nodiscard]] Result<void> open(const MomentOptions& options, std::string_view game);

    static bool is_asked(const http::Request& request) {
        return request.path == "/moments" || request.path.starts_with("/moments/");
    }
    // Nothing (head_size 0) if there is nothing at that address.
    HttpAnswer answer(const http::Request& request, std::span<std::byte> out);
    // Of an operator, who has been told from others.
    HttpAnswer order(const http::Request& request, std::span<std::byte> out);

    static bool owns(const Completion& completion) {
        return completion.token.owner == MomentFile::owner;
    }
    void on_completion(const Completion& completion);
    // One is on its way to the disk.
    bool is_writing() const { return file_.is_under_way(); }

    std::size_t memory_reserved() const { return memory_.reserved(); }
    MomentStats stats() const;

private:
    // Of a number, in the memory of the same.
    struct Moment {
        MomentName name;
        std::size_t size = 0;
        std::int64_t kept_at_s = 0;
    };
    struct Failure {
        MomentName name;
        int error = 0;  // 0: none failed.
    };

    bool is_on() const { return folder_.descriptor() >= 0; }
    void say_what_was_found(std::size_t surplus) const;
    bool is_kept(const Moment& moment) const;
    std::span<std::byte> memory_of(const Moment& moment) const;
    HttpAnswer keep(std::uint32_t room,
                    std::optional<std::uint64_t> tick,
                    const http::Request& request,
                    std::span<std::byte> out);
    HttpAnswer list(const http::Request& request, std::span<std::byte> out) const;
    std::size_t write_list(std::span<char> out) const;
    HttpAnswer send(const Moment& moment,
                    const http::Request& request,
                    std::span<std::byte> out) const;
    void on_kept();
    void on_failed();

    Parts parts_;
    MomentOptions options_;
    MomentFolder folder_;
    SlotMemory memory_;
    std::vector<Moment> all_;  // The oldest first; the last may still be on its way to the disk.
    MomentFile file_;
    TokenSource random_;
    Failure failure_;
    std::uint64_t failures_ = 0;
};

}  // namespace ringtick
