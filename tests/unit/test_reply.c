#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"

/* A copy of just that many bytes, so that a look beyond them is seen. */
static enum reply_state look(const char *text, size_t len, bool ended, char **bytes,
                             struct reply *r)
{
    *bytes = malloc(len + !len);
    memcpy(*bytes, text, len);
    return reply_read(*bytes, len, ended, r);
}

static enum reply_state state_of(const char *text, bool ended)
{
    struct reply r;
    char *bytes;
    enum reply_state state = look(text, strlen(text), ended, &bytes, &r);

    free(bytes);
    return state;
}

/* Every beginning of it wants more, or is cut when that is all; the whole says body. */
static void is_whole(const char *text, int status, const char *body)
{
    size_t len = strlen(text);
    struct reply r = {0};
    char *bytes;

    for (size_t n = 0; n < len; n++) {
        assert_int_equal(look(text, n, false, &bytes, &r), REPLY_MORE);
        free(bytes);
        assert_int_equal(look(text, n, true, &bytes, &r), REPLY_CUT);
        free(bytes);
    }
    assert_int_equal(look(text, len, false, &bytes, &r), REPLY_WHOLE);
    assert_int_equal(r.status, status);
    assert_int_equal(r.body_bytes, strlen(body));
    assert_memory_equal(r.body, body, r.body_bytes);
    free(bytes);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void a_length_ends_it_wherever_it_is_split(void **state)
{
    (void)state;
    is_whole(OK "Server: x\r\nContent-Length: 5\r\n\r\nhello", 200, "hello");
    is_whole(OK "content-length:0\r\n\r\n", 200, "");
    is_whole("HTTP/1.0 404 Not Found\nContent-Length:  2 \n\n{}", 404, "{}");
    is_whole("HTTP/1.1 500\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 500, "x");
}

static void chunks_are_joined_wherever_they_are_split(void **state)
{
    (void)state;
    is_whole(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;q=1\r\n0123456789\r\n"
                "0\r\nLater: x\r\n\r\n",
             200, "abc0123456789");
    is_whole(OK "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", 200, "");
}

static void without_either_it_lasts_until_the_end(void **state)
{
    struct reply r;
    char *bytes;

    (void)state;
    assert_int_equal(state_of(OK "\r\nhel", false), REPLY_MORE);
    assert_int_equal(look(OK "\r\nhello", strlen(OK) + 7, true, &bytes, &r), REPLY_WHOLE);
    assert_int_equal(r.body_bytes, 5);
    free(bytes);
}

static void the_pause_that_it_wants_is_told(void **state)
{
    static const struct {
        const char *text;
        int seconds;
    } all[] = {
        {"HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 7},
        {"HTTP/1.1 429 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", -1},
        {"HTTP/1.1 429 x\r\nContent-Length: 0\r\n\r\n", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct reply r;
        char *bytes;

        assert_int_equal(look(all[i].text, strlen(all[i].text), false, &bytes, &r),
                         REPLY_WHOLE);
        assert_int_equal(r.retry_after_s, all[i].seconds);
        free(bytes);
    }
}

static void what_is_no_http_is_garbage_at_once(void **state)
{
    static const char *const all[] = {
        "S",
        "220 mail.example ESMTP",
        "HTTP/2",
        "HTTP/1.1 abc\r\n",
        "HTTP/1.1 100 Continue\r\n",
        "HTTP/1.1 999 x\r\n",
        "HTTP/1.1 2000\r\n",
        OK "no colon\r\n",
        OK ": no name\r\n",
        OK "Content-Length: 5x\r\n",
        OK "Content-Length: -1\r\n",
        OK "Content-Length:\r\n",
        OK "Content-Length: 1\r\nContent-Length: 2\r\n",
        OK "Transfer-Encoding: gzip, chunked\r\n",
        OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd",
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (state_of(all[i], false) != REPLY_GARBAGE)
            fail_msg("not garbage: %s", all[i]);
}

static void a_flood_is_refused_when_it_is_announced(void **state)
{
    (void)state;
    assert_int_equal(state_of(OK "Content-Length: 262145\r\n\r\n", false),
                     REPLY_TOO_LARGE);
    assert_int_equal(state_of(OK "Content-Length: 99999999999999999999\r\n\r\n", false),
                     REPLY_TOO_LARGE);
    assert_int_equal(state_of(OK
                              "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
                              false),
                     REPLY_TOO_LARGE);
}

static void a_flood_that_is_not_announced_ends_at_the_ceiling(void **state)
{
    static char flood[REPLY_MAX_BYTES + 1];

    (void)state;
    memset(flood, 'x', REPLY_MAX_BYTES);
    memcpy(flood, OK "\r\n", strlen(OK "\r\n"));
    assert_int_equal(state_of(flood, false), REPLY_TOO_LARGE);
    flood[REPLY_MAX_BYTES - 1] = '\0';
    assert_int_equal(state_of(flood, false), REPLY_MORE);
    memset(flood, 'x', REPLY_MAX_HEAD);
    memcpy(flood, OK "A: ", strlen(OK "A: "));
    flood[REPLY_MAX_HEAD] = '\0';
    assert_int_equal(state_of(flood, false), REPLY_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_ends_it_wherever_it_is_split),
        cmocka_unit_test(chunks_are_joined_wherever_they_are_split),
        cmocka_unit_test(without_either_it_lasts_until_the_end),
        cmocka_unit_test(the_pause_that_it_wants_is_told),
        cmocka_unit_test(what_is_no_http_is_garbage_at_once),
        cmocka_unit_test(a_flood_is_refused_when_it_is_announced),
        cmocka_unit_test(a_flood_that_is_not_announced_ends_at_the_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
