/* An agent's answer, whatever is in it: what comes out lies within it, and no key comes
 * twice out of the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent_wire.h"
#include "controller/ssh/pubkey.h"
#include "controller/ssh/userkey.h"
#include "protocol/fail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void demand_within(const struct blob *part, const struct blob *whole)
{
    demand(part->bytes >= whole->bytes && part->len_bytes <= whole->len_bytes &&
           part->bytes + part->len_bytes <= whole->bytes + whole->len_bytes);
}

/* A key that an agent lists becomes one of ours, or is refused in words. */
static void take_up(const struct blob *public_half, const struct blob *comment)
{
    struct fail why = {.code = FAIL_NONE};
    struct userkey *key = NULL;
    struct blob offer;

    if (userkey_of_agent(public_half, comment, &key, &why) < 0) {
        demand(why.code == FAIL_KEY_FILE);
        return;
    }
    if (userkey_offer(key, "SSH-2.0-OpenSSH_9.2", &offer, &why) == 0)
        demand(offer.len_bytes >= 4);
    else
        demand(why.code == FAIL_UNSUPPORTED);
    userkey_free(key);
}

static void check_list(const struct blob *answer)
{
    struct blob rest, key, comment;
    struct fail why = {.code = FAIL_NONE};
    uint32_t count;

    if (keyagent_decode_list(answer, &count, &rest, &why) < 0) {
        demand(why.code == FAIL_KEY_FILE);
        return;
    }
    while (keyagent_next_key(&rest, &key, &comment) == 0) {
        demand_within(&key, answer);
        demand_within(&comment, answer);
        demand(key.bytes + key.len_bytes <= comment.bytes);
        take_up(&key, &comment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct blob answer = {data, size};
    const struct blob scheme = {(const unsigned char *)"ssh-ed25519", 11};
    struct fail why = {.code = FAIL_NONE};
    struct blob sig;

    check_list(&answer);
    if (keyagent_decode_signature(&answer, &scheme, &sig, &why) == 0)
        demand_within(&sig, &answer);
    else
        demand(why.code == FAIL_KEY_FILE);
    return 0;
}
