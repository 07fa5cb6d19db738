/* pair_probe - a node's half of a measurement, driven by a script instead of an agent
 *
 *     pair-probe              on each node; says nothing until asked
 *     join {"campaign": ...}  a line in is a request of message.h and its body
 *     {"id": 1, "body": ...}  a line out is the answer
 *
 * It ends when its input does, or when the measuring process has.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/verbs/measurer.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define LINE_MAX_BYTES 65536

static uint32_t asked;

static void print_answer(void *arg, const char *text, size_t len_bytes)
{
    (void)arg;
    printf("%.*s\n", (int)len_bytes, text);
    fflush(stdout);
}

static int ask(struct measurer *m, char *line, struct fail *why)
{
    CLEANUP(json_done) struct json *body = NULL;
    char *space = strchr(line, ' ');

    if (space) {
        *space = '\0';
        if (json_parse(space + 1, strlen(space + 1), &body, why) < 0)
            return -1;
    }
    return measurer_ask(m, ++asked, line, body, why);
}

/* Requests come rarely and whole: what a read brings ends with a line or is kept. */
static int take_lines(struct measurer *m, struct fail *why)
{
    static char kept[LINE_MAX_BYTES];
    static size_t kept_bytes;
    ssize_t n = read(STDIN_FILENO, kept + kept_bytes, sizeof kept - 1 - kept_bytes);
    char *end;

    if (n <= 0)
        exit(n < 0);
    kept_bytes += (size_t)n;
    kept[kept_bytes] = '\0';
    while ((end = strchr(kept, '\n'))) {
        *end = '\0';
        if (ask(m, kept, why) < 0)
            return -1;
        kept_bytes -= (size_t)(end + 1 - kept);
        memmove(kept, end + 1, kept_bytes + 1);
    }
    return kept_bytes < sizeof kept - 1 ? 0
                                        : fail_set(why, FAIL_USAGE, "a line too long");
}

static int serve(struct measurer *m, struct fail *why)
{
    struct pollfd polled[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = measurer_fd(m)}};

    while (!measurer_is_over(m)) {
        polled[1].events = measurer_events(m);
        if (poll(polled, 2, -1) < 0)
            return fail_set(why, FAIL_BUG, "poll: %s", strerror(errno));
        if (polled[0].revents && take_lines(m, why) < 0)
            return -1;
        measurer_serve(m, polled[1].revents, print_answer, NULL);
    }
    return 0;
}

int main(void)
{
    struct measurer *m;
    struct fail why;

    if (measurer_open(&m, &why) < 0 || serve(m, &why) < 0) {
        fprintf(stderr, "pair-probe: %s\n", why.text);
        return 1;
    }
    measurer_close(m);
    return 0;
}
