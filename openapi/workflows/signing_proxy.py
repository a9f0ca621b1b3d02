"""Signs each call of the CSSS API on its way, for tools that can't; needs `signing.py` of the Python package beside it.

It signs for every program of this machine, but for no page in a browser: those name an origin.
Usage: LINKSFIELD_BASE_URL=… LINKSFIELD_ACCESS_CODE=… LINKSFIELD_SECRET=… python signing_proxy.py [PORT]
"""

import json
import os
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from signing import Signer, SigningError, written

URL = urlsplit(os.environ["LINKSFIELD_BASE_URL"])
SIGNER = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"])


class Proxy(BaseHTTPRequestHandler):
    def do_POST(self):
        host, kind = (self.headers.get(name, "") for name in ("Host", "Content-Type"))
        is_local = host.rsplit(":", 1)[0] in ("127.0.0.1", "localhost")
        if "Origin" in self.headers or not is_local or kind.split(";")[0].strip() != "application/json":
            return self.say(403, b"only programs of this machine are signed for, and only JSON")
        try:
            parameters = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = written(SIGNER.sign(parameters)).encode()
        except (SigningError, TypeError, ValueError):
            return self.say(400, b"this is no object that can be signed")
        connection = (HTTPSConnection if URL.scheme == "https" else HTTPConnection)(URL.netloc, timeout=60)
        try:
            connection.request("POST", URL.path.rstrip("/") + self.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.say(answer.status, answer.read(), answer.headers["Content-Type"])
        except (OSError, HTTPException):
            self.say(502, b"no answer came: what was called may have been done all the same")

    def say(self, status, body, kind=None):
        self.send_response(status)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["0"])[0])), Proxy)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
