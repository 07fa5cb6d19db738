/* scalar - the fields of a record that hold one value, and their JSON
 *
 * A part of record.h, which walks the table; here each kind of value is written, read
 * and held against its range.
 */
#ifndef PROTOCOL_SCALAR_H
#define PROTOCOL_SCALAR_H

#include <stdint.h>

struct fail;
struct json;
struct record_field;

/* Put the value at p under the field's key.  -1 only when memory is exhausted. */
int scalar_put(struct json *object, const struct record_field *f, const void *p);

/* Read it back to p, which is zeroed.  FAIL_GARBAGE names the field, FAIL_MEMORY. */
int scalar_get(const struct json *doc, const struct record_field *f, void *p,
               struct fail *why);

/* The same for what stands in a list; key is the list's. */
struct json *scalar_hex16(uint16_t value);
int scalar_parse_hex16(const char *text, const char *key, uint16_t *value,
                       struct fail *why);
int scalar_copy_text(const char *text, const char *key, char **copy, struct fail *why);

#endif
