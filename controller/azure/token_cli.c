/* az, which has a login of its own: a child without a shell, in a group of its own, with a
 * deadline and a ceiling.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/cloud.h"
#include "controller/azure/token.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define AZ_MS         60000u /* it is slow to start, and may renew its own login */
#define AZ_MAX_BYTES  (4 * TOKEN_MAX_BYTES)
#define MAX_COMPLAINT 180

/* Freed when all five handles are closed.  tokens NULL: nobody wants it any more. */
struct az {
    struct tokens *tokens;
    uv_process_t process;
    uv_pipe_t out, err;
    uv_timer_t deadline;
    unsigned open; /* handles */
    bool has_exited, is_out_done, is_err_done, is_too_slow, is_too_much;
    int64_t status;
    int signal;
    char *printed;
    size_t len_bytes;
    char complaint[MAX_COMPLAINT + 1];
    size_t complaint_len;
    char read[4096]; /* what libuv reads into, for both: it reads one at a time */
};

static void on_closed(uv_handle_t *handle)
{
    struct az *az = handle->data;

    if (--az->open > 0)
        return;
    if (az->printed)
        explicit_bzero(az->printed, AZ_MAX_BYTES + 1);
    free(az->printed);
    explicit_bzero(az, sizeof *az);
    free(az);
}

static void close_all(struct az *az)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&az->process, (uv_handle_t *)&az->out,
                              (uv_handle_t *)&az->err, (uv_handle_t *)&az->deadline};

    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        if (handles[i]->type != UV_UNKNOWN_HANDLE && !uv_is_closing(handles[i]))
            uv_close(handles[i], on_closed);
}

static void end_group(struct az *az)
{
    if (!az->has_exited && az->process.pid > 0)
        kill(-az->process.pid, SIGKILL);
}

void token_cli_cancel(struct tokens *t)
{
    struct az *az = t->az;

    t->az = NULL;
    az->tokens = NULL;
    end_group(az);
    close_all(az);
}

/* ---- what has come of it -------------------------------------------------------------------------- */

/* "ERROR: Please run 'az login'": the first line that is more than a warning. */
static const char *first_complaint(struct az *az)
{
    char *line = az->complaint, *end;

    while (strncmp(line, "WARNING", 7) == 0 && (end = strchr(line, '\n')))
        line = end + 1;
    line[strcspn(line, "\r\n")] = '\0';
    return strncmp(line, "ERROR: ", 7) == 0 ? line + 7 : line;
}

static int judge(struct az *az, struct json **doc, struct token_answer *granted,
                 struct fail *why)
{
    if (az->is_too_slow)
        return fail_set(why, FAIL_AZURE_LOGIN, "az has not ended within %u s",
                        AZ_MS / 1000);
    if (az->is_too_much)
        return fail_set(why, FAIL_AZURE_LOGIN, "az printed more than any token");
    if (az->status != 0 || az->signal)
        return fail_set(why, FAIL_AZURE_LOGIN, "az ended with %d: %s",
                        az->signal ? 128 + az->signal : (int)az->status,
                        first_complaint(az));
    if (json_parse(az->printed, az->len_bytes, doc, why) < 0 ||
        token_answer_read(*doc, (int64_t)time(NULL), granted, why) < 0)
        return fail_prefix(why, "az");
    return 0;
}

static void end_when_over(struct az *az)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct tokens *t = az->tokens;
    struct token_answer granted;
    struct fail why;

    if (!t || !az->has_exited || !az->is_out_done || !az->is_err_done)
        return;
    t->az = NULL;
    az->tokens = NULL;
    if (judge(az, &doc, &granted, &why) < 0)
        token_refuse(t, &why);
    else
        token_grant(t, &granted);
    close_all(az);
}

static void on_exit_of_az(uv_process_t *process, int64_t status, int signal)
{
    struct az *az = process->data;

    az->has_exited = true;
    az->status = status;
    az->signal = signal;
    end_when_over(az);
}

/* What it started may hold its pipes open: it is not waited for. */
static void on_deadline(uv_timer_t *timer)
{
    struct az *az = timer->data;

    az->is_too_slow = true;
    end_group(az);
    az->has_exited = az->is_out_done = az->is_err_done = true;
    end_when_over(az);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct az *az = handle->data;

    (void)suggested;
    *buf = uv_buf_init(az->read, sizeof az->read);
}

static void on_printed(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct az *az = stream->data;

    if (n < 0) {
        az->is_out_done = true;
        end_when_over(az);
    } else if ((size_t)n > AZ_MAX_BYTES - az->len_bytes) {
        az->is_too_much = true;
        end_group(az);
    } else {
        memcpy(az->printed + az->len_bytes, buf->base, (size_t)n);
        az->len_bytes += (size_t)n;
    }
}

static void on_complaint(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct az *az = stream->data;
    size_t room = MAX_COMPLAINT - az->complaint_len, take;

    if (n < 0) {
        az->is_err_done = true;
        end_when_over(az);
        return;
    }
    take = (size_t)n < room ? (size_t)n : room;
    memcpy(az->complaint + az->complaint_len, buf->base, take);
    az->complaint_len += take;
}

/* ---- begin -------------------------------------------------------------------------------------------- */

static struct az *new_az(struct tokens *t)
{
    struct az *az = calloc(1, sizeof *az);

    if (az)
        az->printed = calloc(1, AZ_MAX_BYTES + 1);
    if (!az || !az->printed) {
        free(az);
        return NULL;
    }
    az->tokens = t;
    uv_pipe_init(t->loop, &az->out, 0);
    uv_pipe_init(t->loop, &az->err, 0);
    uv_timer_init(t->loop, &az->deadline);
    az->process.data = az->out.data = az->err.data = az->deadline.data = az;
    az->open = 4;
    return az;
}

static int spawn(struct az *az, const struct tokens *t)
{
    char resource[CLOUD_MAX_URL + 1];
    const char *argv[12] = {"az",       "account", "get-access-token",
                            "--output", "json",    "--resource",
                            resource};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&az->out},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&az->err},
    };
    uv_process_options_t options = {
        .file = "az",
        .args = (char **)(uintptr_t)argv,
        .stdio = stdio,
        .stdio_count = 3,
        .exit_cb = on_exit_of_az,
        .flags = UV_PROCESS_DETACHED,
    };
    size_t n = 7;

    snprintf(resource, sizeof resource, "%s/", t->cloud->resource);
    if (t->said.subscription) {
        argv[n++] = "--subscription";
        argv[n++] = t->said.subscription;
    } else if (t->said.tenant) {
        argv[n++] = "--tenant";
        argv[n++] = t->said.tenant;
    }
    return uv_spawn(t->loop, &az->process, &options);
}

static void tell_not_there(struct tokens *t, int error)
{
    struct fail why;

    if (error == UV_ENOENT)
        fail_set(&why, FAIL_AZURE_LOGIN, "az is not installed (Azure CLI)");
    else
        fail_set(&why, FAIL_AZURE_LOGIN, "az cannot be run: %s", uv_strerror(error));
    token_refuse(t, &why);
}

void token_cli_begin(struct tokens *t)
{
    struct az *az = new_az(t);
    struct fail why;
    int error;

    if (!az) {
        fail_memory(&why);
        token_refuse(t, &why);
        return;
    }
    error = spawn(az, t);
    if (error) {
        az->has_exited = true;
        az->tokens = NULL;
        close_all(az);
        tell_not_there(t, error);
        return;
    }
    t->az = az;
    uv_timer_start(&az->deadline, on_deadline, AZ_MS, 0);
    uv_read_start((uv_stream_t *)&az->out, give_room, on_printed);
    uv_read_start((uv_stream_t *)&az->err, give_room, on_complaint);
}
