#include "controller/openssh/arguments.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controller/openssh/mark.h"
#include "controller/ssh/ssh.h"
#include "inventory/jump.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* As long as libssh2's connections wait for a peer that is gone (wire.c). */
#define ALIVE_INTERVAL_S "20"
#define ALIVE_COUNT      "3"

/* As PATH_MAX. */
#define VALUE_MAX_BYTES ((size_t)4096)

/* What an ssh of before 2021 does not know, it need not be told to leave alone. */
static const char *const always[] = {
    "IgnoreUnknown=SessionType,StdinNull,ForkAfterAuthentication",
    "BatchMode=yes",
    "LogLevel=INFO",
    "PermitLocalCommand=yes",
    "LocalCommand=" MARK_COMMAND,
    "ServerAliveInterval=" ALIVE_INTERVAL_S,
    "ServerAliveCountMax=" ALIVE_COUNT,
    "ConnectionAttempts=1",
    "UpdateHostKeys=no",
    "VisualHostKey=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "ControlMaster=no",
    "ControlPath=none",
    "RemoteCommand=none",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
};

/* ---- one word ----------------------------------------------------------------------- */

static int add(struct arguments *a, const char *word, struct fail *why)
{
    char *copy = arena_copy(&a->text, word, strlen(word));

    if (!copy)
        return fail_memory(why);
    assert(a->count < ARGUMENTS_MAX);
    a->words[a->count++] = copy;
    return 0;
}

static int add_pair(struct arguments *a, const char *option, const char *value,
                    struct fail *why)
{
    return add(a, option, why) < 0 ? -1 : add(a, value, why);
}

static int add_setting(struct arguments *a, struct fail *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int add_setting(struct arguments *a, struct fail *why, const char *fmt, ...)
{
    CLEANUP(text_done) char *text = NULL;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0) {
        text = NULL;
        return fail_memory(why);
    }
    return add_pair(a, "-o", text, why);
}

/* Paths, or an address, as they stand: ssh splits at spaces unless quoted, and expands %
 * and ${.
 */
static int add_words(struct arguments *a, const char *keyword, const char *quote,
                     const char *value, struct fail *why)
{
    char text[2 * VALUE_MAX_BYTES];
    size_t used = 0;

    if (strlen(value) > VALUE_MAX_BYTES || strpbrk(value, "\"\n") || strstr(value, "${"))
        return fail_set(why, FAIL_USAGE, "ssh cannot be told this %s: %s", keyword,
                        value);
    for (; *value; value++) {
        text[used++] = *value;
        if (*value == '%' || *value == '\\')
            text[used++] = *value;
    }
    return add_setting(a, why, "%s=%s%.*s%s", keyword, quote, (int)used, text, quote);
}

static int add_quoted(struct arguments *a, const char *keyword, const char *value,
                      struct fail *why)
{
    return add_words(a, keyword, "\"", value, why);
}

/* ---- the order ------------------------------------------------------------------------ */

/* It adds to those of ssh_config, as SetEnv would not. */
static int add_mark(struct arguments *a, const struct ssh_order *order, struct fail *why)
{
    return order->mark ? add_pair(a, "-o", "SendEnv=LC_IBFLEET", why) : 0;
}

static int add_always(struct arguments *a, struct fail *why)
{
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (add_pair(a, "-o", always[i], why) < 0)
            return -1;
    return 0;
}

/* Its own address wins over a HostName of ssh_config; a name without one is looked for
 * there.
 */
static int add_where(struct arguments *a, const struct ssh_order *o, struct fail *why)
{
    unsigned long long seconds = (o->phase_ms + 999) / 1000;

    if (o->address && strcmp(o->address, o->name) != 0 &&
        add_quoted(a, "HostName", o->address, why) < 0)
        return -1;
    if (o->port && add_setting(a, why, "Port=%u", o->port) < 0)
        return -1;
    return seconds ? add_setting(a, why, "ConnectTimeout=%llu", seconds) : 0;
}

/* The jump hosts themselves are reached as ssh_config says. */
static int add_jump(struct arguments *a, const struct ssh_order *o, struct fail *why)
{
    size_t way = o->jump ? jump_before(o->jump, o->name, o->port) : 0;

    return way ? add_setting(a, why, "ProxyJump=%.*s", (int)way, o->jump) : 0;
}

/* A key that was named is the only one: with all those of an agent before it, a server
 * may have heard enough.
 */
static int add_who(struct arguments *a, const struct ssh_order *o, struct fail *why)
{
    if (o->user && add_setting(a, why, "User=%s", o->user) < 0)
        return -1;
    if (!o->key)
        return 0;
    return add_quoted(a, "IdentityFile", o->key, why) < 0
               ? -1
               : add_setting(a, why, "IdentitiesOnly=yes");
}

static int add_host_keys(struct arguments *a, const struct ssh_order *o, struct fail *why)
{
    if (o->known_hosts &&
        (add_words(a, "UserKnownHostsFile", "", o->known_hosts, why) < 0 ||
         add_setting(a, why, "GlobalKnownHostsFile=/dev/null") < 0))
        return -1;
    return add_setting(a, why, "StrictHostKeyChecking=%s",
                       o->accept_new ? "accept-new" : "yes");
}

int arguments_make(const struct ssh_order *order, struct arguments *a, struct fail *why)
{
    if (add(a, "ssh", why) < 0 || add(a, "-T", why) < 0 ||
        (order->config && add_pair(a, "-F", order->config, why) < 0) ||
        add_always(a, why) < 0 || add_where(a, order, why) < 0 ||
        add_jump(a, order, why) < 0 || add_who(a, order, why) < 0 ||
        add_host_keys(a, order, why) < 0 || add_mark(a, order, why) < 0)
        return -1;
    return add(a, "--", why) < 0 || add(a, order->name, why) < 0
               ? -1
               : add(a, order->command, why);
}

void arguments_done(struct arguments *a)
{
    arena_done(&a->text);
    *a = (struct arguments){0};
}
