//! Adds what an overlay says to a specification.

use serde_json::Value;

use super::document::{Document, Result, entries, items};

/// Applies an overlay of the OpenAPI Overlay Specification whose actions all update the root, `$`. It adds extensions of
/// text to what is there, and nothing else.
pub fn apply(document: &mut Document, overlay: &Document) -> Result<()> {
    for action in items(&overlay.root["actions"]) {
        if action["target"] != "$" {
            return Err(overlay.fault("actions", "must have the target $"));
        }
        merge(&mut document.root, &action["update"], overlay, "$")?;
    }
    Ok(())
}

fn merge(node: &mut Value, update: &Value, overlay: &Document, place: &str) -> Result<()> {
    for (key, value) in entries(update) {
        let place = format!("{place}.{key}");
        match node.as_object_mut() {
            Some(fields) if key.starts_with("x-") => drop(fields.insert(key.to_owned(), value.clone())),
            Some(fields) if value.is_object() && fields.contains_key(key) => {
                merge(&mut fields[key], value, overlay, &place)?
            }
            _ => return Err(overlay.fault(place, "must be an extension of what the document has")),
        }
    }
    Ok(())
}
