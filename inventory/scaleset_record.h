/* scaleset_record - a scale set as it is kept between two runs, and told to others
 *
 *     doc = scaleset_encode(set);
 *     scaleset_decode(doc, &again, why)
 *
 * What comes back is closed, and equal to what went in.
 *
 * Pure.
 */
#ifndef INVENTORY_SCALESET_RECORD_H
#define INVENTORY_SCALESET_RECORD_H

struct fail;
struct json;
struct scaleset;
struct scaleset_instance;

/* The caller's; NULL when memory is exhausted. */
struct json *scaleset_encode(const struct scaleset *set);
struct json *scaleset_encode_instance(const struct scaleset_instance *instance);

/* -1: FAIL_AZURE_ANSWER names the field that is missing or wrong; FAIL_MEMORY. */
int scaleset_decode(const struct json *doc, struct scaleset **set, struct fail *why);

#endif
