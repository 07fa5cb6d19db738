#include "node-agent/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define CLAIM_FILE_MAX_BYTES 4096
#define EPOCH_MAX            ((int64_t)1 << 53)

/* ---- on the wire and in the file ----------------------------------------------------
 */

static int get_word(const struct json *body, const char *key, char *word, size_t size,
                    struct fail *why)
{
    const char *text;

    if (json_get_text(body, key, &text, why) < 0)
        return -1;
    if (!*text || strlen(text) >= size)
        return fail_set(why, FAIL_GARBAGE, "'%s' is empty or too long", key);
    strcpy(word, text);
    return 0;
}

static int decode(const struct json *body, struct claim *c, struct fail *why)
{
    if (get_word(body, "run", c->run, sizeof c->run, why) < 0 ||
        get_word(body, "controller", c->controller, sizeof c->controller, why) < 0 ||
        get_word(body, "user", c->user, sizeof c->user, why) < 0 ||
        json_get_int(body, "epoch", 0, EPOCH_MAX, &c->epoch, why) < 0 ||
        json_get_int(body, "until_s", 0, EPOCH_MAX, &c->until_s, why) < 0)
        return -1;
    if (!home_name_is_safe(c->run))
        return fail_set(why, FAIL_GARBAGE, "'run' is not fit for a file name");
    return 0;
}

int claim_decode(const struct json *body, struct claim *c, struct fail *why)
{
    struct claim made = {0};

    if (decode(body, &made, why) < 0)
        return -1;
    if (json_find(body, "from") &&
        get_word(body, "from", made.from, sizeof made.from, why) < 0)
        return -1;
    *c = made;
    return 0;
}

struct json *claim_encode(const struct claim *c)
{
    struct json *doc = json_object();

    if (!doc || json_put_text(doc, "run", c->run) < 0 ||
        json_put_text(doc, "controller", c->controller) < 0 ||
        json_put_text(doc, "user", c->user) < 0 ||
        json_put_int(doc, "epoch", c->epoch) < 0 ||
        json_put_int(doc, "since_s", c->since_s) < 0 ||
        json_put_int(doc, "until_s", c->until_s) < 0) {
        json_free(doc);
        return NULL;
    }
    return doc;
}

static int parse(const char *text, struct claim *c, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    if (json_parse(text, strlen(text), &doc, why) < 0 || decode(doc, c, why) < 0)
        return -1;
    return json_get_int(doc, "since_s", 0, EPOCH_MAX, &c->since_s, why);
}

/* ---- the file -------------------------------------------------------------------------
 */

/* 1: there is one, 0: there is none.  One that can not be read protects too. */
static int load(const struct home *h, struct claim *c, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    *c = (struct claim){0};
    if (home_in_state(h, path, why, "/claim") < 0)
        return -1;
    text = home_read(path, CLAIM_FILE_MAX_BYTES);
    if (!text && access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    if (!text || parse(text, c, NULL) < 0)
        return fail_set(why, FAIL_CLAIMED,
                        "%s can not be read: remove it if no rollout is at work here",
                        path);
    return 1;
}

static int save(const struct home *h, const struct claim *c, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = claim_encode(c);
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (!text)
        return fail_memory(why);
    if (home_in_state(h, path, why, "/claim") < 0)
        return -1;
    return home_write(path, text, 0600, why);
}

/* ---- who wins ------------------------------------------------------------------ */

int claim_refuse(const struct claim *holder, struct fail *why)
{
    char since[32], until[32];
    struct tm tm;
    time_t t = (time_t)holder->since_s;

    strftime(since, sizeof since, "%d %b %H:%M", gmtime_r(&t, &tm));
    t = (time_t)holder->until_s;
    strftime(until, sizeof until, "%d %b %H:%M", gmtime_r(&t, &tm));
    return fail_set(why, FAIL_CLAIMED, "claimed by run %s of %s@%s, %s to %s UTC",
                    holder->run, holder->user, holder->controller, since, until);
}

static int compare_epochs(const struct claim *holder, int64_t epoch, struct fail *why)
{
    if (epoch >= holder->epoch)
        return 0;
    return fail_set(why, FAIL_STALE_EPOCH,
                    "run %s is at epoch %lld here, this is an older one: %lld",
                    holder->run, (long long)holder->epoch, (long long)epoch);
}

static int judge(const struct claim *holder, const struct claim *want, int64_t now_s,
                 struct fail *why)
{
    if (strcmp(holder->run, want->run) == 0)
        return compare_epochs(holder, want->epoch, why);
    if (strcmp(holder->run, want->from) == 0 || holder->until_s <= now_s)
        return 0;
    return claim_refuse(holder, why);
}

int claim_take(const struct home *h, const struct claim *want, int64_t now_s,
               struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(h, "claim", why);
    struct claim holder, next = *want;
    int there;

    if (lock < 0)
        return -1;
    there = load(h, &holder, why);
    if (there < 0)
        return -1;
    if (there > 0 && judge(&holder, want, now_s, why) < 0)
        return -1;
    next.since_s =
        there > 0 && strcmp(holder.run, want->run) == 0 ? holder.since_s : now_s;
    if (next.until_s < now_s + CLAIM_MIN_S)
        next.until_s = now_s + CLAIM_MIN_S;
    return save(h, &next, why);
}

static int check(const struct home *h, const char *run, int64_t epoch, int *there,
                 struct fail *why)
{
    struct claim holder;

    *there = load(h, &holder, why);
    if (*there <= 0)
        return *there;
    if (strcmp(holder.run, run) != 0)
        return claim_refuse(&holder, why);
    return compare_epochs(&holder, epoch, why);
}

int claim_check(const struct home *h, const char *run, int64_t epoch, struct fail *why)
{
    int there;

    if (check(h, run, epoch, &there, why) < 0)
        return -1;
    if (!there)
        return fail_set(why, FAIL_STALE_EPOCH, "run %s holds no claim on this node", run);
    return 0;
}

int claim_release(const struct home *h, const char *run, int64_t epoch, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(h, "claim", why);
    char path[HOME_PATH_MAX_BYTES];
    int there;

    if (lock < 0 || check(h, run, epoch, &there, why) < 0)
        return -1;
    if (home_in_state(h, path, why, "/claim") < 0)
        return -1;
    return there ? home_remove(path, why) : 0;
}

bool claim_read(const struct home *h, struct claim *c)
{
    return load(h, c, NULL) > 0;
}
