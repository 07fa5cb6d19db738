/* link-tool WORD=VALUE...   open links, ask once, say what happens (for e2e tests)
 *
 *   name= address= port= user= key= known_hosts= installed= sudo=yes     the node
 *   accept_new=yes ssh=libssh2|openssh ssh_config=
 *   agent= unprivileged=yes login_ms= tries= pause_ms= idle_ms=          the pool
 *   width= patience_ms=                                                  the door
 *   count=N        so many links to the same node; default 1
 *   ask=a,b        requests to make, all at once; default ping
 *   deadline_ms=   of each of them; default 5000
 *   hold_ms=       stay connected this long after the last answer
 *
 * One line per event on stdout: "state connecting", "up {...}", "answer ping {...}",
 * "failed ping CODE: TEXT", "event NAME {...}", "lost CODE: TEXT".  Status 0 when every
 * link came up and every request was answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/link/link.h"
#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define MAX_ASKS 16

static struct fleet_node node = {.name = "node1", .port = 22};
static struct link_pool_options options;
static struct door_options door_options;
static unsigned count = 1;
static uint64_t deadline_ms = 5000, hold_ms;
static const char *asks[MAX_ASKS] = {"ping"};
static size_t ask_count = 1;

struct one {
    struct link *link;
    uv_timer_t hold;
    size_t left; /* answers to come */
};

struct question {
    struct one *one;
    const char *what;
};

static uv_loop_t loop;
static int status;

static void say(const char *what, const char *name, const struct json *body)
{
    char *text = json_print(body);

    if (count == 1)
        printf("%s%s%s %s\n", what, *name ? " " : "", name, text);
    free(text);
}

static void on_closed(void *arg)
{
    struct one *one = arg;

    uv_close((uv_handle_t *)&one->hold, NULL);
}

static void end(struct one *one)
{
    unsigned long sent, received;

    link_traffic(one->link, &sent, &received);
    if (count == 1)
        printf("frames %lu %lu\n", sent, received);
    link_close(one->link, on_closed);
}

static void on_held(uv_timer_t *timer)
{
    end(timer->data);
}

static void on_answer(void *arg, const struct json *body, const struct fail *why)
{
    struct question *q = arg;
    struct one *one = q->one;

    if (why) {
        printf("failed %s %s: %s\n", q->what, fail_code_name(why->code), why->text);
        status = 1;
    } else {
        say("answer", q->what, body);
    }
    free(q);
    if (--one->left == 0 && link_state_of(one->link) == LINK_UP)
        uv_timer_start(&one->hold, on_held, hold_ms, 0);
}

static void on_moved(void *arg, enum link_state state)
{
    (void)arg;
    if (count == 1)
        printf("state %s\n", link_state_name(state));
}

static void on_up(void *arg, const struct json *hello)
{
    struct one *one = arg;

    say("up", "", hello);
    one->left = ask_count;
    for (size_t i = 0; i < ask_count; i++) {
        struct question *q = malloc(sizeof *q);

        *q = (struct question){one, asks[i]};
        link_ask(one->link, asks[i], NULL, deadline_ms, on_answer, q);
    }
    if (ask_count == 0)
        uv_timer_start(&one->hold, on_held, hold_ms, 0);
}

static void on_lost(void *arg, const struct fail *why)
{
    printf("lost %s: %s\n", fail_code_name(why->code), why->text);
    status = 1;
    end(arg);
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    (void)arg;
    say("event", name, body);
}

static void split_asks(char *list)
{
    ask_count = 0;
    for (char *word = strtok(list, ","); word && ask_count < MAX_ASKS;
         word = strtok(NULL, ","))
        asks[ask_count++] = word;
}

static bool is(char *word, const char *name, char **value)
{
    size_t n = strlen(name);

    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return false;
    *value = word + n + 1;
    return true;
}

static int read_word(char *w)
{
    char *v = NULL;

    if (is(w, "name", &v))
        node.name = v;
    else if (is(w, "address", &v))
        node.address = v;
    else if (is(w, "port", &v))
        node.port = (uint16_t)atoi(v), node.port_is_said = true;
    else if (is(w, "user", &v))
        node.user = v;
    else if (is(w, "key", &v))
        node.key = v;
    else if (is(w, "known_hosts", &v))
        node.known_hosts = v;
    else if (is(w, "installed", &v))
        node.agent = v;
    else if (is(w, "sudo", &v))
        node.sudo = strcmp(v, "yes") == 0;
    else if (is(w, "agent", &v))
        options.agent_path = v;
    else if (is(w, "accept_new", &v))
        node.host_keys =
            strcmp(v, "yes") == 0 ? FLEET_HOST_KEYS_ACCEPT_NEW : FLEET_HOST_KEYS_STRICT;
    else if (is(w, "ssh", &v))
        node.ssh = strcmp(v, "openssh") == 0   ? FLEET_SSH_OPENSSH
                   : strcmp(v, "libssh2") == 0 ? FLEET_SSH_LIBSSH2
                                               : FLEET_SSH_AUTO;
    else if (is(w, "ssh_config", &v))
        node.ssh_config = v;
    else if (is(w, "unprivileged", &v))
        options.unprivileged = strcmp(v, "yes") == 0;
    else if (is(w, "login_ms", &v))
        options.login_ms = strtoul(v, NULL, 10);
    else if (is(w, "tries", &v))
        options.tries = (unsigned)atoi(v);
    else if (is(w, "width", &v))
        door_options.width = (unsigned)atoi(v);
    else if (is(w, "patience_ms", &v))
        door_options.patience_ms = strtoul(v, NULL, 10);
    else if (is(w, "pause_ms", &v))
        options.pause_ms = strtoul(v, NULL, 10);
    else if (is(w, "idle_ms", &v))
        options.idle_ms = strtoul(v, NULL, 10);
    else if (is(w, "count", &v))
        count = (unsigned)atoi(v);
    else if (is(w, "ask", &v))
        split_asks(v);
    else if (is(w, "deadline_ms", &v))
        deadline_ms = strtoul(v, NULL, 10);
    else if (is(w, "hold_ms", &v))
        hold_ms = strtoul(v, NULL, 10);
    else
        return -1;
    return 0;
}

static void say_cost(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    fprintf(stderr, "cpu_ms_per_link %.3f\n",
            ((double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
             (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3) /
                count);
}

int main(int argc, char **argv)
{
    static const struct link_hooks hooks = {.moved = on_moved,
                                            .up = on_up,
                                            .lost = on_lost,
                                            .event = on_event};
    struct link_pool *pool;
    struct one *all;
    struct fail why;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        if (read_word(argv[i]) < 0) {
            fprintf(stderr, "link-tool: what is '%s'?\n", argv[i]);
            return 2;
        }
    if (!node.address)
        node.address = node.name;
    uv_loop_init(&loop);
    options.client = ssh_client_new();
    if (door_open(&loop, &door_options, &options.door, &why) < 0 ||
        link_pool_open(&loop, &options, &pool, &why) < 0) {
        printf("no pool %s: %s\n", fail_code_name(why.code), why.text);
        return 2;
    }
    all = calloc(count, sizeof *all);
    for (unsigned i = 0; i < count; i++) {
        uv_timer_init(&loop, &all[i].hold);
        all[i].hold.data = &all[i];
        all[i].link = link_new(pool, &node, &hooks, &all[i]);
        link_open(all[i].link);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    link_pool_close(pool);
    door_close(options.door);
    uv_run(&loop, UV_RUN_DEFAULT);
    ssh_client_free(options.client);
    free(all);
    if (uv_loop_close(&loop) != 0) {
        printf("the loop does not close\n");
        status = 3;
    }
    say_cost();
    return status;
}
