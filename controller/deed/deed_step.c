/* What is done in each state: look, ask, follow, look again.
 *
 * Who tells of an instance names it; so that equal failures fold, their texts do not.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "controller/deed/deed_parts.h"
#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define LOOK_FIRST_MS 1000u /* before the second look; doubled until */
#define LOOK_MAX_MS   30000u
#define DOUBT_LOOKS   2u /* Azure takes a moment to show what it has taken */

static const struct deed_kind *kind_of(const struct deed_item *i)
{
    return i->deed->order.kind;
}

static uint64_t patience_ms(const struct deed_item *i)
{
    return i->deed->order.check_ms ? i->deed->order.check_ms : DEED_CHECK_MS;
}

static void ask_clear(struct deed_ask *ask)
{
    json_free(ask->body);
}

/* ---- what cannot be told --------------------------------------------------------------- */

static void fail_in_doubt(struct deed_item *i, const char *reason)
{
    struct fail why;

    fail_set(&why, FAIL_AZURE_VANISHED, "may have been %s: %s: look, and ask again",
             kind_of(i)->done, reason);
    deed_fail(i, &why);
}

/* A look tells of what is seen; of the rest, nobody does something twice. */
static void doubt(struct deed_item *i, const char *reason)
{
    if (kind_of(i)->is_seen)
        deed_feed(i, DEED_EV_DOUBT);
    else
        fail_in_doubt(i, reason);
}

/* ---- looking ------------------------------------------------------------------------------- */

static void look(struct deed_item *i);

static void on_timer(uv_timer_t *timer)
{
    look(timer->data);
}

static void look_later(struct deed_item *i, const struct fail *last)
{
    uint64_t pause_ms = LOOK_FIRST_MS << (i->looks < 6 ? i->looks - 1 : 5);
    struct fail why;

    if (uv_now(i->deed->loop) < i->until_ms) {
        uv_timer_start(i->timer, on_timer,
                       pause_ms < LOOK_MAX_MS ? pause_ms : LOOK_MAX_MS, 0);
        return;
    }
    if (last && last->code != FAIL_NONE)
        why = *last;
    else
        fail_set(&why, FAIL_TIMEOUT, "is not seen to be %s after %llu s",
                 kind_of(i)->done, (unsigned long long)patience_ms(i) / 1000);
    deed_fail(i, &why);
}

static void ask_again(struct deed_item *i)
{
    if (i->looks < DOUBT_LOOKS)
        look_later(i, NULL);
    else if (i->asks < DEED_ASKS)
        deed_feed(i, DEED_EV_ASK);
    else
        fail_in_doubt(i, "asked for again and again, its answers were lost");
}

static void decide_before(struct deed_item *i, enum deed_sight sight, bool is_there,
                          const struct fail *why)
{
    if (sight == SIGHT_AS_WANTED && kind_of(i)->is_seen)
        deed_feed(i, DEED_EV_UP_TO_DATE);
    else if (sight == SIGHT_FAILED && !is_there)
        deed_fail(i, why);
    else
        deed_feed(i, DEED_EV_ASK);
}

static void decide_after(struct deed_item *i, enum deed_sight sight,
                         const struct fail *why)
{
    if (sight == SIGHT_AS_WANTED)
        deed_feed(i, DEED_EV_OK);
    else if (sight == SIGHT_FAILED)
        deed_fail(i, why);
    else if (sight == SIGHT_OTHERWISE && i->state == DEED_DOUBTING)
        ask_again(i);
    else
        look_later(i, NULL);
}

/* Names are given again. */
static bool is_another(const struct deed_item *i, const char *vm_id)
{
    return vm_id && i->of->vm_id && strcasecmp(vm_id, i->of->vm_id) != 0;
}

static void fail_another(struct deed_item *i)
{
    struct fail why;

    fail_set(&why, FAIL_AZURE_NOT_FOUND,
             "is another machine by now: it was replaced, so nothing more is done");
    deed_fail(i, &why);
}

/* The network and Azure's bad moments are waited out, in a check. */
static void on_no_look(struct deed_item *i, const struct fail *why)
{
    if (i->state != DEED_LOOKING && fail_kind_of(why->code) == FAIL_KIND_AGAIN)
        look_later(i, why);
    else
        deed_fail(i, why);
}

static void on_look(void *arg, const struct arm_answer *answer)
{
    struct deed_item *i = arg;
    const struct json *seen = answer->why ? NULL : answer->body;
    struct fail why = {.code = FAIL_NONE};
    enum deed_sight sight;

    if (i->deed->is_over)
        return;
    i->looks++;
    if (answer->why && answer->status != 404) {
        on_no_look(i, answer->why);
        return;
    }
    if (is_another(i, armfield_text(seen, "properties.vmId"))) {
        fail_another(i);
        return;
    }
    sight = kind_of(i)->judge(i->deed->order.arg, i->of, seen, &why);
    if (i->state == DEED_LOOKING)
        decide_before(i, sight, seen, &why);
    else
        decide_after(i, sight, &why);
}

static int send_look(struct deed_item *i, const struct deed_ask *ask, struct fail *why)
{
    const struct arm_param view[] = {{"$expand", ask->expand}, {NULL, NULL}};
    const struct arm_request request = {.method = ask->method,
                                        .path = ask->path,
                                        .query = ask->expand ? view : NULL,
                                        .api_version = ask->api_version,
                                        .what = "looking at it"};

    return arm_call(i->deed->arm, &request, on_look, i, why);
}

static void look(struct deed_item *i)
{
    CLEANUP(ask_clear) struct deed_ask ask = {.method = NULL};
    struct fail why;

    if (kind_of(i)->look(i->deed->order.arg, i->set, i->of, &ask, &why) < 0 ||
        send_look(i, &ask, &why) < 0)
        deed_fail(i, &why);
}

static void begin_looks(struct deed_item *i)
{
    i->looks = 0;
    i->until_ms = uv_now(i->deed->loop) + patience_ms(i);
    look(i);
}

/* ---- asking, and following -------------------------------------------------------------------- */

static void on_taken(void *arg, enum arm_track track, const char *url)
{
    struct deed_item *i = arg;
    struct fail why;

    if (i->deed->is_over)
        return;
    free(i->url);
    i->url = strdup(url);
    i->track = track;
    if (i->url) {
        deed_feed(i, DEED_EV_TAKEN);
        return;
    }
    fail_memory(&why);
    deed_fail(i, &why);
}

/* Azure has said no, or that it came to nothing. */
static void fail_of_answer(struct deed_item *i, const struct arm_answer *answer)
{
    struct fail told = *answer->why;

    if (kind_of(i)->explain)
        kind_of(i)->explain(i->deed->order.arg, answer->body, &told);
    deed_fail(i, &told);
}

/* What Azure has taken goes on there, whatever keeps us from hearing of it. */
static void on_no_end(struct deed_item *i, const struct arm_answer *answer)
{
    struct fail told = *answer->why;

    if (told.code == FAIL_AZURE_VANISHED) {
        doubt(i, "Azure does not know the operation any more");
    } else if (fail_kind_of(told.code) == FAIL_KIND_AGAIN) {
        fail_prefix(&told, "cannot be followed, but goes on at Azure");
        deed_fail(i, &told);
    } else {
        fail_of_answer(i, answer);
    }
}

static void on_done(void *arg, const struct arm_answer *answer)
{
    struct deed_item *i = arg;

    if (i->deed->is_over || deed_state_is_end(deed_where(i)))
        return;
    if (!answer->why)
        deed_feed(i, DEED_EV_OK);
    else if (deed_where(i) == DEED_FOLLOWING)
        on_no_end(i, answer);
    else if (answer->may_be_done)
        doubt(i, answer->why->code == FAIL_AZURE_VANISHED
                     ? "Azure does not say where it is followed"
                     : "Azure's answer was lost");
    else
        fail_of_answer(i, answer);
}

static const struct arm_act_hooks hooks = {.taken = on_taken, .done = on_done};

static int send_ask(struct deed_item *i, const struct deed_ask *ask, struct fail *why)
{
    const struct arm_request request = {.method = ask->method,
                                        .path = ask->path,
                                        .api_version = ask->api_version,
                                        .body = ask->body,
                                        .what = kind_of(i)->doing,
                                        .is_repeatable = ask->is_repeatable};

    return arm_act(i->deed->arm, &request, &hooks, i, why);
}

static void ask(struct deed_item *i)
{
    CLEANUP(ask_clear) struct deed_ask ask = {.method = NULL};
    struct fail why;

    i->asks++;
    if (kind_of(i)->ask(i->deed->order.arg, i->set, i->of, &ask, &why) < 0 ||
        send_ask(i, &ask, &why) < 0)
        deed_fail(i, &why);
}

static void follow(struct deed_item *i)
{
    struct fail why;

    if (!i->url)
        doubt(i, "the journal does not say where it is followed");
    else if (arm_follow(i->deed->arm, i->track, i->url, kind_of(i)->doing, 0, &hooks, i,
                        &why) < 0)
        deed_fail(i, &why);
}

/* ---- states -------------------------------------------------------------------------------- */

/* Asked here, it is followed already. */
static void enter_following(struct deed_item *i)
{
    if (!i->asks)
        follow(i);
}

static void (*const enter[DEED_STATES])(struct deed_item *) = {
    [DEED_LOOKING] = begin_looks,  [DEED_ASKING] = ask,
    [DEED_DOUBTING] = begin_looks, [DEED_FOLLOWING] = enter_following,
    [DEED_CHECKING] = begin_looks,
};

/* Since an earlier controller has begun, the set may have changed. */
static bool is_lost(struct deed_item *i)
{
    struct fail why;

    if (!i->of) {
        fail_set(&why, FAIL_AZURE_NOT_FOUND, "is in none of the scale sets any more");
        deed_fail(i, &why);
        return true;
    }
    if (!i->left || !is_another(i, i->left->vm_id))
        return false;
    fail_another(i);
    return true;
}

void deed_enter(struct deed_item *i)
{
    if (!is_lost(i))
        enter[i->state](i);
}

static void leave_out(struct deed_item *i)
{
    struct fail why;

    fail_set(&why, FAIL_HOSTLIST, "left out with -x when the run was resumed%s",
             i->state == DEED_TODO ? "" : "; what was begun may go on at Azure");
    deed_fail(i, &why);
}

void deed_revive(struct deed_item *i)
{
    if (i->left->is_left_out) {
        leave_out(i);
        return;
    }
    if (is_lost(i))
        return;
    if (i->state == DEED_ASKING)
        doubt(i, "its controller ended before Azure's answer came");
    else
        enter[i->state](i);
}
