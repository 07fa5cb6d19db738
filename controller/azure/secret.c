#include "controller/azure/secret.h"

#include <stdlib.h>
#include <string.h>

void secret_done(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}
