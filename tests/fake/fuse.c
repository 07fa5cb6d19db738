#include "tests/fake/fuse.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The linker sends every call of ours here (-Wl,--wrap=malloc and so on). */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len_bytes);

static int left = INT_MAX; /* allocations until the fuse is burnt */

static int is_burnt(void)
{
    if (left == INT_MAX || left-- > 0)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *__wrap_malloc(size_t bytes)
{
    return is_burnt() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return is_burnt() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_burnt() ? NULL : __real_realloc(old, bytes);
}

char *__wrap_strndup(const char *text, size_t len_bytes)
{
    size_t len = strnlen(text, len_bytes);
    char *copy = __wrap_malloc(len + 1);

    if (copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

int fuse_burn(int (*work)(void))
{
    cJSON_Hooks hooks = {__wrap_malloc, free};
    int failed = -1, status;

    cJSON_InitHooks(&hooks);
    do {
        left = ++failed;
        status = work();
        left = INT_MAX;
    } while (status < 0);
    cJSON_InitHooks(NULL);
    return failed;
}
