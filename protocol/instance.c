#include "protocol/instance.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/character.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define PATH_MAX_KEYS   3
#define EXACT_MAX       ((int64_t)1 << 53)
#define NUMBER_BYTES    24
#define RESOURCE_ID_MAX 512
#define WORD_MAX        128
#define UUID_LEN        36

/* ---- values ----------------------------------------------------------------------- */

enum shape {
    SHAPE_WORD, /* visible ASCII, no quotes                               */
    SHAPE_NAME, /* letters, digits, "-_.", a letter or a digit first      */
    SHAPE_SIZE, /* likewise, but a letter first: "Standard_HB120rs_v3"    */
    SHAPE_UUID, /* 36 hexadecimal digits and dashes                       */
    SHAPE_ID,   /* "/subscriptions/...": visible, and a slash first       */
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"'`\\", *text))
            return false;
    return true;
}

/* Resource groups may have letters of any alphabet, which come in UTF-8. */
static bool is_id(const char *text)
{
    size_t left = strlen(text), n;
    uint32_t point;

    if (*text != '/')
        return false;
    for (; left; text += n, left -= n) {
        n = character_decode(text, left, &point);
        if (n == 0 || point < ' ' || (point >= 0x7f && point < 0xa0))
            return false;
    }
    return true;
}

static bool has_shape(const char *text, enum shape shape)
{
    size_t len = strlen(text);

    switch (shape) {
    case SHAPE_WORD:
        return len <= WORD_MAX && is_visible(text);
    case SHAPE_NAME:
        return len <= WORD_MAX && strchr(LETTERS DIGITS, *text) &&
               strspn(text, LETTERS DIGITS "-_.") == len;
    case SHAPE_SIZE:
        return strchr(LETTERS, *text) && has_shape(text, SHAPE_NAME);
    case SHAPE_UUID:
        return len == UUID_LEN && strspn(text, DIGITS "abcdefABCDEF-") == len;
    default:
        return len <= RESOURCE_ID_MAX && is_id(text);
    }
}

/* A string, or the text of a whole number or of a flag, which goes to buffer.  NULL: it
 * is something else.
 */
static const char *scalar_text(const struct json *object, const char *key,
                               char buffer[NUMBER_BYTES])
{
    const char *text = json_text_of(json_find(object, key));
    int64_t number;
    bool flag;

    if (text)
        return text;
    if (json_get_int(object, key, -EXACT_MAX, EXACT_MAX, &number, NULL) == 0)
        snprintf(buffer, NUMBER_BYTES, "%" PRId64, number);
    else if (json_get_flag(object, key, &flag, NULL) == 0)
        snprintf(buffer, NUMBER_BYTES, "%s", flag ? "true" : "false");
    else
        return NULL;
    return buffer;
}

static int refuse(struct facts_azure *a, const char *key)
{
    char **more;

    if (a->refused_count == FACTS_MAX_REFUSED)
        return 0;
    more = realloc(a->refused, (a->refused_count + 1) * sizeof *more);
    if (!more)
        return -1;
    a->refused = more;
    more[a->refused_count] = strdup(key);
    return more[a->refused_count] ? (a->refused_count++, 0) : -1;
}

/* Where a value may be: "storageProfile", "imageReference", "sku". */
struct place {
    const char *keys[PATH_MAX_KEYS];
};

/* The object that has the last key of a place, which is *key.  NULL: there is none. */
static const struct json *object_of(const struct json *doc, const struct place *p,
                                    const char **key)
{
    int i = 0;

    for (; doc && i + 1 < PATH_MAX_KEYS && p->keys[i + 1]; i++)
        doc = json_find(doc, p->keys[i]);
    *key = p->keys[i];
    return doc && json_find(doc, *key) ? doc : NULL;
}

/* *copy stays NULL when nothing is said there.  -1 only for want of memory. */
static int take(const struct json *doc, const struct place *p, enum shape shape,
                struct facts_azure *a, char **copy)
{
    const char *key, *text;
    const struct json *object = object_of(doc, p, &key);
    char number[NUMBER_BYTES];

    if (!object)
        return 0;
    text = scalar_text(object, key, number);
    if (text && !*text)
        return 0;
    if (!text || !has_shape(text, shape))
        return refuse(a, key);
    *copy = strdup(text);
    return *copy ? 0 : -1;
}

/* ---- what the machine is ------------------------------------------------------------ */

/* clang-format off */
#define TO(member) offsetof(struct facts_azure, member)
static const struct {
    struct place place;
    enum shape shape;
    size_t offset;
} fields[] = { /* of two lines for one member the first that says something counts */
    {{{"name"}},                                           SHAPE_NAME, TO(name)},
    {{{"location"}},                                       SHAPE_NAME, TO(location)},
    {{{"zone"}},                                           SHAPE_NAME, TO(zone)},
    {{{"publisher"}},                                      SHAPE_WORD, TO(publisher)},
    {{{"storageProfile", "imageReference", "publisher"}},  SHAPE_WORD, TO(publisher)},
    {{{"offer"}},                                          SHAPE_WORD, TO(offer)},
    {{{"storageProfile", "imageReference", "offer"}},      SHAPE_WORD, TO(offer)},
    {{{"sku"}},                                            SHAPE_WORD, TO(sku)},
    {{{"storageProfile", "imageReference", "sku"}},        SHAPE_WORD, TO(sku)},
    {{{"version"}},                                        SHAPE_WORD, TO(image_version)},
    {{{"storageProfile", "imageReference", "exactVersion"}}, SHAPE_WORD, TO(image_version)},
    {{{"osType"}},                                         SHAPE_NAME, TO(os_type)},
    {{{"azEnvironment"}},                                  SHAPE_NAME, TO(environment)},
    {{{"securityProfile", "securityType"}},                SHAPE_NAME, TO(security_type)},
    {{{"vmScaleSetName"}},                                 SHAPE_NAME, TO(scale_set)},
    {{{"placementGroupId"}},                               SHAPE_NAME, TO(placement_group)},
    {{{"vmId"}},                                           SHAPE_UUID, TO(vm_id)},
    {{{"resourceId"}},                                     SHAPE_ID,   TO(resource_id)},
};
/* clang-format on */

static int take_fields(const struct json *doc, struct facts_azure *a, size_t *count)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char *copy = NULL, **to = (char **)(void *)((char *)a + fields[i].offset);

        if (*to)
            continue;
        if (take(doc, &fields[i].place, fields[i].shape, a, &copy) < 0)
            return -1;
        *to = copy;
        *count += copy != NULL;
    }
    return 0;
}

static int take_secure_boot(const struct json *doc, struct facts_azure *a)
{
    static const struct place place = {{"securityProfile", "secureBootEnabled"}};
    CLEANUP(text_done) char *said = NULL;

    if (take(doc, &place, SHAPE_NAME, a, &said) < 0)
        return -1;
    if (!said)
        return 0;
    if (strcasecmp(said, "true") == 0 || strcmp(said, "1") == 0)
        a->secure_boot = 1;
    else if (strcasecmp(said, "false") == 0 || strcmp(said, "0") == 0)
        a->secure_boot = 0;
    else
        return refuse(a, "secureBootEnabled");
    return 0;
}

/* A machine of a Flexible set has the set's id where one of a Uniform set has its name. */
static int take_flexible_set(const struct json *doc, struct facts_azure *a)
{
    static const struct place place = {{"virtualMachineScaleSet", "id"}};
    CLEANUP(text_done) char *id = NULL;
    const char *name;

    if (a->scale_set)
        return 0;
    if (take(doc, &place, SHAPE_ID, a, &id) < 0)
        return -1;
    if (!id)
        return 0;
    name = strrchr(id, '/') + 1;
    if (!*name || !has_shape(name, SHAPE_NAME))
        return refuse(a, "virtualMachineScaleSet");
    a->scale_set = strdup(name);
    return a->scale_set ? 0 : -1;
}

int instance_parse(const char *text, size_t len_bytes, struct facts_azure *a, char **size,
                   struct fail *why)
{
    static const struct place place = {{"vmSize"}};
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *said = NULL;
    size_t count = 0;

    if (json_parse(text, len_bytes, &doc, why) < 0)
        return -1;
    if (!json_is_object(doc))
        return fail_set(why, FAIL_GARBAGE, "not an object");
    if (take(doc, &place, SHAPE_SIZE, a, &said) < 0 || take_fields(doc, a, &count) < 0 ||
        take_secure_boot(doc, a) < 0 || take_flexible_set(doc, a) < 0)
        return fail_memory(why);
    if (!said && !count && !a->refused_count)
        return fail_set(why, FAIL_GARBAGE, "it has neither vmSize nor any field we know");
    *size = said;
    said = NULL;
    return 0;
}

/* ---- what will happen to it --------------------------------------------------------- */

static bool concerns(const struct json *event, const char *name)
{
    const struct json *list = json_find(event, "Resources");

    if (!name || !json_is_array(list))
        return true; /* better one too many than a reboot in the middle of an install */
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (json_text_of(e) && strcasecmp(json_text_of(e), name) == 0)
            return true;
    return false;
}

/* Dates have blanks and commas, so a text for people: printable and short. */
static char *copy_words(const struct json *event, const char *key)
{
    const char *text = json_text_of(json_find(event, key));

    if (!text || !*text || strlen(text) > WORD_MAX)
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            return NULL;
    return strdup(text);
}

static int duration_of(const struct json *event)
{
    char buffer[NUMBER_BYTES], *end;
    const char *text = scalar_text(event, "DurationInSeconds", buffer);
    long seconds = text ? strtol(text, &end, 10) : FACTS_UNKNOWN;

    if (!text || end == text || *end || seconds < 0 || seconds > INT32_MAX)
        return FACTS_UNKNOWN;
    return (int)seconds;
}

static void clear_event(struct facts_event *e)
{
    free(e->id);
    free(e->type);
    free(e->status);
    free(e->not_before);
    free(e->source);
}

static int push_event(struct facts_azure *a, const struct facts_event *e)
{
    struct facts_event *more = realloc(a->events, (a->event_count + 1) * sizeof *more);

    if (!more)
        return -1;
    a->events = more;
    more[a->event_count++] = *e;
    return 0;
}

/* An event that does not say what it is, is still one that somebody has to look at. */
static int add_event(const struct json *event, struct facts_azure *a)
{
    static const struct place id = {{"EventId"}}, type = {{"EventType"}};
    struct facts_event e = {.duration_s = duration_of(event)};

    if (take(event, &id, SHAPE_WORD, a, &e.id) < 0 ||
        take(event, &type, SHAPE_NAME, a, &e.type) < 0 ||
        (!e.id && !(e.id = strdup("unknown"))) ||
        (!e.type && !(e.type = strdup("unknown")))) {
        clear_event(&e);
        return -1;
    }
    e.status = copy_words(event, "EventStatus");
    e.not_before = copy_words(event, "NotBefore");
    e.source = copy_words(event, "EventSource");
    if (push_event(a, &e) == 0)
        return 0;
    clear_event(&e);
    return -1;
}

int instance_parse_events(const char *text, size_t len_bytes, struct facts_azure *a,
                          struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    const struct json *list;

    if (json_parse(text, len_bytes, &doc, why) < 0 ||
        json_get_array(doc, "Events", &list, why) < 0)
        return -1;
    for (const struct json *e = json_first(list); e && a->event_count < FACTS_MAX_EVENTS;
         e = json_next(e)) {
        if (!json_is_object(e))
            return fail_set(why, FAIL_GARBAGE, "'Events' holds something else");
        if (concerns(e, a->name) && add_event(e, a) < 0)
            return fail_memory(why);
    }
    return 0;
}
