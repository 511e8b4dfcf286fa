#include "base/bytes.hpp"
#include "http/assets.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

// What src/http/embed.py made of tests/http/assets; tests/meson.build says how.
namespace embed_test {
std::span<const ringtick::http::Asset> assets();
}

namespace ringtick::http {
namespace {

std::string content_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string inflated(std::span<const std::byte> gzip) {
    std::string out(1 << 16, '\0');
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
    std::string in(as_text(gzip));
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    out.resize(stream.total_out);
    return out;
}

TEST(Embed, KeepsEveryByte) {
    ASSERT_EQ(embed_test::assets().size(), 2U);
    const Asset* page = find_asset(embed_test::assets(), "/");
    const Asset* script = find_asset(embed_test::assets(), "/tiny.js");
    ASSERT_NE(page, nullptr);
    ASSERT_NE(script, nullptr);
    EXPECT_EQ(as_text(page->bytes), content_of(EMBED_TEST_PAGE));
    EXPECT_EQ(as_text(script->bytes), "x");
}

TEST(Embed, CompressesWhatBecomesSmaller) {
    const Asset* page = find_asset(embed_test::assets(), "/");
    ASSERT_NE(page, nullptr);
    ASSERT_FALSE(page->gzip.empty());
    EXPECT_LT(page->gzip.size(), page->bytes.size());
    EXPECT_EQ(inflated(page->gzip), as_text(page->bytes));
    EXPECT_TRUE(find_asset(embed_test::assets(), "/tiny.js")->gzip.empty());
}

// Bytes 4 to 7 of a gzip header are the time of its making (RFC 1952).
TEST(Embed, MakesTheSameBytesAtAnyTime) {
    const Asset* page = find_asset(embed_test::assets(), "/");
    ASSERT_NE(page, nullptr);
    EXPECT_EQ(as_text(page->gzip.subspan(4, 4)), std::string_view("\0\0\0\0", 4));
}

TEST(Embed, KnowsTypesAndTags) {
    const Asset* page = find_asset(embed_test::assets(), "/");
    const Asset* script = find_asset(embed_test::assets(), "/tiny.js");
    EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
    EXPECT_EQ(script->content_type, "text/javascript; charset=utf-8");
    // The first half of the SHA-256 of "x".
    EXPECT_EQ(script->etag, "\"2d711642b726b04401627ca9fbac32f5\"");
    EXPECT_NE(page->etag, script->etag);
}

}  // namespace
}  // namespace ringtick::http
