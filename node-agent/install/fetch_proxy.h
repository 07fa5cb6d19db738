/* fetch_proxy - through which proxy the node reaches what is not its own
 *
 * curl and wget take it from their environment.  A step that runs as a unit of its own
 * has not the one of a login, so what the site wrote into /etc/environment, where logins
 * get it from, is read here.
 */
#ifndef NODE_AGENT_INSTALL_FETCH_PROXY_H
#define NODE_AGENT_INSTALL_FETCH_PROXY_H

struct home;

/* Through that proxy, for all that is fetched; NULL: through what the environment says,
 * or else the node's /etc/environment.  Changes our own environment, as a step's own
 * process may.
 */
void fetch_proxy_use(const struct home *h, const char *url);

/* Take http_proxy, https_proxy and no_proxy out of the text of /etc/environment, unless
 * the environment has them.
 */
void fetch_proxy_read(const char *text);

#endif
