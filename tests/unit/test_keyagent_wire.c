/* fakes: fuse */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent_wire.h"
#include "protocol/fail.h"
#include "tests/fake/fuse.h"

static struct fail why;

/* What is behind the NUL of a text does not count. */
#define BLOB(text) (&(struct blob){(const unsigned char *)(text), sizeof(text) - 1})

static struct blob first_bytes(const struct blob *b, size_t n)
{
    return (struct blob){b->bytes, n};
}

static void assert_frame(const unsigned char *frame, size_t frame_bytes,
                         const struct blob *expected)
{
    assert_int_equal(frame_bytes, expected->len_bytes);
    assert_memory_equal(frame, expected->bytes, frame_bytes);
}

static void a_list_is_asked_for_in_five_bytes(void **state)
{
    unsigned char *frame;
    size_t n;

    (void)state;
    assert_int_equal(keyagent_encode_list(&frame, &n, &why), 0);
    assert_frame(frame, n, BLOB("\0\0\0\1\x0b"));
    free(frame);
}

static void a_request_to_sign_says_with_which_hash(void **state)
{
    static const struct {
        const char *scheme;
        char flags;
    } cases[] = {{"ssh-ed25519", 0}, {"rsa-sha2-256", 2}, {"rsa-sha2-512", 4}};
    unsigned char *frame;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct blob scheme = {(const unsigned char *)cases[i].scheme,
                                    strlen(cases[i].scheme)};

        assert_int_equal(keyagent_encode_sign(BLOB("KEY"), BLOB("data"), &scheme, &frame,
                                              &n, &why),
                         0);
        assert_int_equal(frame[n - 1], cases[i].flags);
        frame[n - 1] = 0;
        assert_frame(frame, n, BLOB("\0\0\0\x14\x0d\0\0\0\3KEY\0\0\0\4data\0\0\0\0"));
        free(frame);
    }
}

#define TWO_KEYS "\x0c\0\0\0\2\0\0\0\2K1\0\0\0\3one\0\0\0\2K2\0\0\0\0"

static void the_keys_of_a_list_come_one_by_one(void **state)
{
    struct blob rest, key, comment;
    uint32_t count;

    (void)state;
    assert_int_equal(keyagent_decode_list(BLOB(TWO_KEYS), &count, &rest, &why), 0);
    assert_int_equal(count, 2);
    assert_int_equal(keyagent_next_key(&rest, &key, &comment), 0);
    assert_true(blob_is(&key, "K1"));
    assert_true(blob_is(&comment, "one"));
    assert_int_equal(keyagent_next_key(&rest, &key, &comment), 0);
    assert_true(blob_is(&key, "K2"));
    assert_int_equal(comment.len_bytes, 0);
    assert_int_equal(keyagent_next_key(&rest, &key, &comment), -1);
}

/* However it is cut, no more keys come out than are whole. */
static void a_list_that_is_cut_ends_early(void **state)
{
    struct blob rest, key, comment;
    uint32_t count;

    (void)state;
    for (size_t n = 0; n < sizeof TWO_KEYS - 1; n++) {
        const struct blob cut = first_bytes(BLOB(TWO_KEYS), n);
        unsigned keys = 0;

        if (keyagent_decode_list(&cut, &count, &rest, &why) < 0) {
            assert_true(n < 5);
            continue;
        }
        while (keyagent_next_key(&rest, &key, &comment) == 0)
            keys++;
        assert_int_equal(keys, n >= 5 + 6 + 7 ? 1 : 0);
    }
}

#define SIGNATURE "\x0e\0\0\0\x16\0\0\0\x0bssh-ed25519\0\0\0\3SIG"

static void a_signature_is_taken_out_of_its_answer(void **state)
{
    struct blob sig;

    (void)state;
    assert_int_equal(keyagent_decode_signature(BLOB(SIGNATURE), BLOB("ssh-ed25519"), &sig,
                                               &why),
                     0);
    assert_true(blob_is(&sig, "SIG"));
}

static void a_signature_by_another_algorithm_is_refused(void **state)
{
    struct blob sig;

    (void)state;
    assert_int_equal(keyagent_decode_signature(BLOB(SIGNATURE), BLOB("rsa-sha2-512"),
                                               &sig, &why),
                     -1);
    assert_int_equal(why.code, FAIL_KEY_FILE);
    assert_non_null(strstr(why.text, "not one by rsa-sha2-512"));
}

static void a_signature_cut_anywhere_is_refused(void **state)
{
    struct blob sig;

    (void)state;
    for (size_t n = 0; n < sizeof SIGNATURE - 1; n++) {
        const struct blob cut = first_bytes(BLOB(SIGNATURE), n);

        assert_int_equal(keyagent_decode_signature(&cut, BLOB("ssh-ed25519"), &sig, &why),
                         -1);
        assert_int_equal(why.code, FAIL_KEY_FILE);
    }
}

static void a_refusal_and_nonsense_are_told_apart(void **state)
{
    struct blob rest;
    uint32_t count;

    (void)state;
    assert_int_equal(keyagent_decode_list(BLOB("\5"), &count, &rest, &why), -1);
    assert_string_equal(why.text, "the ssh-agent refuses");
    assert_int_equal(keyagent_decode_list(BLOB("\x0e"), &count, &rest, &why), -1);
    assert_string_equal(why.text, "the ssh-agent does not speak its protocol");
    assert_int_equal(keyagent_decode_list(BLOB(""), &count, &rest, &why), -1);
}

static int encode(void)
{
    unsigned char *frame;
    size_t n;

    if (keyagent_encode_sign(BLOB("KEY"), BLOB("data"), BLOB("ssh-ed25519"), &frame, &n,
                             &why) < 0) {
        assert_int_equal(why.code, FAIL_MEMORY);
        return -1;
    }
    free(frame);
    return 0;
}

static void nothing_leaks_when_memory_runs_out(void **state)
{
    (void)state;
    assert_int_equal(fuse_burn(encode), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_asked_for_in_five_bytes),
        cmocka_unit_test(a_request_to_sign_says_with_which_hash),
        cmocka_unit_test(the_keys_of_a_list_come_one_by_one),
        cmocka_unit_test(a_list_that_is_cut_ends_early),
        cmocka_unit_test(a_signature_is_taken_out_of_its_answer),
        cmocka_unit_test(a_signature_by_another_algorithm_is_refused),
        cmocka_unit_test(a_signature_cut_anywhere_is_refused),
        cmocka_unit_test(nothing_leaks_when_memory_runs_out),
        cmocka_unit_test(a_refusal_and_nonsense_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
