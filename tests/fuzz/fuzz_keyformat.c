/* Whatever a key file holds: a secret or a public half or a passphrase, or a sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/keyformat.h"
#include "controller/ssh/pubkey.h"
#include "protocol/fail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* A secret has a public half, unless SSH knows no name for its curve. */
static void check(struct keyformat *parsed)
{
    unsigned char *public_half;
    size_t n;
    struct fail why = {.code = FAIL_NONE};

    demand(!(parsed->secret && parsed->public_half));
    demand(parsed->secret || parsed->public_half || parsed->is_locked);
    demand(!parsed->public_half || parsed->public_bytes > 4);
    if (!parsed->secret)
        return;
    if (pubkey_of(parsed->secret, &public_half, &n, &why) < 0) {
        demand(why.code == FAIL_KEY_FILE);
        return;
    }
    demand(n > 8);
    free(public_half);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fail why = {.code = FAIL_NONE};
    struct keyformat parsed;
    char *text = malloc(size + 1); /* as from a file, with a NUL behind it */

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (keyformat_parse(text, size, &parsed, &why) == 0) {
        check(&parsed);
        keyformat_clear(&parsed);
    } else {
        demand(why.code == FAIL_KEY_FILE && *why.text);
    }
    free(text);
    return 0;
}
