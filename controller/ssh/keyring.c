#include "controller/ssh/keyring.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/ssh/keyagent.h"
#include "controller/ssh/keyagent_list.h"
#include "controller/ssh/keyagent_wire.h"
#include "controller/ssh/pubkey.h"
#include "controller/ssh/userkey.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct keyring {
    struct userkey *keys[KEYRING_MAX_KEYS];
    size_t count;
    size_t favourite; /* what a node took last */
    struct keyagent *agent;
};

/* What there is to choose from, while a ring is made. */
struct choice {
    struct keyring *ring;
    const char *home;
    bool is_listed;            /* the next two are filled in             */
    struct keyagent_list list; /* empty without an agent                 */
    struct fail no_list;       /* why it is empty, if it ought not to be */
    struct fail first;         /* of the files that cannot be used       */
};

/* ---- who can sign ------------------------------------------------------------- */

/* Only where it matters: an agent that hangs takes its time. */
static const struct keyagent_list *list_agent(struct choice *c)
{
    if (!c->is_listed && c->ring->agent)
        keyagent_list(keyagent_path(c->ring->agent), KEYAGENT_LIST_MS, &c->list,
                      &c->no_list);
    c->is_listed = true;
    return &c->list;
}

static bool agent_has(struct choice *c, const struct userkey *key)
{
    const struct keyagent_list *list = list_agent(c);
    const struct blob wanted = userkey_blob(key);
    struct blob rest = list->keys, found, comment;

    for (uint32_t i = 0; i < list->count; i++) {
        if (keyagent_next_key(&rest, &found, &comment) < 0)
            return false;
        if (wanted.len_bytes > 0 && blob_equals(&found, &wanted))
            return true;
    }
    return false;
}

/* Without its secret and without an agent that has it. */
static int explain_locked(const struct choice *c, const struct userkey *key,
                          struct fail *why)
{
    const char *name = userkey_name(key);

    if (c->no_list.code != FAIL_NONE)
        return fail_set(why, FAIL_KEY_FILE, "the key %s needs an ssh-agent, but %s", name,
                        c->no_list.text);
    if (!userkey_is_locked(key))
        return fail_set(why, FAIL_KEY_FILE,
                        "the key %s is a public key, and no ssh-agent has its private "
                        "half: name the private key, or ssh-add it",
                        name);
    return fail_set(why, FAIL_KEY_FILE,
                    "the key %s has a passphrase: ssh-add %s, then again%s", name, name,
                    c->ring->agent ? ""
                                   : " (no ssh-agent here: SSH_AUTH_SOCK is not set)");
}

/* ---- making a ring ------------------------------------------------------------ */

static bool ring_has(const struct keyring *ring, const struct blob *public_half)
{
    for (size_t i = 0; i < ring->count; i++) {
        const struct blob blob = userkey_blob(ring->keys[i]);

        if (blob_equals(&blob, public_half))
            return true;
    }
    return false;
}

static int add_file(struct choice *c, const char *path, struct fail *why)
{
    struct userkey *key;

    if (userkey_new(path, &key, why) < 0)
        return -1;
    if (!userkey_has_secret(key) && !agent_has(c, key)) {
        explain_locked(c, key, why);
        userkey_free(key);
        return -1;
    }
    c->ring->keys[c->ring->count++] = key;
    return 0;
}

/* One that cannot be used is passed over as long as there are others. */
static int try_file(struct choice *c, const char *path, struct fail *why)
{
    if (add_file(c, path, why) == 0)
        return 0;
    if (why->code == FAIL_MEMORY)
        return -1;
    if (c->first.code == FAIL_NONE)
        c->first = *why;
    return 0;
}

static int add_standard(struct choice *c, const char *name, struct fail *why)
{
    CLEANUP(text_done) char *path = NULL;

    if (!c->home)
        return 0;
    if (asprintf(&path, "%s/.ssh/%s", c->home, name) < 0) {
        path = NULL;
        return fail_memory(why);
    }
    return access(path, F_OK) < 0 ? 0 : try_file(c, path, why);
}

static int add_named(struct choice *c, const char *paths, struct fail *why)
{
    CLEANUP(text_done) char *words = strdup(paths);
    char *rest = NULL;

    if (!words)
        return fail_memory(why);
    for (char *path = strtok_r(words, "\n", &rest);
         path && c->ring->count < KEYRING_MAX_KEYS; path = strtok_r(NULL, "\n", &rest))
        if (try_file(c, path, why) < 0)
            return -1;
    if (c->ring->count > 0)
        return 0;
    *why = c->first;
    return -1;
}

static int add_agents(struct choice *c, struct fail *why)
{
    const struct keyagent_list *list = list_agent(c);
    struct keyring *ring = c->ring;
    struct blob rest = list->keys, public_half, comment;

    for (uint32_t i = 0; i < list->count && ring->count < KEYRING_MAX_KEYS; i++) {
        if (keyagent_next_key(&rest, &public_half, &comment) < 0)
            break;
        if (pubkey_kind(&public_half) == PUBKEY_OTHER || ring_has(ring, &public_half))
            continue;
        if (userkey_of_agent(&public_half, &comment, &ring->keys[ring->count], why) < 0)
            return -1;
        ring->count++;
    }
    return 0;
}

static int add_all(struct choice *c, struct fail *why)
{
    static const char *const standard[] = {"id_ed25519", "id_ecdsa", "id_rsa"};

    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (add_standard(c, standard[i], why) < 0)
            return -1;
    if (add_agents(c, why) < 0)
        return -1;
    if (c->ring->count > 0)
        return 0;
    if (c->list.count > 0)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the ssh-agent has only keys that libssh2 cannot use "
                        "(certificates, FIDO)");
    if (c->first.code != FAIL_NONE) {
        *why = c->first;
        return -1;
    }
    return fail_set(why, FAIL_KEY_FILE,
                    "no ~/.ssh/id_ed25519, id_ecdsa or id_rsa, and %s; make a key "
                    "(ssh-keygen -t ed25519), or name one with -i",
                    c->no_list.code  ? c->no_list.text
                    : c->ring->agent ? "none in the ssh-agent"
                                     : "no ssh-agent");
}

int keyring_new(const char *paths, const char *home, struct keyagent *agent,
                struct keyring **ring, struct fail *why)
{
    struct choice c = {.ring = calloc(1, sizeof *c.ring), .home = home};
    int rc;

    if (!c.ring)
        return fail_memory(why);
    c.ring->agent = agent;
    rc = paths ? add_named(&c, paths, why) : add_all(&c, why);
    keyagent_list_clear(&c.list);
    if (rc < 0) {
        keyring_free(c.ring);
        return -1;
    }
    *ring = c.ring;
    return 0;
}

void keyring_free(struct keyring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->count; i++)
        userkey_free(ring->keys[i]);
    free(ring);
}

/* ---- using it ----------------------------------------------------------------- */

size_t keyring_order(const struct keyring *ring, unsigned char order[KEYRING_MAX_KEYS])
{
    size_t n = 0;

    order[n++] = (unsigned char)ring->favourite;
    for (size_t i = 0; i < ring->count; i++)
        if (i != ring->favourite)
            order[n++] = (unsigned char)i;
    return n;
}

const struct userkey *keyring_key(const struct keyring *ring, size_t number)
{
    return ring->keys[number];
}

struct keyagent *keyring_agent(const struct keyring *ring)
{
    return ring->agent;
}

void keyring_praise(struct keyring *ring, size_t number)
{
    ring->favourite = number;
}
