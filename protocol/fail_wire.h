/* fail_wire - a failure in JSON: {"code": "disk-full", "text": "..."} */
#ifndef PROTOCOL_FAIL_WIRE_H
#define PROTOCOL_FAIL_WIRE_H

#include "protocol/fail.h"

struct json;

/* Into an object that may hold other fields too.  -1 only when memory is exhausted. */
int fail_wire_put(struct json *object, const struct fail *f);

/* What a peer's code means to us.  One that we do not know, or that says all is well
 * (whoever sends a failure has one), is FAIL_UNKNOWN; so is one of FAIL_KIND_HERE: it
 * speaks of the peer's machine, and nothing of ours stops because of that.
 */
enum fail_code fail_wire_code(const char *name);

/* The code as by fail_wire_code().  -1: FAIL_GARBAGE names the field. */
int fail_wire_get(const struct json *object, struct fail *f, struct fail *why);

#endif
