#include "controller/ssh/hostkeys.h"

#include <errno.h>
#include <libssh2.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/fingerprint.h"
#include "controller/ssh/hostlearn.h"
#include "controller/ssh/hosttable.h"
#include "controller/ssh/hostverdict.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"

/* A host key is a few hundred bytes; RSA 16384 is 2 KiB. */
#define KEY_MAX_BYTES    ((size_t)8 << 10)
#define KEY_BASE64_BYTES (4 * (KEY_MAX_BYTES + 2) / 3 + 1)

/* A host's spellings in the file: its name, its address; and the machine that it is. */
enum { BY_NAME, BY_ADDRESS, SPELLINGS, BY_MACHINE = SPELLINGS };

struct hostkeys {
    char *files[HOSTKEYS_MAX_FILES];
    size_t file_count;
    struct hosttable *table;
    unsigned lines;         /* in the first file */
    struct hostlearn learn; /* into the first file */
    int hidden_by;          /* the spelling that was found hashed, last */
};

/* Best first.  libssh2 before 1.11 knows only RSA's SHA-1 signature, which today's servers
 * refuse.
 */
static const struct {
    const char *type, *offered;
} algorithms[] = {
    {"ssh-ed25519", "ssh-ed25519"},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
#if LIBSSH2_VERSION_NUM >= 0x010b00
    {"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
#endif
};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

/* ---- the files ---------------------------------------------------------------- */

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

static int load_all(struct hostkeys *keys, const char *const *files, size_t count,
                    struct fail *why)
{
    for (size_t i = 0; i < count; i++) {
        int lines;

        keys->files[i] = strdup(files[i]);
        if (!keys->files[i])
            return fail_memory(why);
        keys->file_count++;
        lines = load(keys->table, keys->files[i], why);
        if (lines < 0)
            return -1;
        if (i == 0)
            keys->lines = (unsigned)lines;
    }
    keys->learn.path = keys->files[0];
    return 0;
}

int hostkeys_new(const char *const *files, size_t count, struct hostkeys **keys,
                 struct fail *why)
{
    struct hostkeys *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->learn.fd = -1;
    made->table = hosttable_new();
    if (!made->table) {
        hostkeys_free(made);
        return fail_memory(why);
    }
    if (load_all(made, files, count, why) < 0) {
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
    hostlearn_close(&keys->learn);
    hosttable_free(keys->table);
    for (size_t i = 0; i < keys->file_count; i++)
        free(keys->files[i]);
    free(keys);
}

/* ---- how a host is spelled ---------------------------------------------------- */

/* false when there is no such spelling. */
static bool spelling(const struct hostkeys_host *host, int which,
                     char text[HOSTTABLE_NAME_BYTES])
{
    const char *name = which == BY_NAME      ? host->name
                       : which == BY_ADDRESS ? host->address
                                             : host->machine;
    int n;

    if (!name || (which == BY_ADDRESS && host->name && strcasecmp(host->name, name) == 0))
        return false;
    n = host->port == 22
            ? snprintf(text, HOSTTABLE_NAME_BYTES, "%s", name)
            : snprintf(text, HOSTTABLE_NAME_BYTES, "[%s]:%u", name, host->port);
    return n > 0 && n < HOSTTABLE_NAME_BYTES;
}

static void find(const struct hostkeys *keys, const struct hostkeys_host *host, int which,
                 hosttable_fn fn, void *arg)
{
    char name[HOSTTABLE_NAME_BYTES];

    if (spelling(host, which, name))
        hosttable_find(keys->table, name, fn, arg);
}

/* Among the hashed names: the first lines of the spelling by which others were found, or
 * of the other one; or everything.  Returns how many were revealed.
 */
static int reveal(struct hostkeys *keys, const struct hostkeys_host *host,
                  bool everything, struct fail *why)
{
    char name[HOSTTABLE_NAME_BYTES];
    int all = 0;

    for (int i = 0; i < SPELLINGS && (everything || all == 0); i++) {
        int which = i == 0 ? keys->hidden_by : !keys->hidden_by;
        int found = spelling(host, which, name)
                        ? hosttable_reveal(keys->table, name, everything, why)
                        : 0;

        if (found < 0)
            return -1;
        if (found > 0 && all == 0)
            keys->hidden_by = which;
        all += found;
    }
    return all;
}

/* ---- before the handshake ----------------------------------------------------- */

struct stored {
    bool usable[ALGORITHMS], any_usable;
    const struct hosttable_line *any;
};

static bool note_type(void *arg, const struct hosttable_line *line)
{
    struct stored *s = arg;

    s->any = line;
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (strcmp(line->type, algorithms[i].type) == 0)
            s->usable[i] = s->any_usable = true;
    return true;
}

static void note_types(const struct hostkeys *keys, const struct hostkeys_host *host,
                       struct stored *s)
{
    for (int which = 0; which <= BY_MACHINE; which++)
        find(keys, host, which, note_type, s);
}

/* What is stored first, the rest behind it: a host that shows something else shall be
 * judged, not be told that there is no algorithm in common.
 */
static void write_list(const struct stored *s, char list[HOSTKEYS_LIST_BYTES])
{
    size_t used = 0;

    list[0] = '\0';
    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; i < ALGORITHMS; i++)
            if (s->usable[i] == first)
                used += (size_t)snprintf(list + used, HOSTKEYS_LIST_BYTES - used, "%s%s",
                                         used ? "," : "", algorithms[i].offered);
}

int hostkeys_algorithms(struct hostkeys *keys, const struct hostkeys_host *host,
                        char list[HOSTKEYS_LIST_BYTES], struct fail *why)
{
    struct stored s = {0};

    note_types(keys, host, &s);
    for (int everything = 0; everything <= 1 && !s.any_usable; everything++) {
        int found = everything && !s.any ? 0 : reveal(keys, host, everything, why);

        if (found < 0)
            return -1;
        if (found > 0)
            note_types(keys, host, &s);
    }
    if (s.any && !s.any_usable)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "%s:%u has only an RSA key for it, which cannot be used; add its "
                        "ed25519 or ECDSA key (ssh-keyscan -t ed25519,ecdsa)",
                        s.any->file, s.any->number);
    write_list(&s, list);
    return 0;
}

/* ---- learning ----------------------------------------------------------------- */

/* A name that could be read as something else in the file is not learned. */
static bool can_be_written(const char *name)
{
    return *name && *name != '#' && *name != '@' && *name != '|' &&
           !name[strcspn(name, " \t\r\n,*?!")];
}

/* Names parted by a comma; the line is on its way to the disk, and in the table. */
static int learn_line(struct hostkeys *keys, const char *names, const char *type,
                      const char *key, struct fail *why)
{
    char *line = NULL;

    if (asprintf(&line, "%s %s %s\n", names, type, key) < 0)
        return fail_memory(why);
    if (hostlearn_append(&keys->learn, line, why) < 0) {
        free(line);
        return -1;
    }
    return hosttable_parse(keys->table, line, keys->files[0], ++keys->lines, why) < 0 ? -1
                                                                                      : 0;
}

static int learn_machine(struct hostkeys *keys, const struct hostkeys_host *host,
                         const char *type, const char *key, struct fail *why)
{
    char name[HOSTTABLE_NAME_BYTES];

    if (!spelling(host, BY_MACHINE, name) || !can_be_written(name))
        return fail_set(why, FAIL_HOST_KEY_UNKNOWN,
                        "what its machine is called cannot stand in %s", keys->files[0]);
    return learn_line(keys, name, type, key, why);
}

static int learn(struct hostkeys *keys, const struct hostkeys_host *host,
                 const char *type, const char *key, struct fail *why)
{
    char names[2][HOSTTABLE_NAME_BYTES] = {"", ""}, both[2 * HOSTTABLE_NAME_BYTES];
    const char *first = names[0];

    for (int which = 0; which < 2; which++)
        if (!spelling(host, which, names[which]) || !can_be_written(names[which]))
            names[which][0] = '\0';
    if (!*first)
        first = names[1];
    if (!*first)
        return fail_set(why, FAIL_HOST_KEY_UNKNOWN, "its name cannot stand in %s",
                        keys->files[0]);
    snprintf(both, sizeof both, "%s%s%s", first,
             names[1] != first && *names[1] ? "," : "",
             names[1] != first ? names[1] : "");
    return learn_line(keys, both, type, key, why);
}

/* ---- after the handshake ------------------------------------------------------ */

/* What the host showed. */
struct shown {
    char type[64], key[KEY_BASE64_BYTES], print[FINGERPRINT_BYTES];
};

static int read_key(const unsigned char *bytes, size_t len_bytes, struct shown *shown,
                    struct fail *why)
{
    struct blob blob = {.bytes = bytes, .len_bytes = len_bytes}, type;

    if (len_bytes > KEY_MAX_BYTES || blob_next_string(&blob, &type) < 0 ||
        type.len_bytes >= sizeof shown->type)
        return fail_set(why, FAIL_HANDSHAKE, "it shows a host key that is none");
    snprintf(shown->type, sizeof shown->type, "%.*s", (int)type.len_bytes,
             (const char *)type.bytes);
    EVP_EncodeBlock((unsigned char *)shown->key, bytes, (int)len_bytes);
    fingerprint_format(bytes, len_bytes, shown->print);
    return 0;
}

struct search {
    const struct shown *shown;
    bool found;
    const struct hosttable_line *other; /* another key of that type, or another type */
};

static bool compare(void *arg, const struct hosttable_line *line)
{
    struct search *s = arg;

    if (strcmp(line->type, s->shown->type) == 0 && strcmp(line->key, s->shown->key) == 0)
        s->found = true;
    else
        s->other = line;
    return !s->found;
}

static void look(const struct hostkeys *keys, const struct hostkeys_host *host,
                 const struct shown *shown, struct host_evidence *e)
{
    for (int which = 0; which < SPELLINGS && !e->is_known; which++) {
        struct search s = {.shown = shown};

        find(keys, host, which, compare, &s);
        e->is_known = s.found;
        *(which == BY_NAME ? &e->by_name : &e->by_address) = s.other;
    }
}

/* First what is in clear text or was revealed, then the hashed names: a few, then all. */
static int look_everywhere(struct hostkeys *keys, const struct hostkeys_host *host,
                           const struct shown *shown, struct host_evidence *e,
                           struct fail *why)
{
    int found = 1;

    look(keys, host, shown, e);
    for (int everything = 0; everything <= 1 && !e->is_known && found > 0; everything++) {
        if (!everything && (e->by_name || e->by_address))
            continue;
        found = reveal(keys, host, everything, why);
        if (found < 0)
            return -1;
        look(keys, host, shown, e);
    }
    return 0;
}

static bool note_line(void *arg, const struct hosttable_line *line)
{
    const struct hosttable_line **found = arg;

    *found = line;
    return false;
}

static const struct hosttable_line *find_pattern(const struct hostkeys *keys,
                                                 const struct hostkeys_host *host)
{
    const struct hosttable_line *line = NULL;
    char name[HOSTTABLE_NAME_BYTES];

    for (int which = 0; which < SPELLINGS && !line; which++)
        if (spelling(host, which, name))
            line = hosttable_pattern(keys->table, name);
    return line;
}

/* What only a refusal wants to know. */
static void look_around(const struct hostkeys *keys, const struct hostkeys_host *host,
                        const struct shown *shown, struct host_evidence *e)
{
    hosttable_find_key(keys->table, shown->key, note_line, &e->elsewhere);
    e->pattern = find_pattern(keys, host);
}

int hostkeys_covered(const struct hostkeys *keys, const struct hostkeys_host *host,
                     struct fail *why)
{
    const struct hosttable_line *pattern = find_pattern(keys, host), *plain = NULL;

    for (int which = 0; which < SPELLINGS && pattern && !plain; which++)
        find(keys, host, which, note_line, &plain);
    return pattern && !plain
               ? fail_set(why, FAIL_UNSUPPORTED, "%s:%u, a pattern or @cert-authority",
                          pattern->file, pattern->number)
               : 0;
}

/* By what is stored for the machine, whatever it is called now.  True when that decides:
 * it is known then, or e has the line with another key.
 */
static bool ask_machine(const struct hostkeys *keys, const struct hostkeys_host *host,
                        const struct shown *shown, struct host_evidence *e)
{
    struct search s = {.shown = shown};

    find(keys, host, BY_MACHINE, compare, &s);
    e->is_known = s.found;
    e->by_name = s.other;
    return s.found || s.other;
}

/* Of a machine that has taken another's place, no other key was to be expected than one
 * that is not stored.
 */
static int check_successor(struct hostkeys *keys, const struct hostkeys_host *host,
                           const struct shown *shown, const struct host_evidence *e,
                           bool accept_new, struct fail *why)
{
    const struct hosttable_line *line = e->by_name ? e->by_name : e->by_address;

    if (accept_new)
        return learn_machine(keys, host, shown->type, shown->key, why);
    return fail_set(
        why, FAIL_HOST_REPLACED,
        "it is another machine (%.8s, before it %.8s) than the one whose key is "
        "in %s:%u; it shows %s %s. Compare it, and take --host-keys "
        "accept-new",
        host->machine, host->former, line->file, line->number, shown->type, shown->print);
}

/* Known by its name, but as of now: from the next change on its machine's key counts. */
static int pin(struct hostkeys *keys, const struct hostkeys_host *host,
               const struct shown *shown, bool accept_new, struct fail *why)
{
    return host->machine && host->former && accept_new
               ? learn_machine(keys, host, shown->type, shown->key, why)
               : 0;
}

int hostkeys_check(struct hostkeys *keys, const struct hostkeys_host *host,
                   const unsigned char *bytes, size_t len_bytes, bool accept_new,
                   struct fail *why)
{
    struct host_evidence e = {.name = host->name ? host->name : host->address,
                              .address = host->address ? host->address : host->name};
    bool is_decided;
    const struct hosttable_line *revoked;
    struct shown shown;

    if (read_key(bytes, len_bytes, &shown, why) < 0)
        return -1;
    e.type = shown.type;
    e.print = shown.print;
    revoked = hosttable_revoked(keys->table, shown.key);
    if (revoked)
        return fail_set(why, FAIL_HOST_KEY_CHANGED,
                        "its host key %s %s is @revoked in %s:%u", shown.type,
                        shown.print, revoked->file, revoked->number);
    is_decided = ask_machine(keys, host, &shown, &e);
    if (!is_decided && look_everywhere(keys, host, &shown, &e, why) < 0)
        return -1;
    if (e.is_known)
        return is_decided ? 0 : pin(keys, host, &shown, accept_new, why);
    if (hostverdict(&e) == HOST_UNKNOWN && accept_new)
        return learn(keys, host, shown.type, shown.key, why);
    look_around(keys, host, &shown, &e);
    if (!is_decided && !e.elsewhere && host->machine && host->former &&
        (e.by_name || e.by_address))
        return check_successor(keys, host, &shown, &e, accept_new, why);
    return hostverdict_explain(&e, keys->files[0], why);
}
