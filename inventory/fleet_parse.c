/* From the lines of a fleet file to a fleet: first everything is gathered, then
 * nodes are sorted, groups resolved and settings handed out, so that sections may
 * stand in any order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_file.h"
#include "inventory/fleet_parts.h"
#include "inventory/hostset.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_GROUPS 1000
#define DEFAULTS   -1 /* in wish.group */

/* "driver = none", and who said so. */
struct wish {
    int group; /* index in fleet.groups, or DEFAULTS */
    enum fleet_setting setting;
    const char *text;
    unsigned line;
};

struct build {
    struct fleet *fleet;
    const char *file, *home;
    const struct fleet_finder *finder; /* NULL: there is none */
    struct fleet_lines lines;
    struct wish *wishes;
    size_t count, room;
    const struct wish **from; /* [node * SETTINGS + setting]: the group's wish that won */
};

static void build_done(struct build *b)
{
    fleet_free(b->fleet);
    fleet_lines_done(&b->lines);
    free(b->wishes);
    free(b->from);
}

/* Put "FILE:LINE: " before what went wrong there.  Returns -1. */
static int blame(const struct build *b, unsigned line, struct fail *why)
{
    if (why && why->code == FAIL_MEMORY)
        return -1;
    if (why)
        why->code = FAIL_FLEET_FILE;
    return fail_prefix(why, "%s:%u", b->file, line);
}

/* ---- settings -----------------------------------------------------------------------
 */

static const struct wish *find_wish(const struct build *b, int group,
                                    enum fleet_setting setting)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->wishes[i].group == group && b->wishes[i].setting == setting)
            return &b->wishes[i];
    return NULL;
}

static struct wish *new_wish(struct build *b)
{
    size_t room = b->room ? 2 * b->room : 16;
    struct wish *more;

    if (b->count < b->room)
        return &b->wishes[b->count++];
    more = realloc(b->wishes, room * sizeof *more);
    if (!more)
        return NULL;
    b->wishes = more;
    b->room = room;
    return &more[b->count++];
}

static int take_wish(struct build *b, int group, const struct fleet_line *line,
                     struct fail *why)
{
    struct wish wish = {.group = group, .line = line->number};
    const struct wish *before;
    struct wish *place;

    if (setting_find(line->key, &wish.setting, why) < 0 ||
        setting_read(wish.setting, line->value, b->home, &b->fleet->text, &wish.text,
                     why) < 0)
        return -1;
    before = find_wish(b, group, wish.setting);
    if (before)
        return fail_set(why, FAIL_FLEET_FILE, "%s is already on line %u", line->key,
                        before->line);
    place = new_wish(b);
    if (!place)
        return fail_memory(why);
    *place = wish;
    return 0;
}

/* ---- groups --------------------------------------------------------------------------
 */

static bool is_group_name(const char *name)
{
    return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

/* The group of that name, made when it is new. */
static struct fleet_group *need_group(struct fleet *fleet, const char *name,
                                      unsigned line, struct fail *why)
{
    struct fleet_group *group = fleet_find_group(fleet, name);
    struct fleet_group *more;

    if (group)
        return group;
    if (fleet->group_count == MAX_GROUPS) {
        fail_set(why, FAIL_FLEET_FILE, "more than %d groups", MAX_GROUPS);
        return NULL;
    }
    more = realloc(fleet->groups, (fleet->group_count + 1) * sizeof *more);
    if (more)
        fleet->groups = more;
    name = arena_copy(&fleet->text, name, strlen(name));
    if (!more || !name || !(more[fleet->group_count].hostlist = strdup(""))) {
        fail_memory(why);
        return NULL;
    }
    group = &more[fleet->group_count++];
    group->name = name;
    group->line = line;
    return group;
}

/* The members are added to those it has; line 0: it is no line of the file. */
static int add_to_group(struct build *b, const char *name, const char *members,
                        unsigned line, struct fail *why)
{
    struct fleet_group *group;
    size_t old, add = strlen(members);
    char *more;

    if (strcmp(name, "all") == 0)
        return fail_set(why, FAIL_FLEET_FILE, "group 'all' has every node already");
    if (!is_group_name(name))
        return fail_set(why, FAIL_FLEET_FILE, "not a group name: '%s'", name);
    group = need_group(b->fleet, name, line, why);
    if (!group)
        return -1;
    old = strlen(group->hostlist);
    more = realloc(group->hostlist, old + add + 2);
    if (!more)
        return fail_memory(why);
    group->hostlist = more;
    if (old && add)
        more[old++] = ',';
    memcpy(more + old, members, add + 1);
    return 0;
}

static int take_group(struct build *b, const struct fleet_line *line, struct fail *why)
{
    return add_to_group(b, line->key, line->value, line->number, why);
}

/* ---- policy ---------------------------------------------------------------------------
 */

static int take_policy(struct build *b, const struct fleet_line *line, struct fail *why)
{
    enum policy_key key;

    if (fleet_policy_find(line->key, &key, why) < 0)
        return -1;
    return fleet_policy_set(&b->fleet->policy, key, line->value, &b->fleet->text, why);
}

/* ---- lines ----------------------------------------------------------------------------
 */

static int take_section(const struct build *b, const char *section, struct fail *why)
{
    static const char *const names[] = {"defaults", "nodes", "groups",
                                        "policy",   "azure", NULL};
    const char *near;

    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], section) == 0)
            return 0;
    if (strncmp(section, "group:", 6) == 0)
        return fleet_find_group(b->fleet, section + 6)
                   ? 0
                   : fail_set(why, FAIL_FLEET_FILE, "no group '%s' in [groups]",
                              section + 6);
    near = nearest_word(section, names);
    return fail_set(why, FAIL_FLEET_FILE, "unknown section [%s]%s%s%s", section,
                    near ? " (did you mean [" : "", near ? near : "", near ? "]?)" : "");
}

static int take_line(struct build *b, const struct fleet_line *line, struct fail *why)
{
    const char *section = line->section;

    if (!line->key)
        return take_section(b, section, why);
    if (strcmp(section, "defaults") == 0)
        return take_wish(b, DEFAULTS, line, why);
    if (strcmp(section, "nodes") == 0)
        return fleet_add_nodes(b->fleet, line->key, line->value, line->number, why);
    if (strcmp(section, "policy") == 0)
        return take_policy(b, line, why);
    if (strcmp(section, "groups") == 0 || strcmp(section, "azure") == 0)
        return 0;
    return take_wish(b, (int)(fleet_find_group(b->fleet, section + 6) - b->fleet->groups),
                     line, why);
}

/* ---- nodes that are not in the file ------------------------------------------------ */

/* Those of one group from `first` on, which stand together.  Returns how many, or -1. */
static int add_found_group(struct build *b, const struct fleet_found *found, size_t count,
                           struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *members = NULL;
    const char *group = found[0].group;
    size_t n = 0;

    if (!set)
        return fail_memory(why);
    for (; n < count && (found[n].group == group ||
                         (group && found[n].group && strcmp(found[n].group, group) == 0));
         n++)
        if (fleet_add_found(b->fleet, &found[n], why) < 0 ||
            hostset_add(set, found[n].name, why) < 0)
            return -1;
    members = hostset_fold(set);
    if (!members)
        return fail_memory(why);
    return group && add_to_group(b, group, members, 0, why) < 0 ? -1 : (int)n;
}

static int add_found(struct build *b, struct fail *why)
{
    const struct fleet_found *found;
    size_t count;

    if (!b->finder)
        return 0;
    if (b->finder->find(b->finder->arg, &b->fleet->azure, &found, &count, why) < 0)
        return -1;
    for (size_t i = 0; i < count;) {
        int taken = add_found_group(b, &found[i], count - i, why);

        if (taken < 0)
            return -1;
        i += (size_t)taken;
    }
    return 0;
}

/* A [group:NAME] may name the group of a scale set, whose nodes are not known yet. */
static int take_azure(struct build *b, struct fail *why)
{
    for (size_t i = 0; i < b->lines.count; i++) {
        const struct fleet_line *line = &b->lines.lines[i];

        if (line->key && strcmp(line->section, "azure") == 0 &&
            fleet_azure_take(&b->fleet->azure, line->key, line->value, b->home,
                             &b->fleet->text, why) < 0)
            return blame(b, line->number, why);
    }
    return add_found(b, why);
}

/* Groups first: a [group:NAME] may stand above them. */
static int take_lines(struct build *b, struct fail *why)
{
    const struct fleet_line *line = b->lines.lines;

    for (size_t i = 0; i < b->lines.count; i++)
        if (line[i].key && strcmp(line[i].section, "groups") == 0 &&
            take_group(b, &line[i], why) < 0)
            return blame(b, line[i].number, why);
    if (take_azure(b, why) < 0)
        return -1;
    for (size_t i = 0; i < b->lines.count; i++)
        if (take_line(b, &line[i], why) < 0)
            return blame(b, line[i].number, why);
    return fleet_close_nodes(b->fleet, b->file, why);
}

/* ---- who gets what ------------------------------------------------------------- */

static void hand_out_defaults(struct build *b)
{
    for (size_t w = 0; w < b->count; w++)
        if (b->wishes[w].group == DEFAULTS)
            for (size_t i = 0; i < b->fleet->count; i++)
                fleet_apply(&b->fleet->nodes[i], b->wishes[w].setting, b->wishes[w].text);
}

static int grant(struct build *b, const struct wish *wish, size_t node, struct fail *why)
{
    const struct wish **from = &b->from[node * SETTINGS + wish->setting];
    const struct fleet_group *groups = b->fleet->groups;
    char here[FLEET_MAX_LINE], there[FLEET_MAX_LINE];

    if (*from && strcmp((*from)->text, wish->text) != 0) {
        fail_set(why, FAIL_FLEET_FILE,
                 "%s of %s is %s here (group '%s') and %s on line %u (group '%s')",
                 setting_name(wish->setting), b->fleet->nodes[node].node.name,
                 setting_show(wish->setting, wish->text, here, sizeof here),
                 groups[wish->group].name,
                 setting_show(wish->setting, (*from)->text, there, sizeof there),
                 (*from)->line, groups[(*from)->group].name);
        return blame(b, wish->line, why);
    }
    *from = wish;
    fleet_apply(&b->fleet->nodes[node], wish->setting, wish->text);
    return 0;
}

/* Members are nodes of the fleet, and both are sorted alike. */
static int hand_out_group(struct build *b, int group, const struct hostset *members,
                          struct fail *why)
{
    for (size_t w = 0; w < b->count; w++) {
        size_t node = 0;

        if (b->wishes[w].group != group)
            continue;
        for (size_t i = 0; i < hostset_count(members); i++, node++) {
            while (strcmp(b->fleet->nodes[node].node.name, hostset_name(members, i)) != 0)
                node++;
            if (grant(b, &b->wishes[w], node, why) < 0)
                return -1;
        }
    }
    return 0;
}

static int hand_out(struct build *b, struct fail *why)
{
    struct fleet *fleet = b->fleet;

    b->from = calloc(fleet->count * SETTINGS + 1, sizeof *b->from);
    if (!b->from)
        return fail_memory(why);
    hand_out_defaults(b);
    for (size_t g = 0; g < fleet->group_count; g++) {
        CLEANUP(hostset_done) struct hostset *members = NULL;
        const struct fleet_group *group = &fleet->groups[g];
        char name[FLEET_MAX_LINE + 2];

        snprintf(name, sizeof name, "@%s", group->name);
        if (fleet_resolve(fleet, name, &members, why) < 0)
            return blame(b, group->line, why);
        if (hand_out_group(b, (int)g, members, why) < 0)
            return -1;
    }
    return 0;
}

int fleet_parse(const char *text, size_t len_bytes, const char *file, const char *home,
                const struct fleet_finder *finder, struct fleet **fleet, struct fail *why)
{
    CLEANUP(build_done)
    struct build b = {.fleet = fleet_new(), .file = file, .home = home, .finder = finder};

    if (!b.fleet)
        return fail_memory(why);
    if (fleet_lines_read(text, len_bytes, file, &b.lines, why) < 0 ||
        take_lines(&b, why) < 0 || hand_out(&b, why) < 0)
        return -1;
    *fleet = b.fleet;
    b.fleet = NULL;
    return 0;
}
