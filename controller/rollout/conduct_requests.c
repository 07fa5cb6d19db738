/* conduct_requests - what is asked of a rollout from another terminal
 *
 * The journal is looked at once a second; a page or two of it, which is in memory.
 */
#include <stdlib.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/journal/request.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "protocol/fail.h"

#define LOOK_MS 1000

struct conduct_requests {
    struct conduct *conduct;
    struct request_box *box;
    uv_timer_t timer;
    int64_t begun_ms;
};

static void say(const struct conduct *c, const struct request *r, const char *what)
{
    if (c->progress)
        progress_line(c->progress, "%s, says %s: %s", request_name(r->word), r->user,
                      what);
}

static void obey(struct conduct *c, const struct request *r)
{
    switch (r->word) {
    case REQUEST_PROMOTE:
        say(c, r, "the rest may follow the canaries");
        rollout_promote(c->rollout);
        break;
    case REQUEST_PAUSE:
    case REQUEST_ABORT:
        say(c, r, "nothing new is begun");
        c->interrupted = true;
        c->is_aborted |= r->word == REQUEST_ABORT;
        rollout_hold(c->rollout);
        break;
    case REQUEST_PAUSE_NOW:
    case REQUEST_ABORT_NOW:
        say(c, r, "those under way are left where they are");
        c->interrupted = true;
        c->is_aborted |= r->word == REQUEST_ABORT_NOW;
        rollout_pause(c->rollout);
        break;
    case REQUEST_WORDS:
        break;
    }
}

/* What was asked of an earlier controller is done with, but for promote, which stays said. */
static bool is_for_us(const struct conduct_requests *q, const struct request *r)
{
    return r->word == REQUEST_PROMOTE || r->at_ms >= q->begun_ms;
}

static void on_look(uv_timer_t *timer)
{
    struct conduct_requests *q = timer->data;
    struct request request;
    struct fail why;
    int found = 1;

    while (!q->conduct->is_ending && (found = request_next(q->box, &request, &why)) > 0)
        if (is_for_us(q, &request))
            obey(q->conduct, &request);
    if (found < 0) { /* the journal's writer will meet it, too */
        screen_warn("requests from other terminals are not heard any more: %s", why.text);
        uv_timer_stop(timer);
    }
}

int conduct_listen(struct conduct *c, struct fail *why)
{
    struct conduct_requests *q = calloc(1, sizeof *q);
    const char *folder;

    if (!q)
        return fail_memory(why);
    q->conduct = c;
    q->begun_ms = journal_clock_ms();
    if (command_state(c->command, &folder, why) < 0 ||
        request_box_open(folder, journal_run_id(c->journal), &q->box, why) < 0) {
        free(q);
        return -1;
    }
    uv_timer_init(c->command->loop, &q->timer);
    q->timer.data = q;
    uv_timer_start(&q->timer, on_look, 0, LOOK_MS);
    c->requests = q;
    return 0;
}

static void on_closed(uv_handle_t *timer)
{
    struct conduct_requests *q = timer->data;

    request_box_close(q->box);
    free(q);
}

void conduct_listen_no_more(struct conduct *c)
{
    if (c->requests)
        uv_close((uv_handle_t *)&c->requests->timer, on_closed);
    c->requests = NULL;
}
