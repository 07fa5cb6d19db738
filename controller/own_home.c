#include "controller/own_home.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

const char *own_home(void)
{
    const char *named = getenv("HOME");
    const struct passwd *me = named && *named ? NULL : getpwuid(getuid());

    if (named && *named)
        return named;
    return me && me->pw_dir && *me->pw_dir ? me->pw_dir : NULL;
}
