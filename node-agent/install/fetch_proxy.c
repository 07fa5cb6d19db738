#include "node-agent/install/fetch_proxy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node-agent/home.h"
#include "protocol/scope.h"

#define ENVIRONMENT_FILE      "/etc/environment"
#define ENVIRONMENT_MAX_BYTES ((size_t)64 << 10)
#define VALUE_MAX_BYTES       1024

/* As curl and wget read them; the upper-case names are other people's habit. */
static const char *const names[][2] = {
    {"http_proxy", "HTTP_PROXY"},
    {"https_proxy", "HTTPS_PROXY"},
    {"no_proxy", "NO_PROXY"},
};

static bool is_told(size_t i)
{
    return getenv(names[i][0]) || getenv(names[i][1]);
}

/* Without the quotes around it, as pam_env reads it. */
static void set_value(const char *name, const char *value, size_t len)
{
    char copy[VALUE_MAX_BYTES];

    while (len > 0 && strchr(" \t\r", value[len - 1]))
        len--;
    if (len >= 2 && strchr("\"'", *value) && value[len - 1] == *value) {
        value++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof copy)
        return;
    memcpy(copy, value, len);
    copy[len] = '\0';
    setenv(name, copy, 1);
}

static void read_line(const char *line, size_t len)
{
    const char *equals;

    while (len > 0 && strchr(" \t", *line)) {
        line++;
        len--;
    }
    if (len > 7 && strncmp(line, "export ", 7) == 0) {
        line += 7;
        len -= 7;
    }
    equals = memchr(line, '=', len);
    for (size_t i = 0; equals && i < sizeof names / sizeof *names; i++)
        if (strlen(names[i][0]) == (size_t)(equals - line) && !is_told(i) &&
            strncasecmp(line, names[i][0], (size_t)(equals - line)) == 0)
            set_value(names[i][0], equals + 1, len - (size_t)(equals + 1 - line));
}

void fetch_proxy_read(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        read_line(text, len);
        text += len + (text[len] == '\n');
    }
}

void fetch_proxy_use(const struct home *h, const char *url)
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (url) {
        setenv("http_proxy", url, 1);
        setenv("https_proxy", url, 1);
        unsetenv("no_proxy");
        unsetenv("NO_PROXY");
        return;
    }
    if (home_in_root(h, path, NULL, ENVIRONMENT_FILE) == 0)
        text = home_read(path, ENVIRONMENT_MAX_BYTES);
    if (text)
        fetch_proxy_read(text);
}
