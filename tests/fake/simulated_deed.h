/* simulated_deed - what a simulated node does: by its command, or by its address (pure)
 *
 *     deed_parse("flood 100", &deed);          a command
 *     rules = rules_parse(text, why);          lines "ADDRESS DEED"
 *     deed = rules_find(rules, address);       NULL: as the command says
 *
 * Deeds:  true, false, exit N, echo WORDS   end at once
 *         cat                               gives back what comes, until its end
 *         hang                              never ends
 *         flood MIB                         prints that much, in lines, as fast as it is read
 *         die                               prints half a line, then resets the connection
 *         vanish                            hangs up when asked for the command, which
 *                                           may have begun then
 *         mute                              by address only: not even a banner
 */
#ifndef TESTS_SIMULATED_DEED_H
#define TESTS_SIMULATED_DEED_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct rules;

enum deed_kind {
    DEED_SAY,
    DEED_CAT,
    DEED_HANG,
    DEED_FLOOD,
    DEED_DIE,
    DEED_VANISH,
    DEED_MUTE
};

#define DEED_SAY_BYTES 256

struct deed {
    enum deed_kind kind;
    int status;                /* to end with                                  */
    char said[DEED_SAY_BYTES]; /* DEED_SAY: to stdout, or to stderr when 127 */
    uint64_t flood_bytes;
};

/* What is none of them is a DEED_SAY that ends with 127, as a shell's would. */
void deed_parse(const char *command, struct deed *deed);

/* Lines "ADDRESS DEED", addresses as in 127.1.2.3; FAIL_USAGE names the line,
 * FAIL_MEMORY.  Free with rules_free().
 */
struct rules *rules_parse(const char *text, struct fail *why);
void rules_free(struct rules *r);

/* address in host byte order.  NULL: nothing is said of it.  Borrowed. */
const struct deed *rules_find(const struct rules *r, uint32_t address);

#endif
