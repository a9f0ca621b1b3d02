"""What becomes of a call is what the table says that the Rust crate is held against as well."""

import concurrent.futures
import copy
import json
import os
import pathlib
import pickle
import socket
import threading
import traceback
import unittest

from linksfield import Error, csss, cube, esim_qr, mall, topup
from linksfield.operation import Operation

OPENAPI = pathlib.Path(os.environ["LINKSFIELD_OPENAPI"])
KEY = json.loads((OPENAPI / "cube-signing-vectors.json").read_text())["private_key"]


class Canned:
    """A server that answers every request with the same bytes; with none, it closes the connection, or never answers."""

    def __init__(self, answer, silent=False):
        self.answer, self.silent, self.kept, self.requests = answer, silent, [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()
        for connection in self.kept:
            connection.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            number = len(self.requests)
            self.requests.append((b"", b""))
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            while len(body) < length:
                body += connection.recv(65536)
            self.requests[number] = (head, body)
            if self.silent:
                self.kept.append(connection)
            else:
                connection.sendall(self.answer)
                connection.close()


def response(status, body, content_type="application/json", length=None, content_encoding=None):
    length = len(body) if length is None else length
    encoding = f"content-encoding: {content_encoding}\r\n" if content_encoding else ""
    head = f"HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{encoding}connection: close\r\n\r\n"
    return head.encode() + body


def is_whole(request):
    """Whether a request says how long its body is, and has one of JSON that is as long."""
    head, body = request
    return f"content-length: {len(body)}" in head.decode().lower().splitlines() and isinstance(json.loads(body), dict)


#: What a server says that knows no TLS: a fatal alert.
ALERT = bytes((21, 3, 3, 0, 2, 2, 40))
SECRET = "a secret that nobody may see"
#: None of it may stand in an error; of the key a line in its midst.
SECRETS = (SECRET, "nobody-may-see", KEY.splitlines()[3])


def client_of(api, url, **options):
    match api:
        case "csss":
            return csss, csss.Client("P000270", SECRET, url, **options)
        case "cube":
            return cube, cube.Client("id", KEY, url, **options)
        case "mall":
            return mall, mall.Client("P000270", url, **options)
        case "topup":
            return topup, topup.Client("P000270", url, **options)
        case "esim-qr":
            return esim_qr, esim_qr.Client("a-token-that-nobody-may-see", url, **options)


def told(error):
    """All that an error and its causes say and hold."""
    while error is not None:
        yield f"{error}{error!r}{vars(error)}{error.args}{''.join(traceback.format_exception(error))}"
        error = error.__cause__ or error.__context__


def outcome(case, url, timeout=30.0):
    module, client = client_of(case["api"], url, timeout=timeout)
    try:
        answer = client.call(module.OPERATIONS[case["operation"]], case.get("parameters", {}))
    except Error as error:
        assert not any(secret in text for text in told(error) for secret in SECRETS)
        return error.kind, error.code, error.outcome_unknown, case.get("message") and error.message, None
    return "accepted", None, False, None, case.get("order_id") and str(answer.data["order_id"])


def raw(case):
    """The bytes that the server of a case answers with."""
    answer = case.get("answer")
    if answer is None:
        return {"cut": response(200, b"{}", length=9), "no_tls": ALERT}.get(case["instead"], b"")
    body = bytes.fromhex(answer["bytes"]) if "bytes" in answer else answer["body"].encode()
    return response(answer["status"], body, answer.get("content_type", "application/json"), None, answer.get("content_encoding"))


class Outcomes(unittest.TestCase):
    def test_the_table(self):
        cases = json.loads((OPENAPI / "outcomes.json").read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(cases), 30)
        for case in cases:
            with self.subTest(case["name"]):
                expected = case["kind"], case.get("code"), case["outcome_unknown"], case.get("message"), case.get("order_id")
                instead = case.get("instead")
                with Canned(raw(case), silent=instead == "silent") as server:
                    url = {"unreachable": "http://127.0.0.1:1", "no_tls": server.url.replace("http:", "https:")}.get(instead, server.url)
                    self.assertEqual(outcome(case, url, 1.0 if instead == "silent" else 30.0), expected)
                    self.assertEqual(len(server.requests), 0 if instead == "unreachable" else 1)
                    self.assertTrue(instead == "no_tls" or all(is_whole(request) for request in server.requests))


def fail(*_):
    """Called in another process."""
    raise Error("timeout", "orderPackage", "no answer in time", outcome_unknown=True, status=504, data={"a": [1]})


class Errors(unittest.TestCase):
    def test_an_error_is_copied_and_crosses_from_process_to_process_with_what_it_knows(self):
        with concurrent.futures.ProcessPoolExecutor(1) as pool, self.assertRaises(Error) as raised:
            pool.submit(fail).result()
        made = raised.exception
        for error in (made, copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            self.assertEqual((error.kind, error.outcome_unknown, error.status, error.data), ("timeout", True, 504, {"a": [1]}))
            self.assertEqual(str(error), str(made))

    def test_headers_are_found_in_any_case(self):
        answer = b"HTTP/1.1 429 x\r\nRetry-After: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        with Canned(answer) as server, self.assertRaises(Error) as raised:
            csss.Client("P", "secret", server.url).open_package(OPEN)
        self.assertEqual(pickle.loads(pickle.dumps(raised.exception)).headers["retry-after"], "7")

    def test_what_a_client_is_made_of_is_checked_and_never_quoted(self):
        made = (
            lambda: esim_qr.Client("nobody-may-see\nit", "https://example.com"),
            lambda: esim_qr.Client("nobody-may-see-密", "https://example.com"),
            lambda: csss.Client("P", "nobody-may-see\x00", "https://example.com"),
            lambda: csss.Client("P", "nobody-may-see\ud800", "https://example.com"),
            lambda: csss.Client("P", " \n", "https://example.com"),
            lambda: cube.Client("id\r\nnobody-may-see: 1", KEY, "https://example.com"),
            lambda: mall.Client("", "https://example.com"),
            lambda: csss.Client("P", "s", "https://user:nobody-may-see@example.com"),
            lambda: csss.Client("P", "s", "https://nobody-may-see@example.com:99999"),
            lambda: csss.Client("P", "s", "https://example.com:99999"),
            lambda: csss.Client("P", "s", f"https://{'a' * 70}.com"),
            lambda: csss.Client("P", "s", "example.com"),
            lambda: csss.Client("P", "s", "https://example.com?a=1"),
            lambda: csss.Client("P", "s", "https://example.com?"),
            lambda: csss.Client("P", "s", "https://example.com#"),
            lambda: csss.Client("P", "s", "https://example.com", language="en\nnobody-may-see"),
            *(lambda timeout=timeout: csss.Client("P", "s", "https://example.com", timeout=timeout) for timeout in (0, -1, float("nan"), 1e9)),
        )
        for number, make in enumerate(made):
            with self.subTest(number), self.assertRaises(ValueError) as raised:
                make()
            self.assertNotIn("nobody-may-see", "".join(told(raised.exception)).split("make()")[-1])
        with self.assertRaises(TypeError):
            csss.Client("P", "s", "https://example.com", timout=3)

    def test_white_space_around_a_credential_is_no_part_of_it(self):
        with Canned(response(200, b'{"code":0}')) as server:
            esim_qr.Client(" token\n", server.url).call(esim_qr.OPERATIONS["reportPayment"], {})

    def test_what_cannot_be_sent_is_an_error_before_the_call(self):
        calls = (
            ("csss", "orderPackage", {"a": "\udc80"}),
            ("csss", "orderPackage", {"a": {9: 1}}),
            ("csss", "orderPackage", {"a": 89852202209089971478.0}),
            ("cube", "querySim", {"sim_id": 89852202209089971478.0}),
            ("cube", "querySim", {"sim_id": float("nan")}),
            ("cube", "querySim", {"sim_id": "a\udc80"}),
            ("cube", "querySims", {"page_size": 1e21}),
            ("cube", "querySims", {"\udc80": 1}),
        )
        for api, operation, parameters in calls:
            with self.subTest(parameters), Canned(b"") as server:
                module, client = client_of(api, server.url)
                with self.assertRaises(Error) as raised:
                    client.call(module.OPERATIONS[operation], parameters)
                self.assertEqual((raised.exception.kind, raised.exception.outcome_unknown), ("invalid_request", False))
                self.assertEqual(server.requests, [])
        for operation in (Operation("a", "POST", "a"), Operation("a", "POST", "/a?b=1"), Operation("a", "PO ST", "/a"), Operation("a", "GET", "/a\n")):
            with self.assertRaises(Error) as raised:
                csss.Client("P", "s", "http://127.0.0.1:1").call(operation, {})
            self.assertEqual(raised.exception.kind, "invalid_request")

    def test_a_method_is_the_same_in_small_letters(self):
        for method in ("get", "GET", "delete", "DELETE"):
            with self.subTest(method), Canned(response(200, b'{"code":"0000"}')) as server:
                csss.Client("P", "secret", server.url).call(Operation("own", method, "/a"), {"b": "1"})
                (head, body), line = server.requests[0], server.requests[0][0].split(b"\r\n")[0]
                if method.upper() == "GET":
                    self.assertEqual((line[:7], b"b=1" in line, body), (b"GET /a?", True, b""))
                else:
                    self.assertTrue(is_whole((head, body)))

    def drip(self, pause, timeout):
        """The error of a call whose answer comes one byte at a time, and how many bytes had been sent by then."""
        server = socket.create_server(("127.0.0.1", 0))
        stop = threading.Event()
        sent = []

        def serve():
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 x\r\ncontent-length: 60\r\n\r\n")
            while len(sent) < 60 and not stop.wait(pause):
                connection.sendall(b" ")
                sent.append(1)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            with self.assertRaises(Error) as raised:
                csss.Client("P", "s", f"http://127.0.0.1:{server.getsockname()[1]}", timeout=timeout).open_package(OPEN)
            return raised.exception, len(sent)
        finally:
            stop.set()
            thread.join()
            server.close()

    def test_an_answer_that_drips_is_not_waited_for_longer_than_the_timeout(self):
        error, _ = self.drip(0.05, 0.5)
        self.assertEqual((error.kind, error.outcome_unknown), ("timeout", True))

    def test_a_part_of_an_answer_is_not_waited_for_longer_than_what_is_left_of_the_timeout(self):
        # The second byte comes in time for a read of its own, and too late for the call.
        error, sent = self.drip(0.8, 1.2)
        self.assertEqual((error.kind, error.outcome_unknown, sent), ("timeout", True, 1))


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
            self.read('["1"]', lambda client: client.renew_package(RENEW))
        self.assertTrue(raised.exception.outcome_unknown)

    def test_no_data_is_an_object_without_fields(self):
        for nothing in ("null", '""', "[]", "{}"):
            self.assertIsNone(self.read(nothing, lambda client: client.renew_package(RENEW)).order_id)

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
# No document says that its success names an order.
RENEW = csss.RenewPackageRequest(order_id="1", renew_period=1)

if __name__ == "__main__":
    unittest.main()
