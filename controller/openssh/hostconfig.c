#include "controller/openssh/hostconfig.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/openssh/dump.h"
#include "controller/openssh/openssh.h"
#include "controller/openssh/sshconfig.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define SYSTEM_CONFIG  "/etc/ssh/ssh_config"
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define INCLUDE_MAX    16 /* files in files, as ssh */
#define PATH_BYTES     ((size_t)4096)

/* Nodes with the same settings. */
struct kind {
    struct kind *next;
    char *name; /* sshconfig_kind() */
    struct settings settings;
};

/* One configuration: what -F names, or the usual files. */
struct hostconfig {
    struct hostconfig *next;
    char *path; /* NULL: the usual ones */
    struct sshconfig *lines;
    char *plain; /* what ssh does without any; NULL: not asked yet */
    struct kind *kinds;
};

struct hostconfigs {
    const char *home;
    struct hostconfig *first;
};

/* ---- life ----------------------------------------------------------------------------- */

struct hostconfigs *hostconfigs_new(const char *home)
{
    struct hostconfigs *h = calloc(1, sizeof *h);

    if (h)
        h->home = home;
    return h;
}

static void free_config(struct hostconfig *c)
{
    while (c->kinds) {
        struct kind *next = c->kinds->next;

        free(c->kinds->name);
        free(c->kinds);
        c->kinds = next;
    }
    sshconfig_free(c->lines);
    free(c->plain);
    free(c->path);
    free(c);
}

void hostconfigs_free(struct hostconfigs *h)
{
    while (h && h->first) {
        struct hostconfig *next = h->first->next;

        free_config(h->first);
        h->first = next;
    }
    free(h);
}

/* ---- the files ---------------------------------------------------------------------------- */

struct reading {
    const char *home;
    const char *folder; /* for an Include without one */
    unsigned depth;
};

static int include(void *arg, struct sshconfig *c, const char *files, struct fail *why);

/* Said as people write it: "~/.ssh/config". */
static int read_file(struct sshconfig *c, const char *path, bool must_be,
                     struct reading *r, struct fail *why)
{
    size_t home_bytes = r->home ? strlen(r->home) : 0;
    bool at_home =
        home_bytes && strncmp(path, r->home, home_bytes) == 0 && path[home_bytes] == '/';
    CLEANUP(text_done) char *text = NULL, *name = NULL;
    size_t len_bytes;

    if (whole_file_read(path, FILE_MAX_BYTES, &text, &len_bytes) < 0)
        return must_be || (errno != ENOENT && errno != EACCES && errno != ENOTDIR)
                   ? fail_set(why, FAIL_USAGE, "ssh_config %s: %s", path, strerror(errno))
                   : 0;
    if (asprintf(&name, "%s%s", at_home ? "~" : "", path + (at_home ? home_bytes : 0)) <
        0) {
        name = NULL;
        return fail_memory(why);
    }
    return sshconfig_parse(c, text, name, include, r, why);
}

static int read_matches(struct sshconfig *c, const char *pattern, struct reading *r,
                        struct fail *why)
{
    glob_t found;
    int rc = 0;

    if (glob(pattern, 0, NULL, &found) != 0)
        return 0; /* none */
    for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
        rc = read_file(c, found.gl_pathv[i], false, r, why);
    globfree(&found);
    return rc;
}

static int include(void *arg, struct sshconfig *c, const char *files, struct fail *why)
{
    struct reading *r = arg;
    char pattern[PATH_BYTES];
    int n;

    if (*files == '~' && files[1] == '/')
        n = snprintf(pattern, sizeof pattern, "%s%s", r->home ? r->home : "", files + 1);
    else if (*files == '/')
        n = snprintf(pattern, sizeof pattern, "%s", files);
    else
        n = snprintf(pattern, sizeof pattern, "%s/%s", r->folder, files);
    if ((size_t)n >= sizeof pattern || r->depth == INCLUDE_MAX)
        return fail_set(why, FAIL_USAGE, "ssh_config: Include %s goes too deep", files);
    r->depth++;
    n = read_matches(c, pattern, r, why);
    r->depth--;
    return n;
}

static int read_usual(struct sshconfig *c, const char *home, struct fail *why)
{
    struct reading system = {.home = home, .folder = "/etc/ssh"};
    char folder[PATH_BYTES], path[PATH_BYTES + 16];
    struct reading own = {.home = home, .folder = folder};

    snprintf(folder, sizeof folder, "%s/.ssh", home ? home : "");
    snprintf(path, sizeof path, "%s/config", folder);
    if (home && read_file(c, path, false, &own, why) < 0)
        return -1;
    sshconfig_begin(c);
    return read_file(c, SYSTEM_CONFIG, false, &system, why);
}

static int read_config(struct hostconfig *c, const char *home, struct fail *why)
{
    char folder[PATH_BYTES];
    struct reading named = {.home = home, .folder = folder};

    c->lines = sshconfig_new();
    if (!c->lines)
        return fail_memory(why);
    if (!c->path)
        return read_usual(c->lines, home, why);
    snprintf(folder, sizeof folder, "%s/.ssh", home ? home : "");
    return strcmp(c->path, "none") == 0 ? 0
                                        : read_file(c->lines, c->path, true, &named, why);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct hostconfig *find_config(const struct hostconfigs *h, const char *path)
{
    struct hostconfig *c = h->first;

    while (c && !same(c->path, path))
        c = c->next;
    return c;
}

static struct hostconfig *need_config(struct hostconfigs *h, const char *path,
                                      struct fail *why)
{
    struct hostconfig *c = find_config(h, path);

    if (c)
        return c;
    c = calloc(1, sizeof *c);
    if (!c || (path && !(c->path = strdup(path)))) {
        free(c);
        fail_memory(why);
        return NULL;
    }
    if (read_config(c, h->home, why) < 0) {
        free_config(c);
        return NULL;
    }
    c->next = h->first;
    h->first = c;
    return c;
}

/* ---- a host ---------------------------------------------------------------------------------- */

/* HostName may hold %h and %%. */
static int expand(const char *value, const char *host, char text[SETTINGS_VALUE_BYTES])
{
    size_t used = 0;

    for (; *value && used < SETTINGS_VALUE_BYTES; value++) {
        const char *put = value[0] == '%' && value[1] == 'h' ? host : NULL;

        if (put)
            used += (size_t)snprintf(text + used, SETTINGS_VALUE_BYTES - used, "%s", put);
        else
            text[used++] = *value;
        value += *value == '%' && (value[1] == 'h' || value[1] == '%');
    }
    if (used >= SETTINGS_VALUE_BYTES)
        return -1;
    text[used] = '\0';
    return 0;
}

int hostconfigs_hostname(const struct hostconfigs *h, const char *config,
                         const char *host, const struct settings *settings,
                         char hostname[SETTINGS_VALUE_BYTES])
{
    const struct hostconfig *c = find_config(h, config);
    const struct sshconfig_word *said = sshconfig_find(c->lines, host, "HostName");

    if (said && strchr(said->value, '%'))
        return expand(said->value, host, hostname);
    snprintf(hostname, SETTINGS_VALUE_BYTES, "%s", settings->hostname);
    return 0;
}

/* What we make of the line must be what ssh made of it, for the host that it was asked
 * about; else only ssh can do it.
 */
static void check_hostname(const struct hostconfigs *h, const struct hostconfig *c,
                           const char *host, struct settings *s)
{
    char hostname[SETTINGS_VALUE_BYTES];

    if (*s->hostname &&
        (hostconfigs_hostname(h, c->path, host, s, hostname) < 0 ||
         strcmp(hostname, s->hostname) != 0) &&
        !*s->beyond_us)
        snprintf(s->beyond_us, sizeof s->beyond_us, "hostname");
}

/* The user is told only to a kind of its own: others share what is answered. */
static int ask(struct hostconfigs *h, struct hostconfig *c, const char *kind,
               const char *host, const char *user, struct settings *s, struct fail *why)
{
    CLEANUP(text_done) char *mine = NULL;

    if (!c->plain && dump_settings("none", NULL, host, &c->plain, why) < 0)
        return -1;
    if (dump_settings(c->path, strchr(kind, ' ') ? user : NULL, host, &mine, why) < 0)
        return -1;
    settings_read(mine, c->plain, host, s);
    check_hostname(h, c, host, s);
    return 0;
}

static const struct settings *find_kind(const struct hostconfig *c, const char *name)
{
    const struct kind *k = c->kinds;

    while (k && strcmp(k->name, name) != 0)
        k = k->next;
    return k ? &k->settings : NULL;
}

int hostconfigs_find(struct hostconfigs *h, const char *config, const char *host,
                     const char *user, const struct settings **settings, struct fail *why)
{
    struct hostconfig *c = need_config(h, config, why);
    CLEANUP(text_done) char *name = NULL;
    struct kind *made;

    *settings = NULL;
    if (!c)
        return -1;
    if (!sshconfig_words(c->lines))
        return 0;
    name = sshconfig_kind(c->lines, host, user);
    if (!name)
        return fail_memory(why);
    *settings = find_kind(c, name);
    if (!*name || *settings || openssh_is_installed(NULL) < 0)
        return 0;
    made = calloc(1, sizeof *made);
    if (!made)
        return fail_memory(why);
    if (ask(h, c, name, host, user, &made->settings, why) < 0) {
        free(made);
        return -1;
    }
    made->name = name;
    name = NULL;
    made->next = c->kinds;
    c->kinds = made;
    *settings = &made->settings;
    return 0;
}

void hostconfigs_explain(const struct hostconfigs *h, const char *config,
                         const char *host, const struct settings *settings, char *reason,
                         size_t size_bytes)
{
    const struct hostconfig *c = find_config(h, config);
    const struct sshconfig_word *said =
        sshconfig_find(c->lines, host, settings->beyond_us);

    snprintf(reason, size_bytes, "%s in %s", said ? said->name : settings->beyond_us,
             said ? said->file : "ssh_config");
}
