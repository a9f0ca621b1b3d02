//! The CSSS API of the sandbox: verifies the signed parameters, and keeps orders through their life.

mod answers;
mod calendar;
mod ledger;

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::csss::credentials::Credentials;
use crate::csss::{self, envelope};
use crate::error::Error;
use crate::family::Family;
use crate::family::scheme::Scheme;
use crate::lock::held;
use crate::notification::types::OrderEvent;
use crate::openapi::{Document, Operation, documents};
use crate::sandbox::Sandbox;
use crate::sandbox::api::{Api, Parameters, Received, read};
use crate::sandbox::refusal::Refusal;
use crate::signing::{self, TimestampUnit, VerifyError};
use crate::values::Language;
use ledger::{Ledger, Order};

/// How often it is looked which orders have ended: that takes as long as there are orders.
const ENDS: Duration = Duration::from_secs(1);

pub(in crate::sandbox) struct Csss {
    credentials: Credentials,
    ledger: Mutex<Ledger>,
    ends_told: Mutex<Instant>,
}

impl Csss {
    pub(in crate::sandbox) fn new(credentials: Credentials, plans: Vec<String>, told: bool) -> Self {
        Self { credentials, ledger: Mutex::new(Ledger::new(plans, told)), ends_told: Mutex::new(Instant::now()) }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        held(&self.ledger)
    }

    pub(super) fn use_data(&self, device_id: &str, amount: u64, now: SystemTime) -> bool {
        self.ledger().use_data(device_id, amount, calendar::local(now))
    }

    fn is_time_for_ends(&self) -> bool {
        let mut told = held(&self.ends_told);
        let is_time = told.elapsed() >= ENDS;
        if is_time {
            *told = Instant::now();
        }
        is_time
    }
}

impl Api for Csss {
    fn document(&self) -> &'static Document {
        documents::CSSS
    }

    fn root(&self) -> &'static str {
        ""
    }

    fn scheme(&self) -> Result<Box<dyn Scheme>, Error> {
        csss::Csss::scheme(self.credentials.clone(), TimestampUnit::default())
    }

    fn verify(&self, _: &Operation, request: &Received<'_>, _: SystemTime) -> Result<(), Refusal> {
        let signed: SignedParameters = read(&request.parameters)?;
        if signed.access_code != self.credentials.access_code() {
            return Err(Refusal::AccessCode);
        }
        match signing::verify(&request.whole, self.credentials.key()) {
            Ok(_) => Ok(()),
            Err(VerifyError::Mismatch(explanation)) => Err(Refusal::Signature(explanation.content().to_owned())),
            Err(error) => Err(Refusal::body(("内容无法签名", error.to_string()))),
        }
    }

    fn own(&self, operation: &Operation, request: Received<'_>) -> Result<Parameters, Refusal> {
        let mut parameters = request.parameters;
        let signed: SignedParameters = read(&parameters)?;
        if signed.version != envelope::VERSION {
            return Err(Refusal::parameter("version", ("必须为 2.0", "must be 2.0")));
        }
        let digits = signed.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !matches!(signed.timestamp.len(), 10 | 13) {
            let words = ("必须为 10 位 (秒) 或 13 位 (毫秒) 数字", "must be 10 digits (seconds) or 13 (milliseconds)");
            return Err(Refusal::parameter("timestamp", words));
        }
        parameters.retain(|name, _| !operation.added.contains(&name.as_str()));
        Ok(parameters)
    }

    fn carry_out(&self, operation: &Operation, parameters: &Parameters, now: SystemTime) -> Result<Value, Refusal> {
        let now = calendar::local(now);
        answers::answer(operation, parameters, &mut self.ledger(), now, self.credentials.key())
    }

    fn answered(
        &self,
        _: Option<&Operation>,
        result: Result<Value, Refusal>,
        language: &Language,
    ) -> (StatusCode, Value) {
        match result {
            Ok(data) => {
                let message = if *language == Language::English { "success" } else { "成功" };
                let mut body = json!({ "code": envelope::SUCCESS, "data": null, "message": message, "success": true });
                // Moved, where the macro would copy it.
                body["data"] = data;
                (StatusCode::OK, body)
            }
            Err(refusal) => {
                let message = refusal.message(language);
                let body = json!({ "code": refusal.code(), "data": null, "message": message, "success": false });
                (refusal.status(), body)
            }
        }
    }

    fn news(&self, now: SystemTime) -> Vec<Value> {
        let mut ledger = self.ledger();
        if self.is_time_for_ends() {
            ledger.tell_ends(calendar::local(now));
        }
        ledger.news().iter().map(|(event, order)| order_status(event, order)).collect()
    }
}

/// The fields of this notification are not documented, so these are the sandbox's own.
fn order_status(event: &OrderEvent, order: &Order) -> Value {
    json!({ "SANDBOX-event": event, "SANDBOX-order-id": order.id, "SANDBOX-device-id": order.device_id })
}

/// The global parameters, as the overview page lists them.
#[derive(Deserialize)]
struct SignedParameters {
    access_code: String,
    timestamp: String,
    version: String,
    #[serde(rename = "sign")]
    _sign: String,
}

impl Sandbox {
    /// How many orders have been placed.
    #[must_use]
    pub fn order_count(&self) -> usize {
        self.apis.csss.ledger().orders().count()
    }

    /// Lets a SIM use data of its plan, in the documentation's unnamed unit. Returns whether it has a plan in use; it has none
    /// while the clock is out of range.
    pub fn use_data(&self, device_id: &str, amount: u64) -> bool {
        self.state.use_data(device_id, amount).unwrap_or(false)
    }
}
