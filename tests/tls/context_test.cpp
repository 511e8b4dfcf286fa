#include "tls/context.hpp"

#include "tls/identity.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace ringtick {
namespace {

std::string encrypted(const std::string& key) {
    const Owned<BIO, BIO_free> in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
    const Owned<EVP_PKEY, EVP_PKEY_free> read(
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    const Owned<BIO, BIO_free> out(BIO_new(BIO_s_mem()));
    const std::string passphrase = "secret";
    PEM_write_bio_PrivateKey(out.get(), read.get(), EVP_aes_128_cbc(),
                             reinterpret_cast<const unsigned char*>(passphrase.data()),
                             static_cast<int>(passphrase.size()), nullptr, nullptr);
    return text_of(out.get());
}

TEST(TlsContext, SaysWhatIsWrongAndKeepsWhatItHad) {
    const Identity mine = make_identity();
    const Identity other = make_identity();
    TlsContext context;
    EXPECT_FALSE(context.loaded());
    EXPECT_EQ(context.load("", ""), TlsProblem::certificate_malformed);
    EXPECT_FALSE(context.loaded());
    ASSERT_EQ(context.load(mine.certificate, mine.key), TlsProblem::none);
    const ssl_ctx_st* const loaded = context.native();

    EXPECT_EQ(context.load("nonsense", mine.key), TlsProblem::certificate_malformed);
    EXPECT_EQ(context.load(mine.key, mine.key), TlsProblem::certificate_malformed);
    EXPECT_EQ(context.load(mine.certificate.substr(0, 200), mine.key),
              TlsProblem::certificate_malformed);
    EXPECT_EQ(context.load(mine.certificate + mine.certificate.substr(0, 200), mine.key),
              TlsProblem::certificate_malformed);
    // What says that a passphrase opens it, of which nobody asks what it is.
    std::string sealed = mine.certificate;
    sealed.insert(sealed.find('\n') + 1,
                  "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF"
                  "\n\n");
    EXPECT_EQ(context.load(sealed, mine.key), TlsProblem::certificate_malformed);
    EXPECT_EQ(context.load(mine.certificate + sealed, mine.key), TlsProblem::certificate_malformed);
    EXPECT_EQ(context.load(mine.certificate, ""), TlsProblem::key_malformed);
    EXPECT_EQ(context.load(mine.certificate, mine.certificate), TlsProblem::key_malformed);
    EXPECT_EQ(context.load(mine.certificate, encrypted(mine.key)), TlsProblem::key_encrypted);
    EXPECT_EQ(context.load(mine.certificate, other.key), TlsProblem::key_of_another);
    EXPECT_FALSE(context.detail().empty());
    EXPECT_EQ(context.native(), loaded);
    // Those that vouch for it follow it.
    EXPECT_EQ(context.load(other.certificate + mine.certificate, other.key), TlsProblem::none);
    EXPECT_NE(context.native(), loaded);
}

TEST(TlsContext, KnowsTheCertificatesTime) {
    const Identity past = make_identity(-7'200, -3'600);
    const std::int64_t now = std::time(nullptr);
    TlsContext context;
    ASSERT_EQ(context.load(past.certificate, past.key), TlsProblem::none);
    EXPECT_NEAR(static_cast<double>(context.valid_from()), static_cast<double>(now - 7'200), 60);
    EXPECT_NEAR(static_cast<double>(context.valid_until()), static_cast<double>(now - 3'600), 60);
}

}  // namespace
}  // namespace ringtick
