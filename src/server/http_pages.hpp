#pragma once

#include "http/assets.hpp"
#include "net/events.hpp"
#include "server/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringtick {

class KeptReplays;
class Moments;
class Ops;
class Reporter;
struct ShardPlace;

// What the server answers over plain HTTP: the game's page and the four figures of merit.
class HttpPages {
public:
    explicit HttpPages(std::span<const http::Asset> assets) : assets_(assets) {}

    // What /metrics and the others report; told once, before the loop begins.
    void attach(Reporter& reporter) { reporter_ = &reporter; }
    // Who answers about /ops.
    void attach(Ops& ops) { ops_ = &ops; }
    // Who answers with the last seconds.
    void attach(KeptReplays& kept) { kept_ = &kept; }
    // And with those that stay.
    void attach(Moments& moments) { moments_ = &moments; }

    // Nothing (head_size 0) if there is nothing at that address.
    HttpAnswer answer(const http::Request& request, std::span<std::byte> out) const;

    // The name of the room that it is about, whose thread has to answer it; empty: none.
    std::string_view room_in(const http::Request& request) const;
    // That of /rooms?room=NAME, which the room itself answers; empty: it is not asked.
    static std::string_view room_listed(const http::Request& request);
    // Which thread an operator's script wants to be answered by; nothing: any can.
    std::optional<std::uint32_t> shard_for(const http::Request& request,
                                           const ShardPlace& place) const;

private:
    std::span<const http::Asset> assets_;
    Reporter* reporter_ = nullptr;
    Ops* ops_ = nullptr;
    KeptReplays* kept_ = nullptr;
    Moments* moments_ = nullptr;
};

}  // namespace ringtick
