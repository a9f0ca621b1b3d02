//! A specification as a tree of JSON, and where in it something is wrong.

use std::fmt;
use std::path::Path;

use heck::ToUpperCamelCase;
use serde_json::Value;

/// What stops the build: one line that names file, place and rule.
#[derive(Debug)]
pub struct Fault {
    file: String,
    place: String,
    rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "{}: {}: {rule}", self.file, self.place.replace(char::is_control, " "))
    }
}

pub type Result<T> = std::result::Result<T, Fault>;

/// What a document says of who sends: you, or Linksfield.
pub const TO_LINKSFIELD: &str = "to-linksfield";
pub const FROM_LINKSFIELD: &str = "from-linksfield";

/// The codes that a schema has in a field which nobody knows.
const CODES: &str = "x-linksfield-codes";

/// The other name that a field has in some answers.
pub const ALSO_NAMED: &str = "x-linksfield-also-named";

/// Where an answer has a result of its own for each of what was asked.
pub const RESULTS: &str = "x-linksfield-results";

/// The methods of OpenAPI 3.0 that the build knows.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// One specification.
#[derive(Clone, Debug)]
pub struct Document {
    pub file: String,
    pub root: Value,
}

/// One operation of a specification.
pub struct Operation<'a> {
    pub path: &'a str,
    pub method: &'a str,
    pub node: &'a Value,
}

impl<'a> Operation<'a> {
    pub fn id(&self) -> &str {
        text(&self.node["operationId"])
    }

    /// Name of the schema of its own parameters.
    pub fn parameters_name(&self) -> String {
        self.id().to_upper_camel_case()
    }

    /// The schema of its JSON body; null if it has none.
    pub fn body(&self) -> &'a Value {
        json_schema(&self.node["requestBody"])
    }

    /// Its answer to a call that succeeded, by its status.
    pub fn success(&self) -> Option<(&'a str, &'a Value)> {
        entries(&self.node["responses"]).find(|(status, _)| status.starts_with('2'))
    }

    /// The schema of that answer.
    pub fn answer(&self) -> &'a Value {
        self.success().map_or(&Value::Null, |(_, response)| json_schema(response))
    }

    /// Its parameters in the path and in the query.
    pub fn placed(&self) -> impl Iterator<Item = &Value> {
        items(&self.node["parameters"]).filter(|parameter| parameter["in"] != "header")
    }

    pub fn place(&self) -> String {
        format!("paths.{}.{}", self.path, self.method)
    }
}

impl Document {
    pub fn read(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let fault = |rule: String| Fault { file: name.clone(), place: "(whole file)".into(), rule };
        let text = std::fs::read_to_string(file).map_err(|e| fault(format!("must be readable: {e}")))?;
        let mut root = serde_saphyr::from_str(&text).map_err(|e| fault(format!("must be YAML: {e}")))?;
        name_codes(&mut root).map_err(|(place, rule)| Fault { file: name.clone(), place, rule })?;
        Ok(Self { file: name, root })
    }

    /// What is wrong with what is not read yet.
    pub fn unread(path: &Path, rule: String) -> Fault {
        Fault { file: path.display().to_string(), place: "(whole)".into(), rule }
    }

    /// The name of its file, without the extension.
    pub fn name(&self) -> &str {
        Path::new(&self.file).file_stem().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The feature that it is part of; none if it is always compiled.
    pub fn feature(&self) -> Option<&str> {
        self.root["x-linksfield-feature"].as_str()
    }

    /// Whether it describes what Linksfield sends instead of what it is sent: then there is no envelope to put on.
    pub fn is_received(&self) -> bool {
        self.root["x-linksfield-direction"] == FROM_LINKSFIELD
    }

    pub fn fault(&self, place: impl Into<String>, rule: impl Into<String>) -> Fault {
        Fault { file: self.file.clone(), place: place.into(), rule: rule.into() }
    }

    /// Every operation, in the order of its path.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        entries(&self.root["paths"]).flat_map(|(path, item)| {
            let operations = entries(item).filter(|(method, _)| METHODS.contains(method));
            operations.map(move |(method, node)| Operation { path, method, node })
        })
    }

    /// Writes out at each operation what it shares with others: the parameters of its path, and parameters, bodies and
    /// answers that it refers to. What every reference refers to is there.
    pub fn write_out(&mut self) {
        let shared = self.root["components"].clone();
        let paths = self.root["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
        for item in paths.filter_map(Value::as_object_mut) {
            let of_the_path = item.get("parameters").cloned().unwrap_or_default();
            for (_, node) in item.iter_mut().filter(|(method, _)| METHODS.contains(&method.as_str())) {
                let parameters = items(&of_the_path).chain(items(&node["parameters"]));
                node["parameters"] = parameters.map(|parameter| target(&shared, parameter).clone()).collect();
                let responses = node["responses"].as_object_mut().into_iter().flat_map(|all| all.values_mut());
                responses.for_each(|response| *response = target(&shared, response).clone());
                if let Some(body) = node.get_mut("requestBody") {
                    *body = target(&shared, body).clone();
                }
            }
        }
    }

    /// Every named schema.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &Value)> {
        entries(&self.root["components"]["schemas"])
    }

    pub fn schema(&self, name: &str) -> &Value {
        &self.root["components"]["schemas"][name]
    }

    /// What `node` refers to, or `node` itself.
    pub fn resolved<'a>(&'a self, node: &'a Value) -> &'a Value {
        reference(node).map_or(node, |name| self.schema(name))
    }
}

/// Makes named schemas of the codes that a schema has in a field which nobody knows; or says where they can't be, and why.
fn name_codes(root: &mut Value) -> std::result::Result<(), (String, String)> {
    let Some(schemas) = root.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return Ok(()) };
    let mut named = serde_json::Map::new();
    for (schema, codes) in schemas.iter_mut().filter_map(|(name, schema)| Some((name, schema.get_mut(CODES)?))) {
        let place = || format!("components.schemas.{schema}.{CODES}");
        let Value::Object(own) = codes.take() else {
            return Err((place(), "must have a name for each of its schemas of codes".into()));
        };
        *codes = own.keys().map(|name| serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })).collect();
        for (name, schema) in own {
            if named.insert(name.clone(), schema).is_some() {
                return Err((place(), format!("must have another name: {name} is that of other codes")));
            }
        }
    }
    for (name, codes) in named {
        if schemas.contains_key(&name) {
            let place = format!("components.schemas.{name}");
            return Err((place, format!("must have another name: {CODES} has codes of this name, too")));
        }
        schemas.insert(name, codes);
    }
    Ok(())
}

/// What `node` refers to among what is shared, or `node` itself.
fn target<'a>(shared: &'a Value, node: &'a Value) -> &'a Value {
    let pointer = node["$ref"].as_str().and_then(|target| target.strip_prefix("#/components"));
    pointer.and_then(|pointer| shared.pointer(pointer)).unwrap_or(node)
}

/// The fields of an object; none if it is not one.
pub fn entries(node: &Value) -> impl Iterator<Item = (&str, &Value)> {
    node.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The items of an array; none if it is not one.
pub fn items(node: &Value) -> impl Iterator<Item = &Value> {
    node.as_array().into_iter().flatten()
}

/// Whether a schema requires a field.
pub fn requires(schema: &Value, name: &str) -> bool {
    items(&schema["required"]).any(|required| required == name)
}

/// Whether a schema requires it, or an accepted answer has it.
pub fn requires_on_success(schema: &Value, name: &str) -> bool {
    requires(schema, name) || items(&schema["x-linksfield-required-on-success"]).any(|required| required == name)
}

/// The name of the schema that `node` refers to, if it is a reference.
pub fn reference(node: &Value) -> Option<&str> {
    node["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// The text that `node` is; none if it is not text.
pub fn text(node: &Value) -> &str {
    node.as_str().unwrap_or_default()
}

/// The JSON body's schema of a request body or a response.
pub fn json_schema(node: &Value) -> &Value {
    &node["content"]["application/json"]["schema"]
}
