//! The APIs: what each needs to know of who calls, and how its client is made. Its commands come from its document.

use linksfield::http::Method;
use linksfield::openapi::{DOCUMENTS, Document};
use linksfield::{ApiClient, Call, Credentials, Error, Family, Items, Operation};
use linksfield::{csss, cube, esim_qr, mall};
use serde_json::{Map, Value};

use crate::setting::{Part, Setting, account, optional, secret, setting};
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

/// Reads the public half of a key pair from what was given.
type KeyPair = fn(&Given) -> Result<cube::PublicKey, Error>;

/// An API as the command knows it.
pub struct Row {
    /// The name of its document, and of its commands.
    pub name: &'static str,
    settings: &'static [Setting],
    pub client: fn(&Given) -> Result<Box<dyn Api>, Error>,
    /// The public half of who calls, where there is one: to compare with what the platform has.
    pub key_pair: Option<KeyPair>,
}

impl Row {
    pub fn part(&self) -> Part {
        Part { name: self.name, settings: self.settings }
    }
}

const fn server(variable: &'static str) -> Setting {
    setting("base_url", variable, "URL of the server")
}

const PARTNER_CODE: Setting = account("partner_code", mall::PARTNER_CODE_VARIABLE, "partner code");

/// Names of settings that Cube alone has.
const SIGNED_BASE_PATH: &str = "signed_base_path";
const API_VERSION: &str = "api_version";

pub const ROWS: &[Row] = &[
    Row {
        name: "csss",
        settings: &[
            server(csss::BASE_URL_VARIABLE),
            account("access_code", linksfield::ACCESS_CODE_VARIABLE, "access code"),
            secret("secret", linksfield::SECRET_VARIABLE, "secret of that access code"),
        ],
        client: |given| Ok(Box::new(csss(given)?)),
        key_pair: None,
    },
    Row {
        name: "cube",
        settings: &[
            server(cube::BASE_URL_VARIABLE),
            // As the library reads it.
            Setting { is_trimmed: true, ..account("key_id", cube::KEY_ID_VARIABLE, "key id") },
            Setting {
                file_variable: Some(cube::PRIVATE_KEY_FILE_VARIABLE),
                ..secret("private_key", cube::PRIVATE_KEY_VARIABLE, "private key of that id")
            },
            optional(SIGNED_BASE_PATH, cube::SIGNED_BASE_PATH_VARIABLE, "path that is signed in place of the URL's"),
            optional(API_VERSION, cube::API_VERSION_VARIABLE, "version of the API"),
        ],
        client: cube,
        key_pair: Some(|given| Ok(private_key(given)?.public_key())),
    },
    Row {
        name: "mall",
        settings: &[server(mall::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| boxed::<mall::Mall>(partner(given)?, given),
        key_pair: None,
    },
    Row {
        name: "payment",
        settings: &[server(mall::payment::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| boxed::<mall::payment::Payment>(partner(given)?, given),
        key_pair: None,
    },
    Row {
        name: "topup",
        settings: &[server(mall::topup::BASE_URL_VARIABLE), PARTNER_CODE],
        client: |given| boxed::<mall::topup::Topup>(partner(given)?, given),
        key_pair: None,
    },
    Row {
        name: "esim-qr",
        settings: &[
            server("LINKSFIELD_ESIM_QR_BASE_URL"),
            secret("access_token", "LINKSFIELD_ESIM_QR_ACCESS_TOKEN", "access token"),
        ],
        client: |given| boxed::<esim_qr::EsimQr>(esim_qr::AccessToken::new(given.value("access_token"))?, given),
        key_pair: None,
    },
];

/// What sets up a client of the server, and for the caller, that was given: its type has no name here.
macro_rules! builder {
    ($family:ty, $credentials:expr, $given:expr) => {
        ApiClient::<$family>::builder()
            .credentials($credentials)
            .environment($given.value("base_url").to_owned())
            .allow_plaintext($given.allows_plaintext)
            .maybe_language($given.language.clone())
    };
}

fn boxed<F>(credentials: F::Credentials, given: &Given) -> Result<Box<dyn Api>, Error>
where
    F: Family<Environment: From<String>>,
{
    Ok(Box::new(builder!(F, credentials, given).build()?))
}

fn cube(given: &Given) -> Result<Box<dyn Api>, Error> {
    let credentials = cube::Credentials::new(given.value("key_id"), private_key(given)?)?;
    let mut client = builder!(cube::Cube, credentials, given);
    if let Some(path) = given.told(SIGNED_BASE_PATH) {
        client = client.signed_base_path(path);
    }
    if let Some(version) = given.told(API_VERSION) {
        client = client.api_version(version);
    }
    Ok(Box::new(client.build()?))
}

/// The public half of a key pair, in words.
pub fn about_key(key: &cube::PublicKey) -> String {
    let (fingerprint, pem) = (key.fingerprint(), key.to_pem());
    format!("its public key, to compare with the platform's (fingerprint {fingerprint}):\n{}", pem.trim_end())
}

/// The client of the CSSS API.
pub fn csss(given: &Given) -> Result<csss::Client, Error> {
    builder!(csss::Csss, Credentials::new(given.value("access_code"), given.value("secret"))?, given).build()
}

fn private_key(given: &Given) -> Result<cube::PrivateKey, Error> {
    cube::PrivateKey::from_text(given.value("private_key"))
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
