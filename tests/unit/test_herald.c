/* Real sockets, as journald and syslogd have them, which we read or leave full. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/outside/herald.h"
#include "controller/outside/notice.h"
#include "protocol/fail.h"

static char folder[] = "/tmp/ibfleet-herald.XXXXXX", journal[64], syslogs[64];
static const struct notice ended = {.kind = NOTICE_ENDED, .run = "r1"};

static struct herald_options here(bool is_asked_for)
{
    return (struct herald_options){journal, syslogs, is_asked_for};
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void stop(int fd, const char *path)
{
    close(fd);
    unlink(path);
}

/* What it was sent, "" when nothing; nothing is waited for. */
static const char *heard(int fd)
{
    static char datagram[16384];
    ssize_t n = recv(fd, datagram, sizeof datagram - 1, MSG_DONTWAIT);

    datagram[n > 0 ? n : 0] = '\0';
    return datagram;
}

/* The value of a field of the native protocol, as journald takes it apart. */
static const char *field(const char *datagram, const char *name)
{
    static char value[4096];
    size_t len = strlen(name);

    for (const char *line = datagram; *line; line = strchr(line, '\n') + 1) {
        assert_non_null(strchr(line, '\n'));
        assert_true(strcspn(line, "=") < strcspn(line, "\n")); /* none is binary */
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + len + 1, "\n"),
                     line + len + 1);
            return value;
        }
    }
    return NULL;
}

static void journald_comes_first(void **state)
{
    int j = listen_at(journal), s = listen_at(syslogs);
    struct herald_options options = here(true);
    const char *datagram;
    struct herald *h;

    (void)state;
    assert_int_equal(herald_open(&options, &h, NULL), 0);
    assert_true(herald_tell(h, &ended));
    assert_string_equal(heard(s), "");
    datagram = heard(j);
    assert_string_equal(field(datagram, "IBFLEET_RUN"), "r1");
    assert_string_equal(field(datagram, "IBFLEET_EVENT"), "ended");
    assert_string_equal(field(datagram, "PRIORITY"), "5");
    assert_string_equal(field(datagram, "MESSAGE_ID"), notice_message_id(NOTICE_ENDED));
    assert_string_equal(field(datagram, "MESSAGE"), "run r1 ended: done, 0 nodes failed");
    assert_null(field(datagram, "IBFLEET_NODE"));
    herald_close(h);
    stop(j, journal);
    stop(s, syslogs);
}

static void without_journald_it_is_syslog(void **state)
{
    int s = listen_at(syslogs), pid;
    struct herald_options options = here(true);
    char month[4], time[9], end[100];
    const char *line;
    struct herald *h;

    (void)state;
    assert_int_equal(herald_open(&options, &h, NULL), 0);
    assert_true(herald_tell(h, &ended));
    line = heard(s);
    assert_int_equal(sscanf(line, "<29>%3s %*2d %8s ibfleet[%d]: %99[^\n]", month, time,
                            &pid, end),
                     4);
    assert_int_equal(pid, getpid());
    assert_string_equal(end, "run r1 ended: done, 0 nodes failed");
    herald_close(h);
    stop(s, syslogs);
}

static void without_a_log_it_is_silent_unless_asked_for(void **state)
{
    struct herald_options options = here(false);
    struct herald *h;
    struct fail why;
    int j;

    (void)state;
    assert_int_equal(herald_open(&options, &h, &why), 0);
    assert_false(herald_tell(h, &ended));
    j = listen_at(journal); /* one that comes later is found */
    assert_true(herald_tell(h, &ended));
    assert_string_equal(field(heard(j), "IBFLEET_LOST"), "1");
    herald_close(h);
    stop(j, journal);
    options.is_asked_for = true;
    assert_int_equal(herald_open(&options, &h, &why), -1);
    assert_int_equal(why.code, FAIL_PREFLIGHT);
    assert_non_null(strstr(why.text, journal));
    assert_non_null(strstr(why.text, syslogs));
}

/* Were it to wait, nobody would ever read here: the alarm would end this test. */
static void a_log_that_takes_nothing_is_not_waited_for(void **state)
{
    struct herald_options options = here(true);
    int j = listen_at(journal), lost = 0;
    const char *datagram;
    struct herald *h;

    (void)state;
    alarm(20);
    assert_int_equal(herald_open(&options, &h, NULL), 0);
    for (int i = 0; i < 100000 && lost < 5; i++)
        lost += !herald_tell(h, &ended);
    assert_int_equal(lost, 5);
    alarm(0);
    while (*(datagram = heard(j)))
        assert_null(field(datagram, "IBFLEET_LOST"));
    assert_true(herald_tell(h, &ended));
    assert_string_equal(field(heard(j), "IBFLEET_LOST"), "5");
    assert_true(herald_tell(h, &ended));
    assert_null(field(heard(j), "IBFLEET_LOST"));
    herald_close(h);
    stop(j, journal);
}

static void a_log_that_was_started_anew_is_found(void **state)
{
    struct herald_options options = here(true);
    int j = listen_at(journal);
    struct herald *h;

    (void)state;
    assert_int_equal(herald_open(&options, &h, NULL), 0);
    assert_true(herald_tell(h, &ended));
    stop(j, journal);
    assert_false(herald_tell(h, &ended));
    j = listen_at(journal);
    assert_true(herald_tell(h, &ended));
    assert_string_equal(field(heard(j), "IBFLEET_LOST"), "1");
    herald_close(h);
    stop(j, journal);
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(journal, sizeof journal, "%s/journal", folder);
    snprintf(syslogs, sizeof syslogs, "%s/log", folder);
    return 0;
}

static int take_away(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journald_comes_first),
        cmocka_unit_test(without_journald_it_is_syslog),
        cmocka_unit_test(without_a_log_it_is_silent_unless_asked_for),
        cmocka_unit_test(a_log_that_takes_nothing_is_not_waited_for),
        cmocka_unit_test(a_log_that_was_started_anew_is_found),
    };

    return cmocka_run_group_tests(tests, prepare, take_away);
}
