#include "node-agent/verbs/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "node-agent/verbs/address.h"
#include "node-agent/verbs/device.h"

/* The same exponents as perftest's: 4.096 us * 2^14 = 67 ms, and six retries,
 * since Soft-RoCE takes seven as for ever.
 */
#define ACK_TIMEOUT   14
#define RETRIES       6
#define RNR_TIMER     12
#define HOP_LIMIT     255
#define INLINE_WANTED 220
#define POLL_BATCH    16

struct queue {
    const struct device *device;
    struct ibv_pd *pd;
    struct ibv_comp_channel *channel;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_mr *mr;
    unsigned char *buffer;
    uint32_t max_inline;
    struct endpoint self;
    uint64_t far_addr;
    uint32_t far_rkey;
};

/* ---- resources ---------------------------------------------------------- */

static int no_memlock(struct queue *q, struct fail *why)
{
    struct rlimit limit = {0, 0};
    int error = errno;

    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (error != ENOMEM || limit.rlim_cur == RLIM_INFINITY)
        return fail_set(why, FAIL_VERBS, "%s: cannot register memory: %s", q->self.hca,
                        strerror(error));
    return fail_set(why, FAIL_VERBS,
                    "%s: cannot lock %zu KiB of memory, the limit is %llu KiB: raise "
                    "memlock in /etc/security/limits.conf",
                    q->self.hca, QUEUE_BYTES >> 10,
                    (unsigned long long)limit.rlim_cur >> 10);
}

/* Relaxed ordering is what makes bandwidth comparable with perftest on hosts that
 * need it.  It may do so here: words and pings are looked at one at a time, and
 * what bandwidth writes is never read.
 */
static int open_memory(struct queue *q, struct fail *why)
{
    unsigned access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
    void *made = mmap(NULL, QUEUE_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (made == MAP_FAILED)
        return fail_memory(why);
    q->buffer = made;
    if (!q->self.soft)
        q->mr =
            ibv_reg_mr(q->pd, made, QUEUE_BYTES, access | IBV_ACCESS_RELAXED_ORDERING);
    if (!q->mr)
        q->mr = ibv_reg_mr(q->pd, made, QUEUE_BYTES, access);
    return q->mr ? 0 : no_memlock(q, why);
}

static struct ibv_qp *create_qp(struct queue *q, uint32_t max_inline)
{
    struct ibv_qp_init_attr init = {
        .send_cq = q->cq,
        .recv_cq = q->cq,
        .cap = {.max_send_wr = QUEUE_DEPTH,
                .max_recv_wr = QUEUE_ANNOUNCED,
                .max_send_sge = 1,
                .max_recv_sge = 1,
                .max_inline_data = max_inline},
        .qp_type = IBV_QPT_RC,
        .sq_sig_all = 1,
    };
    struct ibv_qp *made = ibv_create_qp(q->pd, &init);

    if (made)
        q->max_inline = init.cap.max_inline_data;
    return made;
}

static int open_resources(struct queue *q, struct fail *why)
{
    q->pd = ibv_alloc_pd(q->device->context);
    if (!q->pd)
        return fail_set(why, FAIL_VERBS, "%s: no protection domain: %s", q->self.hca,
                        strerror(errno));
    if (open_memory(q, why) < 0)
        return -1;
    q->channel = ibv_create_comp_channel(q->device->context);
    if (q->channel) {
        fcntl(q->channel->fd, F_SETFL, O_NONBLOCK);
        q->cq = ibv_create_cq(q->device->context, QUEUE_DEPTH + QUEUE_ANNOUNCED, NULL,
                              q->channel, 0);
    }
    if (!q->cq)
        return fail_set(why, FAIL_VERBS, "%s: no completion queue: %s", q->self.hca,
                        strerror(errno));
    q->qp = create_qp(q, INLINE_WANTED);
    if (!q->qp)
        q->qp = create_qp(q, 0);
    if (!q->qp)
        return fail_set(why, FAIL_VERBS, "%s: no queue pair: %s", q->self.hca,
                        strerror(errno));
    return 0;
}

int queue_open(struct queue **q, const struct device *d, struct fail *why)
{
    struct queue *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->device = d;
    made->self = d->self;
    if (open_resources(made, why) < 0) {
        queue_close(made);
        return -1;
    }
    made->self.qpn = made->qp->qp_num;
    made->self.rkey = made->mr->rkey;
    made->self.addr = (uintptr_t)made->buffer;
    *q = made;
    return 0;
}

void queue_close(struct queue *q)
{
    if (!q)
        return;
    if (q->qp)
        ibv_destroy_qp(q->qp);
    if (q->cq)
        ibv_destroy_cq(q->cq);
    if (q->channel)
        ibv_destroy_comp_channel(q->channel);
    if (q->mr)
        ibv_dereg_mr(q->mr);
    if (q->pd)
        ibv_dealloc_pd(q->pd);
    if (q->buffer)
        munmap(q->buffer, QUEUE_BYTES);
    free(q);
}

const struct endpoint *queue_endpoint(const struct queue *q)
{
    return &q->self;
}

/* ---- connecting --------------------------------------------------------- */

static int refused(struct queue *q, const char *state, int error, struct fail *why)
{
    return fail_set(why, FAIL_VERBS, "%s: queue pair not %s: %s", q->self.hca, state,
                    strerror(error));
}

int queue_reset(struct queue *q, struct fail *why)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
    struct ibv_wc wc[POLL_BATCH];
    int error = ibv_modify_qp(q->qp, &attr, IBV_QP_STATE);

    if (error)
        return refused(q, "reset", error, why);
    while (ibv_poll_cq(q->cq, POLL_BATCH, wc) > 0)
        continue; /* of the earlier partner */
    device_drain(q->device);
    return 0;
}

static int initialize(struct queue *q, struct fail *why)
{
    struct ibv_qp_attr attr = {
        .qp_state = IBV_QPS_INIT,
        .pkey_index = q->device->pkey_index,
        .port_num = (uint8_t)q->self.port,
        .qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
    };
    int error = ibv_modify_qp(q->qp, &attr,
                              IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
                                  IBV_QP_ACCESS_FLAGS);

    return error ? refused(q, "initialized", error, why) : 0;
}

static struct ibv_ah_attr way_to(const struct queue *q, const struct endpoint *far)
{
    struct ibv_ah_attr way = {.dlid = far->lid, .port_num = (uint8_t)q->self.port};

    if (address_is_global(&q->self, far)) {
        way.is_global = 1;
        memcpy(way.grh.dgid.raw, far->gid, sizeof far->gid);
        way.grh.sgid_index = (uint8_t)q->self.gid_index;
        way.grh.hop_limit = HOP_LIMIT;
    }
    return way;
}

static enum ibv_mtu lower_mtu(const struct endpoint *a, const struct endpoint *b)
{
    int bytes = a->mtu_bytes < b->mtu_bytes ? a->mtu_bytes : b->mtu_bytes;
    int mtu = IBV_MTU_256;

    while (mtu < IBV_MTU_4096 && 128 << (mtu + 1) <= bytes)
        mtu++;
    return (enum ibv_mtu)mtu;
}

/* The kernel asks for the partner's Ethernet address here, and may get no answer. */
static int make_receive(struct queue *q, const struct endpoint *far, uint32_t far_psn,
                        struct fail *why)
{
    struct ibv_qp_attr attr = {
        .qp_state = IBV_QPS_RTR,
        .path_mtu = lower_mtu(&q->self, far),
        .dest_qp_num = far->qpn,
        .rq_psn = far_psn,
        .max_dest_rd_atomic = 1,
        .min_rnr_timer = RNR_TIMER,
        .ah_attr = way_to(q, far),
    };
    int error = ibv_modify_qp(q->qp, &attr,
                              IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
                                  IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                                  IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);

    if (error && q->self.ethernet && error != ENOMEM)
        return fail_set(why, FAIL_PARTNER, "the partner's address does not resolve: %s",
                        strerror(error));
    return error ? refused(q, "ready to receive", error, why) : 0;
}

static int make_send(struct queue *q, uint32_t psn, struct fail *why)
{
    struct ibv_qp_attr attr = {
        .qp_state = IBV_QPS_RTS,
        .timeout = ACK_TIMEOUT,
        .retry_cnt = RETRIES,
        .rnr_retry = RETRIES,
        .sq_psn = psn,
        .max_rd_atomic = 1,
    };
    int error =
        ibv_modify_qp(q->qp, &attr,
                      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
                          IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);

    return error ? refused(q, "ready to send", error, why) : 0;
}

/* A place for one announced write to be announced in; it brings no data. */
static int expect_announced(struct queue *q, struct fail *why)
{
    struct ibv_recv_wr place = {.num_sge = 0}, *bad;
    int error = ibv_post_recv(q->qp, &place, &bad);

    return error ? refused(q, "ready for announcements", error, why) : 0;
}

int queue_connect(struct queue *q, const struct endpoint *far, uint32_t psn,
                  uint32_t far_psn, struct fail *why)
{
    q->far_addr = far->addr;
    q->far_rkey = far->rkey;
    if (address_check_pair(&q->self, far, why) < 0 || initialize(q, why) < 0)
        return -1;
    for (int i = 0; i < QUEUE_ANNOUNCED; i++)
        if (expect_announced(q, why) < 0)
            return -1;
    return make_receive(q, far, far_psn, why) < 0 ? -1 : make_send(q, psn, why);
}

/* ---- data --------------------------------------------------------------- */

void *queue_at(struct queue *q, size_t offset)
{
    return q->buffer + offset;
}

uint64_t queue_peek(const struct queue *q, size_t offset)
{
    const void *at = q->buffer + offset;

    return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
}

uint8_t queue_peek_byte(const struct queue *q, size_t offset)
{
    return __atomic_load_n(q->buffer + offset, __ATOMIC_ACQUIRE);
}

int queue_write(struct queue *q, size_t from, size_t to, size_t len_bytes, bool announced,
                struct fail *why)
{
    struct ibv_sge piece = {.addr = q->self.addr + from,
                            .length = (uint32_t)len_bytes,
                            .lkey = q->mr->lkey};
    struct ibv_send_wr write = {
        .sg_list = &piece,
        .num_sge = 1,
        .opcode = announced ? IBV_WR_RDMA_WRITE_WITH_IMM : IBV_WR_RDMA_WRITE,
        .send_flags = len_bytes <= q->max_inline ? IBV_SEND_INLINE : 0,
        .wr.rdma = {.remote_addr = q->far_addr + to, .rkey = q->far_rkey},
    };
    struct ibv_send_wr *bad;
    int error = ibv_post_send(q->qp, &write, &bad);

    if (error)
        return fail_set(why, FAIL_VERBS, "%s: a write was not taken: %s", q->self.hca,
                        strerror(error));
    return 0;
}

static int take_completion(struct queue *q, const struct ibv_wc *wc, struct fail *why)
{
    if (wc->status != IBV_WC_SUCCESS)
        return fail_set(why, wc->status == IBV_WC_RETRY_EXC_ERR ? FAIL_PATH : FAIL_VERBS,
                        "%s", ibv_wc_status_str(wc->status));
    if (wc->opcode & IBV_WC_RECV)
        return expect_announced(q, why);
    return 1;
}

int queue_poll(struct queue *q, struct fail *why)
{
    struct ibv_wc wc[POLL_BATCH];
    int n = ibv_poll_cq(q->cq, POLL_BATCH, wc), done = 0;

    if (n < 0)
        return fail_set(why, FAIL_VERBS, "%s: completions cannot be read", q->self.hca);
    for (int i = 0; i < n; i++) {
        int taken = take_completion(q, &wc[i], why);

        if (taken < 0)
            return -1;
        done += taken;
    }
    return done;
}

void queue_arm(struct queue *q)
{
    ibv_req_notify_cq(q->cq, 0);
}

void queue_sleep(struct queue *q, int max_ms)
{
    struct pollfd p = {.fd = q->channel->fd, .events = POLLIN};
    struct ibv_cq *cq;
    void *context;

    if (poll(&p, 1, max_ms) == 1 && ibv_get_cq_event(q->channel, &cq, &context) == 0)
        ibv_ack_cq_events(cq, 1);
}
