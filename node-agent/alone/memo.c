#include "node-agent/alone/memo.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inventory/catalog.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define MEMO_SCHEMA    1
#define MEMO_MAX_BYTES ((size_t)1 << 20)
#define MEMO_FILE      "/alone.json"
#define CATALOG_FILE   "/alone-catalog.json"

/* ---- the file's form -------------------------------------------------------------- */

static struct json *encode(const struct memo *m)
{
    struct json *doc = json_object();

    if (doc && json_put_int(doc, "schema", MEMO_SCHEMA) == 0 &&
        json_put_text(doc, "run", m->run) == 0 &&
        json_put_text(doc, "boot_id", m->boot_id) == 0 &&
        json_put_text(doc, "earlier", m->earlier) == 0 &&
        json_put_int(doc, "at_s", m->at_s) == 0 &&
        json_put(doc, "wish", json_copy(m->wish)) == 0 &&
        json_put(doc, "steps", steps_encode(&m->steps)) == 0 &&
        json_put_flag(doc, "over", m->over) == 0 &&
        json_put_text(doc, "code", fail_code_name(m->result.code)) == 0 &&
        json_put_text(doc, "text", m->result.text) == 0 &&
        json_put_flag(doc, "reboot", m->reboot) == 0 &&
        json_put_flag(doc, "rebooted", m->rebooted) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int get_word(const struct json *doc, const char *key, char *word, size_t size)
{
    const char *text;

    if (json_get_text(doc, key, &text, NULL) < 0 || strlen(text) >= size)
        return -1;
    strcpy(word, text);
    return 0;
}

static int decode(const struct json *doc, struct memo *m)
{
    const struct json *wish, *steps;
    const char *code;
    int64_t schema;

    if (json_get_int(doc, "schema", MEMO_SCHEMA, MEMO_SCHEMA, &schema, NULL) < 0 ||
        get_word(doc, "run", m->run, sizeof m->run) < 0 ||
        get_word(doc, "boot_id", m->boot_id, sizeof m->boot_id) < 0 ||
        get_word(doc, "earlier", m->earlier, sizeof m->earlier) < 0 ||
        json_get_int(doc, "at_s", 0, INT64_C(1) << 53, &m->at_s, NULL) < 0 ||
        json_get_object(doc, "wish", &wish, NULL) < 0 ||
        json_get_array(doc, "steps", &steps, NULL) < 0 ||
        steps_decode(steps, &m->steps, NULL) < 0 ||
        json_get_flag(doc, "over", &m->over, NULL) < 0 ||
        json_get_text(doc, "code", &code, NULL) < 0 ||
        get_word(doc, "text", m->result.text, sizeof m->result.text) < 0 ||
        json_get_flag(doc, "reboot", &m->reboot, NULL) < 0 ||
        json_get_flag(doc, "rebooted", &m->rebooted, NULL) < 0)
        return -1;
    m->result.code = fail_code_of(code);
    m->wish = json_copy(wish);
    return m->wish && (!*m->run || home_name_is_safe(m->run)) ? 0 : -1;
}

/* ---- on disk ---------------------------------------------------------------------- */

static char *read_file(const struct home *h, const char *name, size_t max_bytes)
{
    char path[HOME_PATH_MAX_BYTES];

    return home_in_state(h, path, NULL, "%s", name) < 0 ? NULL
                                                        : home_read(path, max_bytes);
}

bool memo_load(const struct home *h, struct memo *m)
{
    CLEANUP(text_done) char *text = read_file(h, MEMO_FILE, MEMO_MAX_BYTES);
    CLEANUP(json_done) struct json *doc = NULL;

    *m = (struct memo){0};
    if (!text || json_parse(text, strlen(text), &doc, NULL) < 0)
        return false;
    if (decode(doc, m) < 0) {
        memo_clear(m);
        return false;
    }
    m->catalog_text = read_file(h, CATALOG_FILE, CATALOG_MAX_BYTES);
    return true;
}

static int save_catalog(const struct home *h, const struct memo *m, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_state(h, path, why, CATALOG_FILE) < 0)
        return -1;
    if (m->catalog_text)
        return home_write(path, m->catalog_text, 0600, why);
    unlink(path);
    return 0;
}

int memo_save(const struct home *h, struct memo *m, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    m->at_s = (int64_t)time(NULL);
    doc = encode(m);
    text = doc ? json_print(doc) : NULL;
    if (!text)
        return fail_memory(why);
    if (home_make(h, NULL, why) < 0 || save_catalog(h, m, why) < 0 ||
        home_in_state(h, path, why, MEMO_FILE) < 0)
        return -1;
    return home_write(path, text, 0600, why);
}

void memo_clear(struct memo *m)
{
    json_free(m->wish);
    free(m->catalog_text);
    steps_clear(&m->steps);
    *m = (struct memo){0};
}
