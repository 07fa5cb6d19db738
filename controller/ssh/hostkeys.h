/* hostkeys - which host key a node must show (known_hosts)
 *
 * Reads OpenSSH's known_hosts files once into a hash table: plain and hashed names,
 * [host]:port, several names on a line, comments, @revoked.  Patterns (*, ?, !) and
 * @cert-authority are not used; a host that only they cover is refused with a
 * sentence that says so.
 *
 *     hostkeys_new("/home/me/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts", &keys, why);
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
#define HOSTKEYS_LINE_MAX_BYTES ((size_t)16 << 10)

/* Room for the names of all algorithms, with commas. */
#define HOSTKEYS_LIST_BYTES 128

/* A host may be known under its name, its address, or both. */
struct hostkeys_host {
    const char *name, *address; /* may be equal */
    uint16_t port;
};

/* path is where new keys are learned; the system's file (NULL: none) is only read.  A
 * file that is not there is empty.  FAIL_STATE when it cannot be read.
 */
int hostkeys_new(const char *path, const char *system_path, struct hostkeys **keys,
                 struct fail *why);

/* What was learned is on disk when it returns.  NULL is allowed. */
void hostkeys_free(struct hostkeys *keys);

/* The algorithms to offer this host, best first: those of the keys stored for it, so
 * that it shows one we can compare; all when none is stored.  FAIL_HOST_KEY_UNKNOWN
 * when only keys are stored that libssh2 1.10 cannot use (RSA).
 */
int hostkeys_algorithms(const struct hostkeys *keys, const struct hostkeys_host *host,
                        char list[HOSTKEYS_LIST_BYTES], struct fail *why);

/* Is this the host's key?  0 when it is stored for it, or was learned now because
 * accept_new allows it.  Otherwise FAIL_HOST_KEY_CHANGED or FAIL_HOST_KEY_UNKNOWN with
 * the fingerprint and what to do; FAIL_STATE when it could not be stored.
 */
int hostkeys_check(struct hostkeys *keys, const struct hostkeys_host *host,
                   const unsigned char *blob, size_t len_bytes, bool accept_new,
                   struct fail *why);

#endif
