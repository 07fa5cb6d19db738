/* keyring - the keys to try, in which order, and who signs with them
 *
 * With key files named it is those alone, otherwise ~/.ssh/id_ed25519, id_ecdsa and id_rsa,
 * then what the ssh-agent has, in its order; files as far as they can be used.  A key that
 * one node took is the first that the others are shown.
 *
 *     keyring_new(paths, home, agent, &ring, why);
 *     keyring_order(ring, order);       at the beginning of a login
 *     keyring_key(ring, order[i])       shown one after the other
 *     keyring_praise(ring, order[i]);   it was taken
 */
#ifndef CONTROLLER_KEYRING_H
#define CONTROLLER_KEYRING_H

#include <stddef.h>

struct fail;
struct keyagent;
struct keyring;
struct userkey;

/* A server gives a login so many tries (MaxAuthTries is 6), and counts what it refuses. */
#define KEYRING_MAX_KEYS 5

/* paths: key files, one a line, or NULL; a key that needs an agent must be in it.  home holds
 * .ssh, NULL: none; agent is borrowed, NULL: none.  FAIL_KEY_FILE says what to do when no key
 * can be used; FAIL_UNSUPPORTED: there are only certificates, FIDO keys and the like, in the
 * agent; FAIL_MEMORY.
 */
int keyring_new(const char *paths, const char *home, struct keyagent *agent,
                struct keyring **ring, struct fail *why);

/* NULL is allowed. */
void keyring_free(struct keyring *ring);

/* The keys' numbers, in the order in which to show them now; returns how many, at least 1
 * and at most KEYRING_MAX_KEYS.
 */
size_t keyring_order(const struct keyring *ring, unsigned char order[KEYRING_MAX_KEYS]);

/* Borrowed. */
const struct userkey *keyring_key(const struct keyring *ring, size_t number);

/* Who signs with the keys that cannot do it themselves; NULL: nobody.  Borrowed. */
struct keyagent *keyring_agent(const struct keyring *ring);

/* A node has taken this key. */
void keyring_praise(struct keyring *ring, size_t number);

#endif
