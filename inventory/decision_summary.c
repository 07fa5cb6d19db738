/* A decision in one line, for people */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/decide.h"

static const char *const headings[STEP_VERBS] = {
    [STEP_DROP] = "remove",
    [STEP_PACKAGES] = "packages",
    [STEP_FETCH] = "fetch",
    [STEP_DOWNLOAD] = "download for",
    [STEP_DRIVER] = "install",
    [STEP_DKMS] = "DKMS for",
    [STEP_MODULES] = "modules",
    [STEP_INITRAMFS] = "initramfs of",
    [STEP_RESTART] = "restart",
    [STEP_RXE] = "Soft-RoCE on",
    [STEP_NAMES] = "names of RDMA devices kept",
    [STEP_MEMLOCK] = "locked memory without limit",
    [STEP_IPOIB] = "IPoIB",
    [STEP_HOLD] = "hold",
};

/* Which arguments are worth a word: not hashes, nor URLs, whose query may be a secret, nor
 * the flags of an installer; nor addresses, which each node has of its own.
 */
static void print_arguments(FILE *out, const struct step *step)
{
    size_t from = 0, to = step->arg_count;

    if (step->verb == STEP_FETCH)
        from = 1, to = 2;
    else if (step->verb == STEP_DRIVER)
        to = 2;
    else if (step->verb == STEP_IPOIB)
        to = 0;
    for (; from < to; from++)
        fprintf(out, " %s", step->args[from]);
}

static void print_step(FILE *out, const struct step *step)
{
    fputs(headings[step->verb], out);
    print_arguments(out, step);
    fputs("; ", out);
}

static char *summary_of_steps(const struct decision *d)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    for (size_t i = 0; i < d->steps.count; i++)
        print_step(out, &d->steps.list[i]);
    fputs(d->reboot ? "reboot" : "no reboot", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

char *decision_summary(const struct decision *d)
{
    switch (d->verdict) {
    case DECIDE_STEPS:
        return summary_of_steps(d);
    case DECIDE_REFUSE:
        return strdup(d->refusal.text);
    case DECIDE_UP_TO_DATE:
        break;
    }
    return strdup("up to date");
}
