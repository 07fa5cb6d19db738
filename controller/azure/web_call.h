/* web_call - between web.c, which has the loop, and web_call.c, which has the request */
#ifndef CONTROLLER_WEB_CALL_H
#define CONTROLLER_WEB_CALL_H

struct web;
struct web_call;

/* The call of a CURL handle that has ended with a CURLcode: answer and free it. */
struct web_call *web_call_of(void *easy);
void web_call_end(struct web_call *call, int result);

struct web_call **web_calls(struct web *w); /* the list of those under way */
void *web_multi(struct web *w);             /* the CURLM */
const char *web_ca_bundle(const struct web *w);

#endif
