/* utf8 - the columns that UTF-8 takes on a terminal (pure, knows no locale) */
#ifndef CONTROLLER_UTF8_H
#define CONTROLLER_UTF8_H

#include <stddef.h>

/* Columns a text takes; invalid bytes count one each. */
size_t utf8_columns(const char *bytes, size_t len_bytes);

/* How many bytes of the text fit into so many columns. */
size_t utf8_fit(const char *bytes, size_t len_bytes, size_t columns);

#endif
