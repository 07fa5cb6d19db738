#include "protocol/url.h"

#include <stdio.h>
#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Bytes of "http://" or "https://"; 0: it begins otherwise. */
static size_t scheme_of(const char *url)
{
    return strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;
}

/* Where the host begins: after user:password@, if there is one. */
static const char *host_of(const char *url)
{
    const char *host = url + scheme_of(url), *end = host + strcspn(host, "/?#");

    for (const char *at = host; at < end; at++)
        if (*at == '@')
            host = at + 1;
    return host;
}

bool url_is_right(const char *url)
{
    size_t len = strlen(url);

    return scheme_of(url) && len <= URL_MAX_BYTES &&
           strspn(url, ALNUM ":/?#[]@!$&'()*+,;=%._~-") == len && *host_of(url) &&
           !strchr("/?#:@", *host_of(url));
}

const char *url_show(const char *url, char *text, size_t size)
{
    const char *host;

    if (!url_is_right(url)) {
        snprintf(text, size, "(not a URL)");
        return text;
    }
    host = host_of(url);
    snprintf(text, size, "%.*s%.*s", (int)scheme_of(url), url, (int)strcspn(host, "?#"),
             host);
    return text;
}
