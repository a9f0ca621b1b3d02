//! Writes a copy of the crate that has the clients of random documents too, and a test that calls each operation of them.
//!
//! `clients FOLDER [COUNT [SEED]]`, then `cargo test --test trials` there.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use linksfield_fuzz_documents::{compile, grammar};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("say where: a folder that is not there yet")?);
    let count = arguments.next().map_or(Ok(100), |count| count.parse())?;
    let first: u64 = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::create_dir_all(&folder)?;
    for entry in
        ["Cargo.toml", "README.md", "build.rs", "build", "openapi", "src", "tests", "benches", "examples", "docs"]
    {
        Command::new("cp").arg("-r").arg(root.join(entry)).arg(folder.join(entry)).status()?;
    }
    let accepted = (first..).map(grammar::document).filter(|document| compile(document).is_ok()).take(count);
    let mut modules = include_str!("../../trials/trials.rs").to_owned();
    let (mut arms, mut calls) = (String::new(), Vec::new());
    for (index, document) in accepted.enumerate() {
        let name = format!("trial{index}");
        std::fs::write(folder.join(format!("openapi/{name}.yaml")), document.to_string())?;
        match document["x-linksfield-direction"] == "from-linksfield" {
            true => writeln!(modules, "received!({name}, \"{name}\", {});", told(&document))?,
            false => writeln!(modules, "trial!({name}, \"{name}\");")?,
        }
        writeln!(arms, "        \"{name}\" => Box::pin({name}::call(url, index, operation)),")?;
        calls.extend(operations(&document).map(|(path, method, node)| expected(&document, &name, path, method, node)));
    }
    modules += &include_str!("../../trials/call.rs").replace("        ARMS\n", &arms);
    std::fs::write(folder.join("src/trials.rs"), modules)?;
    std::fs::write(folder.join("tests/trials.rs"), include_str!("../../trials/test.rs"))?;
    std::fs::write(folder.join("tests/trials.json"), serde_json::to_string(&calls)?)?;
    let library = std::fs::read_to_string(folder.join("src/lib.rs"))?;
    std::fs::write(folder.join("src/lib.rs"), library + "\n#[doc(hidden)]\n#[allow(missing_docs)]\npub mod trials;\n")?;
    println!("{} operations of {count} documents", calls.len());
    Ok(())
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let known = |method: &str| ["get", "put", "post", "patch", "delete"].contains(&method);
        let nodes = item.as_object().into_iter().flatten().filter(move |(method, _)| known(method));
        nodes.map(move |(method, node)| (path.as_str(), method.as_str(), node))
    })
}

/// The names of notifications, each with its example.
fn told(document: &Value) -> String {
    let examples = operations(document).map(|(_, _, node)| {
        let example = &node["requestBody"]["content"]["application/json"]["example"];
        format!("{} => {:?}", node["operationId"], example.to_string())
    });
    examples.collect::<Vec<_>>().join(", ")
}

/// What a server has to see when an operation is called with its example, and what it answers: read from the document alone.
fn expected(document: &Value, name: &str, path: &str, method: &str, node: &Value) -> Value {
    let parameters = node["parameters"].as_array().cloned().unwrap_or_default();
    let value = |name: &str| {
        let found = parameters.iter().find(|parameter| parameter["in"] == "path" && parameter["name"] == name);
        text(&found.expect("it is described")["example"])
    };
    let segments = path.split('/').skip(1).map(|segment| {
        let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        name.map_or(segment.to_owned(), value)
    });
    let mut query: Vec<_> = parameters.iter().filter(|parameter| parameter["in"] == "query").flat_map(pairs).collect();
    query.sort();
    let content = &node["requestBody"]["content"]["application/json"];
    let responses = node["responses"].as_object().expect("it has some");
    let (_, response) = responses.iter().find(|(status, _)| status.starts_with('2')).expect("it succeeds");
    let answer = &response["content"]["application/json"]["example"];
    let has_envelope = !document["x-linksfield-envelope"]["code"].is_null();
    json!({
        "document": name, "operation": node["operationId"], "method": method.to_uppercase(),
        "path": segments.collect::<Vec<_>>(), "query": query, "body": content["example"], "answer": answer,
        "data": if has_envelope { &answer["data"] } else { answer },
    })
}

/// A parameter of the query as OpenAPI writes it.
fn pairs(parameter: &Value) -> Vec<(String, String)> {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let style = parameter["style"].as_str().unwrap_or("form");
    let Some(items) = parameter["example"].as_array() else { return vec![(name, text(&parameter["example"]))] };
    let items: Vec<_> = items.iter().map(text).collect();
    if parameter["explode"].as_bool().unwrap_or(style == "form") {
        return items.into_iter().map(|item| (name.clone(), item)).collect();
    }
    let separator = match style {
        "spaceDelimited" => " ",
        "pipeDelimited" => "|",
        _ => ",",
    };
    vec![(name, items.join(separator))]
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
