/* A long operation: asked for, then polled as Azure says until it has ended.
 *
 * Azure-AsyncOperation, when it is there, answers {"status": ...}; Location answers 202
 * until it is done.  Both lead to the same host or are not followed.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "controller/azure/arm_parts.h"
#include "controller/azure/arm_url.h"
#include "controller/azure/web.h"
#include "protocol/json.h"

#define POLL_MS     10000u /* where Azure does not say */
#define POLL_MAX_MS 300000u

struct deed {
    struct arm *arm;
    struct deed *next, **link; /* those that wait between two polls */
    struct arm_act_hooks hooks;
    void *arg;
    char *what, *url;
    enum arm_track track;
    uint64_t deadline_ms, give_up_at_ms;
    uv_timer_t timer;
};

/* ---- its life ------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct deed *d = handle->data;
    struct arm *arm = d->arm;

    free(d->what);
    free(d->url);
    free(d);
    arm_part_closed(arm);
}

/* It does not wait, or waits no longer. */
static void unlist(struct deed *d)
{
    if (d->link)
        *d->link = d->next;
    if (d->link && d->next)
        d->next->link = d->link;
    d->link = NULL;
}

static void take_down(void *arg)
{
    struct deed *d = arg;

    unlist(d);
    uv_timer_stop(&d->timer);
    uv_close((uv_handle_t *)&d->timer, on_closed);
}

void arm_deeds_drop(struct arm *arm)
{
    while (arm->deeds)
        take_down(arm->deeds);
}

static void end(struct deed *d, const struct arm_answer *answer)
{
    arm_done *done = d->hooks.done;
    void *arg = d->arg;

    take_down(d);
    done(arg, answer);
}

static void end_badly(struct deed *d, const struct fail *why)
{
    end(d, &(struct arm_answer){.why = why});
}

/* ---- polling -------------------------------------------------------------------------------------- */

static void on_poll(void *arg, const struct arm_reply *reply);

static void poll_once(struct deed *d)
{
    uint64_t now_ms = uv_now(d->arm->loop);
    struct arm_request ask = {.method = "GET", .what = d->what};
    struct arm_receiver receiver = {on_poll, take_down, d};
    struct fail why;

    if (now_ms >= d->give_up_at_ms) {
        fail_set(&why, FAIL_TIMEOUT,
                 "%s: the operation has not ended in time; it goes on at Azure", d->what);
        end_badly(d, &why);
        return;
    }
    ask.deadline_ms = d->give_up_at_ms - now_ms;
    if (ask.deadline_ms > ARM_DEADLINE_MS)
        ask.deadline_ms = ARM_DEADLINE_MS;
    if (arm_ship_url(d->arm, d->url, &ask, &receiver, &why) < 0)
        end_badly(d, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct deed *d = timer->data;

    unlist(d);
    poll_once(d);
}

static void wait_for_poll(struct deed *d, const struct web_answer *answer)
{
    int64_t ms = answer ? web_retry_after_ms(answer) : 0;

    if (ms < 0)
        ms = POLL_MS;
    if (ms > POLL_MAX_MS)
        ms = POLL_MAX_MS;
    d->next = d->arm->deeds;
    d->link = &d->arm->deeds;
    if (d->next)
        d->next->link = &d->next;
    d->arm->deeds = d;
    uv_timer_start(&d->timer, on_timer, (uint64_t)ms, 0);
}

/* ---- what a poll says -------------------------------------------------------------------------------- */

static int percent_in(const struct json *body)
{
    double percent;

    if (json_get_real(body, "percentComplete", &percent, NULL) < 0 || !(percent >= 0) ||
        percent > 100)
        return -1;
    return (int)percent;
}

static bool is_one_of(const char *status, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(status, *words) == 0)
            return true;
    return false;
}

static void on_status(struct deed *d, const struct arm_reply *reply, const char *status)
{
    static const char *const bad[] = {"Failed", "Canceled", "Cancelled", NULL};
    static const char *const good[] = {"Succeeded", NULL};
    struct arm_answer answer = reply->answer;
    char code[ARM_ERROR_CODE];
    struct fail why;

    if (is_one_of(status, good)) {
        end(d, &answer);
    } else if (is_one_of(status, bad)) {
        arm_error_of_operation(d->what, status, json_find(answer.body, "error"), code,
                               &why);
        answer.why = &why;
        answer.error_code = *code ? code : NULL;
        end(d, &answer);
    } else {
        if (d->hooks.progress)
            d->hooks.progress(d->arg, status, percent_in(answer.body));
        wait_for_poll(d, reply->web);
    }
}

static void on_poll(void *arg, const struct arm_reply *reply)
{
    struct deed *d = arg;
    struct arm_answer answer = reply->answer;
    const char *status = NULL;
    struct fail why;

    if (answer.why && (answer.status == 404 || answer.status == 410)) {
        fail_set(&why, FAIL_AZURE_VANISHED,
                 "%s: Azure does not know the operation any more", d->what);
        answer.why = &why;
        end(d, &answer);
        return;
    }
    if (answer.why) {
        end(d, &answer);
        return;
    }
    if (json_is_object(answer.body) && d->track == ARM_TRACK_OPERATION)
        status = json_text_of(json_find(answer.body, "status"));
    if (status)
        on_status(d, reply, status);
    else if (d->track == ARM_TRACK_LOCATION && answer.status == 202)
        on_status(d, reply, "InProgress");
    else if (d->track == ARM_TRACK_LOCATION)
        end(d, &answer);
    else {
        fail_set(&why, FAIL_AZURE_ANSWER,
                 "%s: Azure does not say how the operation stands", d->what);
        end_badly(d, &why);
    }
}

/* ---- the asking ----------------------------------------------------------------------------------------- */

static int set_url(struct deed *d, const char *url, struct fail *why)
{
    if (arm_url_check(url, d->arm->cloud.arm, d->what, "its operation", why) < 0)
        return -1;
    d->url = strdup(url);
    return d->url ? 0 : fail_memory(why);
}

/* A success with neither header was done at once; so was a 200 with a Location alone, which
 * then only names the resource.
 */
static const char *operation_url(const struct arm_reply *reply, enum arm_track *track)
{
    const char *url = web_header(reply->web, "Azure-AsyncOperation", 0);

    *track = ARM_TRACK_OPERATION;
    if (url)
        return url;
    *track = ARM_TRACK_LOCATION;
    return reply->answer.status == 202 ? web_header(reply->web, "Location", 0) : NULL;
}

/* Something between us and Azure may drop headers that it does not know. */
static void end_unfollowed(struct deed *d, const struct arm_answer *answer)
{
    struct fail why;

    fail_set(&why, FAIL_AZURE_VANISHED,
             "%s: Azure has taken it, and does not say where it is followed", d->what);
    end(d, &(struct arm_answer){.status = answer->status,
                                .request_id = answer->request_id,
                                .why = &why,
                                .may_be_done = true});
}

static void on_taken(void *arg, const struct arm_reply *reply)
{
    struct deed *d = arg;
    const char *url = reply->answer.why ? NULL : operation_url(reply, &d->track);
    struct fail why;

    if (!url && !reply->answer.why && reply->answer.status == 202)
        end_unfollowed(d, &reply->answer);
    else if (!url)
        end(d, &reply->answer);
    else if (set_url(d, url, &why) < 0)
        end(d, &(struct arm_answer){.why = &why, .may_be_done = true});
    else {
        d->give_up_at_ms = uv_now(d->arm->loop) + d->deadline_ms;
        wait_for_poll(d, reply->web);
        if (d->hooks.taken)
            d->hooks.taken(d->arg, d->track, d->url);
    }
}

static struct deed *new_deed(struct arm *arm, const char *what, uint64_t deadline_ms,
                             const struct arm_act_hooks *hooks, void *arg)
{
    struct deed *d = calloc(1, sizeof *d);

    if (!d || !(d->what = strdup(what))) {
        free(d);
        return NULL;
    }
    d->arm = arm;
    d->hooks = *hooks;
    d->arg = arg;
    uv_update_time(arm->loop);
    d->deadline_ms = deadline_ms ? deadline_ms : ARM_DEED_MS;
    d->give_up_at_ms = uv_now(arm->loop) + d->deadline_ms;
    uv_timer_init(arm->loop, &d->timer);
    d->timer.data = d;
    arm->open++;
    return d;
}

/* Who wants much of one set waits for its turn much longer than a call takes: Azure lets
 * four changes of a set through in a minute.
 */
int arm_act(struct arm *arm, const struct arm_request *ask,
            const struct arm_act_hooks *hooks, void *arg, struct fail *why)
{
    struct deed *d = new_deed(arm, ask->what, ask->deadline_ms, hooks, arg);
    struct arm_receiver receiver = {on_taken, take_down, d};
    struct arm_request first = *ask;

    if (!d)
        return fail_memory(why);
    first.deadline_ms = d->deadline_ms;
    if (arm_ship(arm, &first, &receiver, why) == 0)
        return 0;
    take_down(d);
    return -1;
}

int arm_follow(struct arm *arm, enum arm_track track, const char *url, const char *what,
               uint64_t deadline_ms, const struct arm_act_hooks *hooks, void *arg,
               struct fail *why)
{
    struct deed *d = new_deed(arm, what, deadline_ms, hooks, arg);

    if (!d)
        return fail_memory(why);
    d->track = track;
    if (set_url(d, url, why) < 0) {
        if (why && why->code == FAIL_AZURE_ANSWER)
            why->code = FAIL_USAGE;
        take_down(d);
        return -1;
    }
    wait_for_poll(d, NULL);
    return 0;
}
