#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "controller/command.h"
#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/ssh/keyagent.h"
#include "controller/ssh/keyagent_list.h"
#include "controller/ssh/keyring.h"
#include "controller/ssh/userkey.h"
#include "controller/whole_file.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define KNOWN_HOSTS_MAX_BYTES ((size_t)64 << 20)

/* Nodes that name other keys or files than the one before them; more are not told. */
#define MOST_KINDS 8

/* ---- the ssh-agent ----------------------------------------------------------------- */

static const char *agent_path(void)
{
    const char *path = getenv("SSH_AUTH_SOCK");

    return path && *path ? path : NULL;
}

static void examine_agent_of_ssh(struct checkup *c)
{
    CLEANUP(keyagent_list_clear) struct keyagent_list list = {0};
    const char *path = agent_path();
    struct fail why;

    if (!path)
        checkup_add(c, CHECKUP_OK, "ssh-agent", NULL,
                    "none ($SSH_AUTH_SOCK is not set): keys with a passphrase cannot be "
                    "used");
    else if (keyagent_list(path, KEYAGENT_LIST_MS, &list, &why) < 0)
        checkup_add(c, CHECKUP_WARN, "ssh-agent", "start it, or unset SSH_AUTH_SOCK",
                    "%s", why.text);
    else
        checkup_add(c, list.count ? CHECKUP_OK : CHECKUP_WARN, "ssh-agent",
                    "ssh-add puts a key into it", "%s: %u keys", path,
                    (unsigned)list.count);
}

/* ---- keys ------------------------------------------------------------------------- */

static void examine_mode(struct checkup *c, const char *path)
{
    struct stat file;

    if (path && stat(path, &file) == 0 && (file.st_mode & 077))
        checkup_add(c, CHECKUP_WARN, "key",
                    "ssh itself refuses it like that:  chmod 600 KEY",
                    "%s can be read by others (mode %04o)", path,
                    (unsigned)(file.st_mode & 07777));
}

/* path NULL: those that are used when none is named. */
static void examine_key(struct checkup *c, const char *path)
{
    struct keyagent *agent = agent_path() ? keyagent_new(agent_path(), 0) : NULL;
    unsigned char order[KEYRING_MAX_KEYS];
    struct keyring *ring;
    struct fail why;
    size_t count;

    if (keyring_new(path, getenv("HOME"), agent, &ring, &why) < 0) {
        checkup_add(c, CHECKUP_BAD, "key", "-i KEY, or `key =` in the fleet file", "%s",
                    why.text);
        keyagent_free(agent);
        return;
    }
    count = keyring_order(ring, order);
    for (size_t i = 0; i < count; i++) {
        const struct userkey *key = keyring_key(ring, order[i]);

        checkup_add(c, CHECKUP_OK, "key", NULL, "%s, %s", userkey_name(key),
                    userkey_has_secret(key) ? "from its file" : "by the ssh-agent");
    }
    keyring_free(ring);
    keyagent_free(agent);
    examine_mode(c, path);
}

/* ---- known hosts -------------------------------------------------------------------- */

struct lines {
    size_t all, hashed, bytes;
};

static int count_lines(const char *path, struct lines *l)
{
    CLEANUP(text_done) char *text = NULL;

    if (whole_file_read(path, KNOWN_HOSTS_MAX_BYTES, &text, &l->bytes) < 0)
        return -1;
    for (const char *line = text; *line; line += strcspn(line, "\n")) {
        line += strspn(line, "\n \t");
        l->all += *line && *line != '#';
        l->hashed += strncmp(line, "|1|", 3) == 0;
    }
    return 0;
}

static void examine_known_hosts(struct checkup *c, const char *path)
{
    struct lines l = {0};

    if (count_lines(path, &l) < 0)
        checkup_add(c, errno == ENOENT ? CHECKUP_WARN : CHECKUP_BAD, "known hosts",
                    "every host key is unknown: ssh-keyscan, or  --host-keys accept-new",
                    "%s: %s", path, strerror(errno));
    else
        checkup_add(c, CHECKUP_OK, "known hosts", NULL,
                    "%s: %zu lines, %zu of them hashed, %.1f kB", path, l.all, l.hashed,
                    (double)l.bytes / 1e3);
}

/* A list of files, parted by commas or spaces; NULL: the usual one. */
static void examine_known_files(struct checkup *c, const char *paths)
{
    CLEANUP(text_done) char *copy = NULL;
    const char *home = getenv("HOME");
    char *rest = NULL;

    if (!paths && asprintf(&copy, "%s/.ssh/known_hosts", home ? home : "") < 0)
        copy = NULL;
    else if (paths)
        copy = strdup(paths);
    for (char *path = copy ? strtok_r(copy, ", ", &rest) : NULL; path;
         path = strtok_r(NULL, ", ", &rest))
        examine_known_hosts(c, path);
}

/* ---- the ssh client ------------------------------------------------------------------ */

static void examine_client(struct checkup *c)
{
    char line[200] = "";
    FILE *said = popen("exec ssh -V 2>&1", "re");

    if (said && !fgets(line, sizeof line, said))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (!said || pclose(said) != 0)
        checkup_add(c, CHECKUP_WARN, "ssh client",
                    "jump hosts, certificates and FIDO keys need it: install "
                    "openssh-client",
                    "not there");
    else
        checkup_add(c, CHECKUP_OK, "ssh client", NULL, "%s", line);
}

/* ---- as the nodes need them ------------------------------------------------------------ */

typedef void (*examine_fn)(struct checkup *c, const char *path);

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Each value of a setting once, as far as there are few; without a fleet the default, and
 * with one that cannot be read nobody knows.
 */
static void each_kind(struct checkup *c, const struct command *command, size_t at,
                      examine_fn examine)
{
    const char *seen[MOST_KINDS];
    size_t count = 0;

    if (!command->node_count && !command_fleet_file(command))
        examine(c, NULL);
    for (size_t i = 0; i < command->node_count && count < MOST_KINDS; i++) {
        const char *value = *(const char *const *)((const char *)command->nodes[i] + at);
        size_t s = 0;

        while (s < count && !is_same(seen[s], value))
            s++;
        if (s < count)
            continue;
        seen[count++] = value;
        examine(c, value);
    }
}

void examine_login(struct checkup *c, const struct command *command)
{
    each_kind(c, command, offsetof(struct fleet_node, key), examine_key);
    examine_agent_of_ssh(c);
    each_kind(c, command, offsetof(struct fleet_node, known_hosts), examine_known_files);
    examine_client(c);
}
