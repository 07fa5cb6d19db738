/* signature - what is alike in failures of different nodes (pure)
 *
 *     char a[SIGNATURE_BYTES], b[SIGNATURE_BYTES];
 *
 *     signature_of(FAIL_DISK_FULL, "ib017: 12 MiB left on /var", "ib017", a);
 *     signature_of(FAIL_DISK_FULL, "ib018: 0 MiB left on /var", "ib018", b);
 *     both are "disk-full: NODE: # MiB left on /var"
 *
 * The policy counts failures by it, and reports fold them.  The code and the words count;
 * the node's own name, numbers and ids do not:
 *
 *   the node's name, also as the first label of a longer one       NODE
 *   numbers: 12, 3.5, 10.0.0.4, 5.15.0; the digits of mlx5_0        #, mlx#_#
 *   hexadecimal: 0x1f3a, and words of hex digits with a digit       #
 *   GUIDs, UUIDs, MAC and IPv6 addresses, ids of runs               #
 *
 * It is a key, not text for a person, though a person can read it; nothing in it is
 * escaped.
 */
#ifndef CONTROLLER_SIGNATURE_H
#define CONTROLLER_SIGNATURE_H

#include "protocol/fail.h"

/* A code and all of a struct fail's text; more is cut. */
#define SIGNATURE_BYTES 320

/* reason and node may be "", and hold any bytes.  Returns out. */
const char *signature_of(enum fail_code code, const char *reason, const char *node,
                         char out[SIGNATURE_BYTES]);

#endif
