#include "controller/deed/batch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

#define MAX_DIGITS 6

int batch_read(const char *text, size_t all, size_t *batch, struct fail *why)
{
    char *end;
    unsigned long n;

    *batch = 1;
    if (!text)
        return 0;
    n = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || end - text > MAX_DIGITS || n == 0 ||
        (strcmp(end, "%") == 0 ? n > 100 : *end != '\0'))
        return fail_set(why, FAIL_USAGE,
                        "--batch '%s': a number of instances, or a share from 1%% to "
                        "100%%, as in --batch 4 or --batch 10%%",
                        text);
    if (*end == '%')
        n = all * n / 100;
    *batch = n > all ? all : n ? n : 1;
    return 0;
}

size_t batch_count(size_t all, size_t batch)
{
    return (all + batch - 1) / batch;
}
