/* Whatever the file says: every line found names what was asked for, revealed names are
 * found, and each refusal has words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/hosttable.h"
#include "controller/ssh/hostverdict.h"
#include "protocol/fail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const hosts[] = {"ib1", "10.0.0.1", "[ib1]:2222", "*", ""};

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static bool on_line(void *arg, const struct hosttable_line *line)
{
    const struct hosttable_line **last = arg;

    demand(*line->type && *line->key && *line->names && line->number > 0);
    *last = line;
    return true;
}

/* Of a host that is not known, with all that was found. */
static void judge(const struct hosttable *t, const struct hosttable_line *found)
{
    struct host_evidence e = {.name = "ib9",
                              .address = "10.9.9.9",
                              .type = "ssh-ed25519",
                              .print = "SHA256:x",
                              .elsewhere = found,
                              .pattern = hosttable_pattern(t, "ib9")};
    struct fail why = {.code = FAIL_NONE};

    for (int known_by = 0; known_by < 4; known_by++) {
        e.by_name = known_by & 1 ? found : NULL;
        e.by_address = known_by & 2 ? found : NULL;
        for (int i = 0; i < 2; i++, e.elsewhere = NULL)
            demand(hostverdict_explain(&e, "file", &why) == -1 && *why.text);
        e.elsewhere = found;
    }
}

static void look(struct hosttable *t, const char *host)
{
    const struct hosttable_line *line = NULL, *same_key = NULL;
    int revealed = hosttable_reveal(t, host, true, NULL);

    demand(revealed >= 0);
    hosttable_find(t, host, on_line, &line);
    demand(line || !revealed);
    demand(hosttable_reveal(t, host, true, NULL) == 0);
    if (!line)
        return;
    hosttable_find_key(t, line->key, on_line, &same_key);
    demand(same_key && strcmp(same_key->key, line->key) == 0);
    judge(t, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hosttable *t = hosttable_new();
    char *text = malloc(size + 1);
    struct fail why;

    if (!t || !text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    demand(hosttable_parse(t, text, "file", 1, &why) >= 0);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        look(t, hosts[i]);
    hosttable_free(t);
    return 0;
}
