#include "controller/ssh/hostkeys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/fingerprint.h"
#include "controller/ssh/hosttable.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* A host key is a few hundred bytes; RSA 16384 is 2 KiB. */
#define KEY_MAX_BYTES    ((size_t)8 << 10)
#define KEY_BASE64_BYTES (4 * (KEY_MAX_BYTES + 2) / 3 + 1)

struct hostkeys {
    char *path, *system_path;
    struct hosttable *table;
    unsigned lines; /* in path */
    int fd;         /* open for appending once something was learned, else -1 */
};

/* Best first.  RSA is missing: libssh2 1.10 knows only its SHA-1 signature, which
 * today's servers refuse.
 */
static const char *const algorithms[] = {
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

/* ---- the file ----------------------------------------------------------------- */

/* Returns how many lines it has, or -1. */
static int load(struct hosttable *table, const char *path, struct fail *why)
{
    size_t len_bytes;
    char *text;

    if (whole_file_read(path, HOSTKEYS_FILE_MAX_BYTES, &text, &len_bytes) == 0)
        return hosttable_parse(table, text, path, 1, why);
    return errno == ENOENT ? 0
                           : fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
}

static int load_both(struct hostkeys *keys, struct fail *why)
{
    int lines = load(keys->table, keys->path, why);

    keys->lines = (unsigned)lines;
    return lines < 0 ||
                   (keys->system_path && load(keys->table, keys->system_path, why) < 0)
               ? -1
               : 0;
}

int hostkeys_new(const char *path, const char *system_path, struct hostkeys **keys,
                 struct fail *why)
{
    struct hostkeys *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->fd = -1;
    made->path = strdup(path);
    made->system_path = system_path ? strdup(system_path) : NULL;
    made->table = hosttable_new();
    if (!made->path || !made->system_path != !system_path || !made->table) {
        hostkeys_free(made);
        return fail_memory(why);
    }
    if (load_both(made, why) < 0) {
        hostkeys_free(made);
        return -1;
    }
    *keys = made;
    return 0;
}

void hostkeys_free(struct hostkeys *keys)
{
    if (!keys)
        return;
    if (keys->fd >= 0) {
        fsync(keys->fd); /* once for all: a login must not wait for the disk */
        close(keys->fd);
    }
    hosttable_free(keys->table);
    free(keys->path);
    free(keys->system_path);
    free(keys);
}

/* ---- how a host is spelled ---------------------------------------------------- */

/* 0: by name, 1: by address; false when there is no such spelling. */
static bool spelling(const struct hostkeys_host *host, int which,
                     char text[HOSTTABLE_NAME_BYTES])
{
    const char *name = which == 0 ? host->name : host->address;
    int n;

    if (!name || (which == 1 && host->name && strcasecmp(host->name, name) == 0))
        return false;
    n = host->port == 22
            ? snprintf(text, HOSTTABLE_NAME_BYTES, "%s", name)
            : snprintf(text, HOSTTABLE_NAME_BYTES, "[%s]:%u", name, host->port);
    return n > 0 && n < HOSTTABLE_NAME_BYTES;
}

typedef void (*find_fn)(const struct hosttable *t, const char *host, hosttable_fn fn,
                        void *arg);

static void find(const struct hostkeys *keys, const struct hostkeys_host *host,
                 find_fn look, hosttable_fn fn, void *arg)
{
    char name[HOSTTABLE_NAME_BYTES];

    for (int which = 0; which < 2; which++)
        if (spelling(host, which, name))
            look(keys->table, name, fn, arg);
}

/* ---- before the handshake ----------------------------------------------------- */

struct stored {
    bool usable[ALGORITHMS];
    const struct hosttable_line *any;
};

static bool note_type(void *arg, const struct hosttable_line *line)
{
    struct stored *s = arg;

    s->any = line;
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (strcmp(line->type, algorithms[i]) == 0)
            s->usable[i] = true;
    return true;
}

int hostkeys_algorithms(const struct hostkeys *keys, const struct hostkeys_host *host,
                        char list[HOSTKEYS_LIST_BYTES], struct fail *why)
{
    struct stored s = {0};
    size_t used = 0;

    find(keys, host, hosttable_find_plain, note_type, &s);
    if (!s.any)
        find(keys, host, hosttable_find_hashed, note_type, &s);
    list[0] = '\0';
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (!s.any || s.usable[i])
            used += (size_t)snprintf(list + used, HOSTKEYS_LIST_BYTES - used, "%s%s",
                                     used ? "," : "", algorithms[i]);
    if (used == 0)
        return fail_set(why, FAIL_HOST_KEY_UNKNOWN,
                        "%s:%u has only an RSA key for it, which cannot be used; add its "
                        "ed25519 or ECDSA key (ssh-keyscan -t ed25519,ecdsa)",
                        s.any->file, s.any->number);
    return 0;
}

/* ---- after the handshake ------------------------------------------------------ */

struct search {
    const char *type, *key; /* of what the host showed */
    bool found;
    const struct hosttable_line
        *other; /* has another key of that type, or another type */
};

static bool compare(void *arg, const struct hosttable_line *line)
{
    struct search *s = arg;

    if (strcmp(line->type, s->type) == 0 && strcmp(line->key, s->key) == 0)
        s->found = true;
    else
        s->other = line;
    return !s->found;
}

static int changed(const struct hosttable_line *line, const char *type, const char *print,
                   struct fail *why)
{
    return fail_set(why, FAIL_HOST_KEY_CHANGED,
                    "its host key is not the one in %s:%u; it shows %s %s. If it was "
                    "reinstalled, remove that line",
                    line->file, line->number, type, print);
}

static int unknown(const struct hostkeys *keys, const struct hostkeys_host *host,
                   const char *type, const char *print, struct fail *why)
{
    char name[HOSTTABLE_NAME_BYTES];
    const struct hosttable_line *line = NULL;

    for (int which = 0; which < 2 && !line; which++)
        if (spelling(host, which, name))
            line = hosttable_pattern(keys->table, name);
    if (line)
        return fail_set(
            why, FAIL_HOST_KEY_UNKNOWN,
            "%s:%u covers it with a pattern or @cert-authority, which are not "
            "used; add its own key: %s %s",
            line->file, line->number, type, print);
    return fail_set(why, FAIL_HOST_KEY_UNKNOWN,
                    "its host key is not in %s: %s %s. Compare it and add it "
                    "(ssh-keyscan), or use --host-keys accept-new",
                    keys->path, type, print);
}

/* ---- learning ----------------------------------------------------------------- */

static void make_folder_of(const char *path)
{
    CLEANUP(text_done) char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;

    if (slash && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0700); /* usually there; if it cannot be, open() says so */
    }
}

/* A file that somebody edited may lack its last newline. */
static bool ends_in_line(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

static int put(int fd, const char *text, size_t len_bytes)
{
    ssize_t n = write(fd, text, len_bytes);

    if (n >= 0 && n < (ssize_t)len_bytes)
        errno = ENOSPC; /* what a write that is too short does not say */
    return n == (ssize_t)len_bytes ? 0 : -1;
}

static int append(struct hostkeys *keys, const char *line, struct fail *why)
{
    if (keys->fd < 0) {
        make_folder_of(keys->path);
        keys->fd = open(keys->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (keys->fd < 0 || (!ends_in_line(keys->fd) && put(keys->fd, "\n", 1) < 0) ||
        put(keys->fd, line, strlen(line)) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", keys->path, strerror(errno));
    return 0;
}

/* A name that could be read as something else in the file is not learned. */
static bool can_be_written(const char *name)
{
    return *name && *name != '#' && *name != '@' && *name != '|' &&
           !name[strcspn(name, " \t\r\n,*?!")];
}

static int learn(struct hostkeys *keys, const struct hostkeys_host *host,
                 const char *type, const char *key, struct fail *why)
{
    char names[2][HOSTTABLE_NAME_BYTES] = {"", ""}, *line = NULL;
    const char *first = names[0];

    for (int which = 0; which < 2; which++)
        if (!spelling(host, which, names[which]) || !can_be_written(names[which]))
            names[which][0] = '\0';
    if (!*first)
        first = names[1];
    if (!*first)
        return fail_set(why, FAIL_HOST_KEY_UNKNOWN, "its name cannot stand in %s",
                        keys->path);
    if (asprintf(&line, "%s%s%s %s %s\n", first,
                 names[1] != first && *names[1] ? "," : "",
                 names[1] != first ? names[1] : "", type, key) < 0)
        return fail_memory(why);
    if (append(keys, line, why) < 0) {
        free(line);
        return -1;
    }
    return hosttable_parse(keys->table, line, keys->path, ++keys->lines, why) < 0 ? -1
                                                                                  : 0;
}

int hostkeys_check(struct hostkeys *keys, const struct hostkeys_host *host,
                   const unsigned char *bytes, size_t len_bytes, bool accept_new,
                   struct fail *why)
{
    struct blob blob = {.bytes = bytes, .len_bytes = len_bytes}, type;
    char key[KEY_BASE64_BYTES], type_name[64], print[FINGERPRINT_BYTES];
    struct search s = {.type = type_name, .key = key};
    const struct hosttable_line *revoked;

    if (len_bytes > KEY_MAX_BYTES || blob_next_string(&blob, &type) < 0 ||
        type.len_bytes >= sizeof type_name)
        return fail_set(why, FAIL_HANDSHAKE, "it shows a host key that is none");
    snprintf(type_name, sizeof type_name, "%.*s", (int)type.len_bytes,
             (const char *)type.bytes);
    EVP_EncodeBlock((unsigned char *)key, bytes, (int)len_bytes);
    fingerprint_format(bytes, len_bytes, print);

    revoked = hosttable_revoked(keys->table, key);
    if (revoked)
        return fail_set(why, FAIL_HOST_KEY_CHANGED,
                        "its host key %s %s is @revoked in %s:%u", type_name, print,
                        revoked->file, revoked->number);
    find(keys, host, hosttable_find_plain, compare, &s);
    if (!s.found)
        find(keys, host, hosttable_find_hashed, compare, &s);
    if (s.found)
        return 0;
    if (s.other)
        return changed(s.other, type_name, print, why);
    return accept_new ? learn(keys, host, type_name, key, why)
                      : unknown(keys, host, type_name, print, why);
}
