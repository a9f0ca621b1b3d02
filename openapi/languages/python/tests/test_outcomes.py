"""What becomes of a call is what the table says that the Rust crate is held against as well."""

import json
import os
import pathlib
import socket
import threading
import unittest

from linksfield import Error, csss, cube, esim_qr, mall
from linksfield.operation import Operation

OPENAPI = pathlib.Path(os.environ["LINKSFIELD_OPENAPI"])
KEY = json.loads((OPENAPI / "cube-signing-vectors.json").read_text())["private_key"]


class Canned:
    """A server that answers every request with the same bytes; with none, it closes the connection, or never answers."""

    def __init__(self, answer, silent=False):
        self.answer, self.silent, self.kept = answer, silent, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            while len(body) < length:
                body += connection.recv(65536)
            if self.silent:
                self.kept.append(connection)
            else:
                connection.sendall(self.answer)
                connection.close()


def response(status, body, content_type="application/json", length=None):
    length = len(body) if length is None else length
    head = f"HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def client_of(api, url, timeout=30.0):
    match api:
        case "csss":
            return csss, csss.Client("P000270", "a secret that nobody may see", url, timeout=timeout)
        case "cube":
            return cube, cube.Client("id", KEY, url, timeout=timeout)
        case "mall":
            return mall, mall.Client("P000270", url, timeout=timeout)
        case "esim-qr":
            return esim_qr, esim_qr.Client("token", url, timeout=timeout)


def outcome(api, operation, url, timeout=30.0):
    module, client = client_of(api, url, timeout)
    try:
        client.call(module.OPERATIONS[operation], {})
    except Error as error:
        assert "nobody may see" not in f"{error}{error!r}{vars(error)}"
        return error.kind, error.code, error.outcome_unknown
    return "accepted", None, False


class Outcomes(unittest.TestCase):
    def test_the_table(self):
        cases = json.loads((OPENAPI / "outcomes.json").read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(cases), 30)
        for case in cases:
            with self.subTest(case["name"]):
                expected = case["kind"], case.get("code"), case["outcome_unknown"]
                instead = case.get("instead")
                if instead == "unreachable":
                    self.assertEqual(outcome(case["api"], case["operation"], "http://127.0.0.1:1"), expected)
                    continue
                answer = {"closed": b"", "silent": b"", "cut": response(200, b"{}", length=9)}.get(instead)
                if instead is None:
                    told = case["answer"]
                    answer = response(told["status"], told["body"].encode(), told.get("content_type", "application/json"))
                with Canned(answer, silent=instead == "silent") as server:
                    timeout = 1.0 if instead == "silent" else 30.0
                    self.assertEqual(outcome(case["api"], case["operation"], server.url, timeout), expected)


class Answers(unittest.TestCase):
    def read(self, data, call):
        body = json.dumps({"code": "0000", "success": True, "data": 0}).replace("0}", data + "}").encode()
        with Canned(response(200, body)) as server:
            return call(csss.Client("P", "secret", server.url))

    def test_an_id_that_came_as_a_number_keeps_its_digits(self):
        opened = self.read('{"order_id":202107061625560742397,"new":1.10}', lambda client: client.open_package(OPEN))
        self.assertEqual(opened.order_id, "202107061625560742397")
        self.assertEqual(str(opened.new), "1.10")

    def test_an_odd_value_spoils_only_itself(self):
        opened = self.read('{"order_id":"1","order_start_date":{}}', lambda client: client.open_package(OPEN))
        self.assertEqual((opened.order_id, opened.order_start_date), ("1", {}))

    def test_data_of_another_shape_leaves_the_outcome_of_an_order_unknown(self):
        with self.assertRaises(Error) as raised:
            self.read('["1"]', lambda client: client.open_package(OPEN))
        self.assertTrue(raised.exception.outcome_unknown)

    def test_no_data_is_an_object_without_fields(self):
        for nothing in ("null", '""', "[]", "{}"):
            self.assertIsNone(self.read(nothing, lambda client: client.open_package(OPEN)).order_id)

    def test_a_parameter_that_does_not_exist_is_an_error_before_the_call(self):
        with self.assertRaises(ValueError):
            csss.OpenPackageRequest(order_id="1", oder_id="2")

    def test_a_server_elsewhere_is_not_called_in_plaintext(self):
        with self.assertRaisesRegex(ValueError, "https"):
            csss.Client("P", "secret", "http://example.com")

    def test_a_path_parameter_cannot_lead_elsewhere(self):
        client = cube.Client("id", KEY, "http://127.0.0.1:1")
        for sim in ("", "..", "%2e%2e", "a\nb"):
            with self.assertRaises(Error) as raised:
                client.query_sim(cube.QuerySimRequest(sim_id=sim))
            self.assertEqual((raised.exception.kind, raised.exception.outcome_unknown), ("invalid_request", False))

    def test_an_operation_of_your_own_is_taken_for_one_that_changes_something(self):
        with Canned(response(502, b"")) as server, self.assertRaises(Error) as raised:
            csss.Client("P", "secret", server.url).call(Operation("other", "POST", "/other"), {})
        self.assertTrue(raised.exception.outcome_unknown)


OPEN = csss.OpenPackageRequest(order_id="1")

if __name__ == "__main__":
    unittest.main()
