/* hostkeys - which host key a node must show (known_hosts)
 *
 * Reads OpenSSH's known_hosts files once into one table: plain and hashed names,
 * [host]:port, several names on a line, comments, @revoked.  Patterns (*, ?, !) and
 * @cert-authority are not used; a host that only they cover is refused with a
 * sentence that says so.
 *
 *     hostkeys_new(files, 2, &keys, why);
 *     hostkeys_algorithms(keys, &host, list, why);      before the handshake
 *     hostkeys_check(keys, &host, blob, n, accept_new, why);      after it
 */
#ifndef CONTROLLER_HOSTKEYS_H
#define CONTROLLER_HOSTKEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct hostkeys;

/* Ceilings for the file; beyond them it is refused (FAIL_STATE). */
#define HOSTKEYS_FILE_MAX_BYTES ((size_t)64 << 20)

#define HOSTKEYS_MAX_FILES 8

/* Beside each user's own; sites give it to all their machines. */
#define HOSTKEYS_SYSTEM_FILE "/etc/ssh/ssh_known_hosts"

/* Room for the names of all algorithms, with commas. */
#define HOSTKEYS_LIST_BYTES 128

/* A host may be known under its name, its address, or both. */
struct hostkeys_host {
    const char *name, *address; /* may be equal */
    uint16_t port;

    /* What nothing else is called, and the machine whose place it has taken, as somebody
     * says whom we trust (Azure); NULL: not known, none.  A key stored for the machine
     * decides alone, and is what accept_new learns of one that has taken a place.
     */
    const char *machine, *former;
};

/* At most HOSTKEYS_MAX_FILES, at least one: into the first new keys are learned, the others
 * are only read.  A file that is not there is empty.  FAIL_STATE when one cannot be read.
 */
int hostkeys_new(const char *const *files, size_t count, struct hostkeys **keys,
                 struct fail *why);

/* What was learned is on disk when it returns.  NULL is allowed. */
void hostkeys_free(struct hostkeys *keys);

/* The algorithms to offer this host: those of the keys stored for it first, so that it
 * shows one we can compare, then the others, best first.  FAIL_UNSUPPORTED when only keys
 * are stored that libssh2 cannot use (RSA, before 1.11); FAIL_MEMORY.
 */
int hostkeys_algorithms(struct hostkeys *keys, const struct hostkeys_host *host,
                        char list[HOSTKEYS_LIST_BYTES], struct fail *why);

/* -1, FAIL_UNSUPPORTED, when its name stands nowhere in clear text, but a pattern or a
 * @cert-authority covers it: OpenSSH knows what to do with those.
 */
int hostkeys_covered(const struct hostkeys *keys, const struct hostkeys_host *host,
                     struct fail *why);

/* Is this the host's key?  0 when it is stored for it, or was learned now because
 * accept_new allows it.  Otherwise with the fingerprint and what to do:
 *
 *   FAIL_HOST_KEY_UNKNOWN   nothing is stored for it
 *   FAIL_HOST_KEY_CHANGED   another key is, or this one is revoked
 *   FAIL_HOST_KEY_ANOTHERS  another key is, and this one is stored for another host
 *   FAIL_HOST_REPLACED      another key is, and was so when the name had another address,
 *                           or the address another name; or of its former machine
 *
 * FAIL_STATE when it could not be stored; FAIL_MEMORY.
 */
int hostkeys_check(struct hostkeys *keys, const struct hostkeys_host *host,
                   const unsigned char *blob, size_t len_bytes, bool accept_new,
                   struct fail *why);

#endif
