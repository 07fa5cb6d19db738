"""server - HTTP/1.1 with keep-alive on loopback: one thread each connection, one world lock

A door is an object with `name`, `official_host`, `azure` (the world) and `answer(request)`,
which gives an Answer and is called with the world locked.
"""
import http.server
import json
import socket
import threading
import time
import urllib.parse

import faults

MAX_BODY_BYTES = 16 << 20


class Answer:
    def __init__(self, status, body=None, headers=None, raw=None, room=""):
        self.status, self.body, self.raw = status, body, raw
        self.headers = dict(headers or {})
        self.room = room  # of the recorder

    def encode(self):
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


class Request:
    def __init__(self, handler, body):
        self.method, self.target = handler.command, handler.path
        self.headers = {}
        for name, value in handler.headers.items():
            self.headers[name] = value
        self.lower = {name.lower(): value for name, value in self.headers.items()}
        parts = urllib.parse.urlsplit(self.target)
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.text = body
        self.body = self.read_body(body)
        self.host = self.lower.get("host", "")
        self.official_host = "management.azure.com"

    def read_body(self, body):
        """JSON, a form as a dictionary, nothing, or "unreadable"."""
        if not body:
            return None
        if "x-www-form-urlencoded" in self.lower.get("content-type", ""):
            return dict(urllib.parse.parse_qsl(body.decode("latin-1")))
        try:
            return json.loads(body)
        except ValueError:
            return "unreadable"

    def header(self, name):
        return self.lower.get(name.lower(), "")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *args):
        pass

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            return self.send_error(413)
        self.respond(Request(self, self.rfile.read(length)))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = serve

    def respond(self, request):
        door, tape, azure = self.server.door, self.server.tape, self.server.door.azure
        request.official_host = door.official_host
        deed = azure.faults.next(door.name, request)
        if "wait" in deed:
            time.sleep(deed["wait"])
        answer = faults.answer_of(deed, request)
        with azure.lock:
            if answer is None and "drop" not in deed:
                answer = door.answer(request)
            else:
                azure.note("fault", door=door.name, deed=deed, target=request.target)
                door.count_fault(request)
        if answer and (answer.body is not None or answer.raw):
            answer.headers.setdefault("Content-Type", "application/json; charset=utf-8")
        silent = "drop" in deed or "late" in deed
        if tape:
            broken = silent or "cut" in deed or (answer and answer.raw is not None)
            tape.exchange(request, answer or Answer(0), "broken" if broken else answer.room)
        if silent:
            return self.hang_up()
        self.write(answer, "cut" in deed)

    def write(self, answer, cut):
        body = answer.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            self.hang_up()

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, door, tape, tls):
        super().__init__(("127.0.0.1", 0), Handler)
        self.door, self.tape, self.tls = door, tape, tls
        self.address = "127.0.0.1:%d" % self.server_address[1]

    def finish_request(self, request, client_address):
        """In the connection's own thread, where a slow handshake holds up nobody."""
        if self.tls:
            request.settimeout(30)
            request = self.tls.wrap_socket(request, server_side=True)
            request.settimeout(None)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()

    def handle_error(self, request, client_address):
        self.door.azure.connection_failed()


def open_door(door, tape, tls=None):
    server = Server(door, tape, tls)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
