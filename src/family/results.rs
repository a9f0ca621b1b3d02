//! What an accepted answer says of each of what was asked, where that is not one result for all.

use serde_json::{Map, Value};

use super::envelope::means_success;
use crate::openapi::{Operation, Results};
use crate::values::read::{may_name_any, names_any};

/// What became of one of what a call asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemResult {
    /// It was done.
    Done {
        /// The id of what this is the result of; if it has none, where in the answer it stands.
        of: String,
    },
    /// It was refused.
    Refused {
        /// The id of what this is the result of; if it has none, where in the answer it stands.
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
        let mut all: Vec<_> =
            listed.clone().enumerate().map(|(position, item)| self.item_result(results, position, item)).collect();
        let named: Vec<_> = listed.filter_map(|item| scalar(item.get(results.of)?)).collect();
        let asked = parameters.get(results.asked).and_then(Value::as_array).into_iter().flatten().filter_map(scalar);
        let missing = asked.filter(|id| !named.contains(id));
        all.extend(missing.map(|of| ItemResult::Unknown { of, why: "the answer has no result for it" }));
        if all.is_empty() {
            all.push(ItemResult::Unknown { of: results.list.to_owned(), why: "the answer has no results in it" });
        }
        all
    }

    fn item_result(&self, results: Results, position: usize, item: &Value) -> ItemResult {
        let field = |name: &str| item.get(name).and_then(scalar).filter(|text| !text.is_empty());
        let of = field(results.of).unwrap_or_else(|| format!("item {position} of {}, from 0", results.list));
        let text = item.to_string();
        let unknown = |of, why| ItemResult::Unknown { of, why };
        match field(results.code) {
            None => unknown(of, "its result has no code"),
            Some(code) if code == results.success => match self.places_orders && !names_any(&text, self.order_ids) {
                true => unknown(of, "its result says success, but names no order"),
                false => ItemResult::Done { of },
            },
            Some(code) if means_success(&code, results.success) => {
                unknown(of, "its code means success, but not as it is documented")
            }
            Some(_) if may_name_any(&text, self.order_ids) => {
                unknown(of, "its result says that it was refused, but names an order")
            }
            Some(code) => ItemResult::Refused { of, code, message: field(results.message).unwrap_or_default() },
        }
    }
}

/// The text of a scalar; none of `null`, a list or an object.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
