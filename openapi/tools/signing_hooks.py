"""For schemathesis: signs each call, and judges what an envelope API says in its code instead of in the HTTP status."""

import json
import os
import pathlib
import time

import requests
import schemathesis
import yaml
from linksfield.signing import MALL_SIGNED, SIGNED, CubeSigner, MallSigner, Signer
from openapi_schema_validator import OAS30Validator

path = pathlib.Path(os.environ["DOCUMENT"])
document = yaml.safe_load(path.read_text(encoding="utf-8"))
access_code = os.environ["LINKSFIELD_ACCESS_CODE"]
signer = Signer(access_code, os.environ["LINKSFIELD_SECRET"])
orders = []
calls = 0


def exact(value):
    """A float of so many digits stands for the whole number that it is: what may have been rounded is not signed."""
    if isinstance(value, dict):
        return {name: exact(field) for name, field in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) >= 2**53 else value


def sign_csss(case):
    """Now and then of an order that exists."""
    if isinstance(case.body, dict):
        body = {name: value for name, value in case.body.items() if name not in SIGNED}
        if orders and isinstance(body.get("order_id"), str) and calls % 2:
            body["order_id"] = orders[-1]
        case.body = signer.sign(body)


def sign_mall(case):
    given = case.query if case.method == "GET" else case.body
    if isinstance(given, dict):
        trade_time = str(time.time_ns() // 1_000_000) if "tradeTime" in given else None
        in_path = case.path_parameters or {}
        own = {name: value for name, value in given.items() if name not in MALL_SIGNED}
        whole = MallSigner(access_code).sign({**own, **in_path}, trade_time)
        given.update((name, value) for name, value in whole.items() if name not in in_path)


def add_access_token(case):
    case.headers["x-access-token"] = "sandbox-token"


def sign_cube(case):
    """The URL as it will be sent, and the body; what can't be signed is sent without."""
    request = case.as_transport_kwargs(base_url=os.environ["LINKSFIELD_BASE_URL"] + "/cube/v4")
    request.pop("cookies", None)
    body = case.body if isinstance(case.body, dict) else None
    try:
        case.headers.update(cube_signer.headers(requests.Request(**request).prepare().url, body))
    except ValueError:
        pass


vectors = json.loads(path.with_name("cube-signing-vectors.json").read_text(encoding="utf-8"))
cube_signer = CubeSigner("sandbox", vectors["private_key"])
sign = {"csss": sign_csss, "esim-qr": add_access_token, "cube": sign_cube}.get(path.stem, sign_mall)


@schemathesis.hook
def before_call(context, case, kwargs):
    global calls
    calls += 1
    case.body, case.query, case.path_parameters = exact(case.body), exact(case.query), exact(case.path_parameters)
    sign(case)


@schemathesis.hook
def after_call(context, case, response):
    if case.path == "/package/orderPackage" and response.status_code == 200 and response.json()["success"]:
        orders.append(response.json()["data"]["order_id"])


def refusal(response):
    """The sandbox's code of an answer that refuses a call; nothing if it is accepted."""
    answer = response.json()
    answer = answer["status"] if isinstance(answer.get("status"), dict) else answer
    code = str(answer.get("operateCode", answer.get("code", "")))
    return "" if code in ("0000", "S", "0", "CB-00-0000", "") else code + str(answer.get("message", ""))


@schemathesis.check
def another_status_than_200_is_a_refusal_of_the_sandbox(ctx, response, case):
    """No document declares one, as none is documented; the sandbox needs some where answers have no envelope."""
    if response.status_code != 200:
        assert 400 <= response.status_code < 500 and ("SANDBOX-" in refusal(response) or "CB-" in refusal(response))


@schemathesis.check
def a_signed_call_is_taken_for_one(ctx, response, case):
    if isinstance(case.body, dict) and response.status_code == 200:
        for code in ("SANDBOX-SIGNATURE", "SANDBOX-ACCESS-CODE"):
            assert code not in refusal(response), f"{code} for a signed call"


def without_null(value):
    """Null is as good as nothing."""
    if isinstance(value, dict):
        return {name: without_null(field) for name, field in value.items() if field is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


@schemathesis.check
def only_what_is_as_documented_is_accepted(ctx, response, case):
    if response.status_code == 200 and isinstance(case.body, dict) and not refusal(response):
        body = case.operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
        schema = {**body, "components": document["components"]}
        required = document["components"]["schemas"][body["$ref"].split("/")[-1]].get("required", [])
        # So is an empty text where nothing may be.
        given = {n: v for n, v in without_null(case.body).items() if v != "" or n in required}
        errors = [error.message for error in OAS30Validator(schema).iter_errors(given)]
        assert not errors, f"accepted although {errors}"
