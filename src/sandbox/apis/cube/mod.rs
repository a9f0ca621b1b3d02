//! The Cube API of the sandbox: verifies signatures and times, keeps SIMs through their life, and tells of what an
//! asynchronous operation became.

mod account;
mod answers;
mod times;
mod usage;

use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::SystemTime;

use axum::http::StatusCode;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::cube::types::{ResultCode, SimStatus};
use crate::cube::{self, Credentials, PrivateKey, SignedRequest, VerifyError, verify};
use crate::error::Error;
use crate::family::Family;
use crate::family::scheme::Scheme;
use crate::lock::held;
use crate::openapi::{Document, Operation, documents};
use crate::sandbox::Sandbox;
use crate::sandbox::api::{Api, Parameters, Received};
use crate::sandbox::refusal::Refusal;
use crate::values::Language;
use account::Account;

/// Where its paths begin.
const ROOT: &str = "/cube/v4";

/// Id of the key that the Cube API of a sandbox knows.
pub const CUBE_KEY_ID: &str = "sandbox";

/// The private key that signs calls of the Cube API of a sandbox. It protects nothing.
pub const CUBE_KEY: &str = include_str!("key.pem");

/// The key pair of all sandboxes: a key takes time to read.
static CREDENTIALS: LazyLock<Option<Credentials>> = LazyLock::new(|| {
    let key = PrivateKey::from_text(CUBE_KEY).ok()?;
    Credentials::new(CUBE_KEY_ID, key).ok()
});

/// The parameter in which the nonce of a request is kept: it is no parameter of any operation.
const NONCE: &str = "SANDBOX-nonce";

pub(in crate::sandbox) struct Cube {
    credentials: Credentials,
    account: Mutex<Account>,
}

impl Cube {
    /// `told` says whether there is somebody to tell of what happens.
    pub(in crate::sandbox) fn new(told: bool) -> Result<Self, Error> {
        let credentials = CREDENTIALS.clone().ok_or_else(|| Error::settings("the key of the sandbox can't be read"))?;
        Ok(Self { credentials, account: Mutex::new(Account::new(told)) })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        held(&self.account)
    }
}

impl Api for Cube {
    fn document(&self) -> &'static Document {
        documents::CUBE
    }

    fn root(&self) -> &'static str {
        ROOT
    }

    fn default_language(&self) -> Language {
        Language::English
    }

    fn scheme(&self) -> Result<Box<dyn Scheme>, Error> {
        cube::Cube::scheme(self.credentials.clone(), cube::Settings::default())
    }

    fn verify(&self, _: &Operation, request: &Received<'_>, now: SystemTime) -> Result<(), Refusal> {
        let uri = &request.head.uri;
        let signed = SignedRequest {
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers: &request.head.headers,
            body: request.body,
        };
        let known = |key_id: &str| (key_id == CUBE_KEY_ID).then(|| self.credentials.key().public_key());
        verify(&signed, known, now).map(drop).map_err(|error| match error {
            VerifyError::Unsigned(_) => Refusal::documented(ResultCode::AuthorizationMissing, error.to_string()),
            VerifyError::Content(error) => Refusal::documented(ResultCode::InvalidParameters, error.to_string()),
            error => Refusal::documented(ResultCode::AuthenticationFailed, error.to_string()),
        })
    }

    fn own(&self, _: &Operation, request: Received<'_>) -> Result<Parameters, Refusal> {
        let mut parameters = request.parameters;
        let nonce = request.head.headers.get("nonce").and_then(|nonce| nonce.to_str().ok());
        parameters.insert(NONCE.to_owned(), json!(nonce));
        Ok(parameters)
    }

    fn carry_out(&self, operation: &Operation, parameters: &Parameters, now: SystemTime) -> Result<Value, Refusal> {
        let mut account = self.account();
        account.settle(now);
        answers::answer(operation, parameters, &mut account, now)
    }

    fn answered(
        &self,
        operation: Option<&Operation>,
        result: Result<Value, Refusal>,
        language: &Language,
    ) -> (StatusCode, Value) {
        let english = *language == Language::English;
        match result {
            Ok(mut data) => {
                let message = if english { "success" } else { "成功" };
                let status = json!({ "code": ResultCode::Success, "message": message, "detail": null });
                // A list comes with the number of items of all its pages.
                let listed = operation.and_then(|operation| operation.total_count).filter(|_| data.is_object());
                let mut answer = json!({ "status": status });
                if let Some(name) = listed {
                    answer[name] = data[name].take();
                    data = data["items"].take();
                }
                answer["data"] = data;
                (StatusCode::OK, answer)
            }
            Err(refusal) => {
                let status = match refusal.code() {
                    "CB-99-9401" => StatusCode::UNAUTHORIZED,
                    "CB-99-9403" => StatusCode::FORBIDDEN,
                    "CB-99-9400" | "CB-99-9402" => StatusCode::BAD_REQUEST,
                    _ => refusal.status(),
                };
                let said = json!({ "code": refusal.code(), "message": refusal.message(language), "detail": null });
                (status, json!({ "status": said, "data": null }))
            }
        }
    }

    fn news(&self, now: SystemTime) -> Vec<Value> {
        let mut account = self.account();
        account.settle(now);
        account.take_news()
    }
}

impl Sandbox {
    /// The URL before the paths of the Cube API, which accepts [`cube_credentials`](Self::cube_credentials).
    #[must_use]
    pub fn cube_url(&self) -> String {
        format!("{}{ROOT}", self.url())
    }

    /// The credentials that the Cube API accepts: the same of every sandbox.
    #[must_use]
    pub fn cube_credentials(&self) -> Credentials {
        self.apis.cube.credentials.clone()
    }

    /// How many renewal orders have been placed in Cube.
    #[must_use]
    pub fn cube_order_count(&self) -> usize {
        self.apis.cube.account().orders.len()
    }

    /// How many bundles have been added in Cube.
    #[must_use]
    pub fn cube_bundle_count(&self) -> usize {
        self.apis.cube.account().added()
    }

    /// How many jobs have sent SMS in Cube.
    #[must_use]
    pub fn cube_sms_count(&self) -> usize {
        self.apis.cube.account().job_count()
    }

    /// Gives a SIM of Cube another status, such as paused: no operation of which enough is documented does that.
    pub fn set_sim_status(&self, sim_id: &str, status: SimStatus) {
        if let Ok(sim) = self.apis.cube.account().sim(sim_id) {
            sim.status = status;
        }
    }

    /// Says how much data a SIM of Cube used on a day of UTC 0, in the unit of the pages: bytes where they name one. A month has
    /// the sum of its days. Returns whether that is a SIM, and there is room for it.
    pub fn set_usage(&self, sim_id: &str, day: Date, amount: u64) -> bool {
        self.apis.cube.account().set_usage(sim_id, day, amount).is_ok()
    }

    /// Lets Cube receive an SMS from a SIM. Returns whether there is room for it, and a time: not while the clock is out of
    /// range.
    pub fn receive_sms(&self, sim_id: &str, text: &str) -> bool {
        let now = self.state.clock.now();
        now.and_then(|now| self.apis.cube.account().receive(sim_id, text, now)).is_ok()
    }
}
