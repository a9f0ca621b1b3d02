//! The eSIM QR Mall API of the sandbox: checks the access token, and takes reports of payments.

use std::time::SystemTime;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::error::Error;
use crate::esim_qr::types::ReportPayment;
use crate::esim_qr::{self, ACCESS_TOKEN_HEADER, AccessToken, SUCCESS};
use crate::family::Family;
use crate::family::scheme::Scheme;
use crate::openapi::{Document, Operation, documents};
use crate::sandbox::Sandbox;
use crate::sandbox::api::{Api, Parameters, Received, read};
use crate::sandbox::refusal::Refusal;
use crate::values::Language;

/// Where its paths begin.
const ROOT: &str = "/esim-qr-api";

/// The access token that the eSIM QR Mall API of a sandbox accepts. It protects nothing.
pub const ACCESS_TOKEN: &str = "sandbox-token";

#[derive(Default)]
pub(in crate::sandbox) struct EsimQr;

impl Api for EsimQr {
    fn document(&self) -> &'static Document {
        documents::ESIM_QR
    }

    fn root(&self) -> &'static str {
        ROOT
    }

    fn scheme(&self) -> Result<Box<dyn Scheme>, Error> {
        esim_qr::EsimQr::scheme(AccessToken::new(ACCESS_TOKEN)?, ())
    }

    fn verify(&self, _: &Operation, request: &Received<'_>, _: SystemTime) -> Result<(), Refusal> {
        let token = request.head.headers.get(ACCESS_TOKEN_HEADER);
        token.filter(|token| *token == ACCESS_TOKEN).map(drop).ok_or(Refusal::AccessCode)
    }

    fn own(&self, _: &Operation, request: Received<'_>) -> Result<Parameters, Refusal> {
        Ok(request.parameters)
    }

    fn carry_out(&self, operation: &Operation, parameters: &Parameters, _: SystemTime) -> Result<Value, Refusal> {
        match operation.id {
            "reportPayment" => read::<ReportPayment>(parameters).map(|_| Value::Null),
            _ => Ok(Value::Null),
        }
    }

    /// Codes are numbers here, so the sandbox's own stands in the message.
    fn answered(
        &self,
        _: Option<&Operation>,
        result: Result<Value, Refusal>,
        language: &Language,
    ) -> (StatusCode, Value) {
        match result {
            Ok(data) => {
                let message = if *language == Language::English { "success" } else { "操作成功" };
                (StatusCode::OK, json!({ "code": SUCCESS, "data": data, "message": message }))
            }
            Err(refusal) => {
                let message = refusal.message(language);
                let (code, message) = match refusal.code().parse::<i64>() {
                    Ok(code) => (code, message),
                    Err(_) => (-1, format!("{}: {message}", refusal.code())),
                };
                (refusal.status(), json!({ "code": code, "data": null, "message": message }))
            }
        }
    }
}

impl Sandbox {
    /// The URL before the paths of the eSIM QR Mall API, which accepts [`ACCESS_TOKEN`].
    #[must_use]
    pub fn esim_qr_url(&self) -> String {
        format!("{}{ROOT}", self.url())
    }
}
