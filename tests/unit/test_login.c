/* tests of controller/ssh/login.c: what libssh2 1.10 says when it would block */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <libssh2.h>

#include "controller/ssh/login.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

static int answer, last_error;

int libssh2_channel_process_startup(LIBSSH2_CHANNEL *channel, const char *request,
                                    unsigned int request_len, const char *message,
                                    unsigned int message_len)
{
    (void)channel;
    (void)request;
    (void)request_len;
    (void)message;
    (void)message_len;
    return answer;
}

LIBSSH2_CHANNEL *libssh2_channel_open_ex(LIBSSH2_SESSION *session, const char *type,
                                         unsigned int type_len, unsigned int window_size,
                                         unsigned int packet_size, const char *message,
                                         unsigned int message_len)
{
    (void)session;
    (void)type;
    (void)type_len;
    (void)window_size;
    (void)packet_size;
    (void)message;
    (void)message_len;
    return NULL;
}

int libssh2_session_last_errno(LIBSSH2_SESSION *session)
{
    (void)session;
    return last_error;
}

int libssh2_session_last_error(LIBSSH2_SESSION *session, char **text, int *len, int copy)
{
    (void)session;
    (void)text;
    (void)len;
    (void)copy;
    return last_error;
}

static enum login_step start(int says, int notes)
{
    const struct ssh_order order = {.command = "true"};
    struct transport transport = {.address = "127.0.0.1", .port = 22};
    struct login login = {.order = &order, .transport = &transport};
    struct fail why;

    answer = says;
    last_error = notes;
    return login_start_command(&login, NULL, &why);
}

static void a_command_is_started_when_libssh2_says_so(void **state)
{
    (void)state;
    assert_int_equal(start(0, LIBSSH2_ERROR_EAGAIN), LOGIN_DONE);
    assert_int_equal(start(LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED,
                           LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED),
                     LOGIN_FAILED);
}

/* With a quick server nothing before has blocked, and the last error is still none. */
static void blocking_is_not_failing(void **state)
{
    (void)state;
    assert_int_equal(start(LIBSSH2_ERROR_EAGAIN, LIBSSH2_ERROR_EAGAIN), LOGIN_WAIT);
    assert_int_equal(start(LIBSSH2_ERROR_EAGAIN, 0), LOGIN_WAIT);
    assert_int_equal(start(-1, LIBSSH2_ERROR_EAGAIN), LOGIN_WAIT);
}

static enum login_step open_channel(int notes, struct fail *why)
{
    struct transport transport = {.address = "127.0.0.1", .port = 22};
    struct login login = {.transport = &transport};
    LIBSSH2_CHANNEL *channel;

    last_error = notes;
    return login_open_channel(&login, &channel, why);
}

static void a_session_that_the_server_denies_is_not_tried_again(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(open_channel(LIBSSH2_ERROR_EAGAIN, &why), LOGIN_WAIT);
    assert_int_equal(open_channel(LIBSSH2_ERROR_CHANNEL_FAILURE, &why), LOGIN_FAILED);
    assert_int_equal(why.code, FAIL_NO_AGENT);
    assert_int_equal(open_channel(LIBSSH2_ERROR_SOCKET_RECV, &why), LOGIN_FAILED);
    assert_int_equal(fail_kind_of(why.code), FAIL_KIND_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_started_when_libssh2_says_so),
        cmocka_unit_test(blocking_is_not_failing),
        cmocka_unit_test(a_session_that_the_server_denies_is_not_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
