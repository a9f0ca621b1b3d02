//! The APIs: what each needs to know of who calls, and how its client is made. Its commands come from its document.

use linksfield::http::Method;
use linksfield::openapi::{DOCUMENTS, Document};
use linksfield::{ApiClient, Call, Credentials, Error, Family, Items, Operation};
use linksfield::{csss, esim_qr, mall};
use serde_json::{Map, Value};

use crate::settings::Given;

pub type Parameters = Map<String, Value>;

/// A client of any API.
pub trait Api: Send + Sync {
    fn perform(&self, operation: &'static Operation, parameters: &Parameters) -> Call<Value>;
    fn items(&self, operation: &'static Operation, parameters: &Parameters) -> Option<Items<Value>>;
    fn call(&self, method: Method, path: &str, parameters: &Parameters) -> Call<Value>;
}

impl<F: Family> Api for ApiClient<F> {
    fn perform(&self, operation: &'static Operation, parameters: &Parameters) -> Call<Value> {
        self.perform(operation, parameters)
    }

    fn items(&self, operation: &'static Operation, parameters: &Parameters) -> Option<Items<Value>> {
        self.perform_items(operation, Value::Object(parameters.clone()))
    }

    fn call(&self, method: Method, path: &str, parameters: &Parameters) -> Call<Value> {
        self.call(method, path, parameters)
    }
}

/// An API as the command knows it.
pub struct Row {
    /// The name of its document, and of its commands.
    pub name: &'static str,
    pub settings: &'static [Setting],
    pub client: fn(&Given) -> Result<Box<dyn Api>, Error>,
}

/// Something that a client must be told.
#[derive(Debug)]
pub struct Setting {
    /// Its name in a profile.
    pub key: &'static str,
    /// Its name in the environment.
    pub variable: &'static str,
    pub is_secret: bool,
    /// Whether it tells who calls, and may be shown.
    pub is_account: bool,
    /// What to ask a person for.
    pub about: &'static str,
}

const fn server(variable: &'static str) -> Setting {
    Setting { key: "base_url", variable, is_secret: false, is_account: false, about: "URL of the server" }
}

const PARTNER_CODE: Setting = Setting {
    key: "partner_code",
    variable: mall::PARTNER_CODE_VARIABLE,
    is_secret: false,
    is_account: true,
    about: "partner code",
};

pub const ROWS: &[Row] = &[
    Row {
        name: "csss",
        settings: &[
            server(csss::BASE_URL_VARIABLE),
            Setting {
                key: "access_code",
                variable: linksfield::ACCESS_CODE_VARIABLE,
                is_secret: false,
                is_account: true,
                about: "access code",
            },
            Setting {
                key: "secret",
                variable: linksfield::SECRET_VARIABLE,
                is_secret: true,
                is_account: false,
                about: "secret of that access code",
            },
        ],
        client: |given| {
            client::<csss::Csss>(Credentials::new(given.value("access_code"), given.value("secret"))?, given)
        },
    },
    Row {
        name: "mall",
        settings: &[server(mall::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| client::<mall::Mall>(partner(given)?, given),
    },
    Row {
        name: "payment",
        settings: &[server(mall::payment::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| client::<mall::payment::Payment>(partner(given)?, given),
    },
    Row {
        name: "topup",
        settings: &[server(mall::topup::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| client::<mall::topup::Topup>(partner(given)?, given),
    },
    Row {
        name: "esim-qr",
        settings: &[
            server("LINKSFIELD_ESIM_QR_BASE_URL"),
            Setting {
                key: "access_token",
                variable: "LINKSFIELD_ESIM_QR_ACCESS_TOKEN",
                is_secret: true,
                is_account: false,
                about: "access token",
            },
        ],
        client: |given| client::<esim_qr::EsimQr>(esim_qr::AccessToken::new(given.value("access_token"))?, given),
    },
];

/// A client of the server, and for the caller, that was given.
fn client<F>(credentials: F::Credentials, given: &Given) -> Result<Box<dyn Api>, Error>
where
    F: Family<Environment: From<String>>,
{
    let client = ApiClient::<F>::builder()
        .credentials(credentials)
        .environment(given.value("base_url").to_owned())
        .allow_plaintext(given.allows_plaintext)
        .maybe_language(given.language.clone())
        .build()?;
    Ok(Box::new(client))
}

fn partner(given: &Given) -> Result<mall::PartnerCode, Error> {
    mall::PartnerCode::new(given.value("partner_code"))
}

/// The APIs that have commands, with their documents.
pub fn all() -> impl Iterator<Item = (&'static Row, &'static Document)> {
    ROWS.iter().filter_map(|row| {
        let document = DOCUMENTS.iter().find(|document| document.name == row.name)?;
        Some((row, *document))
    })
}

pub fn of(name: &str) -> Option<(&'static Row, &'static Document)> {
    all().find(|(row, _)| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_api_that_is_compiled_in_has_a_row() {
        let documents: Vec<_> =
            DOCUMENTS.iter().filter(|document| !document.operations.is_empty()).map(|document| document.name).collect();
        let mut rows: Vec<_> = all().map(|(row, _)| row.name).collect();
        rows.sort_unstable();
        assert_eq!(rows, documents);
    }
}
