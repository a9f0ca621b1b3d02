//! The Mall API of the sandbox: verify, keep orders and auto-renewals, answer in the documented shapes.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::csss::answers::{given, object, read};
use crate::mall::types::{
    CancelAutoRenewalRecord, QueryAutoRenewalRecord, RemoveGroupSims, ResultQuery, SingleOrder, SingleQueryOrder,
    SingleServicePlanPage, SingleVerify, StripeSubDirectly, SynOrderInfo,
};
use crate::mall::{OPERATIONS, SUCCESS, VERSION, sign};
use crate::openapi::Operation;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{MALL_PATH, ORDER_LIMIT};
use crate::values::Language;

type Parameters = Map<String, Value>;

/// The orders of end users, the oldest first.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Shop(Vec<Order>);

#[derive(Debug)]
struct Order {
    device: String,
    number: String,
    payment: String,
    plan: String,
    periods: String,
    renews: bool,
}

/// An answer: most are printed without an envelope, and how a refusal looks is not documented.
pub(in crate::sandbox) fn answer(
    shop: &Mutex<Shop>,
    partner_code: &str,
    head: &Parts,
    body: Result<Bytes, Refusal>,
    language: &Language,
) -> (StatusCode, Value) {
    match body.and_then(|body| respond(shop, partner_code, head, &body)) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(refusal) => {
            let body = json!({ "operateCode": refusal.code(), "message": refusal.message(language) });
            // The one operation whose answer has an envelope can say no in it.
            let enveloped = head.uri.path().ends_with("/singleQueryOrder");
            match refusal.status() {
                StatusCode::OK if !enveloped => (StatusCode::BAD_REQUEST, body),
                status => (status, body),
            }
        }
    }
}

fn respond(shop: &Mutex<Shop>, partner_code: &str, head: &Parts, body: &[u8]) -> Result<Value, Refusal> {
    let path = head.uri.path().strip_prefix(MALL_PATH).unwrap_or_default();
    let mut found = OPERATIONS.iter().filter_map(|operation| Some((operation, placeholders(operation.path, path)?)));
    let (operation, in_path) = found
        .clone()
        .find(|(operation, _)| operation.method == head.method)
        .ok_or_else(|| if found.next().is_some() { Refusal::Method } else { Refusal::UnknownPath })?;
    let whole = if operation.method == "GET" { Value::Object(query(head)?).to_string().into() } else { body.to_vec() };
    let whole = with(&whole, &in_path)?;
    let parameters = object(&whole)?;
    if let Some(name) = operation.added.iter().find(|name| !parameters.get(**name).is_some_and(Value::is_string)) {
        return Err(Refusal::parameter(*name, "must be given, as text"));
    }
    verify(&whole, &parameters, partner_code)?;
    let mut shop = shop.lock().unwrap_or_else(PoisonError::into_inner);
    carry_out(operation, &parameters, &mut shop)
}

/// The methods of an operation's path.
pub(in crate::sandbox) fn allowed(path: &str) -> String {
    let path = path.strip_prefix(MALL_PATH).unwrap_or_default();
    let operations = OPERATIONS.iter().filter(|operation| placeholders(operation.path, path).is_some());
    operations.map(|operation| operation.method).collect::<Vec<_>>().join(", ")
}

/// The parameters in `path`, if it is one of `template`.
fn placeholders(template: &str, path: &str) -> Option<Parameters> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut parameters = Parameters::new();
    for (wanted, segment) in template.split('/').zip(path.split('/')) {
        let text = percent_decode_str(segment).decode_utf8().ok()?;
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            Some(name) => drop(parameters.insert(name.to_owned(), json!(text))),
            None if wanted == segment => {}
            None => return None,
        }
    }
    Some(parameters)
}

fn query(head: &Parts) -> Result<Parameters, Refusal> {
    let url = reqwest::Url::parse(&format!("http://sandbox{}", head.uri));
    let url = url.map_err(|error| Refusal::Body(error.to_string()))?;
    Ok(url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect())
}

/// The object `json` with `added` in front, its own fields as they are written: those were signed.
fn with(json: &[u8], added: &Parameters) -> Result<Vec<u8>, Refusal> {
    let is_empty = object(json)?.is_empty();
    let (Some(fields), false) = (json.trim_ascii().strip_prefix(b"{"), added.is_empty()) else {
        return Ok(json.to_vec());
    };
    let mut whole = Value::Object(added.clone()).to_string().into_bytes();
    whole.pop();
    whole.extend_from_slice(if is_empty { b"" } else { b"," });
    whole.extend_from_slice(fields);
    Ok(whole)
}

/// The signature involves no secret, so the partner code is all that is known of who calls.
fn verify(whole: &[u8], parameters: &Parameters, partner_code: &str) -> Result<(), Refusal> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default();
    let expected = sign(whole).map_err(|error| Refusal::Body(error.to_string()))?;
    if text("sign") != expected {
        let explanation = crate::signing::explain(whole);
        let content = explanation.map(|explanation| explanation.content().to_owned()).unwrap_or_default();
        return Err(Refusal::Signature(content));
    }
    if text("partnerCode") != partner_code {
        return Err(Refusal::AccessCode);
    }
    if text("version") == VERSION { Ok(()) } else { Err(Refusal::parameter("version", "must be 3.0")) }
}

fn carry_out(operation: &Operation, parameters: &Parameters, shop: &mut Shop) -> Result<Value, Refusal> {
    match operation.id {
        "singleVerify" => read::<SingleVerify>(parameters).map(|_| json!({})),
        "singleServicePlanPage" => read::<SingleServicePlanPage>(parameters).map(|_| json!({})),
        "SynOrderInfo" => read::<SynOrderInfo>(parameters).map(|_| json!({})),
        "resultQuery" => result(&read(parameters)?),
        "removeGroupSims" => read::<RemoveGroupSims>(parameters).map(|_| json!({})),
        "singleOrder" => shop.order(parameters),
        "singleQueryOrder" => shop.orders(&read(parameters)?, parameters),
        "queryAutoRenewalRecord" => shop.renewal(&read(parameters)?, parameters),
        "cancelAutoRenewalRecord" => shop.cancel_renewal(&read(parameters)?),
        "stripeSubDirectly" => shop.subscribe(&read(parameters)?),
        _ => Ok(json!({})),
    }
}

/// Its page says that no field may be empty.
fn result(query: &ResultQuery) -> Result<Value, Refusal> {
    given("payId", &query.pay_id)?;
    given("tradeType", &query.trade_type)?;
    Ok(json!({}))
}

impl Shop {
    pub(in crate::sandbox) fn order_count(&self) -> usize {
        self.0.len()
    }

    fn order(&mut self, parameters: &Parameters) -> Result<Value, Refusal> {
        let order: SingleOrder = read(parameters)?;
        for (name, value) in
            [("deviceCode", &*order.device_code), ("orderNo", &*order.order_no), ("payId", &*order.pay_id)]
        {
            given(name, value)?;
        }
        if self.0.len() >= ORDER_LIMIT {
            return Err(Refusal::Full);
        }
        if self.0.iter().any(|known| known.number == *order.order_no) {
            return Err(Refusal::NotAllowed("this orderNo has an order"));
        }
        let answer = json!({
            "deviceCode": order.device_code, "orderNo": order.order_no, "payId": order.pay_id,
            "partnerCode": parameters.get("partnerCode"),
        });
        self.0.push(Order {
            device: order.device_code.into(),
            number: order.order_no.into(),
            payment: order.pay_id.into(),
            plan: order.service_plan_show_name,
            periods: order.order_period,
            renews: order.auto_renewal == "1",
        });
        Ok(answer)
    }

    fn orders(&self, query: &SingleQueryOrder, parameters: &Parameters) -> Result<Value, Refusal> {
        let of_device = self.0.iter().filter(|order| order.device == *query.device_code);
        let list = of_device.map(
            |order| json!({ "orderStatus": "SANDBOX-PAID", "servicePlanShowName": order.plan, "time": order.periods }),
        );
        let data = json!({
            "partnerCode": parameters.get("partnerCode"), "deviceCode": query.device_code,
            "orderList": list.collect::<Vec<_>>(),
        });
        Ok(json!({ "operateCode": SUCCESS, "message": "success", "data": data }))
    }

    fn renewal(&self, query: &QueryAutoRenewalRecord, parameters: &Parameters) -> Result<Value, Refusal> {
        let order = self.0.iter().rev().find(|order| order.renews && order.device == *query.device_code);
        let order = order.ok_or(Refusal::UnknownOrder)?;
        Ok(json!({
            "deviceCode": order.device, "orderNo": order.number, "payId": order.payment,
            "orderPeriod": order.periods, "partnerCode": parameters.get("partnerCode"),
            "servicePlanShowName": order.plan,
        }))
    }

    fn cancel_renewal(&mut self, cancel: &CancelAutoRenewalRecord) -> Result<Value, Refusal> {
        let mut orders = self.0.iter_mut().filter(|order| order.renews && order.device == *cancel.device_code);
        let order = orders.find(|order| order.number == *cancel.order_no).ok_or(Refusal::UnknownOrder)?;
        order.renews = false;
        Ok(json!({}))
    }

    fn subscribe(&mut self, subscribe: &StripeSubDirectly) -> Result<Value, Refusal> {
        let order = self.0.iter_mut().find(|order| order.payment == *subscribe.pay_id);
        order.ok_or(Refusal::UnknownOrder)?.renews = true;
        Ok(json!({
            "customer_id": "SANDBOX-CUSTOMER", "pay_method": "SANDBOX", "product_id": "SANDBOX-PRODUCT",
            "status": "SANDBOX-ACTIVE", "sub_id": format!("SANDBOX-{}", &*subscribe.pay_id),
        }))
    }
}
