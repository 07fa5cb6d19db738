#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyformat.h"
#include "protocol/fail.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END   "-----END OPENSSH PRIVATE KEY-----\n"

static unsigned char bytes[1000];
static size_t len_bytes;

static void put_u32(unsigned char **at, uint32_t value)
{
    unsigned char be[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                           (unsigned char)(value >> 8), (unsigned char)value};

    memcpy(*at, be, 4);
    *at += 4;
}

static void put_text(unsigned char **at, const char *text)
{
    blob_put_string(at, text, strlen(text));
}

/* An ed25519 key as ssh-keygen writes it, of a type and a cipher as the test wants;
 * the secret is 32 times 7.
 */
static void make_key(const char *cipher, const char *type)
{
    unsigned char secret[400], numbers[64], *in = secret, *at = bytes;

    memset(numbers, 7, sizeof numbers);
    put_u32(&in, 42);
    put_u32(&in, 42);
    put_text(&in, type);
    blob_put_string(&in, numbers + 32, 32);
    blob_put_string(&in, numbers, 64);
    put_text(&in, "comment");
    memcpy(at, "openssh-key-v1", 15);
    at += 15;
    put_text(&at, cipher);
    put_text(&at, "none");
    put_text(&at, "");
    put_u32(&at, 1);
    put_text(&at, "public half");
    blob_put_string(&at, secret, (size_t)(in - secret));
    len_bytes = (size_t)(at - bytes);
}

static struct keyformat parsed;

static int tear_down(void **state)
{
    (void)state;
    keyformat_clear(&parsed);
    return 0;
}

static int parse_text(const char *text, struct fail *why)
{
    keyformat_clear(&parsed);
    return keyformat_parse(text, strlen(text), &parsed, why);
}

/* Parse the first n bytes of the key, as a key file. */
static int parse(size_t n, struct fail *why)
{
    char base64[2000], text[3000];

    EVP_EncodeBlock((unsigned char *)base64, bytes, (int)n);
    snprintf(text, sizeof text, BEGIN "%s\n" END, base64);
    return parse_text(text, why);
}

static void a_key_of_ssh_keygen_is_read(void **state)
{
    unsigned char seed[32], expected[32];
    size_t seed_bytes = sizeof seed;
    struct fail why;

    (void)state;
    make_key("none", "ssh-ed25519");
    assert_int_equal(parse(len_bytes, &why), 0);
    assert_non_null(parsed.secret);
    assert_null(parsed.public_half);
    assert_true(EVP_PKEY_get_raw_private_key(parsed.secret, seed, &seed_bytes));
    memset(expected, 7, sizeof expected);
    assert_memory_equal(seed, expected, sizeof expected);
}

static void a_key_cut_anywhere_is_refused(void **state)
{
    size_t needed_bytes;
    struct fail why;

    (void)state;
    make_key("none", "ssh-ed25519");
    needed_bytes = len_bytes - (4 + strlen("comment"));
    for (size_t n = 0; n < needed_bytes; n++) {
        assert_int_equal(parse(n, &why), -1);
        assert_int_equal(why.code, FAIL_KEY_FILE);
    }
}

/* No byte, whatever it becomes, may make the parser read beyond the end. */
static void a_damaged_key_does_no_harm(void **state)
{
    struct fail why;

    (void)state;
    make_key("none", "ssh-ed25519");
    for (size_t i = 0; i < len_bytes; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            parse(len_bytes, &why);
            bytes[i] ^= (unsigned char)(1 << bit);
        }
}

static void what_cannot_be_used_says_why(void **state)
{
    struct fail why;

    (void)state;
    make_key("none", "ssh-dss");
    assert_int_equal(parse(len_bytes, &why), -1);
    assert_non_null(strstr(why.text, "only ed25519, ECDSA and RSA"));
    make_key("none",
             "ecdsa-sha2-nistp256"); /* with numbers that are none of that curve */
    assert_int_equal(parse(len_bytes, &why), -1);
    assert_non_null(strstr(why.text, "damaged"));
    make_key("none", "ssh-rsa"); /* too few numbers */
    assert_int_equal(parse(len_bytes, &why), -1);
    assert_non_null(strstr(why.text, "damaged"));
}

static void a_key_with_a_passphrase_shows_its_public_half(void **state)
{
    struct fail why;

    (void)state;
    make_key("aes256-ctr", "ssh-ed25519");
    assert_int_equal(parse(len_bytes, &why), -1); /* "public half" is none */
    memcpy(memmem(bytes, len_bytes, "public half", 11), "\0\0\0\7ssh-new", 11);
    assert_int_equal(parse(len_bytes, &why), 0);
    assert_true(parsed.is_locked);
    assert_int_equal(parsed.public_bytes, 11);
    assert_memory_equal(parsed.public_half, "\0\0\0\7ssh-new", 11);
}

static void a_public_key_file_is_only_that(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(parse_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABEFBQUE= me@here\n",
                                &why),
                     0);
    assert_false(parsed.is_locked);
    assert_null(parsed.secret);
    assert_int_equal(parsed.public_bytes, 23);
    assert_memory_equal(parsed.public_half, "\0\0\0\013ssh-ed25519\0\0\0\004AAAA", 23);
}

static void text_that_is_no_key_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "x",
                                        BEGIN,
                                        BEGIN END,
                                        BEGIN "!!!!\n" END,
                                        "-----BEGIN PRIVATE KEY-----\n",
                                        "ssh-ed25519\n",
                                        "ssh-ed25519 !!!! me\n",
                                        "ssh-ed25519 AAAA me\n",
                                        "-----BEGIN PUBLIC KEY-----\n"};
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_text(texts[i], &why), -1);
        assert_int_equal(why.code, FAIL_KEY_FILE);
    }
}

static void what_is_no_private_key_is_told_by_its_kind(void **state)
{
    static const char *const publics[] = {
        "ssh-ed25519 AAAAC3NzaC1l me@here\n",
        "ecdsa-sha2-nistp256 !!!! me\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQ==\n-----END PUBLIC KEY-----\n",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n",
    };
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof publics / sizeof *publics; i++) {
        assert_int_equal(parse_text(publics[i], &why), -1);
        assert_int_equal(why.code, FAIL_KEY_FILE);
        assert_non_null(strstr(why.text, "it is a public key"));
    }
    assert_int_equal(parse_text("", &why), -1);
    assert_string_equal(why.text, "it is empty");
    assert_int_equal(parse_text("ssh", &why), -1);
    assert_string_equal(why.text, "it is not a private key, or damaged");
}

#define KEY_TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEY_TEST(a_key_of_ssh_keygen_is_read),
        KEY_TEST(a_key_cut_anywhere_is_refused),
        KEY_TEST(a_damaged_key_does_no_harm),
        KEY_TEST(what_cannot_be_used_says_why),
        KEY_TEST(a_key_with_a_passphrase_shows_its_public_half),
        KEY_TEST(a_public_key_file_is_only_that),
        KEY_TEST(text_that_is_no_key_is_refused),
        KEY_TEST(what_is_no_private_key_is_told_by_its_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
