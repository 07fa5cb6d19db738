/* catalog_parts - what the files of catalog share among themselves */
#ifndef INVENTORY_CATALOG_PARTS_H
#define INVENTORY_CATALOG_PARTS_H

#include "inventory/catalog.h"

struct json;

/* A driver that NICs can live with, and its versions. */
struct catalog_driver {
    enum catalog_method method;
    const char *from, *below; /* NULL: no limit */
};

struct catalog_nic {
    const char *names[CATALOG_MAX_LIST]; /* the family's, then others */
    size_t name_count;
    struct catalog_driver drivers[CATALOG_MAX_LIST];
    size_t driver_count;
};

struct catalog {
    struct json *doc; /* owns every text */
    struct catalog_nic nics[CATALOG_MAX_NICS];
    size_t nic_count;
    struct catalog_row *rows;
    size_t count;
};

/* ---- reading: every failure is FAIL_CATALOG and says where ----------------------------- */

struct catalog_place {
    const char *file, *kind; /* "nic", "row" */
    size_t index;            /* from 1 */
    const char *name;        /* NULL: not read yet */
};

int catalog_refuse(const struct catalog_place *at, const char *field, struct fail *why,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* An object with each of these fields (NULL-terminated) once, and no other. */
int catalog_check_fields(const struct catalog_place *at, const struct json *object,
                         const char *const *fields, struct fail *why);

/* allowed: the characters besides letters and digits; NULL: all that can be printed. */
int catalog_get_text(const struct catalog_place *at, const struct json *object,
                     const char *field, const char *allowed, const char **text,
                     struct fail *why);

/* The same, but null is allowed. */
int catalog_get_optional(const struct catalog_place *at, const struct json *object,
                         const char *field, const char *allowed, const char **text,
                         struct fail *why);

int catalog_get_texts(const struct catalog_place *at, const struct json *object,
                      const char *field, const char *allowed,
                      const char *texts[CATALOG_MAX_LIST], size_t *count,
                      struct fail *why);

int catalog_get_method(const struct catalog_place *at, const struct json *object,
                       enum catalog_method *method, struct fail *why);

/* What versions are written with. */
#define CATALOG_VERSION_CHARACTERS ".-+~:_"

/* ---- its parts ------------------------------------------------------------------------- */

int catalog_read_nic(struct catalog *c, struct catalog_place *at,
                     const struct json *object, struct fail *why);
int catalog_read_row(struct catalog *c, struct catalog_place *at,
                     const struct json *object, struct fail *why);

/* NULL: no such family. */
const struct catalog_nic *catalog_nic_find(const struct catalog *c, const char *family);

/* -1: FAIL_UNSUPPORTED. */
int catalog_nic_takes(const struct catalog_nic *nic, enum catalog_method method,
                      const char *version, struct fail *why);

/* Say what is not served, and what is near: rows of that are those that fail first at
 * miss.  Returns miss.
 */
enum catalog_miss catalog_explain(const struct catalog *c,
                                  const struct catalog_question *q,
                                  enum catalog_miss miss, struct fail *why);

/* The first thing that row does not serve. */
enum catalog_miss catalog_row_miss(const struct catalog *c, const struct catalog_row *row,
                                   const struct catalog_question *q);

#endif
