/* metadata - ask Azure's instance metadata service what this machine is
 *
 * Asked is 169.254.169.254, and only where the DMI (or VMBus and Azure's agent) say that
 * this is Azure.  Of a captured tree nobody is asked.  IBFLEET_METADATA in the environment
 * changes that, but not under sudo, where the environment may be a stranger's:
 *
 *     never                    nobody is asked
 *     always                   asked wherever this is
 *     http://127.0.0.1:8080    this one is asked, on loopback only, for trees too
 *
 * How asking ended is facts_azure.metadata, and of scheduled events .events_asked:
 *
 *     ok           answered
 *     absent       no way leads there              refused     nobody listens there
 *     silent       no connection within 2 s        slow        no whole answer within 4 s
 *     not-found    HTTP 404                        rejected    HTTP 400 and the like
 *     gone         HTTP 410 all the time           throttled   HTTP 429 all the time
 *     failing      HTTP 5xx all the time           truncated   it hung up too early
 *     garbage      no HTTP, or not its document    too-large   beyond REPLY_MAX_BYTES
 *     misdirected  IBFLEET_METADATA makes no sense
 *
 * All of it takes 2 s at most where there is no service, 10 s at most where there is one.
 * Asking for scheduled events has Azure give notice of them to this machine from then on,
 * until nobody has asked for a day: then a restart by the operator, too, waits for
 * some minutes.  There is no other way to know that one is pending.
 */
#ifndef NODE_AGENT_DETECT_METADATA_H
#define NODE_AGENT_DETECT_METADATA_H

struct facts;

/* After part_hyperv: fills f->size and f->azure, or leaves both NULL where nobody was to be
 * asked.
 */
void metadata_ask(const char *root, struct facts *f);

#endif
