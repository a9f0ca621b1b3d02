
/// Calls an operation of a document with its example.
pub fn call(
    document: &str,
    url: String,
    index: usize,
    operation: String,
) -> Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>> {
    match document {
        ARMS
        other => panic!("{other} is no document"),
    }
}
