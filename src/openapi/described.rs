//! Which operation a request is of, however its path is written.

use http::Method;
use percent_encoding::percent_decode_str;

use super::Operation;

/// The operation whose method and path these are, as a server may read them. Of several it is one that is not safe to retry if
/// there is one, and else the one whose path has the fewest parameters.
pub(crate) fn operation_at(
    operations: &'static [Operation],
    method: &Method,
    path: &str,
) -> Option<&'static Operation> {
    // Some decode a path before they take it apart.
    let readings = [segments_as_read(path), segments_as_read(&percent_decode_str(path).decode_utf8_lossy())];
    let fits = |operation: &&Operation| {
        let template: Vec<_> = segments(operation.path).collect();
        let is_read_so = |given: &Vec<String>| {
            let mut pairs = template.iter().zip(given);
            template.len() == given.len()
                && pairs.all(|(known, given)| is_parameter(known) || known.to_lowercase() == *given)
        };
        operation.method.as_str().eq_ignore_ascii_case(method.as_str()) && readings.iter().any(is_read_so)
    };
    let parameters = |operation: &Operation| segments(operation.path).filter(|segment| is_parameter(segment)).count();
    operations.iter().filter(fits).min_by_key(|operation| (operation.safe_to_retry, parameters(operation)))
}

/// The segments of a path as a server may read them.
pub(crate) fn segments_as_read(path: &str) -> Vec<String> {
    segments(path).map(|segment| bare(segment).to_lowercase().trim().to_owned()).collect()
}

/// A segment as servers may read it: decoded, and without what follows a `;`, which those in Java take for parameters.
pub(crate) fn bare(segment: &str) -> String {
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    decoded.split(';').next().unwrap_or_default().to_owned()
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|segment| !segment.is_empty())
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}
