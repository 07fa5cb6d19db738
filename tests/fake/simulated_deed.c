#include "tests/fake/simulated_deed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

#define STATUS_UNKNOWN_COMMAND 127

struct rule {
    uint32_t address;
    struct deed deed;
};

struct rules {
    struct rule *all; /* by address */
    size_t count;
};

static void say(struct deed *deed, int status, const char *said)
{
    deed->kind = DEED_SAY;
    deed->status = status;
    snprintf(deed->said, sizeof deed->said, "%s", said);
}

void deed_parse(const char *command, struct deed *deed)
{
    unsigned long long mib;
    int status;

    *deed = (struct deed){.kind = DEED_SAY};
    if (strncmp(command, "echo ", 5) == 0)
        snprintf(deed->said, sizeof deed->said, "%.200s\n", command + 5);
    else if (sscanf(command, "exit %d", &status) == 1)
        deed->status = status;
    else if (strcmp(command, "false") == 0)
        deed->status = 1;
    else if (strcmp(command, "cat") == 0)
        deed->kind = DEED_CAT;
    else if (strcmp(command, "hang") == 0)
        deed->kind = DEED_HANG;
    else if (strcmp(command, "die") == 0)
        deed->kind = DEED_DIE;
    else if (strcmp(command, "vanish") == 0)
        deed->kind = DEED_VANISH;
    else if (sscanf(command, "flood %llu", &mib) == 1)
        *deed = (struct deed){.kind = DEED_FLOOD, .flood_bytes = (uint64_t)mib << 20};
    else if (strcmp(command, "true") != 0)
        say(deed, STATUS_UNKNOWN_COMMAND, "simulated: no such command\n");
}

/* ---- by address --------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static int parse_rule(const char *line, size_t len, struct rule *rule)
{
    char copy[128], address[32];
    struct in_addr in;
    int used = 0;

    if (len >= sizeof copy)
        return -1;
    memcpy(copy, line, len);
    copy[len] = '\0';
    if (sscanf(copy, "%31s %n", address, &used) != 1 || !copy[used] ||
        inet_pton(AF_INET, address, &in) != 1)
        return -1;
    rule->address = ntohl(in.s_addr);
    if (strcmp(copy + used, "mute") == 0)
        rule->deed = (struct deed){.kind = DEED_MUTE};
    else
        deed_parse(copy + used, &rule->deed);
    return rule->deed.status == STATUS_UNKNOWN_COMMAND ? -1 : 0;
}

static size_t lines_of(const char *text)
{
    size_t lines = 1;

    while ((text = strchr(text, '\n'))) {
        lines++;
        text++;
    }
    return lines;
}

static int parse_lines(struct rules *r, const char *text, struct fail *why)
{
    for (int number = 1; *text; number++) {
        size_t len = strcspn(text, "\n");

        if (len > 0 && parse_rule(text, len, &r->all[r->count++]) < 0)
            return fail_set(why, FAIL_USAGE, "rules, line %d: not an address and a deed",
                            number);
        text += len + (text[len] == '\n');
    }
    qsort(r->all, r->count, sizeof *r->all, by_address);
    return 0;
}

struct rules *rules_parse(const char *text, struct fail *why)
{
    struct rules *r = calloc(1, sizeof *r);

    if (r)
        r->all = calloc(lines_of(text), sizeof *r->all);
    if (!r || !r->all)
        fail_memory(why);
    else if (parse_lines(r, text, why) == 0)
        return r;
    rules_free(r);
    return NULL;
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    free(r->all);
    free(r);
}

const struct deed *rules_find(const struct rules *r, uint32_t address)
{
    struct rule wanted = {.address = address};
    const struct rule *found =
        bsearch(&wanted, r->all, r->count, sizeof *r->all, by_address);

    return found ? &found->deed : NULL;
}
