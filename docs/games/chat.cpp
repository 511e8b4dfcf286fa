#include "base/bytes.hpp"
#include "server/serve.hpp"

using namespace ringtick;

// A chat room on the level of bytes: a game that has nothing to replicate. What somebody says goes
// to everybody, behind the number of the one who says it:
//
//     client -> server   the text, 1 to 240 bytes; what is longer or empty is nobody's to hear
//     server -> client   number u16, text; no text: this one has left
//
// A message that must arrive waits in its reader's bounded queue. Whoever lets it run full is cut
// off, not the room slowed down; whoever says too much in one tick is heard of that tick's first.
class Chat final : public Game {
public:
    explicit Chat(const GameOptions& options) : here_(options.players_max, false) {}

    void on_join(PlayerId player) override { here_[player.slot] = true; }
    void on_leave(PlayerId player) override {
        here_[player.slot] = false;
        left_.push_back(player);
    }

    void tick(std::uint64_t, std::span<const Command> commands, Outbox& outbox) override {
        for (const PlayerId player : left_) tell_all(player, {}, outbox);
        left_.clear();
        std::vector<std::uint8_t> said(here_.size(), 0);
        for (const Command& command : commands) {
            const bool fits = !command.bytes.empty() && command.bytes.size() <= text_max;
            if (!fits || said[command.player.slot] == lines_per_tick) continue;
            said[command.player.slot] += 1;
            tell_all(command.player, command.bytes, outbox);
        }
    }

    // Nothing changes but by what is said.
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }

private:
    static constexpr std::size_t text_max = 240;
    static constexpr std::uint8_t lines_per_tick = 4;

    void tell_all(PlayerId who, std::span<const std::byte> text, Outbox& outbox) const {
        std::array<std::byte, 2 + text_max> message{};
        ByteWriter writer(message);
        writer.put(who.slot);
        copy_bytes(std::span(message).subspan(writer.size()), text);
        const auto whole = std::span(message).first(writer.size() + text.size());
        for (std::size_t slot = 0; slot < here_.size(); ++slot) {
            if (here_[slot]) outbox.send({static_cast<std::uint16_t>(slot)}, whole);
        }
    }

    std::vector<bool> here_;
    std::vector<PlayerId> left_;
};

int main(int argc, char** argv) {
    return serve<Chat>(argc, argv,
                       {.name = "chat", .description = "A room to talk in", .rate_hz = 20});
}
