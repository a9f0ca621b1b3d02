//! Which operation a request is of, however its path is written.

use http::Method;
use percent_encoding::percent_decode_str;

use super::{Document, Operation};

impl Document {
    /// The operation whose request this is, by its method and the path of its URL, as a server may read that: in any case of
    /// letters, percent-encoded or not, with `\` for `/`, with more slashes, with what follows a `;`, and below any prefix. Of
    /// several it is the one whose path has the fewest parameters.
    ///
    /// ```
    /// use linksfield::http::Method;
    /// use linksfield::openapi::DOCUMENTS;
    ///
    /// let csss = DOCUMENTS.iter().find(|document| document.name == "csss").ok_or("it is compiled in")?;
    /// let order = csss.operation_at(&Method::POST, "/v2//package/%6frderPackage").ok_or("it is documented")?;
    /// assert_eq!(order.id, "orderPackage");
    /// # Ok::<_, &str>(())
    /// ```
    #[must_use]
    pub fn operation_at(&self, method: &Method, path: &str) -> Option<&'static Operation> {
        operation_at(self.operations, method, path)
    }
}

pub(crate) fn operation_at(
    operations: &'static [Operation],
    method: &Method,
    path: &str,
) -> Option<&'static Operation> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().to_lowercase();
    // Servers in Java take what follows for parameters.
    let bare = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
    // Some decode a path before they take it apart.
    let readings = [
        segments(path).map(|segment| bare(&decoded(segment))).collect::<Vec<_>>(),
        segments(&decoded(path)).map(bare).collect(),
    ];
    let fits = |operation: &&Operation| {
        let template: Vec<_> = segments(operation.path).collect();
        let ends = |given: &Vec<String>| {
            let end = given.len().checked_sub(template.len()).and_then(|start| given.get(start..));
            end.is_some_and(|end| {
                let mut pairs = template.iter().zip(end);
                pairs.all(|(known, given)| is_parameter(known) || known.to_lowercase() == *given)
            })
        };
        operation.method == *method && readings.iter().any(ends)
    };
    let parameters = |operation: &&Operation| segments(operation.path).filter(|segment| is_parameter(segment)).count();
    operations.iter().filter(fits).min_by_key(parameters)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|segment| !segment.is_empty())
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}
