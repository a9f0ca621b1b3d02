//! The Mall of the sandbox, its three services over one shop: verify, keep orders and auto-renewals, answer in the documented shapes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::error::Error;
use crate::family::Family;
use crate::family::scheme::Scheme;
use crate::lock::held;
use crate::mall::payment::types::{ResultQuery, StripeSubDirectly};
use crate::mall::topup::types::RemoveGroupSims;
use crate::mall::types::{
    CancelAutoRenewalRecord, QueryAutoRenewalRecord, SingleOrder, SingleQueryOrder, SingleServicePlanPage,
    SingleVerify, SynOrderInfo,
};
use crate::mall::{self, PartnerCode, SUCCESS, Settings, VERSION, sign};
use crate::openapi::{Document, Operation, documents};
use crate::sandbox::Sandbox;
use crate::sandbox::api::{Api, Parameters, Received, given, id, read};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::room::Room;
use crate::values::Language;

const VSHOP: &str = "/mall-api";
const PAYMENT: &str = "/payment-api";
const TOPUP: &str = "/topup-api";

/// One of the services.
pub(in crate::sandbox) struct Mall {
    document: &'static Document,
    root: &'static str,
    partner_code: String,
    shop: Arc<Mutex<Shop>>,
}

/// The orders of end users, the oldest first.
#[derive(Debug, Default)]
struct Shop {
    orders: Vec<Order>,
    numbers: HashSet<String>,
    room: Room,
}

#[derive(Debug)]
struct Order {
    device: String,
    number: String,
    payment: String,
    plan: String,
    periods: String,
    renews: bool,
}

impl Mall {
    /// All services, of one shop.
    pub(in crate::sandbox) fn services(partner_code: &str) -> [Arc<Self>; 3] {
        let shop = Arc::default();
        let services = [(documents::MALL, VSHOP), (documents::PAYMENT, PAYMENT), (documents::TOPUP, TOPUP)];
        services.map(|(document, root)| {
            Arc::new(Self { document, root, partner_code: partner_code.to_owned(), shop: Arc::clone(&shop) })
        })
    }
}

impl Api for Mall {
    fn document(&self) -> &'static Document {
        self.document
    }

    fn root(&self) -> &'static str {
        self.root
    }

    fn scheme(&self) -> Result<Box<dyn Scheme>, Error> {
        mall::Mall::scheme(PartnerCode::new(&self.partner_code)?, Settings::default())
    }

    fn verify(&self, operation: &Operation, request: &Received<'_>, _: SystemTime) -> Result<(), Refusal> {
        let parameters = &request.parameters;
        if let Some(name) = operation.added.iter().find(|name| !parameters.get(**name).is_some_and(Value::is_string)) {
            return Err(Refusal::parameter(*name, ("必须有, 且为文本", "must be given, as text")));
        }
        verify(&request.whole, parameters, &self.partner_code)
    }

    fn own(&self, _: &Operation, request: Received<'_>) -> Result<Parameters, Refusal> {
        if text(&request.parameters, "version") == VERSION {
            Ok(request.parameters)
        } else {
            Err(Refusal::parameter("version", ("必须为 3.0", "must be 3.0")))
        }
    }

    fn carry_out(&self, operation: &Operation, parameters: &Parameters, _: SystemTime) -> Result<Value, Refusal> {
        carry_out(operation, parameters, &mut held(&self.shop))
    }

    /// Most answers are printed without an envelope, and how a refusal looks is not documented.
    fn answered(
        &self,
        operation: Option<&Operation>,
        result: Result<Value, Refusal>,
        language: &Language,
    ) -> (StatusCode, Value) {
        // An answer with an envelope can say no in it.
        let is_enveloped = operation.is_some_and(|operation| operation.is_enveloped);
        match result {
            Ok(data) if is_enveloped => {
                (StatusCode::OK, json!({ "operateCode": SUCCESS, "message": "success", "data": data }))
            }
            Ok(data) => (StatusCode::OK, data),
            Err(refusal) => {
                let body = json!({ "operateCode": refusal.code(), "message": refusal.message(language) });
                match refusal.status() {
                    StatusCode::OK if !is_enveloped => (StatusCode::BAD_REQUEST, body),
                    status => (status, body),
                }
            }
        }
    }
}

impl Sandbox {
    /// The URL before the paths of the Mall API (Vshop), whose partner code is the sandbox's access code.
    #[must_use]
    pub fn mall_url(&self) -> String {
        format!("{}{VSHOP}", self.url())
    }

    /// The URL before the paths of the Mall's Payment API, which is of the same shop.
    #[must_use]
    pub fn payment_url(&self) -> String {
        format!("{}{PAYMENT}", self.url())
    }

    /// The URL before the paths of the Mall's Topup API, which is of the same shop.
    #[must_use]
    pub fn topup_url(&self) -> String {
        format!("{}{TOPUP}", self.url())
    }

    /// How many orders have been placed in the Mall.
    #[must_use]
    pub fn mall_order_count(&self) -> usize {
        held(&self.apis.mall[0].shop).orders.len()
    }
}

/// The signature involves no secret, so the partner code is all that is known of who calls.
fn verify(whole: &[u8], parameters: &Parameters, partner_code: &str) -> Result<(), Refusal> {
    let expected = sign(whole).map_err(|error| Refusal::body(("内容无法签名", error.to_string())))?;
    if text(parameters, "sign") != expected {
        let explanation = crate::signing::explain(whole);
        let content = explanation.map(|explanation| explanation.content().to_owned()).unwrap_or_default();
        return Err(Refusal::Signature(content));
    }
    if text(parameters, "partnerCode") == partner_code { Ok(()) } else { Err(Refusal::AccessCode) }
}

fn text<'a>(parameters: &'a Parameters, name: &str) -> &'a str {
    parameters.get(name).and_then(Value::as_str).unwrap_or_default()
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
        _ => Ok(serde_json::from_str(operation.answer).unwrap_or_default()),
    }
}

/// Its page says that no field may be empty.
fn result(query: &ResultQuery) -> Result<Value, Refusal> {
    given("payId", &query.pay_id)?;
    given("tradeType", &query.trade_type)?;
    Ok(json!({}))
}

impl Shop {
    fn order(&mut self, parameters: &Parameters) -> Result<Value, Refusal> {
        let order: SingleOrder = read(parameters)?;
        for (name, value) in
            [("deviceCode", &*order.device_code), ("orderNo", &*order.order_no), ("payId", &*order.pay_id)]
        {
            id(name, value)?;
        }
        if self.numbers.contains(&*order.order_no) {
            return Err(Refusal::not_allowed(("orderNo 已有订单", "this orderNo has an order")));
        }
        let texts = [&*order.device_code, &order.order_no, &order.order_no, &order.pay_id];
        let texts = texts.iter().map(|text| text.len()).sum::<usize>();
        self.room.take(1, texts + order.service_plan_show_name.len() + order.order_period.len())?;
        self.numbers.insert(order.order_no.to_string());
        let answer = json!({
            "deviceCode": order.device_code, "orderNo": order.order_no, "payId": order.pay_id,
            "partnerCode": parameters.get("partnerCode"),
        });
        self.orders.push(Order {
            device: order.device_code.into(),
            number: order.order_no.into(),
            payment: order.pay_id.into(),
            plan: order.service_plan_show_name,
            periods: order.order_period.into(),
            renews: order.auto_renewal == "1",
        });
        Ok(answer)
    }

    fn orders(&self, query: &SingleQueryOrder, parameters: &Parameters) -> Result<Value, Refusal> {
        let of_device = self.orders.iter().filter(|order| order.device == *query.device_code);
        let list = of_device.map(
            |order| json!({ "orderStatus": "SANDBOX-PAID", "servicePlanShowName": order.plan, "time": order.periods }),
        );
        Ok(json!({
            "partnerCode": parameters.get("partnerCode"), "deviceCode": query.device_code,
            "orderList": list.collect::<Vec<_>>(),
        }))
    }

    fn renewal(&self, query: &QueryAutoRenewalRecord, parameters: &Parameters) -> Result<Value, Refusal> {
        let order = self.orders.iter().rev().find(|order| order.renews && order.device == *query.device_code);
        let order = order.ok_or(Refusal::UnknownOrder)?;
        Ok(json!({
            "deviceCode": order.device, "orderNo": order.number, "payId": order.payment,
            "orderPeriod": order.periods, "partnerCode": parameters.get("partnerCode"),
            "servicePlanShowName": order.plan,
        }))
    }

    fn cancel_renewal(&mut self, cancel: &CancelAutoRenewalRecord) -> Result<Value, Refusal> {
        let mut orders = self.orders.iter_mut().filter(|order| order.renews && order.device == *cancel.device_code);
        let order = orders.find(|order| order.number == *cancel.order_no).ok_or(Refusal::UnknownOrder)?;
        order.renews = false;
        Ok(json!({}))
    }

    fn subscribe(&mut self, subscribe: &StripeSubDirectly) -> Result<Value, Refusal> {
        let order = self.orders.iter_mut().find(|order| order.payment == *subscribe.pay_id);
        order.ok_or(Refusal::UnknownOrder)?.renews = true;
        Ok(json!({
            "customer_id": "SANDBOX-CUSTOMER", "pay_method": "SANDBOX", "product_id": "SANDBOX-PRODUCT",
            "status": "SANDBOX-ACTIVE", "sub_id": format!("SANDBOX-{}", &*subscribe.pay_id),
        }))
    }
}
