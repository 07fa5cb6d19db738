#include "controller/outside/herald.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "controller/outside/notice.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

enum log { JOURNAL, SYSLOG, LOGS };

struct herald {
    char *paths[LOGS];
    enum log log; /* which of them fd is connected to */
    int fd;       /* -1: neither is there             */
    size_t lost;  /* since one got through            */
};

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool look_for_log(struct herald *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    for (int log = JOURNAL; log < LOGS && h->fd < 0; log++) {
        h->log = (enum log)log;
        h->fd = connect_to(h->paths[log]);
    }
    return h->fd >= 0;
}

static void encode(const struct herald *h, const struct notice *n, struct text *text)
{
    time_t now = time(NULL);
    struct tm local;
    char stamp[32] = "";

    if (h->log == JOURNAL) {
        notice_encode_journal(n, text);
        return;
    }
    if (localtime_r(&now, &local))
        strftime(stamp, sizeof stamp, "%b %e %T", &local); /* no setlocale(): C */
    notice_encode_syslog(n, stamp, (int)getpid(), text);
}

/* Says "2 before this one were lost" once it is heard again. */
static bool send_once(const struct herald *h, const struct notice *n)
{
    CLEANUP(text_clear) struct text text = {0};
    struct notice told = *n;

    told.lost = h->lost;
    encode(h, &told, &text);
    return !text_is_cut(&text) &&
           send(h->fd, text.bytes, text.len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) ==
               (ssize_t)text.len_bytes;
}

/* A socket of one that has ended refuses; its successor has another by the same name. */
bool herald_tell(struct herald *h, const struct notice *n)
{
    bool is_told = h->fd >= 0 && send_once(h, n);

    if (!is_told && (h->fd < 0 || (errno != EAGAIN && errno != ENOBUFS)))
        is_told = look_for_log(h) && send_once(h, n);
    h->lost = is_told ? 0 : h->lost + 1;
    return is_told;
}

int herald_open(const struct herald_options *options, struct herald **made,
                struct fail *why)
{
    struct herald *h = calloc(1, sizeof *h);

    if (h) {
        h->fd = -1;
        h->paths[JOURNAL] = strdup(options->journal ? options->journal : HERALD_JOURNAL);
        h->paths[SYSLOG] = strdup(options->syslog ? options->syslog : HERALD_SYSLOG);
    }
    if (!h || !h->paths[JOURNAL] || !h->paths[SYSLOG]) {
        herald_close(h);
        return fail_memory(why);
    }
    if (!look_for_log(h) && options->is_asked_for) {
        fail_set(why, FAIL_PREFLIGHT,
                 "no system log to write to: neither journald at %s nor syslog at %s",
                 h->paths[JOURNAL], h->paths[SYSLOG]);
        herald_close(h);
        return -1;
    }
    *made = h;
    return 0;
}

void herald_close(struct herald *h)
{
    if (!h)
        return;
    if (h->fd >= 0)
        close(h->fd);
    free(h->paths[JOURNAL]);
    free(h->paths[SYSLOG]);
    free(h);
}
