#include "protocol/parcel.h"

#include <string.h>

#include "protocol/fail.h"
#include "protocol/fail_wire.h"
#include "protocol/json.h"

static const char *const kinds[] = {
    [PARCEL_FILE] = "file",
    [PARCEL_FOLDER] = "folder",
    [PARCEL_LINK] = "link",
};
#define KINDS (sizeof kinds / sizeof *kinds)

bool parcel_is_inside(const char *path)
{
    if (strlen(path) > PARCEL_MAX_PATH_BYTES)
        return false;
    for (;;) {
        size_t len = strcspn(path, "/");

        if (len == 0 || (len == 1 && path[0] == '.') ||
            (len == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        if (!path[len])
            return true;
        path += len + 1;
    }
}

struct json *parcel_encode(const struct parcel *parcel)
{
    struct json *doc = json_object();
    bool file = parcel->kind == PARCEL_FILE, link = parcel->kind == PARCEL_LINK;

    if (doc && json_put_text(doc, "path", parcel->path) == 0 &&
        json_put_text(doc, "kind", kinds[parcel->kind]) == 0 &&
        (link || json_put_int(doc, "mode", parcel->mode) == 0) &&
        (!file || json_put_u64(doc, "size", parcel->size) == 0) &&
        (!file || json_put_text(doc, "sha256", parcel->sha256) == 0) &&
        (!link || json_put_text(doc, "target", parcel->target) == 0))
        return doc;
    json_free(doc);
    return NULL;
}

struct json *parcel_want(size_t i, uint64_t have_bytes, const char *sha256)
{
    struct json *doc = json_object();

    if (doc && json_put_int(doc, "want", (int64_t)i) == 0 &&
        json_put_u64(doc, "have", have_bytes) == 0 &&
        json_put_text(doc, "sha256", sha256) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *parcel_from(uint64_t from_bytes)
{
    struct json *doc = json_object();

    if (doc && json_put_u64(doc, "from", from_bytes) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *parcel_done(uint64_t sent_files, uint64_t same_files, uint64_t bytes)
{
    struct json *doc = json_object();

    if (doc && json_put_flag(doc, "done", true) == 0 &&
        json_put_u64(doc, "sent", sent_files) == 0 &&
        json_put_u64(doc, "same", same_files) == 0 &&
        json_put_u64(doc, "bytes", bytes) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *parcel_failed(const struct fail *why)
{
    struct json *doc = json_object(), *inner = json_object();

    if (inner && fail_wire_put(inner, why) < 0) {
        json_free(inner);
        inner = NULL;
    }
    if (doc && json_put(doc, "fail", inner) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int decode_kind(const struct json *doc, enum parcel_kind *kind, struct fail *why)
{
    const char *word;

    if (json_get_text(doc, "kind", &word, why) < 0)
        return -1;
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i], word) == 0) {
            *kind = (enum parcel_kind)i;
            return 0;
        }
    return fail_set(why, FAIL_GARBAGE, "kind: '%s' is none", word);
}

static int decode_mode(const struct json *doc, struct parcel *parcel, struct fail *why)
{
    int64_t mode;

    if (json_get_int(doc, "mode", 0, 0777, &mode, why) < 0)
        return -1;
    parcel->mode = (unsigned)mode;
    return 0;
}

static int decode_file(const struct json *doc, struct parcel *parcel, struct fail *why)
{
    const char *sha256;

    if (decode_mode(doc, parcel, why) < 0 ||
        json_get_u64(doc, "size", &parcel->size, why) < 0 ||
        json_get_text(doc, "sha256", &sha256, why) < 0)
        return -1;
    if (parcel->size > INT64_MAX || strlen(sha256) != DIGEST_HEX_BYTES - 1 ||
        strspn(sha256, "0123456789abcdef") != DIGEST_HEX_BYTES - 1)
        return fail_set(why, FAIL_GARBAGE, "a file without a size or a digest");
    memcpy(parcel->sha256, sha256, sizeof parcel->sha256);
    return 0;
}

int parcel_decode(const struct json *doc, struct parcel *parcel, struct fail *why)
{
    struct parcel read = {0};

    if (json_get_text(doc, "path", &read.path, why) < 0 ||
        decode_kind(doc, &read.kind, why) < 0)
        return -1;
    if (!parcel_is_inside(read.path))
        return fail_set(why, FAIL_GARBAGE, "path: '%s' leads outside", read.path);
    if (read.kind == PARCEL_FILE && decode_file(doc, &read, why) < 0)
        return -1;
    if (read.kind == PARCEL_FOLDER && decode_mode(doc, &read, why) < 0)
        return -1;
    if (read.kind == PARCEL_LINK && json_get_text(doc, "target", &read.target, why) < 0)
        return -1;
    *parcel = read;
    return 0;
}
