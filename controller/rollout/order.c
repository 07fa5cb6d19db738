#include "controller/rollout/order.h"

#include "protocol/json.h"
#include "protocol/steps.h"

struct json *order_release(const struct node_claim *claim)
{
    struct json *body = json_object();

    if (body && json_put_text(body, "run", claim->run) == 0 &&
        json_put_int(body, "epoch", claim->epoch) == 0)
        return body;
    json_free(body);
    return NULL;
}

struct json *order_claim(const struct node_claim *claim, int64_t until_s)
{
    struct json *body = order_release(claim);

    if (body && json_put_text(body, "controller", claim->controller) == 0 &&
        json_put_text(body, "user", claim->user) == 0 &&
        json_put_int(body, "until_s", until_s) == 0 &&
        (!claim->from || json_put_text(body, "from", claim->from) == 0))
        return body;
    json_free(body);
    return NULL;
}

struct json *order_install(const struct node_claim *claim, const struct steps *steps)
{
    struct json *body = order_release(claim);

    if (body && json_put(body, "steps", steps_encode(steps)) == 0)
        return body;
    json_free(body);
    return NULL;
}

struct json *order_reboot(const struct node_claim *claim, const char *boot_id)
{
    struct json *body = order_release(claim);

    if (body && json_put_text(body, "boot_id", boot_id) == 0)
        return body;
    json_free(body);
    return NULL;
}
