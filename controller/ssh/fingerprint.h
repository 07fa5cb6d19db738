/* fingerprint - what people compare: "SHA256:" and base64, as ssh-keygen -l prints it */
#ifndef CONTROLLER_FINGERPRINT_H
#define CONTROLLER_FINGERPRINT_H

#include <stddef.h>

#define FINGERPRINT_BYTES 56

void fingerprint_format(const unsigned char *blob, size_t len_bytes,
                        char text[FINGERPRINT_BYTES]);

#endif
