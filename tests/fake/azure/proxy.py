"""proxy - a CONNECT proxy that leads Azure's host names to the doors here, and nowhere else"""
import selectors
import socket
import socketserver
import threading

BUFFER_BYTES = 65536


def door_of(azure, host):
    """Which of our doors an Azure host name means, or None."""
    if host.startswith("management."):
        return azure.doors["arm"]
    if host.startswith("login."):
        return azure.doors["login"]
    here = {address.rsplit(":", 1)[0] for address in azure.doors.values()}
    return None if host not in here else ""


def pump(one, other):
    """Both directions, until either side ends."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(one, selectors.EVENT_READ, other)
        waiting.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in waiting.select():
                data = key.fileobj.recv(BUFFER_BYTES)
                if not data:
                    return
                key.data.sendall(data)


def head_of(stream):
    """The request line, and nothing of the headers but their end."""
    line = stream.readline(8192).decode("latin-1").split()
    while stream.readline(8192) not in (b"\r\n", b"\n", b""):
        pass
    return line


def open_proxy(azure):
    class Through(socketserver.StreamRequestHandler):
        rbufsize = 0

        def handle(self):
            line = head_of(self.rfile)
            if len(line) < 2 or line[0] != "CONNECT":
                return self.wfile.write(b"HTTP/1.1 405 Only CONNECT\r\n\r\n")
            azure.note("connect", target=line[1])
            door = door_of(azure, line[1].rsplit(":", 1)[0])
            if door is None:
                return self.wfile.write(b"HTTP/1.1 403 Not a host of Azure\r\n\r\n")
            host, port = (door or line[1]).rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=10) as far:
                far.settimeout(None)
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                try:
                    pump(self.connection, far)
                except OSError:
                    pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request, client_address):
            pass

    server = Server(("127.0.0.1", 0), Through)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "127.0.0.1:%d" % server.server_address[1]
