#include "node-agent/install/fetch_said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fetch_said_begin(struct fetch_said *s)
{
    *s = (struct fetch_said){.total_bytes = -1, .retry_after_s = -1};
}

/* ---- the heads of answers ---------------------------------------------------------- */

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Digits only; -1 for anything else. */
static int64_t number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits < 19 ? strtoll(text, NULL, 10) : -1;
}

/* Each answer has a head of its own; what an earlier one said no longer counts. */
static void take_status(struct fetch_said *s, const char *line)
{
    const char *code = strchr(line, ' ');
    int64_t status = code ? number(code + 1) : -1;

    s->status = status >= 100 && status <= 999 ? (int)status : 0;
    s->total_bytes = -1;
    s->retry_after_s = -1;
}

/* "bytes 100-199/200" is that part of 200; "bytes 100-199/" and a star: who knows. */
static void take_range(struct fetch_said *s, const char *value)
{
    const char *slash = strchr(value, '/');

    if (s->status == 206 && slash)
        s->total_bytes = number(slash + 1);
}

static void take_field(struct fetch_said *s, const char *name, size_t len,
                       const char *value)
{
    value += strspn(value, " \t");
    if (len == 14 && strncasecmp(name, "content-length", len) == 0 && s->status == 200)
        s->total_bytes = number(value);
    else if (len == 13 && strncasecmp(name, "content-range", len) == 0)
        take_range(s, value);
    else if (len == 11 && strncasecmp(name, "retry-after", len) == 0) {
        int64_t seconds = number(value); /* a date is no number: our own pause then */

        s->retry_after_s = seconds >= 0 && seconds < 86400 ? (int)seconds : -1;
    }
}

/* "Name: value".  What curl and wget say themselves looks alike, and so does a URL. */
static bool is_field(const char *line, size_t *len)
{
    static const char *const speakers[] = {"curl:",   "wget:",    "ERROR:",
                                           "GnuTLS:", "OpenSSL:", "failed:"};

    *len =
        strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (*len == 0 || line[*len] != ':' || starts(line + *len, "://"))
        return false;
    for (size_t i = 0; i < sizeof speakers / sizeof *speakers; i++)
        if (starts(line, speakers[i]))
            return false;
    return true;
}

/* ---- complaints -------------------------------------------------------------------- */

/* What wget says besides: times, sizes, and advice that we do not follow. */
static bool is_talk(const char *line)
{
    return strspn(line, "0123456789") == 4 || starts(line, "FINISHED ") ||
           starts(line, "Total wall clock") || starts(line, "Downloaded:") ||
           starts(line, "To connect to ") || starts(line, "http");
}

/* A word with a URL or a query in it becomes "...", controls become '?'. */
static void copy_told(char *out, size_t size, const char *line)
{
    size_t used = 0;

    while (*line && used + 5 < size) {
        size_t len = strcspn(line, " \t"), gap = strspn(line + len, " \t");
        bool secret = memmem(line, len, "://", 3) || memchr(line, '?', len);
        size_t fits = len < size - used - 2 ? len : size - used - 2;

        if (used > 0)
            out[used++] = ' ';
        if (secret)
            fits = 3;
        for (size_t i = 0; i < fits; i++)
            out[used++] = secret ? '.' : (unsigned char)line[i] < 32 ? '?' : line[i];
        line += len + gap;
    }
    while (used > 0 && strchr(".:", out[used - 1]))
        used--;
    out[used] = '\0';
}

/* "curl: (7) Failed to connect": who it was and its number are no help. */
static const char *skip_speaker(const char *line)
{
    if (starts(line, "curl: (") && strchr(line, ')'))
        line = strchr(line, ')') + 1;
    else if (starts(line, "wget: "))
        line += 6;
    else if (starts(line, "ERROR: "))
        line += 7;
    return line + strspn(line, " ");
}

void fetch_said_line(struct fetch_said *s, const char *line)
{
    size_t len;

    line += strspn(line, " \t");
    if (starts(line, "HTTP/"))
        take_status(s, line);
    else if (is_field(line, &len))
        take_field(s, line, len, line + len + 1);
    else if (!*s->complaint && !is_talk(line))
        copy_told(s->complaint, sizeof s->complaint, skip_speaker(line));
}

/* ---- what follows from it ---------------------------------------------------------- */

bool fetch_said_is_final(const struct fetch_said *s)
{
    static const char *const finals[] = {"certificate", "redirect", "upported"};

    if (s->status >= 400)
        return s->status < 500 && s->status != 408 && s->status != 425 &&
               s->status != 429;
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++)
        if (strstr(s->complaint, finals[i]))
            return true;
    return false;
}

static const char *status_words(int status)
{
    switch (status) {
    case 401:
        return ", it wants a login";
    case 403:
        return ", forbidden: has the link expired?";
    case 404:
        return ", not found";
    case 407:
        return ", the proxy wants a login";
    case 410:
        return ", gone";
    case 429:
        return ", too many requests";
    case 502:
    case 503:
    case 504:
        return ", out of service";
    default:
        return status >= 500 ? ", the server's own fault" : "";
    }
}

void fetch_said_reason(const struct fetch_said *s, char *text, size_t size)
{
    if (s->status >= 400)
        snprintf(text, size, "%d%s", s->status, status_words(s->status));
    else
        snprintf(text, size, "%s", s->complaint);
}

void fetch_said_host(const char *url, char host[FETCH_SAID_HOST_BYTES])
{
    const char *start = strstr(url, "://"), *at;
    size_t len;

    start = start ? start + 3 : url;
    len = strcspn(start, "/?#");
    for (at = start; at < start + len; at++)
        if (*at == '@') {
            len -= (size_t)(at + 1 - start);
            start = at + 1;
        }
    snprintf(host, FETCH_SAID_HOST_BYTES, "%.*s", (int)len, start);
}
