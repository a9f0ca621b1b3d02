//! What an accepted answer says of each of what was asked, where that is not one result for all.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::envelope::means_success;
use super::scheme::by_number;
use crate::error::Blame;
use crate::openapi::{Operation, Results};
use crate::values::read::{has_any, may_name_any};

/// What became of one of what a call asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemResult {
    /// It was done.
    Done {
        /// The id of what this is the result of.
        of: String,
    },
    /// It was refused.
    Refused {
        /// The id of what this is the result of.
        of: String,
        /// The code of its refusal.
        code: String,
        /// Its refusal in the API's words.
        message: String,
    },
    /// It may have been done or not.
    Unknown {
        /// The id of what this is the result of; if it has none, where in the answer it stands.
        of: String,
        /// Why it is not known.
        why: &'static str,
    },
}

impl Operation {
    /// What `data`, that of an accepted answer, says of each of what `parameters` asked for: a success of the whole call says of
    /// none that it succeeded. Empty for an operation with [one result](Self::results) for all.
    ///
    /// ```
    /// use linksfield::csss::OPERATIONS;
    /// use linksfield::ItemResult;
    /// use linksfield::serde_json::json;
    ///
    /// let batch = OPERATIONS.iter().find(|operation| operation.id == "batchOrderPackages").unwrap();
    /// let parameters = json!({ "deviceList": ["89852022018041800192"] });
    /// let data = json!({ "device_order": [
    ///     { "device_id": "89852022018041800192", "error": "1", "errorMsg": "no", "order_id": null },
    /// ] });
    /// let results = batch.item_results(parameters.as_object().unwrap(), &data);
    /// assert!(matches!(&results[..], [ItemResult::Refused { code, .. }] if code == "1"));
    /// ```
    pub fn item_results(&self, parameters: &Map<String, Value>, data: &Value) -> Vec<ItemResult> {
        let Some(results) = self.results else { return Vec::new() };
        let listed = data.get(results.list).and_then(Value::as_array).into_iter().flatten();
        let asked = parameters.get(results.asked).and_then(Value::as_array).into_iter().flatten();
        let (named, asked) = (counted(listed.clone().filter_map(|item| item.get(results.of))), counted(asked));
        let is_meant = |id: &String| asked.get(id) == named.get(id);
        let result = |(position, item): (usize, &Value)| match item.get(results.of).and_then(scalar) {
            Some(of) if !is_meant(&of) => {
                ItemResult::Unknown { of, why: "the answer has not as many results for it as were asked for" }
            }
            _ => self.item_result(results, position, item),
        };
        let mut all: Vec<_> = listed.enumerate().map(result).collect();
        let missing = asked.into_keys().filter(|id| !named.contains_key(id));
        all.extend(missing.map(|of| ItemResult::Unknown { of, why: "the answer has no result for it" }));
        if all.is_empty() {
            all.push(ItemResult::Unknown { of: results.list.to_owned(), why: "the answer has no results in it" });
        }
        all
    }

    fn item_result(&self, results: Results, position: usize, item: &Value) -> ItemResult {
        let field = |name: &str| item.get(name).and_then(scalar).filter(|text| !text.is_empty());
        let unknown = |of, why| ItemResult::Unknown { of, why };
        let Some(of) = field(results.of) else {
            return unknown(
                format!("item {position} of {}, from 0", results.list),
                "it does not say of what it is the result",
            );
        };
        let text = item.to_string();
        match field(results.code) {
            None => unknown(of, "its result has no code"),
            Some(code) if code == results.success => match self.places_orders && !has_any(&text, self.order_ids) {
                true => unknown(of, "its result says success, but names no order"),
                false => ItemResult::Done { of },
            },
            Some(code) if means_success(&code, results.success) => {
                unknown(of, "its code means success, but not as it is documented")
            }
            Some(_) if may_name_any(&text, self.order_ids) => {
                unknown(of, "its result says that it was refused, but names an order")
            }
            Some(code) if by_number(&code) == Blame::Server => unknown(of, "its code says that the server failed"),
            Some(code) => ItemResult::Refused { of, code, message: field(results.message).unwrap_or_default() },
        }
    }
}

/// How often each id is there.
fn counted<'a>(ids: impl Iterator<Item = &'a Value>) -> BTreeMap<String, usize> {
    ids.filter_map(scalar).fold(BTreeMap::new(), |mut counts, id| {
        *counts.entry(id).or_default() += 1;
        counts
    })
}

/// The text of a scalar; none of `null`, a list or an object.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
