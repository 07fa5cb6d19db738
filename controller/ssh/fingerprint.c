#include "controller/ssh/fingerprint.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define SHA256_BYTES 32

void fingerprint_format(const unsigned char *blob, size_t len_bytes,
                        char text[FINGERPRINT_BYTES])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char base64[4 * (SHA256_BYTES + 2) / 3 + 1];

    if (!EVP_Digest(blob, len_bytes, hash, NULL, EVP_sha256(), NULL))
        memset(hash, 0, sizeof hash);
    EVP_EncodeBlock(base64, hash, SHA256_BYTES);
    base64[strcspn((const char *)base64, "=")] = '\0';
    snprintf(text, FINGERPRINT_BYTES, "SHA256:%s", base64);
}
