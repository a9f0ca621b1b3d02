//! Where the parameters of a call go: into the path, the query or the body of its request.

use std::collections::BTreeMap;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use serde_json::value::RawValue;

use super::scheme::{Outgoing, PlaceError, Unsigned};
use super::variable::is_invisible;
use crate::openapi::{Body, bare};
use crate::values::object::{Field, Object};

/// Places the fields of `parameters`: those that the path names as `{field}` in it, those of the query by the document or the
/// caller, and all others of a `GET`, in the query, what is left in the body.
pub(crate) fn place(call: &Unsigned<'_>, parameters: Vec<u8>) -> Result<Outgoing, PlaceError> {
    place_listing(call, parameters, None)
}

/// The same, with `separator` between the items of a list in the query, unless the document has another.
pub(crate) fn place_listing(
    call: &Unsigned<'_>,
    parameters: Vec<u8>,
    separator: Option<char>,
) -> Result<Outgoing, PlaceError> {
    let mut headers = HeaderMap::with_capacity(8);
    for name in [ACCEPT, CONTENT_TYPE] {
        headers.insert(name, HeaderValue::from_static("application/json"));
    }
    let (in_path, is_get, placing) = (call.path.contains('{'), *call.method == Method::GET, &call.placing);
    let is_body_alone = placing.query.is_empty() && call.in_query.is_empty() && placing.body == Body::Fields;
    if !in_path && !is_get && is_body_alone {
        return Ok(Outgoing { url: joined(call.base, call.path), headers, body: Some(parameters) });
    }
    let mut fields = read(&parameters)?;
    let mut url = if in_path { fill(call, &mut fields)? } else { joined(call.base, call.path) };
    check_named(call.in_query, &fields)?;
    let known = |name: &str| placing.query.iter().find(|(known, _)| *known == name);
    let (in_query, rest): (Fields<'_>, Fields<'_>) =
        fields.into_iter().partition(|(name, _)| is_get || known(name).is_some() || call.in_query.contains(name));
    for (name, value) in &in_query {
        let own = known(name).and_then(|(_, separator)| *separator);
        ask(&mut url, name, value, own.or(separator))?;
    }
    let body = if is_get { None } else { body(placing.body, &rest)? };
    Ok(Outgoing { url, headers, body })
}

/// Whether each that the caller named for the query gets there: to a server that does not find it, some calls do more.
fn check_named(names: &[String], fields: &Fields<'_>) -> Result<(), PlaceError> {
    let is_empty = |value: &RawValue| values(value).is_some_and(|values| values.iter().all(String::is_empty));
    match names.iter().find(|name| fields.get(*name).is_none_or(|value| is_empty(value))) {
        Some(name) => Err(PlaceError::NoneInQuery(name.clone())),
        None => Ok(()),
    }
}

/// The body of what is neither in the path nor in the query, if there is one.
fn body(body: Body, fields: &Fields<'_>) -> Result<Option<Vec<u8>>, PlaceError> {
    match body {
        Body::FieldsIfAny if fields.is_empty() => Ok(None),
        Body::Fields | Body::FieldsIfAny => Ok(Some(serde_json::to_vec(fields)?)),
        Body::Field(name) => {
            let body = fields.get(name).map(|body| body.get()).filter(|body| *body != "null");
            Ok(body.map(|body| body.as_bytes().to_vec()))
        }
    }
}

/// Adds a parameter to the query: a list as the `separator` between its items, or as one parameter for each. What is null
/// or empty is not asked for.
fn ask(url: &mut Url, name: &str, value: &RawValue, separator: Option<char>) -> Result<(), PlaceError> {
    let values = values(value).ok_or_else(|| PlaceError::InQuery(name.to_owned()))?;
    let values = match separator {
        // Two items would arrive as three.
        Some(separator) if value.get().starts_with('[') && values.iter().any(|value| value.contains(separator)) => {
            return Err(PlaceError::Separator { name: name.to_owned(), separator });
        }
        Some(separator) if !values.is_empty() => vec![values.join(separator.encode_utf8(&mut [0; 4]))],
        _ => values,
    };
    if !values.is_empty() {
        url.query_pairs_mut().extend_pairs(values.iter().map(|value| (name, value)));
        // A form's space, which readers of plain percent-encoding take for a plus; a plus is encoded.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
    }
    Ok(())
}

/// What a parameter of the query asks for: the items of a list, or the one value; none for what can't be asked for.
fn values(value: &RawValue) -> Option<Vec<String>> {
    match value.get().as_bytes() {
        [b'[', ..] => serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?.into_iter().map(plain).collect(),
        b"null" => Some(Vec::new()),
        _ => Some(vec![plain(value)?]),
    }
}

/// A text, a number or a boolean as it stands in a URL; none for what can't.
fn plain(value: &RawValue) -> Option<String> {
    text(value).filter(|_| !value.get().starts_with(['[', '{']))
}

/// Whether `path` can be that of a call: one that stays where it says.
pub(crate) fn check(path: &str) -> Result<(), PlaceError> {
    if !path.starts_with('/') {
        Err(PlaceError::Relative)
    } else if path.contains(|character: char| character.is_ascii_control()) {
        Err(PlaceError::Control)
    } else if path.contains(['?', '#']) {
        Err(PlaceError::Query)
    } else if leads_elsewhere(path) {
        Err(PlaceError::Dots)
    } else if path.contains('\\') {
        Err(PlaceError::Elsewhere)
    } else if path.split('/').skip(1).any(is_blank) {
        Err(PlaceError::Blank)
    } else {
        Ok(())
    }
}

/// The parameters as they are written: a number that is read and printed may be another text, which nobody signed.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The fields of `parameters`, of which no two have one name: one of them would be lost.
fn read(parameters: &[u8]) -> Result<Fields<'_>, PlaceError> {
    let Object(all) = serde_json::from_slice::<Object<Field<'_>>>(parameters)?;
    let mut fields = Fields::new();
    for (name, value) in all {
        if fields.insert(name.to_string(), value).is_some() {
            return Err(PlaceError::Twice(name.into_owned()));
        }
    }
    Ok(fields)
}

fn joined(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    match base.path() {
        "/" => url.set_path(path),
        prefix => url.set_path(&[prefix, path].concat()),
    }
    url
}

/// The URL with each `{field}` replaced by the field, which is taken out of `fields`.
fn fill(call: &Unsigned<'_>, fields: &mut Fields<'_>) -> Result<Url, PlaceError> {
    let mut path = String::with_capacity(2 * call.path.len());
    for segment in call.path.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            // It may be encoded, and stays as it is.
            None => path.push_str(segment),
            Some(name) => {
                let value = fields.remove(name).and_then(plain).filter(|value| stays_in_its_place(value));
                let value = value.ok_or_else(|| PlaceError::Parameter(name.to_owned()))?;
                path.extend(utf8_percent_encode(&value, NOT_IN_A_SEGMENT));
            }
        }
    }
    let url = joined(call.base, &path);
    let segments = |path: &str| path.trim_end_matches('/').split('/').count();
    // Whatever a URL made of it: it must lead where the operation is.
    if segments(url.path()) + 1 == segments(call.base.path()) + segments(&path) {
        Ok(url)
    } else {
        Err(PlaceError::Elsewhere)
    }
}

/// What would end a segment of a path, or be read as something else, or can't stand there.
const NOT_IN_A_SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b';')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A URL drops some control characters, and nothing at all leads to another operation.
fn stays_in_its_place(value: &str) -> bool {
    !is_blank(value) && !value.contains(|character: char| character.is_ascii_control()) && !is_dots(value)
}

/// Whether nothing is left of a segment, encoded or not: the path of one would be that of all.
fn is_blank(segment: &str) -> bool {
    seen(&bare(segment)).is_empty()
}

/// Whether a URL would resolve this segment to another path: `.` and `..`, encoded or not.
fn is_dots(segment: &str) -> bool {
    matches!(seen(&bare(segment)), "." | "..")
}

/// Whether a path has a segment of dots, however often it is encoded, its slashes too. One that is encoded more often than anybody
/// does by mistake has.
fn leads_elsewhere(path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..4 {
        if path.split(['/', '\\']).any(is_dots) {
            return true;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}

/// What of a segment shows: some servers leave out what does not.
fn seen(segment: &str) -> &str {
    segment.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// A value as it stands in a URL; none for `null`.
fn text(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" => None,
        // A text with half a character in it stands for nothing.
        json if json.starts_with('"') => serde_json::from_str(json).ok(),
        json => Some(json.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::Placing;

    /// The query of a `GET` whose list `states` is joined by commas, and `tags` is not.
    fn query(parameters: &str) -> Result<String, PlaceError> {
        let (method, base) = (Method::GET, Url::parse("https://example.com").unwrap());
        let placing = Placing { query: &[("states", Some(',')), ("tags", None)], body: Body::Fields };
        let (path, parameters) = ("/sims", parameters.as_bytes());
        let call = Unsigned { method: &method, base: &base, path, added: &[], placing, in_query: &[], parameters };
        place(&call, parameters.to_vec()).map(|outgoing| outgoing.url.query().unwrap_or_default().to_owned())
    }

    #[test]
    fn an_item_with_the_separator_of_its_list_is_refused_by_the_name_of_the_parameter() {
        assert_eq!(query(r#"{"states":["a","b c"],"tags":["a,b",1]}"#).unwrap(), "states=a%2Cb%20c&tags=a%2Cb&tags=1");
        assert_eq!(query(r#"{"states":"0,1"}"#).unwrap(), "states=0%2C1");
        let error = query(r#"{"states":["a,b"]}"#).unwrap_err().to_string();
        assert!(error.contains("the parameter states") && error.contains("','"), "{error}");
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_refused_by_its_name() {
        let error = query(r#"{"tags":["a"],"tags":["b"]}"#).unwrap_err().to_string();
        assert_eq!(error, "the parameter tags is there twice");
    }
}
