#include "controller/screen/cursor.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What ends a process: by its own fault, and by request. */
static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static const int requests[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define FAULTS   (sizeof faults / sizeof *faults)
#define REQUESTS (sizeof requests / sizeof *requests)

static volatile sig_atomic_t is_hidden, terminal;
static struct sigaction before[FAULTS]; /* a sanitizer's, or the default */

static void say(const char *sequence)
{
    int saved = errno;
    ssize_t said = write(terminal, sequence, strlen(sequence));

    (void)said;
    errno = saved;
}

void cursor_show(void)
{
    if (is_hidden)
        say("\r\033[J\033[?25h");
    is_hidden = 0;
}

/* A fault happens again when we return, and then to whoever was there before us; what
 * was sent, as by abort(), has to be sent again.
 */
static void on_fault(int signum, siginfo_t *info, void *context)
{
    (void)context;
    cursor_show();
    for (size_t i = 0; i < FAULTS; i++)
        if (faults[i] == signum)
            sigaction(signum, &before[i], NULL);
    if (info->si_code <= 0)
        raise(signum);
}

static void on_request(int signum)
{
    cursor_show();
    signal(signum, SIG_DFL);
    raise(signum);
}

static void watch_faults(void)
{
    struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    for (size_t i = 0; i < FAULTS; i++)
        sigaction(faults[i], &act, &before[i]);
}

/* Those that somebody else watches, or ignores as under nohup, stay as they are. */
static void watch_requests(void)
{
    struct sigaction act = {.sa_handler = on_request}, old;

    for (size_t i = 0; i < REQUESTS; i++)
        if (sigaction(requests[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(requests[i], &act, NULL);
}

void cursor_hide(int fd)
{
    static bool is_watched;

    if (is_hidden)
        return;
    if (!is_watched) {
        watch_faults();
        atexit(cursor_show);
    }
    is_watched = true;
    terminal = fd;
    watch_requests();
    is_hidden = 1;
    say("\033[?25l");
}
