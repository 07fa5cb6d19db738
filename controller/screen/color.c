#include "controller/screen/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sequences[] = {
    [COLOR_PLAIN] = "\033[0m", [COLOR_GOOD] = "\033[32m", [COLOR_BAD] = "\033[31m",
    [COLOR_WARN] = "\033[33m", [COLOR_DIM] = "\033[2m",   [COLOR_BOLD] = "\033[1m",
};

/* https://no-color.org: set and not empty. */
bool color_wanted(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

const char *color_of(enum color color, bool on)
{
    return on ? sequences[color] : "";
}
