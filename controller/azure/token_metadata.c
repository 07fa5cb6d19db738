/* The machine's managed identity: the metadata service beside it, over plain HTTP and
 * through no proxy, as Azure has it.
 *
 * Its rules: 404, 429 and 5xx pass within a minute; 410 means that it is being updated,
 * which takes up to 70 s; anything else is final.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/arm_url.h"
#include "controller/azure/cloud.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "controller/azure/web.h"
#include "controller/screen/text.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const uint64_t pauses_ms[] = {500, 2000, 6000, 14000, 30000};

#define PAUSES            (sizeof pauses_ms / sizeof pauses_ms[0])
#define UPDATING_MS       70000u
#define UPDATING_PAUSE_MS 10000u

static void on_again(uv_timer_t *timer);
static void ask(struct tokens *t);

static bool may_pass(int status)
{
    return status == 404 || status == 429 || status >= 500;
}

/* UINT64_MAX: not again. */
static uint64_t pause_after(const struct tokens *t, int status)
{
    if (status == 410)
        return uv_now(t->loop) - t->begun_ms < UPDATING_MS ? UPDATING_PAUSE_MS
                                                           : UINT64_MAX;
    return may_pass(status) && t->tries < PAUSES ? pauses_ms[t->tries] : UINT64_MAX;
}

static void refuse(struct tokens *t, const struct web_answer *answer,
                   const struct json *doc)
{
    struct fail why;

    if (answer->why) {
        why = *answer->why;
        why.code = FAIL_AZURE_LOGIN;
        fail_prefix(&why, "the metadata service");
    } else {
        token_tell_refusal("the metadata service", answer->status, doc, &why);
    }
    token_refuse(t, &why);
}

static void take(struct tokens *t, const struct json *doc)
{
    struct token_answer granted;
    struct fail why;

    if (token_answer_read(doc, (int64_t)time(NULL), &granted, &why) == 0) {
        token_grant(t, &granted);
        return;
    }
    fail_prefix(&why, "the metadata service");
    token_refuse(t, &why);
}

static void on_answer(void *arg, const struct web_answer *answer)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct tokens *t = arg;
    uint64_t pause_ms = answer->why ? UINT64_MAX : pause_after(t, answer->status);

    t->call = NULL;
    if (pause_ms != UINT64_MAX) {
        t->tries++;
        uv_timer_start(t->timer, on_again, pause_ms, 0);
        return;
    }
    if (!answer->why)
        json_parse(answer->body, answer->len_bytes, &doc, NULL);
    if (answer->status == 200)
        take(t, doc);
    else
        refuse(t, answer, doc);
}

/* One of the three may name which of the machine's identities is meant. */
static void put_identity(struct text *url, const struct token_words *said)
{
    const char *value = said->msi_res_id  ? said->msi_res_id
                        : said->object_id ? said->object_id
                                          : said->client_id;

    if (!value)
        return;
    text_add(url, "&%s=",
             said->msi_res_id  ? "msi_res_id"
             : said->object_id ? "object_id"
                               : "client_id");
    arm_url_put(url, value, "");
}

static void ask(struct tokens *t)
{
    static const char *const headers[] = {"Metadata: true", NULL};
    CLEANUP(text_clear) struct text url = {.max_bytes = ARM_URL_MAX_BYTES};
    struct fail why;

    text_add(&url, "%s/metadata/identity/oauth2/token?api-version=2018-02-01&resource=",
             t->said.metadata);
    arm_url_put(&url, t->cloud->resource, "");
    text_add(&url, "%%2F");
    put_identity(&url, &t->said);
    if (text_is_cut(&url))
        fail_set(&why, FAIL_USAGE, "the identity's name is too long");
    else if (token_send(t, text_of(&url), headers, NULL, 1, on_answer, &why) == 0)
        return;
    token_refuse(t, &why);
}

static void on_again(uv_timer_t *timer)
{
    ask(timer->data);
}

void token_metadata_begin(struct tokens *t)
{
    ask(t);
}
