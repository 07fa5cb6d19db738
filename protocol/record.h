/* record - a C structure and its JSON, described once by a table
 *
 * A shape lists the fields of a structure.  From it come the encoder, the decoder
 * that names the field it refuses, and the clearing, so that the three can not
 * drift apart.
 *
 *     static const struct record_field fields[] = {
 *         RECORD_FIELD(hca, RECORD_TEXT, name),
 *         RECORD_RANGE(hca, RECORD_INT, numa, -1, 1023),
 *     };
 *     static const struct record_shape hca_shape = RECORD_SHAPE(hca, fields);
 *
 * Text and arrays belong to the structure; record_clear() frees them.
 */
#ifndef PROTOCOL_RECORD_H
#define PROTOCOL_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct json;

/* No text of a record is longer; a longer one is FAIL_GARBAGE. */
#define RECORD_TEXT_MAX_BYTES 1024

#define RECORD_GID_BYTES 16

#define RECORD_UNKNOWN (-1)

enum record_type {
    RECORD_TEXT,         /* char *, never NULL                                     */
    RECORD_TEXT_OR_NULL, /* char *, may be missing                                 */
    RECORD_NAME,         /* char [max + 1]: letters, digits and "-_.:", no '.' first;
                            it may end up in a path                                */
    RECORD_INT,          /* int within min..max                                    */
    RECORD_U16,          /* uint16_t within min..max                               */
    RECORD_U32,          /* uint32_t within min..max                               */
    RECORD_U64,          /* uint64_t, decimal text on the wire                     */
    RECORD_HEX16,        /* uint16_t, "0x15b3" on the wire                         */
    RECORD_HEX32,        /* uint32_t, likewise                                     */
    RECORD_REAL,         /* double within min..max: finite                         */
    RECORD_GID,          /* uint8_t [RECORD_GID_BYTES], hexadecimal on the wire     */
    RECORD_FLAG,         /* bool                                                   */
    RECORD_FLAG_OR_NULL, /* int: 0, 1, or RECORD_UNKNOWN, which is null            */
    RECORD_PART,         /* a structure of `shape`, in place                       */
    RECORD_LATE_PART,    /* one that came later: left zero when it is missing      */
    RECORD_PART_OR_NULL, /* a pointer to one on the heap, NULL when missing or null */
    RECORD_LIST,         /* array of such structures, size_t at count_offset       */
    RECORD_TEXTS,        /* char **, size_t at count_offset                        */
    RECORD_HEX16S,       /* uint16_t *, size_t at count_offset                     */
};

struct record_shape;

struct record_field {
    const char *key;
    enum record_type type;
    size_t offset, count_offset;
    const struct record_shape *shape;
    int64_t min, max; /* of a number; max also: characters of a name, elements of a
                         list */
};

struct record_shape {
    size_t bytes;
    const struct record_field *fields;
    size_t field_count;
};

/* Lines of a table; a field's key is the member's name. */
/* clang-format off */
#define RECORD_FIELD(type, kind, name) \
    {#name, kind, offsetof(struct type, name), 0, NULL, 0, 0}
#define RECORD_RANGE(type, kind, name, lo, hi) \
    {#name, kind, offsetof(struct type, name), 0, NULL, lo, hi}
#define RECORD_STRUCT(type, name, of) \
    {#name, RECORD_PART, offsetof(struct type, name), 0, of, 0, 0}
#define RECORD_LATE_STRUCT(type, name, of) \
    {#name, RECORD_LATE_PART, offsetof(struct type, name), 0, of, 0, 0}
#define RECORD_CHILD(type, name, of) \
    {#name, RECORD_PART_OR_NULL, offsetof(struct type, name), 0, of, 0, 0}
#define RECORD_ARRAY(type, kind, name, count, of, most) \
    {#name, kind, offsetof(struct type, name), offsetof(struct type, count), of, 0, most}
#define RECORD_SHAPE(type, fields) \
    {sizeof(struct type), fields, sizeof fields / sizeof *fields}
/* clang-format on */

/* An object.  NULL when memory is exhausted. */
struct json *record_encode(const struct record_shape *shape, const void *record);

/* record is zeroed memory.  On failure it is zeroed again; FAIL_GARBAGE names the
 * field ("hcas 0: ports 1: ..."), FAIL_MEMORY.
 */
int record_decode(const struct record_shape *shape, const struct json *doc, void *record,
                  struct fail *why);

/* Free what the record holds and zero it. */
void record_clear(const struct record_shape *shape, void *record);

#endif
