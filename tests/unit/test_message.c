#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/digest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

static void reread(unsigned char *frame, size_t bytes, struct message *m)
{
    assert_int_equal(message_parse((char *)frame + 4, bytes - 4, m, NULL), 0);
    free(frame);
}

static void each_kind_of_message_is_read_back(void **state)
{
    CLEANUP(json_done) struct json *body = json_object();
    struct fail reason = {.code = FAIL_DISK_FULL, .text = "no space on /var"};
    unsigned char *frame;
    struct message m;
    size_t bytes;
    int64_t n;

    (void)state;
    json_put_int(body, "n", 5);
    message_encode_request(7, "detect", body, &frame, &bytes, NULL);
    reread(frame, bytes, &m);
    assert_int_equal(m.type, MESSAGE_REQUEST);
    assert_int_equal(m.id, 7);
    assert_string_equal(m.name, "detect");
    assert_int_equal(json_get_int(m.body, "n", 0, 9, &n, NULL), 0);
    message_clear(&m);

    message_encode_answer(7, NULL, &frame, &bytes, NULL);
    reread(frame, bytes, &m);
    assert_int_equal(m.type, MESSAGE_ANSWER);
    assert_int_equal(json_count(m.body), 0);
    message_clear(&m);

    message_encode_failure(7, &reason, &frame, &bytes, NULL);
    reread(frame, bytes, &m);
    assert_int_equal(m.type, MESSAGE_FAILURE);
    assert_int_equal(m.fail.code, FAIL_DISK_FULL);
    assert_string_equal(m.fail.text, "no space on /var");
    message_clear(&m);

    message_encode_event("step", body, &frame, &bytes, NULL);
    reread(frame, bytes, &m);
    assert_int_equal(m.type, MESSAGE_EVENT);
    assert_string_equal(m.name, "step");
    message_clear(&m);
}

static void what_is_no_message_names_the_field(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"[]", "a message is not an object"},
        {"{}", "field 'body': expected an object"},
        {"{\"body\": {}}", "field 'id': expected a whole number"},
        {"{\"id\": 0, \"body\": {}}", "field 'id': 0 is not in 1..4294967295"},
        {"{\"id\": 1, \"ask\": 5, \"body\": {}}", "field 'ask': expected a text"},
        {"{\"id\": 1, \"fail\": {\"code\": \"x\"}}", "field 'text': expected a text"},
        {"{\"hello\": 1}", "field 'hello': expected an object"},
    };
    struct message m;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(message_parse(bad[i].text, strlen(bad[i].text), &m, &why), -1);
        assert_string_equal(why.text, bad[i].says);
    }
}

static void a_failure_that_says_ok_is_still_a_failure(void **state)
{
    static const char text[] = "{\"id\":1,\"fail\":{\"code\":\"ok\",\"text\":\"a\\nb\"}}";
    struct message m;

    (void)state;
    assert_int_equal(message_parse(text, sizeof text - 1, &m, NULL), 0);
    assert_int_equal(m.fail.code, FAIL_UNKNOWN);
    assert_string_equal(m.fail.text, "a?b");
    message_clear(&m);
}

static void another_protocol_is_refused_with_both_numbers(void **state)
{
    CLEANUP(json_done) struct json *ours = message_hello();
    CLEANUP(json_done) struct json *theirs = json_object();
    struct fail why;

    (void)state;
    assert_int_equal(message_check_hello(ours, &why), 0);
    json_put_int(theirs, "protocol", 2);
    assert_int_equal(message_check_hello(theirs, &why), -1);
    assert_string_equal(why.text, "hello: field 'version': expected a text");
    json_put_text(theirs, "version", "9.0");
    assert_int_equal(message_check_hello(theirs, &why), -1);
    assert_int_equal(why.code, FAIL_VERSION);
    assert_string_equal(why.text,
                        "the other side is ibfleet 9.0 and speaks protocol 2, this "
                        "is " IBFLEET_VERSION
                        " with protocol 1; use one version on both");
}

/* FIPS 180-2, appendix B.1 */
static void a_digest_is_that_of_the_standard(void **state)
{
    struct digest *d = digest_new();
    char pieces[DIGEST_HEX_BYTES], whole[DIGEST_HEX_BYTES];

    (void)state;
    digest_push(d, "a", 1);
    digest_push(d, "bc", 2);
    digest_take(d, pieces);
    digest_of("abc", 3, whole);
    assert_string_equal(
        pieces, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(whole, pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_message_is_read_back),
        cmocka_unit_test(what_is_no_message_names_the_field),
        cmocka_unit_test(a_failure_that_says_ok_is_still_a_failure),
        cmocka_unit_test(another_protocol_is_refused_with_both_numbers),
        cmocka_unit_test(a_digest_is_that_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
