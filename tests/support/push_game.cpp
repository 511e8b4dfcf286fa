#include "base/bytes.hpp"
#include "server/serve.hpp"

using namespace ringtick;

// Everybody pushes one number up, and everybody sees it.
class Push final : public Game {
public:
    explicit Push(const GameOptions&) {}
    void on_join(PlayerId) override { players_ += 1; }
    void on_leave(PlayerId) override { players_ -= 1; }
    void tick(std::uint64_t, std::span<const Command> commands, Outbox&) override {
        pushes_ += commands.size();
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte> out) override {
        ByteWriter writer(out);
        writer.put(players_);
        writer.put(pushes_);
        return writer.size();
    }
    SnapshotKey snapshot_key(PlayerId) override { return SnapshotKey::everyones; }

private:
    std::uint32_t players_ = 0;
    std::uint64_t pushes_ = 0;
};

int main(int argc, char** argv) {
    return serve<Push>(argc, argv, {.name = "push", .description = "Push a number up, together"});
}
