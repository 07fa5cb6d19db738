/* json - build and read JSON, saying which field is wrong
 *
 * The only file that knows cJSON.  A struct json is a JSON value; an object or
 * array owns what was put into it.
 *
 *     CLEANUP(json_done) struct json *doc = NULL;
 *     int64_t port;
 *
 *     if (json_parse(text, len_bytes, &doc, why) < 0 ||
 *         json_get_int(doc, "port", 1, 65535, &port, why) < 0)
 *         return -1;
 *
 * The wire's numbers are doubles in cJSON, so what may pass 2^53 (GUIDs,
 * counters, byte counts, nanoseconds) travels as decimal text: json_put_u64()
 * and json_get_u64().  Failures of the getters are FAIL_GARBAGE and name the
 * field; a function that fails has set no output.
 */
#ifndef PROTOCOL_JSON_H
#define PROTOCOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct json;

/* Nesting beyond this is refused: a peer must not be able to spend our stack. */
#define JSON_MAX_DEPTH 32

/* Read one document that fills the whole text.  On success *doc is the caller's
 * (json_free).  FAIL_GARBAGE names the byte where it went wrong, which, as cJSON
 * cannot tell the two apart, is also what a lack of memory looks like.
 */
int json_parse(const char *text, size_t len_bytes, struct json **doc, struct fail *why);

/* NULL is allowed.  Never call it on a part of a larger document. */
void json_free(struct json *doc);
void json_done(struct json **doc);

/* Compact, or indented for people; the caller frees it.  NULL: out of memory. */
char *json_print(const struct json *doc);
char *json_print_pretty(const struct json *doc);

/* ---- building: NULL or -1 only when memory is exhausted -------------------- */

struct json *json_object(void);
struct json *json_array(void);
struct json *json_text(const char *text);
struct json *json_copy(const struct json *doc);

/* Put a value into an object.  text may be NULL: the field is then null. */
int json_put_text(struct json *object, const char *key, const char *text);
int json_put_int(struct json *object, const char *key,
                 int64_t value); /* |value| <= 2^53 */
int json_put_u64(struct json *object, const char *key, uint64_t value);
int json_put_real(struct json *object, const char *key,
                  double value); /* NaN, inf: null */
int json_put_flag(struct json *object, const char *key, bool value);

/* Takes child, also when it fails; a NULL child fails, so that calls chain. */
int json_put(struct json *object, const char *key, struct json *child);
int json_push(struct json *array, struct json *child);

/* An array of what item() gives for 0 to count - 1. */
struct json *json_list(size_t count, struct json *(*item)(const void *arg, size_t i),
                       const void *arg);

/* ---- reading: everything returned is borrowed from the document ------------- */

/* NULL when the field is missing or null. */
const struct json *json_find(const struct json *object, const char *key);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);

int json_get_text(const struct json *object, const char *key, const char **text,
                  struct fail *why);
int json_get_int(const struct json *object, const char *key, int64_t min, int64_t max,
                 int64_t *value, struct fail *why);
int json_get_u64(const struct json *object, const char *key, uint64_t *value,
                 struct fail *why);
int json_get_real(const struct json *object, const char *key, double *value,
                  struct fail *why);
int json_get_flag(const struct json *object, const char *key, bool *value,
                  struct fail *why);
int json_get_object(const struct json *object, const char *key, const struct json **child,
                    struct fail *why);
int json_get_array(const struct json *object, const char *key, const struct json **child,
                   struct fail *why);

/* Elements of an array (or members of an object) in order:
 *     for (const struct json *e = json_first(list); e; e = json_next(e))
 */
size_t json_count(const struct json *list);
const struct json *json_first(const struct json *list);
const struct json *json_next(const struct json *element);
const char *json_key(const struct json *member); /* NULL inside an array */

/* The text of a string value, NULL for anything else. */
const char *json_text_of(const struct json *value);

#endif
