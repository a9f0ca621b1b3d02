//! The clients of random documents. Nothing is signed, so that a request is what was placed.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::client::ApiClient;
use crate::error::Error;
use crate::family::Family;
use crate::family::place::place;
use crate::family::private::Sealed;
use crate::family::scheme::{Answer, Moment, Outgoing, Received, Scheme, SignError, Unreadable, Unsigned};
use crate::openapi::Operation;
use crate::signing::Explanation;

#[derive(Debug)]
struct Plain {
    has_envelope: bool,
}

impl Scheme for Plain {
    fn sign(&self, call: &Unsigned<'_>, _: Moment) -> Result<Outgoing, SignError> {
        Ok(place(call, call.parameters.to_vec())?)
    }

    fn explain(&self, _: &Unsigned<'_>, _: Moment) -> Result<Explanation, SignError> {
        Ok(Explanation::default())
    }

    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        #[derive(serde::Deserialize)]
        struct Enveloped<'a> {
            #[serde(borrow)]
            data: &'a serde_json::value::RawValue,
        }
        let whole: &serde_json::value::RawValue = serde_json::from_str(answer.text)?;
        let data = if self.has_envelope { serde_json::from_str::<Enveloped<'a>>(whole.get())?.data } else { whole };
        match answer.status.is_success() {
            true => Ok(Answer::Accepted { data: Some(data.get()), message: None }),
            false => Err(<serde_json::Error as serde::de::Error>::custom("the server saw another request").into()),
        }
    }
}

macro_rules! trial {
    ($name:ident, $file:literal) => {
        pub mod $name {
            use super::*;

            mod generated {
                #![allow(unreachable_pub)]
                include!(concat!(env!("OUT_DIR"), "/", $file, ".rs"));
            }

            mod calls {
                #![allow(unreachable_pub)]
                use super::{Client, types};
                use crate::error::Error;
                use serde_json::Value;
                include!(concat!(env!("OUT_DIR"), "/", $file, ".calls.rs"));
            }

            pub use generated::{Environment, OPERATIONS, types};

            pub type Client = ApiClient<Api>;

            #[derive(Debug)]
            pub struct Api(());

            impl Sealed for Api {}

            impl Family for Api {
                type Credentials = ();
                type Environment = Environment;
                type Settings = ();

                const OPERATIONS: &[Operation] = OPERATIONS;
                const ORDER_IDS: &[&str] = &[];
                const ADDED: &[&str] = &[];

                fn scheme((): (), (): ()) -> Box<dyn Scheme> {
                    let document = crate::openapi::DOCUMENTS.iter().find(|document| document.name == $file);
                    Box::new(Plain { has_envelope: !document.expect("it is built").result_code.is_empty() })
                }
            }

            /// Calls an operation with its example, at a URL that tells which call it is.
            pub async fn call(url: String, index: usize, operation: String) -> Result<Value, Error> {
                let row = OPERATIONS.iter().find(|row| row.id == operation).expect("it is in the table");
                let client = Client::builder().credentials(()).environment(format!("{url}/{index}")).build()?;
                let example = serde_json::from_str(row.example).expect("it is JSON");
                let data = calls::typed(client, row.id, example).await?;
                Ok(serde_json::from_str(&data).expect("it is JSON"))
            }
        }
    };
}


macro_rules! received {
    ($name:ident, $file:literal, $($id:literal => $json:literal),*) => {
        pub mod $name {
            use super::*;

            mod generated {
                #![allow(unreachable_pub)]
                include!(concat!(env!("OUT_DIR"), "/", $file, ".rs"));
            }

            pub use generated::{Callback, Event, types};

            /// Reads the example of a notification.
            pub async fn call(_: String, _: usize, operation: String) -> Result<Value, Error> {
                let json = match &*operation {
                    $($id => $json,)*
                    other => panic!("{other} is no notification"),
                };
                let callback = Callback::ALL.iter().find(|callback| callback.name() == operation);
                assert!(callback.is_some_and(|callback| callback.fields().len() < 100));
                match callback.map(|callback| callback.read(json)) {
                    Some(Ok(_)) => Ok(Value::Null),
                    _ => Err(Error::settings("the event is not the one that was told")),
                }
            }
        }
    };
}
