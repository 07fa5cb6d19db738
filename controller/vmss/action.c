#include "controller/vmss/action.h"

#include <stdbool.h>
#include <string.h>

#include "inventory/nearest.h"
#include "protocol/fail.h"

/* clang-format off */
const struct action_row action_table[] = {
    {ACTION_STATUS,            "status",    NULL,      ACTION_OF_SOME,
     "the sets and their instances, equal ones folded, and what is in the way of RDMA"},
    {ACTION_EXTENSION_STATUS,  "extension", "status",  ACTION_OF_SOME,
     "Microsoft's InfiniBand extension: who has which, and how it ended"},
    {ACTION_EXTENSION_ADD,     "extension", "add",     ACTION_OF_SOME,
     "add it to the set's model and bring instances to that in batches; with HOSTS to these machines"},
    {ACTION_EXTENSION_UPGRADE, "extension", "upgrade", ACTION_OF_SOME,
     "the same for another version or other settings"},
    {ACTION_EXTENSION_REMOVE,  "extension", "remove",  ACTION_OF_SOME,
     "take it out again"},
    {ACTION_TEMPLATE,          "template",  NULL,      ACTION_OF_SET,
     "print the extension for an ARM template, PowerShell or az; nothing is asked"},
    {ACTION_START,             "start",     NULL,      ACTION_OF_NAMED,
     "start instances that are stopped or deallocated"},
    {ACTION_RESTART,           "restart",   NULL,      ACTION_OF_NAMED,
     "restart instances"},
    {ACTION_REDEPLOY,          "redeploy",  NULL,      ACTION_OF_NAMED,
     "move instances to other hardware; their temporary disks are lost"},
    {ACTION_REIMAGE,           "reimage",   NULL,      ACTION_OF_NAMED,
     "give instances a new OS disk; what was on the old one is lost"},
    {ACTION_UPGRADE,           "upgrade",   NULL,      ACTION_OF_NAMED,
     "bring instances to the set's model"},
    {ACTION_PROTECT,           "protect",   NULL,      ACTION_OF_NAMED,
     "keep instances from scale-in and from what is done to the whole set"},
    {ACTION_UNPROTECT,         "unprotect", NULL,      ACTION_OF_NAMED,
     "no longer"},
    {ACTION_REPAIRS_STATUS,    "repairs",   "status",  ACTION_OF_SET,
     "are automatic repairs on, and who suspended them"},
    {ACTION_REPAIRS_SUSPEND,   "repairs",   "suspend", ACTION_OF_SET,
     "keep Azure from replacing nodes that look ill while they are worked on"},
    {ACTION_REPAIRS_RESUME,    "repairs",   "resume",  ACTION_OF_SET,
     "let it again, where we have suspended them"},
    {ACTION_HEALTH,            "health",    NULL,      ACTION_OF_NAMED,
     "report a bad node to Azure (guest health report)"},
    {ACTION_RESUME,            "resume",    NULL,      ACTION_OF_RUN,
     "go on with an action that was interrupted"},
    {.first = NULL},
};
/* clang-format on */

#define MAX_WORDS 32

/* Each first word once, or the second words that follow one. */
static void list_words(const char *first, const char *words[MAX_WORDS + 1])
{
    size_t count = 0;

    for (const struct action_row *row = action_table; row->first; row++) {
        const char *word = first ? row->second : row->first;

        if (first && strcmp(row->first, first) != 0)
            continue;
        if (count < MAX_WORDS && (!count || strcmp(words[count - 1], word) != 0))
            words[count++] = word;
    }
    words[count] = NULL;
}

static int no_such(const char *first, const char *word, struct fail *why)
{
    const char *words[MAX_WORDS + 1], *near;

    list_words(first, words);
    near = word ? nearest_word(word, words) : NULL;
    return fail_set(why, FAIL_USAGE, "azure%s%s: %s '%s'%s%s%s", first ? " " : "",
                    first ? first : "", word ? "there is no" : "say what, as in",
                    word ? word : words[0],
                    near ? "; did you mean '"
                         : "; see: ibfleet "
                           "help azure",
                    near ? near : "", near ? "'?" : "");
}

int action_find(const char *const *words, size_t count, const struct action_row **found,
                struct fail *why)
{
    bool has_second = false;

    if (!count)
        return no_such(NULL, NULL, why);
    for (const struct action_row *row = action_table; row->first; row++) {
        if (strcmp(row->first, words[0]) != 0)
            continue;
        has_second = row->second != NULL;
        if (has_second && (count < 2 || strcmp(row->second, words[1]) != 0))
            continue;
        *found = row;
        return has_second ? 2 : 1;
    }
    return has_second ? no_such(words[0], count > 1 ? words[1] : NULL, why)
                      : no_such(NULL, words[0], why);
}
