/* fakes: fuse */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/userkey.h"
#include "protocol/fail.h"
#include "tests/fake/fuse.h"

#define OPENSSH "SSH-2.0-OpenSSH_9.2p1 Debian-2"

static char path[] = "/tmp/ibfleet-userkey.XXXXXX";
static struct userkey *key;
static struct fail why;

static void write_key(EVP_PKEY *pkey, const char *passphrase)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(PEM_write_PKCS8PrivateKey(f, pkey, passphrase ? EVP_aes_128_cbc() : NULL,
                                          passphrase,
                                          passphrase ? (int)strlen(passphrase) : 0, NULL,
                                          NULL));
    fclose(f);
    EVP_PKEY_free(pkey);
}

static void make_rsa(void)
{
    write_key(EVP_RSA_gen(2048), NULL);
    assert_int_equal(userkey_new(path, &key, &why), 0);
}

static int set_up(void **state)
{
    int fd;

    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    userkey_free(key);
    key = NULL;
    return unlink(path);
}

/* A login request that wants this algorithm. */
static size_t request(const char *algorithm, unsigned char *bytes)
{
    unsigned char *at = bytes;

    blob_put_string(&at, "session", 7);
    *at++ = 50;
    blob_put_string(&at, "tester", 6);
    blob_put_string(&at, "ssh-connection", 14);
    blob_put_string(&at, "publickey", 9);
    *at++ = 1;
    blob_put_string(&at, algorithm, strlen(algorithm));
    blob_put_string(&at, "key", 3);
    return (size_t)(at - bytes);
}

static struct blob type_of(struct blob public_half)
{
    struct blob type = {0};

    assert_int_equal(blob_next_string(&public_half, &type), 0);
    return type;
}

/* What RFC 8332 forbids and OpenSSH takes is for OpenSSH only. */
static void rsa_is_disguised_before_openssh_only(void **state)
{
    static const char *const others[] = {"SSH-2.0-dropbear_2022.83",
                                         "SSH-2.0-libssh_0.10",
                                         "SSH-2.0-OpenSSH_7.1p1",
                                         "SSH-2.0-OpenSSH",
                                         "",
                                         NULL};
    struct blob offer, type;

    (void)state;
    make_rsa();
    assert_int_equal(userkey_offer(key, OPENSSH, &offer, &why), 0);
    type = type_of(offer);
    assert_true(blob_is(&type, "rsa-sha2-512"));
    assert_int_equal(userkey_offer(key, "SSH-2.0-OpenSSH_7.2", &offer, &why), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(userkey_offer(key, others[i], &offer, &why), -1);
        assert_int_equal(why.code, FAIL_UNSUPPORTED);
    }
    type = type_of(userkey_blob(key));
    assert_true(blob_is(&type, "ssh-rsa"));
}

static void the_disguise_changes_nothing_but_the_name(void **state)
{
    struct blob offer, plain, skipped;

    (void)state;
    make_rsa();
    plain = userkey_blob(key);
    assert_int_equal(userkey_offer(key, OPENSSH, &offer, &why), 0);
    assert_int_equal(blob_next_string(&offer, &skipped), 0);
    assert_int_equal(blob_next_string(&plain, &skipped), 0);
    assert_true(blob_equals(&offer, &plain));
}

/* SHA-1 is what "ssh-rsa" means. */
static void rsa_signs_by_sha2_only(void **state)
{
    static const struct {
        const char *algorithm, *hash;
    } good[] = {{"rsa-sha2-512", "SHA512"}, {"rsa-sha2-256", "SHA256"}};
    unsigned char data[200], *sig;
    EVP_PKEY *pkey;
    FILE *f;
    size_t n, sig_bytes;

    (void)state;
    make_rsa();
    f = fopen(path, "r");
    pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        n = request(good[i].algorithm, data);
        assert_int_equal(userkey_sign(key, data, n, &sig, &sig_bytes), 0);
        assert_int_equal(sig_bytes, 256);
        assert_true(
            EVP_DigestVerifyInit_ex(ctx, NULL, good[i].hash, NULL, NULL, pkey, NULL));
        assert_int_equal(EVP_DigestVerify(ctx, sig, sig_bytes, data, n), 1);
        EVP_MD_CTX_free(ctx);
        free(sig);
    }
    EVP_PKEY_free(pkey);
    n = request("ssh-rsa", data);
    assert_int_equal(userkey_sign(key, data, n, &sig, &sig_bytes), -1);
}

static void what_is_no_login_request_is_not_signed(void **state)
{
    unsigned char data[200], *sig;
    size_t n, sig_bytes, needed;

    (void)state;
    make_rsa();
    n = request("rsa-sha2-512", data);
    needed = n - (4 + 3); /* the key at its end is not looked at */
    for (size_t cut = 0; cut < needed; cut++)
        assert_int_equal(userkey_sign(key, data, cut, &sig, &sig_bytes), -1);
    n = request("ssh-ed25519", data);
    assert_int_equal(userkey_sign(key, data, n, &sig, &sig_bytes), -1);
}

static void a_locked_key_is_known_by_the_file_beside_it(void **state)
{
    char beside[100];
    struct blob blob, type;
    FILE *f;

    (void)state;
    write_key(EVP_RSA_gen(2048), "secret");
    assert_int_equal(userkey_new(path, &key, &why), 0);
    assert_true(userkey_is_locked(key));
    assert_false(userkey_has_secret(key));
    assert_int_equal(userkey_blob(key).len_bytes, 0);
    userkey_free(key);
    key = NULL;
    snprintf(beside, sizeof beside, "%s.pub", path);
    f = fopen(beside, "w");
    fputs("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABEFBQUE= me\n", f);
    fclose(f);
    assert_int_equal(userkey_new(path, &key, &why), 0);
    unlink(beside);
    blob = userkey_blob(key);
    type = type_of(blob);
    assert_true(blob_is(&type, "ssh-ed25519"));
}

static void certificates_and_tokens_are_not_offered(void **state)
{
    static const char *const types[] = {"ssh-ed25519-cert-v01@openssh.com",
                                        "sk-ssh-ed25519@openssh.com", "ssh-dss"};
    unsigned char bytes[100], *at;
    struct blob offer, comment = {(const unsigned char *)"mine", 4};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        at = bytes;
        blob_put_string(&at, types[i], strlen(types[i]));
        assert_int_equal(userkey_of_agent(&(struct blob){bytes, (size_t)(at - bytes)},
                                          &comment, &key, &why),
                         0);
        assert_string_equal(userkey_name(key), "mine in the ssh-agent");
        assert_int_equal(userkey_offer(key, OPENSSH, &offer, &why), -1);
        assert_int_equal(why.code, FAIL_UNSUPPORTED);
        userkey_free(key);
        key = NULL;
    }
}

/* ---- what is left of a secret ------------------------------------------------------- */

static unsigned char seed[32], body[300];
static char text[600];

static void write_text(size_t body_bytes)
{
    int n, fd = open(path, O_WRONLY | O_TRUNC);

    n = snprintf(text, sizeof text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    n += EVP_EncodeBlock((unsigned char *)text + n, body, (int)body_bytes);
    n += snprintf(text + n, sizeof text - (size_t)n,
                  "\n-----END OPENSSH PRIVATE KEY-----\n");
    assert_int_equal(write(fd, text, (size_t)n), n);
    close(fd);
}

static void write_openssh(void)
{
    static unsigned char secret[200], both[64];
    unsigned char *in = secret, *at = body;

    memcpy(both, seed, sizeof seed);
    blob_put_u32(&in, 42);
    blob_put_u32(&in, 42);
    blob_put_string(&in, "ssh-ed25519", 11);
    blob_put_string(&in, both + 32, 32);
    blob_put_string(&in, both, 64);
    blob_put_string(&in, "me", 2);
    memcpy(at, "openssh-key-v1", 15);
    at += 15;
    blob_put_string(&at, "none", 4);
    blob_put_string(&at, "none", 4);
    blob_put_string(&at, "", 0);
    blob_put_u32(&at, 1);
    blob_put_string(&at, "p", 1);
    blob_put_string(&at, secret, (size_t)(in - secret));
    write_text((size_t)(at - body));
}

/* Does our heap hold these bytes? */
static bool heap_has(const void *bytes, size_t n)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long begin, end;
    bool found = false;
    char line[300];

    while (fgets(line, sizeof line, maps))
        if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            found = found || memmem((const void *)begin, end - begin, bytes, n);
    fclose(maps);
    return found;
}

/* Neither the key nor a line of its file, which is in the format of ssh-keygen (OpenSSL's
 * own reader of PEM leaves pieces behind).  Of freed memory malloc() overwrites the
 * beginning, so what is looked for comes from behind it.
 */
static void nothing_of_a_secret_is_left_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)(37 * i + 11);
    write_openssh();
    assert_int_equal(userkey_new(path, &key, &why), 0);
    assert_false(heap_has(strchr(text, '\n') + 140, 40));
    assert_true(userkey_has_secret(key));
    userkey_free(key);
    key = NULL;
    assert_false(heap_has(seed + 8, 24));
}

static int read_it(void)
{
    struct userkey *read;

    if (userkey_new(path, &read, &why) < 0) {
        assert_true(why.code == FAIL_MEMORY || strstr(why.text, "Cannot allocate"));
        return -1;
    }
    userkey_free(read);
    return 0;
}

static void nothing_leaks_when_memory_runs_out(void **state)
{
    (void)state;
    write_key(EVP_RSA_gen(2048), NULL);
    assert_true(fuse_burn(read_it) > 0);
}

#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEY_TEST(rsa_is_disguised_before_openssh_only),
        KEY_TEST(the_disguise_changes_nothing_but_the_name),
        KEY_TEST(rsa_signs_by_sha2_only),
        KEY_TEST(what_is_no_login_request_is_not_signed),
        KEY_TEST(a_locked_key_is_known_by_the_file_beside_it),
        KEY_TEST(certificates_and_tokens_are_not_offered),
        KEY_TEST(nothing_of_a_secret_is_left_behind),
        KEY_TEST(nothing_leaks_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
