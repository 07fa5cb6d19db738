/* hostlist-tool   read expressions, one on each line; answer each with one line:
 *
 *     = FOLDED NAME NAME ...      or      ! what is wrong
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static int answer(const char *expression)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    CLEANUP(text_done) char *text = NULL;
    struct fail why;

    if (hostset_parse(expression, NULL, &set, &why) < 0) {
        printf("! %s\n", why.text);
        return 0;
    }
    text = hostset_fold(set);
    if (!text)
        return -1;
    printf("= %s", text);
    for (size_t i = 0; i < hostset_count(set); i++)
        printf(" %s", hostset_name(set, i));
    putchar('\n');
    return 0;
}

int main(void)
{
    CLEANUP(text_done) char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        line[len - (line[len - 1] == '\n')] = '\0';
        if (answer(line) < 0)
            return 1;
    }
    return 0;
}
