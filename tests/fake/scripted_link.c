#include "tests/fake/scripted_link.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/link/link.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define QUESTIONS_MAX 4
#define SHORT_MS      1
#define CLOSE_MS      3 /* slower than any answer, on purpose */

struct scripted_node *scripted_nodes;

struct link_pool {
    uv_loop_t *loop;
    int links;
    struct scripted_node *expected; /* they are asked for in order, mostly */
};

struct question {
    struct link *link;
    uv_timer_t timer;
    link_answer_fn on_answer; /* NULL: free */
    void *arg;
    struct json *answer; /* NULL: fails with why             */
    struct fail why;
    bool cut; /* the link is lost with the answer */
};

struct link {
    struct link_pool *pool;
    struct scripted_node *node;
    const struct link_hooks *hooks;
    void *arg;
    enum link_state state;
    int boots_seen; /* a link does not outlive a boot */

    uv_timer_t opening, closing;
    struct question questions[QUESTIONS_MAX];
    unsigned open_handles;
    struct fail why; /* for opening; FAIL_NONE: comes up */
    void (*on_closed)(void *arg);
};

/* ---- the node -------------------------------------------------------------------- */

/* Take the first trouble of that kind out of the node's list; "" when there is none. */
static void next_trouble(struct scripted_node *node, const char *what, char *deed,
                         size_t size)
{
    char *word, copy[sizeof node->left], *save = NULL;
    bool taken = false;

    *deed = '\0';
    if (!node->troubles)
        return;
    snprintf(copy, sizeof copy, "%s", node->troubles);
    *node->left = '\0';
    for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        size_t len = strlen(what);
        bool forever = word[strlen(word) - 1] == '*';

        if (!taken && strncmp(word, what, len) == 0 && word[len] == ':') {
            taken = true;
            snprintf(deed, size, "%.*s", (int)(strlen(word + len + 1) - forever),
                     word + len + 1);
            if (!forever)
                continue;
        }
        strcat(node->left, word);
        strcat(node->left, " ");
    }
    node->troubles = node->left;
}

static bool is_failure(const char *deed)
{
    return fail_code_of(deed) != FAIL_NONE && fail_code_of(deed) != FAIL_UNKNOWN;
}

static struct scripted_node *node_named(struct link_pool *pool, const char *name)
{
    struct scripted_node *n = pool->expected;

    if (!n->name || strcmp(n->name, name) != 0)
        for (n = scripted_nodes; n->name && strcmp(n->name, name) != 0; n++)
            ;
    pool->expected = n + 1;
    if (n->name)
        return n;
    fprintf(stderr, "scripted_link: no node %s\n", name);
    abort();
}

static void put(char **field, const char *text)
{
    free(*field);
    *field = strdup(text);
}

static void add_rxe(struct facts *f, const char *state)
{
    struct facts_hca *hca = calloc(1, sizeof *hca);

    f->hcas = hca;
    f->hca_count = 1;
    hca->numa = FACTS_UNKNOWN;
    put(&hca->name, "rxe0");
    put(&hca->driver, "rxe");
    put(&hca->netdev, "eth1");
    put(&hca->node_guid, "0000:0000:0000:0001");
    hca->ports = calloc(1, sizeof *hca->ports);
    hca->port_count = 1;
    hca->ports[0].number = 1;
    hca->ports[0].active_mtu = FACTS_UNKNOWN;
    put(&hca->ports[0].link_layer, "Ethernet");
    put(&hca->ports[0].state, state);
    put(&hca->ports[0].phys_state, "LinkUp");
}

static void add_stack(struct facts *f, const char *port_state)
{
    static const char *const packages[] = {"rdma-core", "ibverbs-providers"};

    f->packages = calloc(2, sizeof *f->packages);
    f->package_count = 2;
    for (int i = 0; i < 2; i++) {
        put(&f->packages[i].name, packages[i]);
        put(&f->packages[i].version, "44.0");
    }
    f->modules = calloc(2, sizeof *f->modules);
    f->module_count = 2;
    put(&f->modules[0], "rdma_rxe");
    put(&f->modules[1], "ib_uverbs");
    put(&f->rxe_kept, "eth1");
    f->memlock_kept = true;
    add_rxe(f, port_state);
}

static struct json *facts_of(const struct scripted_node *node, const char *deed)
{
    struct facts *f = facts_new();
    struct json *doc;
    char boot_id[32];

    snprintf(boot_id, sizeof boot_id, "%s-boot-%d", node->name, node->boots);
    put(&f->hostname, node->name);
    put(&f->boot_id, boot_id);
    put(&f->os.id, "debian");
    put(&f->os.pretty, "Debian GNU/Linux 12");
    put(&f->os.kernel, "6.1.0");
    put(&f->os.machine, "x86_64");
    put(&f->os.packages, "apt");
    f->os.systemd = true;
    f->cpus = 1;
    f->netdevs = calloc(1, sizeof *f->netdevs);
    f->netdev_count = 1;
    put(&f->netdevs[0].name, "eth1");
    f->netdevs[0].up = true;
    f->modules_available = calloc(2, sizeof *f->modules_available);
    f->module_available_count = 2;
    put(&f->modules_available[0], "rdma_rxe");
    put(&f->modules_available[1], "ib_uverbs");
    if (node->installed || strcmp(deed, "fine") == 0)
        add_stack(f, strcmp(deed, "down") == 0 ? "DOWN" : "ACTIVE");
    doc = facts_encode(f);
    facts_free(f);
    return doc;
}

/* ---- what is asked -------------------------------------------------------------------
 */

static struct json *refuse(struct question *q, enum fail_code code, const char *text)
{
    fail_set(&q->why, code, "%s", text);
    return NULL;
}

/* The claim is the fence: what is asked in another run's name changes nothing. */
static bool is_holder(struct question *q, const struct json *body)
{
    const char *run;
    int64_t epoch;

    if (json_get_text(body, "run", &run, NULL) < 0 ||
        json_get_int(body, "epoch", 0, 1 << 30, &epoch, NULL) < 0)
        return refuse(q, FAIL_GARBAGE, "no run or epoch"), false;
    if (strcmp(q->link->node->holder, run) != 0)
        return refuse(q, FAIL_CLAIMED, "claimed by another"), false;
    if (epoch < q->link->node->epoch)
        return refuse(q, FAIL_STALE_EPOCH, "an older epoch"), false;
    return true;
}

static struct json *take_claim(struct question *q, const struct json *body)
{
    struct scripted_node *node = q->link->node;
    const char *run;
    int64_t epoch;

    json_get_text(body, "run", &run, NULL);
    json_get_int(body, "epoch", 0, 1 << 30, &epoch, NULL);
    if (*node->holder && strcmp(node->holder, run) != 0) {
        fail_set(&q->why, FAIL_CLAIMED, "claimed by run %s of ann@head", node->holder);
        return NULL;
    }
    if (epoch < node->epoch)
        return refuse(q, FAIL_STALE_EPOCH, "an older epoch");
    snprintf(node->holder, sizeof node->holder, "%s", run);
    node->epoch = (long)epoch;
    return json_object();
}

static struct json *install(struct question *q, const struct json *body)
{
    if (!is_holder(q, body))
        return NULL;
    q->link->node->installs += !q->link->node->installed;
    q->link->node->installed = true;
    return json_object();
}

static struct json *reboot(struct question *q, const struct json *body, const char *deed)
{
    struct json *answer = json_object();
    const char *boot_id;
    char now[32];

    if (!is_holder(q, body)) {
        json_free(answer);
        return NULL;
    }
    json_get_text(body, "boot_id", &boot_id, NULL);
    snprintf(now, sizeof now, "%s-boot-%d", q->link->node->name, q->link->node->boots);
    json_put_flag(answer, "already", strcmp(now, boot_id) != 0);
    if (strcmp(now, boot_id) == 0 && strcmp(deed, "stays") != 0)
        q->link->node->boots++;
    return answer;
}

static struct json *release(struct question *q, const struct json *body)
{
    if (!is_holder(q, body))
        return NULL;
    *q->link->node->holder = '\0';
    return json_object();
}

static struct json *answer_to(struct question *q, const char *what,
                              const struct json *body, const char *deed)
{
    if (strcmp(what, "detect") == 0)
        return facts_of(q->link->node, deed);
    if (strcmp(what, "claim") == 0)
        return take_claim(q, body);
    if (strcmp(what, "install") == 0)
        return install(q, body);
    if (strcmp(what, "reboot") == 0)
        return reboot(q, body, deed);
    if (strcmp(what, "release") == 0)
        return release(q, body);
    return refuse(q, FAIL_BUG, what);
}

/* ---- link.h -------------------------------------------------------------------- */

int link_pool_open(uv_loop_t *loop, const struct link_pool_options *options,
                   struct link_pool **pool, struct fail *why)
{
    (void)options;
    (void)why;
    *pool = calloc(1, sizeof **pool);
    (*pool)->loop = loop;
    (*pool)->expected = scripted_nodes;
    return 0;
}

void link_pool_close(struct link_pool *pool)
{
    assert(!pool || !pool->links);
    free(pool);
}

static void on_answering(uv_timer_t *timer)
{
    struct question *q = timer->data;
    link_answer_fn on_answer = q->on_answer;
    struct json *answer = q->answer;
    struct fail why = q->why;
    bool cut = q->cut && q->link->state == LINK_UP;

    q->on_answer = NULL;
    q->answer = NULL;
    if (cut) /* a link that breaks is lost already when it answers what was asked */
        q->link->state = LINK_LOST;
    on_answer(q->arg, answer, answer ? NULL : &why);
    json_free(answer);
    if (cut && q->link->state == LINK_LOST &&
        !uv_is_active((uv_handle_t *)&q->link->closing))
        q->link->hooks->lost(q->link->arg, &why);
}

static void on_opening(uv_timer_t *timer)
{
    struct link *l = timer->data;
    struct json *hello;
    char boot_id[32];

    if (l->why.code) {
        l->state = LINK_LOST;
        l->hooks->lost(l->arg, &l->why);
        return;
    }
    l->state = LINK_UP;
    snprintf(boot_id, sizeof boot_id, "%s-boot-%d", l->node->name, l->node->boots);
    hello = json_object();
    json_put_text(hello, "boot_id", boot_id);
    l->boots_seen = l->node->boots;
    l->hooks->up(l->arg, hello);
    json_free(hello);
}

static void open_timer(struct link *l, uv_timer_t *timer, void *data)
{
    uv_timer_init(l->pool->loop, timer);
    timer->data = data;
    l->open_handles++;
}

struct link *link_new(struct link_pool *pool, const struct fleet_node *node,
                      const struct link_hooks *hooks, void *arg)
{
    struct link *l = calloc(1, sizeof *l);

    l->pool = pool;
    l->node = node_named(pool, node->name);
    l->hooks = hooks;
    l->arg = arg;
    l->state = LINK_DOWN;
    open_timer(l, &l->opening, l);
    open_timer(l, &l->closing, l);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        l->questions[i].link = l;
        open_timer(l, &l->questions[i].timer, &l->questions[i]);
    }
    pool->links++;
    return l;
}

void link_open(struct link *l)
{
    char deed[64];

    assert(l->state == LINK_DOWN || l->state == LINK_LOST);
    l->state = LINK_CONNECTING;
    l->node->opens++;
    next_trouble(l->node, "open", deed, sizeof deed);
    l->why.code = FAIL_NONE;
    if (is_failure(deed))
        fail_set(&l->why, fail_code_of(deed), "%s: %s", l->node->name, deed);
    uv_timer_start(&l->opening, on_opening, SHORT_MS, 0);
}

static struct question *free_question(struct link *l)
{
    for (int i = 0; i < QUESTIONS_MAX; i++)
        if (!l->questions[i].on_answer)
            return &l->questions[i];
    fprintf(stderr, "scripted_link: too many questions\n");
    abort();
}

static void cut(struct question *q, enum fail_code code)
{
    json_free(q->answer);
    q->answer = NULL;
    q->cut = true;
    fail_set(&q->why, code, "connection lost");
}

/* What comes of it, and how. */
static void resolve(struct question *q, const char *what, const struct json *body,
                    const char *deed)
{
    struct scripted_node *node = q->link->node;

    if (strcmp(deed, "silent") == 0)
        fail_set(&q->why, FAIL_TIMEOUT, "no answer to %s", what);
    else if (is_failure(deed))
        fail_set(&q->why, fail_code_of(deed), "%s says %s", node->name, deed);
    else if (strcmp(deed, "cut") != 0 && strcmp(deed, "crash") != 0)
        q->answer = answer_to(q, what, body, deed);
    node->boots += strcmp(deed, "crash") == 0;
    if (strncmp(deed, "cut", 3) == 0 || strcmp(deed, "crash") == 0)
        cut(q, FAIL_LINK_LOST);
    if (strcmp(deed, "died") == 0)
        cut(q, FAIL_AGENT_DIED);
}

void link_ask(struct link *l, const char *what, struct json *body, uint64_t deadline_ms,
              link_answer_fn on_answer, void *arg)
{
    struct question *q = free_question(l);
    char deed[64];

    assert(deadline_ms);
    l->node->asks++;
    next_trouble(l->node, what, deed, sizeof deed);
    q->on_answer = on_answer;
    q->arg = arg;
    q->cut = false;
    if (l->state != LINK_UP || l->boots_seen != l->node->boots)
        cut(q, FAIL_LINK_LOST);
    else
        resolve(q, what, body, deed);
    json_free(body);
    uv_timer_start(&q->timer, on_answering,
                   strcmp(deed, "silent") == 0 ? deadline_ms : SHORT_MS, 0);
}

/* None of these nodes is a relay. */
int link_send(struct link *l, const void *frame, size_t frame_bytes, struct fail *why)
{
    (void)l;
    (void)frame;
    (void)frame_bytes;
    return fail_set(why, FAIL_LINK_LOST, "a scripted link carries no frames");
}

enum link_state link_state_of(const struct link *l)
{
    return l->state;
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct link *l = timer->data;
    void (*on_closed)(void *arg) = l->on_closed;
    void *arg = l->arg;

    if (--l->open_handles)
        return;
    l->pool->links--;
    for (int i = 0; i < QUESTIONS_MAX; i++)
        json_free(l->questions[i].answer);
    free(l);
    if (on_closed)
        on_closed(arg);
}

static void on_closing(uv_timer_t *timer)
{
    struct link *l = timer->data;

    uv_close((uv_handle_t *)&l->opening, on_timer_closed);
    uv_close((uv_handle_t *)&l->closing, on_timer_closed);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        l->questions[i].timer.data = l;
        uv_close((uv_handle_t *)&l->questions[i].timer, on_timer_closed);
    }
}

void link_close(struct link *l, void (*on_closed)(void *arg))
{
    l->state = LINK_LOST;
    l->on_closed = on_closed;
    uv_timer_stop(&l->opening);
    for (int i = 0; i < QUESTIONS_MAX; i++)
        uv_timer_stop(&l->questions[i].timer);
    uv_timer_start(&l->closing, on_closing, CLOSE_MS, 0);
}

void link_traffic(const struct link *l, unsigned long *sent, unsigned long *received)
{
    *sent = *received = (unsigned long)l->node->asks;
}
