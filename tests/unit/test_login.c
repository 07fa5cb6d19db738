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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_started_when_libssh2_says_so),
        cmocka_unit_test(blocking_is_not_failing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
