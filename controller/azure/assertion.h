/* assertion - a JWT by which an application proves that it has its certificate's key
 *
 * As the Microsoft identity platform wants it: PS256, and the certificate named by its
 * SHA-256.
 */
#ifndef CONTROLLER_ASSERTION_H
#define CONTROLLER_ASSERTION_H

#include <stdint.h>

struct fail;

#define ASSERTION_LIVES_S 600
#define ASSERTION_MAX_PEM ((size_t)256 << 10)

/* path: PEM with the certificate and its RSA key, which has no passphrase.  audience is the
 * URL it is sent to.  The caller wipes and frees.  NULL: FAIL_AZURE_LOGIN names the file and
 * what is missing in it, or FAIL_MEMORY.
 */
char *assertion_make(const char *path, const char *client_id, const char *audience,
                     int64_t now_s, struct fail *why);

#endif
