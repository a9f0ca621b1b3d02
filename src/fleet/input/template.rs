//! What every order of a fleet has, and what of it a list may say.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor, value::Error as Captured};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use crate::error::{Error, reason};
use crate::fleet::sim::Sim;

/// What a text of a list stands for, by its column, or why it can't stand there.
pub(in crate::fleet) type Cell = Arc<dyn Fn(&str, &str) -> Result<String, String> + Send + Sync>;

/// The parameters of an order, but for those of a line.
#[derive(Clone)]
pub(in crate::fleet) struct Template {
    /// The parameter that is the SIM.
    pub(in crate::fleet) sim: &'static str,
    /// All parameters.
    pub(in crate::fleet) names: &'static [&'static str],
    /// Those that are the same for all.
    pub(in crate::fleet) defaults: Map<String, Value>,
    /// How texts of a line are read, if not as they are.
    pub(in crate::fleet) cell: Option<Cell>,
}

impl Template {
    /// Of orders whose parameters are a `P`.
    pub(in crate::fleet) fn new<P: DeserializeOwned>(
        sim: &'static str,
        defaults: Result<Value, serde_json::Error>,
        cell: Option<Cell>,
    ) -> Result<Self, Error> {
        let names = names_of::<P>();
        let mut defaults = match defaults {
            Ok(Value::Object(defaults)) => defaults,
            Ok(_) => return Err(Error::settings("the defaults of a fleet must be a JSON object")),
            Err(error) => {
                return Err(Error::settings(format!("the defaults can't be written: {}", reason::of(&error))));
            }
        };
        defaults.remove(sim);
        match defaults.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(Error::settings(format!(
                "the defaults have {unknown:?}, which is no parameter: they are {}",
                names.join(", ")
            ))),
            None => Ok(Self { sim, names, defaults, cell }),
        }
    }

    /// The parameters of one order, and their JSON.
    pub(super) fn fill<P: Serialize + DeserializeOwned>(
        &self,
        sim: Sim,
        own: BTreeMap<&'static str, Value>,
    ) -> Result<(P, Vec<u8>), String> {
        let mut all = self.defaults.clone();
        for (name, value) in own {
            all.insert(name.to_owned(), self.read(name, value)?);
        }
        all.insert(self.sim.to_owned(), sim.to_string().into());
        let parameters: P = serde_path_to_error::deserialize(Value::Object(all)).map_err(|error| {
            let path = error.path().to_string();
            let what = reason::of(error.inner());
            if path == "." { what } else { format!("{path}: {what}") }
        })?;
        let json = serde_json::to_vec(&parameters).map_err(|error| reason::of(&error))?;
        Ok((parameters, json))
    }

    fn read(&self, name: &str, value: Value) -> Result<Value, String> {
        match (&self.cell, value) {
            (Some(cell), Value::String(text)) => {
                cell(name, &text).map(Value::String).map_err(|what| format!("{name}: {what}"))
            }
            (_, value) => Ok(value),
        }
    }
}

/// The names of the fields of `P`, as it asks for them when it is read.
fn names_of<P: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    drop(P::deserialize(Asked(&mut names)));
    names
}

/// Notes what is asked for, and has nothing.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Captured;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Captured> {
        *self.0 = fields;
        Err(Captured::custom("it is asked for its names only"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Captured> {
        Err(Captured::custom("it has no names"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
