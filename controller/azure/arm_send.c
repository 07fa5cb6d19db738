/* One request until there is an answer to tell: settle where to, take a turn, have a
 * token, send, and what may be repeated once more.
 *
 * A shipment is in one place at a time: it waits for the settling, for its timer, for a
 * token, or for the web.  Each of these calls go() or judge().
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "controller/azure/arm_parts.h"
#include "controller/azure/arm_url.h"
#include "controller/azure/secret.h"
#include "controller/azure/throttle.h"
#include "controller/azure/web.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct shipment {
    struct arm *arm;
    struct shipment *next, **link;
    char *method, *url, *sent, *what, *class;
    uint64_t give_up_at_ms, attempt_ms;
    size_t max_bytes;
    bool is_repeatable, was_renewed, is_closing;
    bool may_be_done; /* a try broke off after it was sent */
    unsigned tries, generation;
    uv_timer_t timer;
    struct token_wait wait;
    bool is_waiting;
    struct web_call *call;
    struct fail last; /* why the last try failed */
    /* Until it is settled where to: the request's words, ours. */
    char *path, *api_version;
    struct arm_param *query;
    struct arm_receiver receiver;
};

static void go(struct shipment *s);

/* ---- its life --------------------------------------------------------------------------------- */

static void free_query(struct arm_param *query)
{
    for (struct arm_param *p = query; p && p->name; p++) {
        free((char *)(uintptr_t)p->name);
        free((char *)(uintptr_t)p->value);
    }
    free(query);
}

static void free_shipment(struct shipment *s)
{
    secret_done(&s->sent); /* it may hold an extension's protected settings */
    free(s->method);
    free(s->url);
    free(s->what);
    free(s->class);
    free(s->path);
    free(s->api_version);
    free_query(s->query);
    free(s);
}

static void on_closed(uv_handle_t *handle)
{
    struct shipment *s = handle->data;
    struct arm *arm = s->arm;

    free_shipment(s);
    arm_part_closed(arm);
}

static void take_down(struct shipment *s)
{
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    s->is_closing = true;
    if (s->call)
        web_cancel(s->call);
    if (s->is_waiting)
        token_forget(s->arm->tokens, &s->wait);
    s->call = NULL;
    uv_timer_stop(&s->timer);
    uv_close((uv_handle_t *)&s->timer, on_closed);
}

void arm_ships_drop(struct arm *arm)
{
    struct arm_receiver receiver;

    while (arm->shipments) {
        receiver = arm->shipments->receiver;
        take_down(arm->shipments);
        receiver.dropped(receiver.arg);
    }
}

/* Out of the list first: the callback may close everything. */
static void tell(struct shipment *s, const struct arm_reply *reply)
{
    struct arm_receiver receiver = s->receiver;

    take_down(s);
    receiver.done(receiver.arg, reply);
}

static void tell_failure(struct shipment *s, const struct fail *why)
{
    struct fail told = *why;

    tell(s, &(struct arm_reply){.answer = {.why = &told, .may_be_done = s->may_be_done}});
}

/* ---- waiting ---------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
    go(timer->data);
}

static uint64_t now_ms(const struct shipment *s)
{
    return uv_now(s->arm->loop);
}

/* What would only go on after the deadline fails now, with the reason of its last try. */
static void pause_for(struct shipment *s, uint64_t ms)
{
    if (now_ms(s) + ms < s->give_up_at_ms) {
        uv_timer_start(&s->timer, on_timer, ms, 0);
        return;
    }
    if (s->last.code == FAIL_NONE)
        fail_set(&s->last, FAIL_AZURE_THROTTLED,
                 "%s: hardly any calls are left; the next is allowed in %llu s", s->what,
                 (unsigned long long)(ms + 999) / 1000);
    tell_failure(s, &s->last);
}

static void on_token(void *arg, const struct fail *why)
{
    struct shipment *s = arg;

    s->is_waiting = false;
    if (why)
        tell_failure(s, why);
    else
        go(s);
}

static void wait_for_token(struct shipment *s, unsigned generation)
{
    s->is_waiting = true;
    s->wait = (struct token_wait){.done = on_token, .arg = s};
    token_ask(s->arm->tokens, &s->wait, generation);
}

/* ---- an answer --------------------------------------------------------------------------------- */

static void note_limits(struct shipment *s, const struct web_answer *answer)
{
    static const char *const names[] = {
        "x-ms-ratelimit-remaining-resource",
        "x-ms-ratelimit-remaining-subscription-reads",
        "x-ms-ratelimit-remaining-subscription-writes",
        "x-ms-ratelimit-remaining-subscription-deletes",
        "x-ms-ratelimit-remaining-tenant-reads",
        "x-ms-ratelimit-remaining-tenant-writes",
    };
    const char *value;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t nth = 0; (value = web_header(answer, names[i], nth)); nth++)
            throttle_note_remaining(s->arm->throttle, s->class, names[i] + 24, value,
                                    now_ms(s));
}

static bool is_idempotent(const struct shipment *s)
{
    return s->is_repeatable || strcmp(s->method, "POST") != 0;
}

/* A refusal (429) has not been acted on; what broke off in the middle may have been. */
static bool may_repeat(const struct shipment *s, const struct web_answer *answer)
{
    if (s->tries >= ARM_TRIES)
        return false;
    if (answer->why)
        return s->last.code == FAIL_AZURE_UNREACHABLE &&
               (!answer->was_sent || is_idempotent(s));
    if (answer->status == 429)
        return true;
    return (answer->status == 408 || answer->status >= 500) && answer->status != 501 &&
           is_idempotent(s);
}

static uint64_t pause_after(struct shipment *s, const struct web_answer *answer)
{
    int64_t ms = web_retry_after_ms(answer);
    uint32_t chance = 0;

    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
        chance = (uint32_t)now_ms(s);
    if (ms < 0)
        return throttle_back_off_ms(s->tries, chance);
    if ((uint64_t)ms > THROTTLE_MAX_PAUSE_MS)
        ms = THROTTLE_MAX_PAUSE_MS;
    return (uint64_t)ms + chance % 500; /* not all who were told the same */
}

static void repeat(struct shipment *s, const struct web_answer *answer)
{
    uint64_t ms = pause_after(s, answer);

    if (answer->status == 429)
        throttle_note_refusal(s->arm->throttle, s->class, ms, now_ms(s));
    pause_for(s, ms);
}

/* Azure has dropped a token in the middle: one more is got, once. */
static bool is_renewed(struct shipment *s, const struct web_answer *answer)
{
    if (answer->status != 401 || s->was_renewed)
        return false;
    s->was_renewed = true;
    wait_for_token(s, s->generation);
    return true;
}

static int read_body(struct shipment *s, const struct web_answer *answer,
                     struct json **body, struct fail *why)
{
    const char *at = answer->body;

    while (*at && strchr(" \t\r\n", *at))
        at++;
    if (!*at && (size_t)(at - answer->body) == answer->len_bytes)
        return 0;
    if (json_parse(answer->body, answer->len_bytes, body, why) == 0)
        return 0;
    why->code = FAIL_AZURE_ANSWER;
    return fail_prefix(why, "%s: Azure's answer (%d)", s->what, answer->status);
}

static void tell_answer(struct shipment *s, const struct web_answer *answer,
                        const struct json *body)
{
    struct arm_reply reply = {.web = answer};
    char code[ARM_ERROR_CODE] = "";
    struct fail why;

    reply.answer.status = answer->status;
    reply.answer.body = body;
    reply.answer.request_id = web_header(answer, "x-ms-request-id", 0);
    if (answer->status < 200 || answer->status > 299) {
        arm_error_tell(s->what, answer->status, body, reply.answer.request_id, code,
                       &why);
        reply.answer.why = &why;
        reply.answer.error_code = *code ? code : NULL;
        reply.answer.may_be_done = s->may_be_done;
    }
    tell(s, &reply);
}

static void note_last(struct shipment *s, const struct web_answer *answer,
                      const struct json *body)
{
    char code[ARM_ERROR_CODE];

    if (answer->why) {
        s->last = *answer->why;
        fail_prefix(&s->last, "%s", s->what);
    } else if (answer->status < 200 || answer->status > 299) {
        arm_error_tell(s->what, answer->status, body,
                       web_header(answer, "x-ms-request-id", 0), code, &s->last);
    }
}

/* Refusals, 1xx to 4xx, have not been acted on; of all else but a word to the contrary
 * nobody knows.
 */
static void note_doubt(struct shipment *s, const struct web_answer *answer, bool garbled)
{
    if (answer->why)
        s->may_be_done |= answer->was_sent;
    else if (answer->status == 408 || (answer->status >= 500 && answer->status != 501))
        s->may_be_done = true;
    else
        s->may_be_done |= garbled && answer->status < 300;
}

static void on_answer(void *arg, const struct web_answer *answer)
{
    CLEANUP(json_done) struct json *body = NULL;
    struct shipment *s = arg;
    struct fail garbled = {.code = FAIL_NONE};

    s->call = NULL;
    if (!answer->why) {
        note_limits(s, answer);
        read_body(s, answer, &body, &garbled);
    }
    note_last(s, answer, body);
    note_doubt(s, answer, garbled.code != FAIL_NONE);
    if (is_renewed(s, answer))
        return;
    if (may_repeat(s, answer))
        repeat(s, answer);
    else if (answer->why)
        tell_failure(s, &s->last);
    else if (garbled.code != FAIL_NONE && answer->status >= 200 && answer->status <= 299)
        tell_failure(s, &garbled);
    else
        tell_answer(s, answer, body);
}

/* ---- a try ------------------------------------------------------------------------------------- */

/* The header with the bearer; for secret_done(). */
static char *authorization(const char *bearer)
{
    char *line = malloc(strlen(bearer) + sizeof "Authorization: Bearer ");

    if (line)
        sprintf(line, "Authorization: Bearer %s", bearer);
    return line;
}

static void send_it(struct shipment *s, const char *bearer)
{
    CLEANUP(secret_done) char *line = authorization(bearer);
    const char *headers[] = {line, "Accept: application/json",
                             s->sent ? "Content-Type: application/json" : NULL, NULL};
    uint64_t left_ms = s->give_up_at_ms - now_ms(s);
    struct web_request ask = {
        .method = s->method,
        .url = s->url,
        .headers = headers,
        .body = s->sent,
        .body_bytes = s->sent ? strlen(s->sent) : 0,
        .deadline_ms = left_ms < s->attempt_ms ? left_ms : s->attempt_ms,
        .max_bytes = s->max_bytes,
        .is_for_once = strcmp(s->method, "GET") != 0,
    };
    struct fail why;

    s->tries++;
    s->arm->sent++;
    if (line)
        s->call = web_ask(s->arm->web, &ask, on_answer, s, &why);
    else
        fail_memory(&why);
    if (!s->call)
        tell_failure(s, &why);
}

/* The subscription may have come with the token, when that is az's. */
static int find_url(struct shipment *s, struct fail *why)
{
    struct arm *arm = s->arm;
    struct arm_request ask = {.path = s->path,
                              .query = s->query,
                              .api_version = s->api_version,
                              .what = s->what};
    const char *subscription =
        arm->subscription ? arm->subscription : token_subscription(arm->tokens);

    if (s->url)
        return 0;
    if (!subscription && arm_url_wants_subscription(s->path))
        return fail_set(
            why, FAIL_USAGE,
            "%s: in which subscription?  --subscription ID, or subscription = "
            "in [azure], says",
            s->what);
    if (!arm->subscription && subscription)
        arm->subscription = strdup(subscription);
    s->url = arm_url(arm->cloud.arm, subscription ? subscription : "", &ask, why);
    return s->url ? 0 : -1;
}

static void go(struct shipment *s)
{
    const char *bearer;
    uint64_t wait_ms;
    struct fail why;

    if (now_ms(s) >= s->give_up_at_ms) {
        if (s->last.code == FAIL_NONE)
            fail_set(&s->last, FAIL_TIMEOUT, "%s: not asked before its deadline",
                     s->what);
        tell_failure(s, &s->last);
        return;
    }
    bearer = token_ready(s->arm->tokens, &s->generation);
    if (!bearer) {
        wait_for_token(s, s->generation);
        return;
    }
    if (find_url(s, &why) < 0) {
        tell_failure(s, &why);
        return;
    }
    wait_ms = throttle_take(s->arm->throttle, s->class, now_ms(s));
    if (wait_ms)
        pause_for(s, wait_ms);
    else
        send_it(s, bearer);
}

/* ---- begin -------------------------------------------------------------------------------------- */

static int copy_query(struct shipment *s, const struct arm_param *query)
{
    size_t n = 0;

    while (query && query[n].name)
        n++;
    s->query = calloc(n + 1, sizeof *s->query);
    for (size_t i = 0; s->query && i < n; i++) {
        s->query[i].name = strdup(query[i].name);
        s->query[i].value = strdup(query[i].value);
        if (!s->query[i].name || !s->query[i].value)
            return -1;
    }
    return s->query ? 0 : -1;
}

static int copy_request(struct shipment *s, const struct arm_request *ask,
                        const char *url)
{
    char class[THROTTLE_CLASS_BYTES];

    throttle_class(ask->method, url ? arm_url_path(url) : ask->path, class);
    s->class = strdup(class);
    s->method = strdup(ask->method);
    s->what = strdup(ask->what);
    if (url)
        s->url = strdup(url);
    else
        s->path = strdup(ask->path);
    s->api_version = strdup(ask->api_version ? ask->api_version : "");
    if (ask->body)
        s->sent = json_print(ask->body);
    return !s->class || !s->method || !s->what || !(s->url || s->path) ||
                   !s->api_version || (ask->body && !s->sent) ||
                   copy_query(s, ask->query) < 0
               ? -1
               : 0;
}

static void enlist(struct shipment *s)
{
    struct arm *arm = s->arm;

    s->next = arm->shipments;
    s->link = &arm->shipments;
    if (s->next)
        s->next->link = &s->next;
    arm->shipments = s;
    arm->open++;
}

static void on_start(uv_timer_t *timer)
{
    struct shipment *s = timer->data;

    if (s->arm->is_settled)
        go(s);
    else
        arm_settle(s->arm);
}

/* On their timers: who is told may be at work in the list. */
void arm_ships_settled(struct arm *arm)
{
    for (struct shipment *s = arm->shipments; s; s = s->next)
        uv_timer_start(&s->timer, on_start, 0, 0);
}

static int ship(struct arm *arm, const struct arm_request *ask, const char *url,
                const struct arm_receiver *receiver, struct fail *why)
{
    struct shipment *s = calloc(1, sizeof *s);
    uint64_t deadline_ms = ask->deadline_ms ? ask->deadline_ms : ARM_DEADLINE_MS;

    assert(!arm->is_closing);
    if (!s || copy_request(s, ask, url) < 0) {
        if (s)
            free_shipment(s);
        return fail_memory(why);
    }
    s->arm = arm;
    s->max_bytes = ask->max_bytes ? ask->max_bytes : ARM_MAX_BYTES;
    s->is_repeatable = ask->is_repeatable;
    s->attempt_ms = ARM_ATTEMPT_MS;
    uv_update_time(arm->loop);
    s->give_up_at_ms = uv_now(arm->loop) + deadline_ms;
    s->receiver = *receiver;
    uv_timer_init(arm->loop, &s->timer);
    s->timer.data = s;
    enlist(s);
    uv_timer_start(&s->timer, on_start, 0, 0);
    return 0;
}

int arm_ship(struct arm *arm, const struct arm_request *ask,
             const struct arm_receiver *receiver, struct fail *why)
{
    CLEANUP(text_done) char *tried = arm_url(arm->cloud.arm, "-", ask, why);

    return tried ? ship(arm, ask, NULL, receiver, why) : -1;
}

int arm_ship_url(struct arm *arm, const char *url, const struct arm_request *ask,
                 const struct arm_receiver *receiver, struct fail *why)
{
    return ship(arm, ask, url, receiver, why);
}
