/* checkup - what a doctor found, thing by thing (pure)
 *
 *     checkup_add(c, CHECKUP_BAD, "clock", "set it, or switch NTP on",
 *                 "it is before %s was built", program);
 *     checkup_render(c, width, color, &text);
 *
 *     ok    clock     kept by NTP
 *     bad   agent     there is no ibfleet-agent in /usr/bin
 *                     -> install it beside ibfleet
 */
#ifndef CONTROLLER_CHECKUP_H
#define CONTROLLER_CHECKUP_H

#include <stdbool.h>
#include <stddef.h>

struct json;
struct text;

enum checkup_level {
    CHECKUP_OK,
    CHECKUP_WARN, /* something will not work, or not well; most will  */
    CHECKUP_BAD,  /* ibfleet cannot do its work here                  */
};

#define CHECKUP_MAX        64
#define CHECKUP_TEXT_BYTES 400

struct checkup_item {
    enum checkup_level level;
    const char *about;  /* a constant word      */
    const char *advice; /* constant; NULL: none */
    char words[CHECKUP_TEXT_BYTES];
};

/* All zero is one that found nothing.  Past CHECKUP_MAX it is only counted as bad. */
struct checkup {
    struct checkup_item items[CHECKUP_MAX];
    size_t count;
    bool is_full;
};

void checkup_add(struct checkup *c, enum checkup_level level, const char *about,
                 const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

enum checkup_level checkup_worst(const struct checkup *c);

/* A line for each, words escaped; width 0: as long as they are. */
void checkup_render(const struct checkup *c, size_t width, bool color, struct text *text);

/* The document of --json; NULL when memory is exhausted. */
struct json *checkup_encode(const struct checkup *c);

#endif
