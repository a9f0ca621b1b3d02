"""The signing signs every vector."""

import json
import os
import pathlib
import unittest
from unittest import mock

from cryptography.exceptions import UnsupportedAlgorithm
from linksfield.signing import CubeSigner, MallSigner, Signer, SigningError, content, cube_parameters

OPENAPI = pathlib.Path(os.environ["LINKSFIELD_OPENAPI"])


def vectors(name):
    return json.loads((OPENAPI / name).read_text(encoding="utf-8"))


class Vectors(unittest.TestCase):
    def test_csss(self):
        for vector in vectors("signing-vectors.json"):
            with self.subTest(vector["name"]):
                signer = Signer(vector["access_code"], vector["secret"])
                if "error" in vector:
                    with self.assertRaisesRegex(SigningError, vector["error"]):
                        signer.sign(vector["parameters"], vector["timestamp"])
                    continue
                body = signer.sign(vector["parameters"], vector["timestamp"])
                sign = body.pop("sign")
                self.assertEqual((content(body), sign), (vector["content"], vector["sign"]))

    def test_mall(self):
        for vector in vectors("mall-signing-vectors.json"):
            with self.subTest(vector["name"]):
                body = MallSigner(vector["partner_code"]).sign(vector["parameters"], vector["trade_time"])
                sign = body.pop("sign")
                self.assertEqual((content(body), sign), (vector["content"], vector["sign"]))

    def test_cube(self):
        file = vectors("cube-signing-vectors.json")
        for vector in file["vectors"]:
            with self.subTest(vector["name"]):
                body = json.loads(vector["body"]) if vector["body"] else None
                stamp = (vector["timestamp"], str(vector["nonce"]))
                self.assertEqual(content(cube_parameters(vector["url"], body, *stamp)), vector["content"])
                headers = CubeSigner(vector["key_id"], file["private_key"]).headers(vector["url"], body, *stamp)
                self.assertEqual(headers, vector["headers"])

    def test_what_cannot_be_written_is_not_signed(self):
        for parameters in ({"a": float("nan")}, {"a": object()}, {"a": b"bytes"}, {"a": {9: 1}}, {"a": 1e16}, {"a": "\ud800"}):
            with self.assertRaises(SigningError):
                Signer("P", "secret").sign(parameters)

    def test_what_is_written_as_empty_is_not_signed(self):
        self.assertEqual(content({"a": (), "b": [], "c": {}, "d": "", "e": None, "f": 0, "g": False, "h": [""]}), '{"f":0,"g":false,"h":[""]}')

    def test_a_policy_that_forbids_sha_1_is_named_with_what_to_do(self):
        # What is said under a policy is imitated: a stock OpenSSL has no policy that forbids this alone.
        file = vectors("cube-signing-vectors.json")
        signer = CubeSigner("id", file["private_key"])
        with mock.patch.object(signer, "_key") as key, self.assertRaisesRegex(SigningError, "policy.*OPENSSL_CONF.*Go's"):
            key.sign.side_effect = UnsupportedAlgorithm("invalid digest")
            signer.headers("https://example.com/sims")


if __name__ == "__main__":
    unittest.main()
