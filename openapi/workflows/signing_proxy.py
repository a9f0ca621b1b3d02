"""Signs each call of the CSSS API on its way: for tools that can't. Secrets stay here, so listen on this machine alone.

Usage: LINKSFIELD_BASE_URL=… LINKSFIELD_ACCESS_CODE=… LINKSFIELD_SECRET=… python signing_proxy.py [PORT]
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

from linksfield.signing import Signer, written

URL = os.environ["LINKSFIELD_BASE_URL"]
SIGNER = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"])


class Proxy(BaseHTTPRequestHandler):
    def do_POST(self):
        parameters = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = written(SIGNER.sign(parameters)).encode()
        with urlopen(Request(URL + self.path, body, {"Content-Type": "application/json"})) as answer:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.end_headers()
            self.wfile.write(answer.read())


server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["0"])[0])), Proxy)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
