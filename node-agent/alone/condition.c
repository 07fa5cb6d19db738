#include "node-agent/alone/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inventory/extension_exit.h"
#include "node-agent/alone/alone.h"
#include "node-agent/alone/wish.h"
#include "node-agent/detect/detect.h"
#include "node-agent/install/ledger.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define CONDITION_SCHEMA 1

/* Where root keeps what it has installed, which nobody else can read. */
#define ROOTS_STATE "/var/lib/ibfleet"

/* ---- finding out --------------------------------------------------------------------- */

static void note(void *arg, const struct ledger_entry *e)
{
    struct condition *c = arg;
    struct ledger_entry *more;
    size_t i = 0;

    while (i < c->step_count && (strcmp(c->steps[i].run, e->run) != 0 ||
                                 strcmp(c->steps[i].step, e->step) != 0))
        i++;
    if (i == c->step_count) {
        more = realloc(c->steps, (c->step_count + 1) * sizeof *more);
        if (!more)
            return;
        c->steps = more;
        c->step_count++;
    }
    c->steps[i] = *e;
    c->steps[i].what = NULL; /* the walk's */
}

static void judge(const struct home *h, struct condition *c)
{
    if (c->memo.wish)
        alone_judge(h, &c->memo, c->facts, &c->verdict);
    else if (!h->may_install && access(ROOTS_STATE, F_OK) == 0)
        fail_set(&c->verdict, FAIL_NOT_ROOT, "only root can see what was installed here");
}

int condition_find(const struct home *h, struct condition *c, struct fail *why)
{
    if (ledger_walk(h, note, c, why) < 0 || detect(h->root, &c->facts, why) < 0)
        return -1;
    c->claimed = claim_read(h, &c->claim);
    memo_load(h, &c->memo);
    judge(h, c);
    return 0;
}

void condition_done(struct condition *c)
{
    free(c->steps);
    facts_free(c->facts);
    memo_clear(&c->memo);
}

/* ---- for people ------------------------------------------------------------------------ */

static void write_steps(FILE *out, const struct condition *c)
{
    if (c->claimed)
        fprintf(out, "claim    run %s of %s@%s, epoch %lld\n", c->claim.run,
                c->claim.user, c->claim.controller, (long long)c->claim.epoch);
    else
        fputs("claim    none\n", out);
    for (size_t i = 0; i < c->step_count; i++)
        fprintf(out, "step     %s %s: %s%s%s\n", c->steps[i].run, c->steps[i].step,
                ledger_state_name(c->steps[i].state),
                c->steps[i].state == LEDGER_FAILED ? ": " : "", c->steps[i].why.text);
}

static void write_machine(FILE *out, const struct facts *f)
{
    char driver[100];

    alone_driver(f, driver);
    fprintf(out, "driver   %s\n", driver);
    for (size_t i = 0; i < f->platform.dkms_count; i++)
        fprintf(out, "dkms     %s %s: %s for %s\n", f->platform.dkms[i].module,
                f->platform.dkms[i].version, f->platform.dkms[i].state, f->os.kernel);
    for (size_t i = 0; i < f->hca_count; i++)
        for (size_t p = 0; p < f->hcas[i].port_count; p++)
            fprintf(out, "port     %s/%d: %s, %s, %.0f Gb/s\n", f->hcas[i].name,
                    f->hcas[i].ports[p].number, f->hcas[i].ports[p].link_layer,
                    f->hcas[i].ports[p].state, f->hcas[i].ports[p].rate_gbps);
}

static void write_last(FILE *out, const struct memo *m)
{
    time_t t = (time_t)m->at_s;
    char at[32];
    struct tm tm;

    if (!m->wish)
        return;
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    if (m->over)
        fprintf(out, "last     %s: %s (%s)\n", at, m->result.text,
                fail_code_name(m->result.code));
    else
        fprintf(out, "last     %s: run %s was begun\n", at, m->run);
}

static const char *reason_of(const struct condition *c)
{
    return c->verdict.code != FAIL_NONE ? c->verdict.text
           : c->memo.wish               ? "as its last install wanted"
                                        : "nothing was installed by hand";
}

static char *write_condition(const struct condition *c, struct fail *why)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    if (!out) {
        fail_memory(why);
        return NULL;
    }
    write_steps(out, c);
    write_machine(out, c->facts);
    write_last(out, &c->memo);
    fprintf(out, "exit     %d: %s (%s)\n", extension_exit(c->verdict.code), reason_of(c),
            fail_code_name(c->verdict.code));
    fclose(out);
    return text;
}

/* ---- for scripts ------------------------------------------------------------------------- */

static struct json *encode_step(const void *arg, size_t i)
{
    const struct ledger_entry *e = (const struct ledger_entry *)arg + i;
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "run", e->run) == 0 &&
        json_put_text(doc, "step", e->step) == 0 &&
        json_put_text(doc, "state", ledger_state_name(e->state)) == 0 &&
        json_put_int(doc, "attempt", e->attempt) == 0 &&
        json_put_int(doc, "at_s", e->at_s) == 0 &&
        json_put_real(doc, "seconds", e->seconds) == 0 &&
        json_put_text(doc, "reason", e->state == LEDGER_FAILED ? e->why.text : NULL) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_dkms(const void *arg, size_t i)
{
    const struct platform_dkms *d = (const struct platform_dkms *)arg + i;
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "module", d->module) == 0 &&
        json_put_text(doc, "version", d->version) == 0 &&
        json_put_text(doc, "state", d->state) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_port(const struct facts_hca *hca,
                                const struct facts_port *port)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "hca", hca->name) == 0 &&
        json_put_int(doc, "port", port->number) == 0 &&
        json_put_text(doc, "link_layer", port->link_layer) == 0 &&
        json_put_text(doc, "state", port->state) == 0 &&
        json_put_real(doc, "rate_gbps", port->rate_gbps) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_ports(const struct facts *f)
{
    struct json *list = json_array();
    bool fits = list;

    for (size_t i = 0; fits && i < f->hca_count; i++)
        for (size_t p = 0; fits && p < f->hcas[i].port_count; p++)
            fits = json_push(list, encode_port(&f->hcas[i], &f->hcas[i].ports[p])) == 0;
    if (fits)
        return list;
    json_free(list);
    return NULL;
}

static struct json *encode_last(const struct memo *m)
{
    struct json *doc = json_object();

    if (doc &&
        json_put(doc, "settings", wish_show(json_find(m->wish, "settings"))) == 0 &&
        json_put_text(doc, "run", *m->run ? m->run : NULL) == 0 &&
        json_put_int(doc, "at_s", m->at_s) == 0 &&
        json_put_flag(doc, "over", m->over) == 0 &&
        json_put_text(doc, "code", fail_code_name(m->result.code)) == 0 &&
        json_put_text(doc, "text", m->result.text) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int put_machine(struct json *doc, const struct facts *f)
{
    return json_put_text(doc, "driver", f->platform.driver) == 0 &&
                   json_put_text(doc, "driver_version", f->platform.driver_version) ==
                       0 &&
                   json_put(doc, "dkms",
                            json_list(f->platform.dkms_count, encode_dkms,
                                      f->platform.dkms)) == 0 &&
                   json_put(doc, "ports", encode_ports(f)) == 0
               ? 0
               : -1;
}

static struct json *encode(const struct condition *c)
{
    struct json *doc = json_object();

    if (doc && json_put_int(doc, "schema", CONDITION_SCHEMA) == 0 &&
        (!c->claimed || json_put(doc, "claim", claim_encode(&c->claim)) == 0) &&
        json_put(doc, "steps", json_list(c->step_count, encode_step, c->steps)) == 0 &&
        put_machine(doc, c->facts) == 0 &&
        (!c->memo.wish || json_put(doc, "last", encode_last(&c->memo)) == 0) &&
        json_put_int(doc, "exit", extension_exit(c->verdict.code)) == 0 &&
        json_put_text(doc, "code", fail_code_name(c->verdict.code)) == 0 &&
        json_put_text(doc, "reason", reason_of(c)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

char *condition_text(const struct condition *c, bool json, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json ? encode(c) : NULL;
    CLEANUP(text_done) char *text = doc ? json_print_pretty(doc) : NULL;
    char *lines = NULL;

    if (!json)
        return write_condition(c, why);
    if (!text || asprintf(&lines, "%s\n", text) < 0) {
        fail_memory(why);
        return NULL;
    }
    return lines;
}
