"""A server class of Python's own, named by the argument, echoing lines or datagrams."""
import socketserver
import sys


class LinesHandler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


class DatagramHandler(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read())


class Server(getattr(socketserver, sys.argv[1])):
    request_queue_size = 4096
    daemon_threads = True


Handler = DatagramHandler if "UDP" in sys.argv[1] else LinesHandler
with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
