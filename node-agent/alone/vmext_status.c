#include "node-agent/alone/vmext_status.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "inventory/extension_exit.h"
#include "node-agent/detect/detect.h"
#include "node-agent/home.h"
#include "protocol/fail.h"

#define TIME_BYTES 32

static int write_line(const char *path, const char *operation, const struct fail *result,
                      struct fail *why)
{
    char line[TIME_BYTES + 64 + sizeof result->text], at[TIME_BYTES];
    time_t now = time(NULL);
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    snprintf(line, sizeof line, "%s %s %d %s %s\n", at, operation,
             extension_exit(result->code), fail_code_name(result->code), result->text);
    return home_write(path, line, 0644, why);
}

int vmext_status_write(const struct home *h, const char *operation,
                       const struct fail *result, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, why, VMEXT_STATUS_FOLDER) < 0)
        return -1;
    if (!detect_is_azure(h->root) && access(path, F_OK) < 0)
        return 0;
    if (home_in_root(h, path, why, VMEXT_STATUS_FILE) < 0)
        return -1;
    if (write_line(path, operation, result, why) == 0)
        return 0;
    unlink(path);
    return -1;
}
