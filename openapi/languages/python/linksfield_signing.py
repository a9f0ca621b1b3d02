"""Signs the parameters of a call, by the rule in the document's `info.x-linksfield-guide`."""

import base64
import hashlib
import hmac
import json
import time

SIGNED = ("access_code", "timestamp", "version", "sign")
EMPTY = (None, "", [], {})


def content(parameters):
    """The text that is signed: what is not empty, as compact JSON in the order of its keys."""
    kept = {name: value for name, value in parameters.items() if value not in EMPTY}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class Signer:
    def __init__(self, access_code, secret):
        self._access_code = access_code
        self._secret = secret.encode()

    def sign(self, parameters, timestamp=None):
        """`parameters` with the signed ones added: the body of a request."""
        for name in SIGNED:
            if name in parameters:
                raise ValueError(f"the parameter {name} is set by the signing")
        timestamp = timestamp or str(int(time.time()))
        body = {**parameters, "access_code": self._access_code, "timestamp": timestamp, "version": "2.0"}
        digest = hmac.digest(self._secret, content(body).encode(), hashlib.sha1)
        return {**body, "sign": base64.b64encode(digest).decode()}
