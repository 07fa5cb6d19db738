/* fail_wire - a failure in JSON: {"code": "disk-full", "text": "..."} */
#ifndef PROTOCOL_FAIL_WIRE_H
#define PROTOCOL_FAIL_WIRE_H

struct fail;
struct json;

/* Into an object that may hold other fields too.  -1 only when memory is exhausted. */
int fail_wire_put(struct json *object, const struct fail *f);

/* A code that we do not know, or that says all is well, is FAIL_UNKNOWN: whoever
 * sends a failure has one.  -1: FAIL_GARBAGE names the field.
 */
int fail_wire_get(const struct json *object, struct fail *f, struct fail *why);

#endif
