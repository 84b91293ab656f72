"""Python's own server of the files of a folder: http_server.py 0 FOLDER [VERSION].

By default it is HTTP/1.0, as in Python: a connection for each request.
"""
import functools
import http.server
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = sys.argv[3] if len(sys.argv) > 3 else "HTTP/1.0"
    disable_nagle_algorithm = True  # or each answer would take 40 ms

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 4096


handler = functools.partial(Handler, directory=sys.argv[2])
with Server(("127.0.0.1", 0), handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
