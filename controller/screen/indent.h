/* indent - lay compact JSON out for people (pure)
 *
 * Two spaces a level; what holds no further object or list stays on one line when
 * it is short.
 */
#ifndef CONTROLLER_INDENT_H
#define CONTROLLER_INDENT_H

struct text;

/* json is one valid document without white space between its tokens. */
void indent_add(struct text *text, const char *json);

#endif
