/* scheduler-tool WORD=VALUE...   one scheduler, told by lines on stdin (for e2e tests)
 *
 *   kind=slurm|command|none command= strategy=drain|when-idle|reservation
 *   on_timeout=skip|fail|force deadline_ms= return_ms= call_ms= poll_ms= run=
 *   reboots=yes reboot_ms= nodes=HOSTLIST
 *   restore=NODE=TEXT      any number of times
 *
 * Lines: "take HOSTLIST", "give HOSTLIST", "reboot HOSTLIST", "look", "see HOSTLIST",
 * "found HOSTLIST"; the end of stdin closes it.  A hostlist is one turn of the loop.
 *
 * Prints "ready", "taken NODE", "given NODE", "rebooting NODE", each with " CODE: TEXT" when
 * it failed; "note TEXT"; "see NODE STANDING ours|other|- PARTITIONS END REASON"; "found NODE
 * TEXT".  "seen" is not printed.  Status 0 when it was ready and the loop has closed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/scheduler/scheduler.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"

#define MAX_RESTORES 16

static uv_loop_t loop;
static uv_pipe_t in;
static struct scheduler *scheduler;
static struct scheduler_config config = {.kind = SCHEDULER_SLURM,
                                         .deadline_ms = 60000,
                                         .poll_ms = 200,
                                         .run = "R1"};
static struct hostset *nodes;
static const char **names;
static const char *restores[MAX_RESTORES];
static size_t restore_count;
static char line[1 << 16];
static size_t line_bytes;
static int status;

/* ---- what it says --------------------------------------------------------------------------- */

static void say(const char *what, size_t node, const struct fail *why)
{
    if (why)
        printf("%s %s %s: %s\n", what, names[node], fail_code_name(why->code), why->text);
    else
        printf("%s %s\n", what, names[node]);
}

static void on_taken(void *arg, size_t node, const struct fail *why)
{
    (void)arg;
    say("taken", node, why);
}

static void on_given(void *arg, size_t node, const struct fail *why)
{
    (void)arg;
    say("given", node, why);
}

static void on_rebooting(void *arg, size_t node, const struct fail *why)
{
    (void)arg;
    say("rebooting", node, why);
}

static void on_note(void *arg, const char *text)
{
    (void)arg;
    printf("note %s\n", text);
}

/* ---- what it is told -------------------------------------------------------------------------- */

static void see(size_t i)
{
    const struct scheduler_seen *seen = scheduler_see(scheduler, i);

    printf("see %s %s %s %s %lld %s\n", names[i], scheduler_standing_name(seen->standing),
           seen->is_ours    ? "ours"
           : seen->by_other ? "other"
                            : "-",
           *seen->partitions ? seen->partitions : "-", (long long)seen->jobs_end_s,
           seen->reason);
}

static void obey_for(const char *verb, size_t i)
{
    if (strcmp(verb, "take") == 0)
        scheduler_take(scheduler, i);
    else if (strcmp(verb, "give") == 0)
        scheduler_give(scheduler, i);
    else if (strcmp(verb, "reboot") == 0)
        scheduler_reboot(scheduler, i);
    else if (strcmp(verb, "see") == 0)
        see(i);
    else if (strcmp(verb, "found") == 0)
        printf("found %s %s\n", names[i], scheduler_found(scheduler, i));
    else
        printf("what is '%s'?\n", verb);
}

static void obey(char *text)
{
    char *verb = strtok(text, " "), *list = strtok(NULL, " ");
    struct hostset *set = NULL;
    struct fail why;
    size_t at;

    if (verb && strcmp(verb, "look") == 0)
        scheduler_look(scheduler);
    if (!list)
        return;
    if (hostset_parse(list, NULL, &set, &why) < 0) {
        printf("%s\n", why.text);
        return;
    }
    for (size_t i = 0; i < hostset_count(set); i++)
        if (hostset_find(nodes, hostset_name(set, i), &at))
            obey_for(verb, at);
    hostset_free(set);
}

static void end(void)
{
    uv_close((uv_handle_t *)&in, NULL);
    scheduler_close(scheduler, NULL, NULL);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(line + line_bytes, (unsigned)(sizeof line - line_bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    char *newline;

    (void)stream;
    (void)buf;
    if (n < 0) {
        end();
        return;
    }
    line_bytes += (size_t)n;
    while ((newline = memchr(line, '\n', line_bytes))) {
        size_t taken = (size_t)(newline - line) + 1;

        *newline = '\0';
        obey(line);
        memmove(line, line + taken, line_bytes - taken);
        line_bytes -= taken;
    }
}

static void on_ready(void *arg, const struct fail *why)
{
    (void)arg;
    if (why) {
        printf("ready %s: %s\n", fail_code_name(why->code), why->text);
        status = 1;
        end();
        return;
    }
    printf("ready\n");
    uv_read_start((uv_stream_t *)&in, give_room, on_read);
}

/* ---- begin ------------------------------------------------------------------------------------- */

static bool is(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);

    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return false;
    *value = word + n + 1;
    return true;
}

static int index_of(const char *value, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    fprintf(stderr, "scheduler-tool: what is '%s'?\n", value);
    exit(2);
}

static int read_word(const char *w)
{
    static const char *const kinds[] = {"none", "slurm", "command", NULL};
    static const char *const strategies[] = {"drain", "when-idle", "reservation", NULL};
    static const char *const ends[] = {"skip", "fail", "force", NULL};
    struct fail why;
    const char *v = NULL;

    if (is(w, "kind", &v))
        config.kind = (enum scheduler_kind)index_of(v, kinds);
    else if (is(w, "command", &v))
        config.command = v;
    else if (is(w, "strategy", &v))
        config.strategy = (enum scheduler_strategy)index_of(v, strategies);
    else if (is(w, "on_timeout", &v))
        config.on_timeout = (enum scheduler_on_timeout)index_of(v, ends);
    else if (is(w, "deadline_ms", &v))
        config.deadline_ms = strtoul(v, NULL, 10);
    else if (is(w, "return_ms", &v))
        config.return_ms = strtoul(v, NULL, 10);
    else if (is(w, "call_ms", &v))
        config.call_ms = strtoul(v, NULL, 10);
    else if (is(w, "poll_ms", &v))
        config.poll_ms = strtoul(v, NULL, 10);
    else if (is(w, "reboot_ms", &v))
        config.reboot_ms = strtoul(v, NULL, 10);
    else if (is(w, "reboots", &v))
        config.reboots = strcmp(v, "yes") == 0;
    else if (is(w, "run", &v))
        config.run = v;
    else if (is(w, "restore", &v) && restore_count < MAX_RESTORES)
        restores[restore_count++] = v;
    else if (is(w, "nodes", &v))
        return hostset_parse(v, NULL, &nodes, &why);
    else
        return -1;
    return 0;
}

static int restore(const char *text, struct fail *why)
{
    const char *equals = strchr(text, '=');
    char name[HOSTSET_MAX_NAME + 1];
    size_t at;

    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    if (!hostset_find(nodes, name, &at))
        return fail_set(why, FAIL_USAGE, "no such node: %s", name);
    return scheduler_restore(scheduler, at, equals + 1, why);
}

static int open_all(struct fail *why)
{
    static const struct scheduler_hooks hooks = {.ready = on_ready,
                                                 .note = on_note,
                                                 .taken = on_taken,
                                                 .given = on_given,
                                                 .rebooting = on_rebooting};

    names = calloc(hostset_count(nodes) + 1, sizeof *names);
    for (size_t i = 0; i < hostset_count(nodes); i++)
        names[i] = hostset_name(nodes, i);
    if (scheduler_open(&loop, &config, names, hostset_count(nodes), &hooks, NULL,
                       &scheduler, why) < 0)
        return -1;
    for (size_t i = 0; i < restore_count; i++)
        if (restore(restores[i], why) < 0)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct fail why;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        if (read_word(argv[i]) < 0) {
            fprintf(stderr, "scheduler-tool: what is '%s'?\n", argv[i]);
            return 2;
        }
    signal(SIGPIPE, SIG_IGN); /* as ibfleet does */
    uv_loop_init(&loop);
    uv_pipe_init(&loop, &in, 0);
    uv_pipe_open(&in, STDIN_FILENO);
    if (open_all(&why) < 0) {
        printf("not opened %s: %s\n", fail_code_name(why.code), why.text);
        return 2;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    free(names);
    hostset_free(nodes);
    if (uv_loop_close(&loop) != 0) {
        printf("the loop does not close\n");
        status = 3;
    }
    return status;
}
