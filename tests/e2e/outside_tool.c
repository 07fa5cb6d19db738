/* outside-tool WORD...   what a rollout tells others, without a rollout
 *
 *     doc KIND                          the document of a hook
 *     hook KIND PROGRAM [NAME=VALUE]... run it, with deadline_ms=, again_ms=, patience_ms=;
 *                                       prints what it has answered; 1: it refused
 *     metrics                           all families
 *     metrics-file PATH                 the same in a file
 *     notices [journal=PATH] [syslog=PATH]   one of each kind; 1: not all were taken
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/outside/herald.h"
#include "controller/outside/hook_answer.h"
#include "controller/outside/hook_doc.h"
#include "controller/outside/hook_queue.h"
#include "controller/outside/metrics.h"
#include "controller/outside/metrics_file.h"
#include "controller/outside/notice.h"
#include "controller/program/program_file.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/plan.h"
#include "controller/screen/text.h"
#include "inventory/decide.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define RUN "20261130-1200-07e9"

static int status;

static int complain(const struct fail *why)
{
    printf("%s: %s\n", fail_code_name(why->code), why->text);
    return 2;
}

/* ---- hooks ------------------------------------------------------------------------------ */

static const struct fail broken = {FAIL_VERIFY, "port 1 is down \x1b[31m \x9b"};

static bool kind_of(const char *name, enum hook_kind *kind)
{
    for (int k = 0; name && k < HOOK_KINDS; k++)
        if (strcmp(hook_name((enum hook_kind)k), name) == 0) {
            *kind = (enum hook_kind)k;
            return true;
        }
    return false;
}

static const struct hook_doc *doc_of(enum hook_kind kind, struct json **plan)
{
    static const char *const names[] = {"rdma-core", "ibverbs-providers"};
    static struct hook_node nodes[] = {{.name = "ib1", .seconds = 90.5}, {.name = "ib2"}};
    static struct hook_doc doc = {
        .run = RUN, .nodes = nodes, .batch = 2, .batches = 5, .batch_nodes = 2};
    bool is_before = kind != HOOK_AFTER_NODE && kind != HOOK_AFTER_BATCH;
    struct decision decision = {.verdict = DECIDE_STEPS, .reboot = true};

    nodes[0].state = is_before ? "planned" : "failed";
    nodes[0].why = is_before ? NULL : &broken;
    nodes[1].state = is_before ? "planned" : "done";
    steps_add(&decision.steps, STEP_PACKAGES, names, 2, NULL);
    *plan = plan_encode_shown(&decision);
    decision_clear(&decision);
    doc.kind = kind;
    doc.node_count = hook_is_of_node(kind) ? 1 : 2;
    doc.plan = hook_is_of_node(kind) ? *plan : NULL;
    return &doc;
}

static int print_doc(enum hook_kind kind)
{
    CLEANUP(json_done) struct json *plan = NULL;
    CLEANUP(text_done) char *text = hook_doc_print(doc_of(kind, &plan));

    return text && fputs(text, stdout) >= 0 ? 0 : 3;
}

static void on_answer(void *arg, const struct hook_answer *answer)
{
    struct hook_queue **queue = arg;

    if (answer->word == HOOK_GO)
        printf("go, printed '%s'\n", answer->printed);
    else
        printf("%s: %s\n", fail_code_name(answer->why.code), answer->why.text);
    status = answer->word != HOOK_GO;
    hook_queue_close(*queue, NULL, NULL);
}

static void on_waits(void *arg, enum hook_kind kind, const char *node, size_t batch,
                     const struct hook_answer *answer)
{
    (void)arg;
    printf("later %s %s %zu: %s\n", hook_name(kind), node ? node : "-", batch,
           answer->said);
}

static bool is(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);

    *value = word + n + 1;
    return strncmp(word, name, n) == 0 && word[n] == '=';
}

static int run_hook(uv_loop_t *loop, enum hook_kind kind, char **words)
{
    CLEANUP(json_done) struct json *plan = NULL;
    CLEANUP(text_done) char *path = NULL;
    struct hook_queue_options options = {.waits = on_waits};
    struct hook_queue *queue;
    const char *v;
    struct fail why;

    if (program_file_find(words[0], NULL, FAIL_USAGE, &path, &why) < 0)
        return complain(&why);
    options.programs[kind] = path;
    for (char **w = words + 1; *w; w++) {
        if (is(*w, "deadline_ms", &v))
            options.deadline_ms = strtoul(v, NULL, 10);
        else if (is(*w, "again_ms", &v))
            options.again_ms = strtoul(v, NULL, 10);
        else if (is(*w, "patience_ms", &v))
            options.patience_ms = strtoul(v, NULL, 10);
    }
    queue = hook_queue_open(loop, &options);
    if (!queue ||
        hook_queue_ask(queue, doc_of(kind, &plan), on_answer, &queue, &why) != 0)
        return 3;
    uv_run(loop, UV_RUN_DEFAULT);
    return status;
}

/* ---- metrics ---------------------------------------------------------------------------- */

static void render(void *arg, struct text *text)
{
    static struct metrics_count states[NODE_STATES];
    static const struct metrics_count failures[] = {{"verify-failed", 2},
                                                    {"host-key-changed", 1}};
    struct metrics m = METRICS_EMPTY;

    (void)arg;
    for (int s = 1; s < NODE_STATES; s++)
        states[s - 1] =
            (struct metrics_count){node_state_name((enum node_state)s), (uint64_t)s};
    m.version = "0.1.0";
    m.run = RUN;
    m.kind = "rollout";
    m.states = states;
    m.state_count = NODE_STATES - 1;
    m.failures = failures;
    m.failure_count = 2;
    m.begun_s = 1796040000;
    m.moved_s = m.ended_s = 1796043600;
    m.window = 32;
    m.unavailable = 4;
    m.unavailable_limit = 8;
    m.batch = 2;
    m.batches = 5;
    m.budget_left = 3;
    m.is_paused = true;
    metrics_render(&m, text);
}

static void on_failed(void *arg, const struct fail *why)
{
    (void)arg;
    status = complain(why);
}

static int write_file(uv_loop_t *loop, const char *path)
{
    static const struct metrics_file_hooks hooks = {.render = render,
                                                    .failed = on_failed};
    struct metrics_file *file;
    struct fail why;

    if (metrics_file_open(loop, path, &hooks, NULL, &file, &why) < 0)
        return complain(&why);
    metrics_file_close(file, NULL, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return status;
}

static int print_metrics(void)
{
    CLEANUP(text_clear) struct text text = {0};

    render(NULL, &text);
    fputs(text_of(&text), stdout);
    return text_is_cut(&text);
}

/* ---- notices ---------------------------------------------------------------------------- */

static int tell_all(char **words)
{
    struct herald_options options = {.is_asked_for = true};
    struct notice n = {.run = RUN,
                       .node = "ib1",
                       .hosts = "ib[1-2]",
                       .nodes = 2,
                       .batch = 1,
                       .batches = 5,
                       .why = &broken};
    struct herald *herald;
    const char *v;
    struct fail why;

    for (; *words; words++) {
        if (is(*words, "journal", &v))
            options.journal = v;
        else if (is(*words, "syslog", &v))
            options.syslog = v;
    }
    if (herald_open(&options, &herald, &why) < 0)
        return complain(&why);
    for (int k = 0; k < NOTICE_KINDS; k++) {
        n.kind = (enum notice_kind)k;
        if (!herald_tell(herald, &n))
            status = 1;
    }
    herald_close(herald);
    return status;
}

int main(int argc, char **argv)
{
    enum hook_kind kind = HOOK_KINDS;
    const char *word = argc > 1 ? argv[1] : "";
    uv_loop_t loop;
    int result = 2;

    signal(SIGPIPE, SIG_IGN); /* as ibfleet does */
    setvbuf(stdout, NULL, _IOLBF, 0);
    uv_loop_init(&loop);
    if (strcmp(word, "doc") == 0 && kind_of(argv[2], &kind))
        result = print_doc(kind);
    else if (strcmp(word, "hook") == 0 && kind_of(argv[2], &kind) && argc > 3)
        result = run_hook(&loop, kind, argv + 3);
    else if (strcmp(word, "metrics") == 0)
        result = print_metrics();
    else if (strcmp(word, "metrics-file") == 0 && argc > 2)
        result = write_file(&loop, argv[2]);
    else if (strcmp(word, "notices") == 0)
        result = tell_all(argv + 2);
    return uv_loop_close(&loop) == 0 ? result : 3;
}
