#include "tests/fake/fake_queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"
#include "protocol/fail.h"

#define QUEUES    8
#define FLYING    64
#define PSN_MASK  0xffffffu
#define PSN_HALF  0x800000u
#define RETRY_NS  2000000
#define RETRIES   6
#define WRITE_MAX 4096 /* bytes that are copied; of longer ones the first */

enum state { RESET, READY, BROKEN };

struct flying {
    uint32_t psn;
    size_t to, len_bytes;
    unsigned char bytes[WRITE_MAX];
};

struct queue {
    struct endpoint self;
    enum state state;
    unsigned far;      /* number of the partner's queue */
    uint32_t next_psn; /* of our next packet            */
    uint32_t far_psn;  /* of the partner's next         */
    struct flying flying[FLYING];
    size_t count; /* of those without an answer    */
    unsigned tries;
    uint64_t sent_ns;
    int done; /* completions to be polled      */
    unsigned permille, connects;
    bool cut;
    unsigned char buffer[QUEUE_BYTES];
};

static pthread_mutex_t fabric = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues[QUEUES];
static unsigned dice = 1;

/* ---- the test's side ---------------------------------------------------- */

struct queue *fake_queue_new(unsigned number)
{
    struct queue *q = calloc(1, sizeof *q);

    assert(q && number < QUEUES && !queues[number]);
    q->self.qpn = number;
    queues[number] = q;
    return q;
}

void fake_queue_free(struct queue *q)
{
    queues[q->self.qpn] = NULL;
    free(q);
}

void fake_queue_lose(struct queue *q, unsigned permille)
{
    pthread_mutex_lock(&fabric);
    q->permille = permille;
    pthread_mutex_unlock(&fabric);
}

void fake_queue_cut(struct queue *q, bool cut)
{
    pthread_mutex_lock(&fabric);
    q->cut = cut;
    pthread_mutex_unlock(&fabric);
}

unsigned fake_queue_connects(const struct queue *q)
{
    return q->connects;
}

/* ---- the fabric: all of it with the mutex held --------------------------- */

static bool is_lost(const struct queue *q)
{
    dice = dice * 1103515245 + 12345;
    return q->cut || (dice >> 16) % 1000 < q->permille;
}

static struct queue *far_of(const struct queue *q)
{
    struct queue *far = queues[q->far];

    return far && far->state == READY && queues[far->far] == q ? far : NULL;
}

/* Is the packet answered?  Only what is expected is taken in. */
static bool deliver(struct queue *q, const struct flying *f)
{
    struct queue *far = is_lost(q) ? NULL : far_of(q);
    uint32_t ahead = far ? (f->psn - far->far_psn) & PSN_MASK : 0;

    if (!far || (ahead > 0 && ahead < PSN_HALF))
        return false;
    if (ahead == 0) {
        size_t bytes = f->len_bytes < WRITE_MAX ? f->len_bytes : WRITE_MAX;

        memcpy(far->buffer + f->to, f->bytes, bytes);
        far->far_psn = (far->far_psn + 1) & PSN_MASK;
    }
    return !is_lost(far);
}

static void send_flying(struct queue *q)
{
    size_t answered = 0;

    for (size_t i = 0; i < q->count; i++)
        if (deliver(q, &q->flying[i]))
            answered = i + 1; /* and with it all that were before */
    q->count -= answered;
    memmove(q->flying, q->flying + answered, q->count * sizeof *q->flying);
    q->done += (int)answered;
    q->sent_ns = clock_ns();
    if (answered)
        q->tries = 0;
}

/* ---- queue.h ------------------------------------------------------------ */

const struct endpoint *queue_endpoint(const struct queue *q)
{
    return &q->self;
}

int queue_reset(struct queue *q, struct fail *why)
{
    (void)why;
    pthread_mutex_lock(&fabric);
    q->state = RESET;
    q->count = 0;
    q->tries = 0;
    q->done = 0;
    pthread_mutex_unlock(&fabric);
    return 0;
}

int queue_connect(struct queue *q, const struct endpoint *far, uint32_t psn,
                  uint32_t far_psn, struct fail *why)
{
    (void)why;
    pthread_mutex_lock(&fabric);
    assert(q->state == RESET);
    q->state = READY;
    q->far = far->qpn;
    q->next_psn = psn;
    q->far_psn = far_psn;
    q->connects++;
    pthread_mutex_unlock(&fabric);
    return 0;
}

void *queue_at(struct queue *q, size_t offset)
{
    return q->buffer + offset;
}

uint64_t queue_peek(const struct queue *q, size_t offset)
{
    uint64_t word;

    pthread_mutex_lock(&fabric);
    memcpy(&word, q->buffer + offset, sizeof word);
    pthread_mutex_unlock(&fabric);
    return word;
}

uint8_t queue_peek_byte(const struct queue *q, size_t offset)
{
    uint8_t byte;

    pthread_mutex_lock(&fabric);
    byte = q->buffer[offset];
    pthread_mutex_unlock(&fabric);
    return byte;
}

int queue_write(struct queue *q, size_t from, size_t to, size_t len_bytes, bool announced,
                struct fail *why)
{
    struct flying *f;

    (void)announced;
    (void)why;
    pthread_mutex_lock(&fabric);
    assert(q->count < FLYING && to + len_bytes <= QUEUE_BYTES);
    f = &q->flying[q->count++];
    f->psn = q->next_psn;
    f->to = to;
    f->len_bytes = len_bytes;
    memcpy(f->bytes, q->buffer + from, len_bytes < WRITE_MAX ? len_bytes : WRITE_MAX);
    q->next_psn = (q->next_psn + 1) & PSN_MASK;
    if (q->state == READY)
        send_flying(q);
    pthread_mutex_unlock(&fabric);
    return 0;
}

static void retry(struct queue *q)
{
    if (q->state != READY || q->count == 0 || clock_ns() - q->sent_ns < RETRY_NS)
        return;
    if (++q->tries > RETRIES)
        q->state = BROKEN;
    else
        send_flying(q);
}

int queue_poll(struct queue *q, struct fail *why)
{
    bool broken;
    int done;

    pthread_mutex_lock(&fabric);
    retry(q);
    done = q->done;
    q->done = 0;
    broken = q->state == BROKEN;
    pthread_mutex_unlock(&fabric);
    return broken ? fail_set(why, FAIL_PATH, "too many retries") : done;
}

void queue_arm(struct queue *q)
{
    (void)q;
}

/* Never woken, always too late. */
void queue_sleep(struct queue *q, int max_ms)
{
    const struct timespec moment = {.tv_nsec = 200000};

    (void)q;
    (void)max_ms;
    nanosleep(&moment, NULL);
}
