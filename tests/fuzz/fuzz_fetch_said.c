/* Whatever curl, wget and a server behind them say of a download, and whatever a URL is:
 * numbers stay within their bounds, and of a URL no login and no query is told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/install/fetch_said.h"
#include "protocol/scope.h"
#include "protocol/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void is_told(const char *text, size_t size)
{
    demand(memchr(text, '\0', size) != NULL);
    for (; *text; text++)
        demand((unsigned char)*text >= ' ');
}

static void check_said(const struct fetch_said *s)
{
    char reason[FETCH_SAID_COMPLAINT_BYTES];

    demand(s->status == 0 || (s->status >= 100 && s->status <= 999));
    demand(s->total_bytes >= -1);
    demand(s->retry_after_s >= -1 && s->retry_after_s < 86400);
    is_told(s->complaint, sizeof s->complaint);
    demand(!strstr(s->complaint, "://"));
    fetch_said_reason(s, reason, sizeof reason);
    is_told(reason, sizeof reason);
    demand(!fetch_said_is_final(s) || *reason);
}

/* A query never is told; what else shows as '?' was a control character. */
static void check_complaint(const char *line)
{
    struct fetch_said said;

    for (const char *c = line; *c; c++)
        if ((unsigned char)*c < ' ')
            return;
    fetch_said_begin(&said);
    fetch_said_line(&said, line);
    demand(!strchr(said.complaint, '?'));
}

/* Cut anywhere, it tells no more. */
static void check_url(const char *url)
{
    char host[FETCH_SAID_HOST_BYTES], shown[64];
    size_t host_bytes;

    fetch_said_host(url, host);
    demand(memchr(host, '\0', sizeof host) && !strpbrk(host, "/?#@"));
    url_show(url, shown, sizeof shown);
    demand(memchr(shown, '\0', sizeof shown) && !strpbrk(shown, "?#"));
    if (!url_is_right(url))
        return;
    is_told(shown, sizeof shown);
    demand(strncmp(shown, "http", 4) == 0);
    host_bytes = strcspn(strstr(shown, "://") + 3, "/");
    demand(!memchr(strstr(shown, "://") + 3, '@', host_bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(text_done) char *text = strndup((const char *)data, size);
    char *save = NULL;
    struct fetch_said said;

    fetch_said_begin(&said);
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        check_url(line);
        check_complaint(line);
        fetch_said_line(&said, line);
        check_said(&said);
    }
    return 0;
}
