/* screen - the only module, beside cmd_*.c, that writes to stdout and stderr
 *
 * Results go to stdout, everything else to stderr.  A closed pipe (`| head`) ends
 * output silently; a full disk is told by screen_flush().
 */
#ifndef CONTROLLER_SCREEN_H
#define CONTROLLER_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;
struct text;

/* Columns and rows of the terminal behind the descriptor; 0 when it is none. */
size_t screen_width(int fd);
size_t screen_height(int fd);

/* Rendered text to stdout or stderr, as it is. */
void screen_out(const struct text *text);
void screen_err(const struct text *text);

/* `ibfleet: ...` on stderr, escaped, a newline added. */
void screen_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The failure as one line on stderr; returns the exit status that goes with it. */
int screen_fail(const struct fail *why);

/* One document on stdout, indented; as one line for ndjson.  FAIL_MEMORY. */
int screen_json(const struct json *doc, struct fail *why);
int screen_ndjson(const struct json *doc, struct fail *why);

/* Nobody reads stdout any more, or it cannot be written: who has more to say may end. */
bool screen_is_closed(void);

/* All of stdout is out, or could not be: FAIL_STATE.  Once, at the end. */
int screen_flush(struct fail *why);

#endif
