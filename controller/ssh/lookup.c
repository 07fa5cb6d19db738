#include "controller/ssh/lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "protocol/fail.h"

#define PORT_BYTES 8

struct lookup {
    uv_getaddrinfo_t request;
    char *name;
    lookup_fn on_found; /* NULL: abandoned */
    void *arg;
};

static struct addrinfo hints(int flags)
{
    return (struct addrinfo){.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = flags | AI_NUMERICSERV};
}

struct addrinfo *lookup_numeric(const char *address, uint16_t port)
{
    struct addrinfo numeric = hints(AI_NUMERICHOST), *found = NULL;
    char text[PORT_BYTES];

    snprintf(text, sizeof text, "%u", port);
    return getaddrinfo(address, text, &numeric, &found) == 0 ? found : NULL;
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *l = request->data;
    struct fail why;

    if (!l->on_found)
        uv_freeaddrinfo(found);
    else if (status == 0)
        l->on_found(l->arg, found, NULL);
    else {
        fail_set(&why, FAIL_RESOLVE, "%s: %s", l->name, uv_strerror(status));
        l->on_found(l->arg, NULL, &why);
    }
    free(l->name);
    free(l);
}

struct lookup *lookup_start(uv_loop_t *loop, const char *name, uint16_t port,
                            lookup_fn on_found, void *arg, struct fail *why)
{
    struct addrinfo any = hints(AI_ADDRCONFIG);
    struct lookup *l = calloc(1, sizeof *l);
    char text[PORT_BYTES];
    int rc;

    if (!l || asprintf(&l->name, "%s", name) < 0) {
        free(l);
        fail_memory(why);
        return NULL;
    }
    l->on_found = on_found;
    l->arg = arg;
    l->request.data = l;
    snprintf(text, sizeof text, "%u", port);
    rc = uv_getaddrinfo(loop, &l->request, on_answer, name, text, &any);
    if (rc < 0) {
        fail_set(why, FAIL_RESOLVE, "%s: %s", name, uv_strerror(rc));
        free(l->name);
        free(l);
        return NULL;
    }
    return l;
}

void lookup_abandon(struct lookup *l)
{
    l->on_found = NULL;
    uv_cancel((uv_req_t *)&l->request); /* only one that has not begun; then on_answer */
}
