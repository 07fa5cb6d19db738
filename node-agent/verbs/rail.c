#include "node-agent/verbs/rail.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/device.h"
#include "node-agent/verbs/meet.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/place.h"
#include "node-agent/verbs/queue.h"
#include "node-agent/verbs/traffic.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

/* Traffic without a sign of the partner for so long is a broken path.  It is longer
 * than a queue pair takes to give up, so mostly that one gives the reason.
 */
#define SILENCE_MS 1500

struct rail {
    int fd;
    char campaign[40];
    struct device device;
    struct queue *queue; /* NULL until joined */
    bool left;
};

/* ---- join --------------------------------------------------------------- */

static int join(struct rail *r, const struct measure_join *j, struct fail *why)
{
    if (r->queue)
        return fail_set(why, FAIL_BUG, "joined campaign %s already", r->campaign);
    place_near(j->hca);
    place_raise_memlock();
    if (device_open(&r->device, j->hca, j->port, why) < 0)
        return -1;
    if (queue_open(&r->queue, &r->device, why) < 0) {
        device_close(&r->device);
        return -1;
    }
    memcpy(r->campaign, j->campaign, sizeof r->campaign);
    return 0;
}

static int on_join(struct rail *r, const struct json *body, struct json **answer,
                   struct fail *why)
{
    struct measure_join j;

    if (measure_join_decode(body, &j, why) < 0 || join(r, &j, why) < 0)
        return -1;
    *answer = endpoint_encode(queue_endpoint(r->queue));
    return *answer ? 0 : fail_memory(why);
}

/* ---- order -------------------------------------------------------------- */

static unsigned ms_since(uint64_t begin_ns)
{
    return (unsigned)((clock_ns() - begin_ns) / 1000000);
}

static uint64_t silence_ns(const struct measure_plan *plan)
{
    uint64_t half_ms = plan->slot_ms / 2;

    return (half_ms < SILENCE_MS ? half_ms : SILENCE_MS) * 1000000;
}

static int meet_and_measure(const struct match *m, struct measure_result *result,
                            struct fail *why)
{
    uint64_t begin_ns = clock_ns();
    int met = meet_partner(m, why);

    result->met_ms = ms_since(begin_ns);
    return met < 0 ? -1 : traffic_run(m, result, why);
}

static void play(struct rail *r, const struct measure_order *o, size_t i,
                 uint64_t order_ns, struct measure_result *result)
{
    const struct measure_round *round = &o->rounds[i];
    struct match m = {
        .queue = r->queue,
        .round = round,
        .plan = &o->plan,
        .soft = r->device.self.soft || round->partner.soft,
        .end_ns = order_ns + (uint64_t)o->plan.slot_ms * (round->slot + 1) * 1000000,
        .silence_ns = silence_ns(&o->plan),
    };
    uint64_t begin_ns = clock_ns();
    struct fail down;

    *result = (struct measure_result){.round = round->round, .peer = round->peer};
    /* A port that is down explains whatever else went wrong. */
    if (meet_and_measure(&m, result, &result->why) < 0 &&
        device_check(&r->device, &down) < 0)
        result->why = down;
    result->took_ms = ms_since(begin_ns);
}

static int play_all(struct rail *r, const struct measure_order *o, struct json **answer,
                    struct fail *why)
{
    struct measure_result results[MEASURE_MAX_ROUNDS];
    uint64_t order_ns = clock_ns();

    if (!r->queue || strcmp(o->campaign, r->campaign) != 0)
        return fail_set(why, FAIL_BUG, "an order of campaign %s, which was not joined",
                        o->campaign);
    assert(o->round_count <= MEASURE_MAX_ROUNDS);
    for (size_t i = 0; i < o->round_count; i++)
        play(r, o, i, order_ns, &results[i]);
    *answer = measure_results_encode(results, o->round_count);
    return *answer ? 0 : fail_memory(why);
}

static int on_order(struct rail *r, const struct json *body, struct json **answer,
                    struct fail *why)
{
    struct measure_order o;
    int played;

    if (measure_order_decode(body, &o, why) < 0)
        return -1;
    played = play_all(r, &o, answer, why);
    measure_order_clear(&o);
    return played;
}

/* ---- leave -------------------------------------------------------------- */

static int on_leave(struct rail *r, const struct json *body, struct json **answer,
                    struct fail *why)
{
    (void)body;
    (void)why;
    (void)answer; /* {} */
    r->left = true;
    return 0;
}

/* ---- the conversation --------------------------------------------------- */

typedef int (*request_fn)(struct rail *r, const struct json *body, struct json **answer,
                          struct fail *why);

static request_fn request_of(const char *ask)
{
    static const struct {
        const char *ask;
        request_fn fn;
    } known[] = {{"join", on_join}, {"order", on_order}, {"leave", on_leave}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].ask, ask) == 0)
            return known[i].fn;
    return NULL;
}

static int send_all(int fd, const unsigned char *bytes, size_t len_bytes)
{
    while (len_bytes > 0) {
        ssize_t n = write(fd, bytes, len_bytes);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            len_bytes -= (size_t)n;
        }
    }
    return 0;
}

static void frame_done(unsigned char **frame)
{
    free(*frame);
}

static int answer_request(struct rail *r, const struct message *m)
{
    CLEANUP(frame_done) unsigned char *frame = NULL;
    CLEANUP(json_done) struct json *answer = NULL;
    request_fn fn = request_of(m->name);
    size_t bytes;
    struct fail why;
    int made;

    if (fn ? fn(r, m->body, &answer, &why)
           : fail_set(&why, FAIL_BUG, "a measurer is not asked to '%s'", m->name))
        made = message_encode_failure(m->id, &why, &frame, &bytes, NULL);
    else
        made = message_encode_answer(m->id, answer, &frame, &bytes, NULL);
    return made < 0 ? -1 : send_all(r->fd, frame, bytes);
}

static int take_message(struct rail *r, const char *text, size_t len_bytes)
{
    struct message m;
    int done;

    if (message_parse(text, len_bytes, &m, NULL) < 0)
        return -1;
    done = m.type == MESSAGE_REQUEST ? answer_request(r, &m) : -1;
    message_clear(&m);
    return done;
}

static int take_bytes(struct rail *r, struct frame_reader *reader)
{
    char bytes[16384];
    const char *text;
    size_t len_bytes;
    ssize_t n = read(r->fd, bytes, sizeof bytes);

    if (n < 0)
        return errno == EINTR ? 0 : -1;
    if (n == 0) {
        r->left = true;
        return 0;
    }
    if (frame_push(reader, bytes, (size_t)n, NULL) < 0)
        return -1;
    while (!r->left && (text = frame_next(reader, &len_bytes)))
        if (take_message(r, text, len_bytes) < 0)
            return -1;
    return 0;
}

int rail_serve(int fd)
{
    struct rail r = {.fd = fd};
    struct frame_reader *reader = frame_reader_new(false);
    int broken = reader ? 0 : -1;

    while (!r.left && broken == 0)
        broken = take_bytes(&r, reader);
    frame_reader_free(reader);
    queue_close(r.queue);
    device_close(&r.device);
    return broken ? 1 : 0;
}
