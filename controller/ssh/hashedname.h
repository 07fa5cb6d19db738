/* hashedname - a host's name as known_hosts hides it: |1|salt|HMAC-SHA1 (pure)
 *
 * Whoever looks for one host among many hidden names tries each of them, so all that
 * does not depend on the host is computed when a name is read, and all that does not
 * depend on the hidden name once for each search.
 *
 *     hashedname_parse("|1|...|...", n, &hidden);
 *     hashedname_ask("ib1", &question);
 *     if (hashedname_is(&hidden, &question)) ...
 */
#ifndef CONTROLLER_HASHEDNAME_H
#define CONTROLLER_HASHEDNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names are shorter. */
#define HASHEDNAME_MAX_BYTES 300

struct hashedname {
    uint32_t inner[5], outer[5]; /* SHA-1 after the salt, either way */
    uint32_t mac[5];
};

struct hashedname_question {
    uint8_t blocks[384]; /* the name, padded for SHA-1 */
    size_t len_bytes;
};

/* -1 when it is none, or of another kind. */
int hashedname_parse(const char *text, size_t len_bytes, struct hashedname *hidden);

/* name has less than HASHEDNAME_MAX_BYTES. */
void hashedname_ask(const char *name, struct hashedname_question *question);

bool hashedname_is(const struct hashedname *hidden,
                   const struct hashedname_question *question);

#endif
