//! A grammar of OpenAPI 3.0: a seed is a document.

use fastrand::Rng;
use heck::{ToKebabCase, ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use serde_json::{Map, Value, json};

/// Names that are ordinary, and names that are traps.
const WORDS: [&str; 30] = [
    "sim", "order", "plan", "device", "status", "usage", "page", "group", "region", "price", "card", "session",
    "limit", "notes", "network", "message", "country", "carrier", "pool", "alert", "period", "quota", "zone", "label",
    "owner", "start", "end", "kind", "level", "token",
];
const TRAPS: [&str; 56] = [
    "type",
    "self",
    "Self",
    "match",
    "async",
    "gen",
    "crate",
    "super",
    "extra",
    "build",
    "builder",
    "body",
    "maybe_sim",
    "sim_",
    "_sim",
    "SIM",
    "s-i-m",
    "1st",
    "名",
    "$ref",
    "+1",
    "-1",
    "",
    "a b",
    "Option",
    "Vec",
    "String",
    "Error",
    "error",
    "Box",
    "SimBuilder",
    "call",
    "clone",
    "perform",
    "Unknown",
    "Scalar",
    "x-sim",
    "data",
    "a.b",
    "sim/x",
    "TimeText",
    "Signature",
    "Ok",
    "Err",
    "Some",
    "None",
    "Result",
    "Default",
    "From",
    "Clone",
    "Debug",
    "Map",
    "Read",
    "Listed",
    "Event",
    "unknown",
];

/// Keys of OpenAPI 3.0 that can stand where they are no use, with a value that they may have.
const ODD_KEYS: [(&str, &str); 49] = [
    ("default", "1"),
    ("allOf", "[]"),
    ("anyOf", "[{\"type\":\"string\"}]"),
    ("not", "{\"type\":\"string\"}"),
    ("oneOf", "[{\"type\":\"string\"},{\"type\":\"object\"}]"),
    ("oneOf", "[{\"type\":\"string\"},{\"type\":\"integer\"}]"),
    ("discriminator", "{\"propertyName\":\"type\"}"),
    ("readOnly", "true"),
    ("writeOnly", "true"),
    ("nullable", "true"),
    ("nullable", "\"yes\""),
    ("title", "\"Order\""),
    ("xml", "{}"),
    ("deprecated", "true"),
    ("enum", "[1, null]"),
    ("enum", "[\"a\", \"b\"]"),
    ("x-extensible-enum", "[\"a\", \"b\"]"),
    ("minimum", "1"),
    ("maximum", "-1"),
    ("multipleOf", "0"),
    ("pattern", "\"(\""),
    ("uniqueItems", "true"),
    ("minItems", "3"),
    ("maxLength", "0"),
    ("format", "\"date-time\""),
    ("format", "\"uuid\""),
    ("type", "\"object\""),
    ("type", "\"array\""),
    ("type", "[\"string\"]"),
    ("type", "\"null\""),
    ("items", "{}"),
    ("properties", "{\"a\":{}}"),
    ("required", "[\"nothing\"]"),
    ("required", "true"),
    ("additionalProperties", "false"),
    ("additionalProperties", "{}"),
    ("servers", "[]"),
    ("security", "[{\"key\":[]}]"),
    ("callbacks", "{}"),
    ("content", "{\"text/plain\":{}}"),
    ("x-linksfield-codes", "{\"Scalar\":{\"type\":\"string\"}}"),
    ("x-linksfield-also-named", "\"other\""),
    ("x-linksfield-identifies", "\"order\""),
    ("x-linksfield-required-on-success", "[\"sim\"]"),
    ("x-linksfield-pagination", "{\"items\":\"list\"}"),
    ("x-linksfield-recognized-by", "[\"sim\"]"),
    ("x-linksfield-nothing", "1"),
    ("x-enum-varnames", "[\"One\", \"Two\"]"),
    ("x-other", "{}"),
];

struct Gen {
    random: Rng,
    /// Names of schemas, by what they are.
    objects: Vec<String>,
    scalars: Vec<String>,
    lists: Vec<String>,
    maps: Vec<String>,
    /// Formats of the kinds of text.
    kinds: Vec<String>,
    traps: bool,
}

/// The document of a seed. Even seeds are ordinary; odd ones have traps in them.
pub fn document(seed: u64) -> Value {
    let random = Rng::with_seed(seed);
    let (objects, scalars, lists, maps) = Default::default();
    let kinds = vec!["time-text".to_owned(), "signature".to_owned()];
    let mut gen_ = Gen { random, objects, scalars, lists, maps, kinds, traps: seed % 2 == 1 };
    let mut document = gen_.document();
    if seed % 2 == 1 {
        for _ in 0..gen_.random.u32(0..4) {
            gen_.disturb(&mut document);
        }
    }
    document
}

impl Gen {
    fn chance(&mut self, one_in: u32) -> bool {
        self.random.u32(0..one_in) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.random.usize(..of.len())]
    }

    /// A name of two words, which no other has for sure; of a trap at times.
    fn name(&mut self) -> String {
        if self.traps && self.chance(60) {
            return self.pick(&TRAPS).to_owned();
        }
        let (first, second) = (self.pick(&WORDS), self.pick(&WORDS));
        match self.random.u32(0..4) {
            0 => format!("{first}_{second}"),
            1 => format!("{first}-{second}").to_lower_camel_case(),
            2 => format!("{first}-{second}"),
            _ => first.to_owned(),
        }
    }

    fn type_name(&mut self) -> String {
        if self.traps && self.chance(60) {
            return self.pick(&TRAPS).to_owned();
        }
        let number = self.random.u32(0..1000);
        format!("{} {}{number}", self.pick(&WORDS), self.pick(&WORDS)).to_upper_camel_case()
    }

    fn document(&mut self) -> Value {
        if self.chance(8) {
            return self.notifications();
        }
        let envelope = self.random.u32(0..3);
        let mut schemas = Map::new();
        self.components(&mut schemas);
        let (request, mut response, code) = match envelope {
            0 => (json!([]), json!([]), None),
            1 => (json!([]), json!(["status"]), Some("status.code")),
            _ => (json!([]), json!(["code", "message"]), Some("code")),
        };
        if envelope == 1 {
            schemas.insert(
                "TrialStatus".into(),
                json!({
                    "type": "object", "description": "Status.", "additionalProperties": true,
                    "properties": { "code": { "$ref": "#/components/schemas/TrialCode" } },
                }),
            );
        }
        if envelope > 0 {
            schemas.insert(
                "TrialCode".into(),
                json!({
                    "type": "string", "description": "Code.", "x-extensible-enum": ["ok"],
                    "x-enum-varnames": ["TrialSuccess"], "x-enum-descriptions": ["Success."], "example": "ok",
                }),
            );
        }
        let mut paths = Map::new();
        for index in 0..self.random.usize(1..5) {
            self.operation(index, envelope, &mut paths, &mut schemas);
        }
        if self.traps && self.chance(40) {
            response = json!("status");
        }
        let mut envelope = json!({ "request": request, "response": response });
        if let Some(code) = code {
            envelope["code"] = code.into();
        }
        whole("to-linksfield", envelope, paths, schemas)
    }

    /// What Linksfield sends: a post for each notification.
    fn notifications(&mut self) -> Value {
        let mut schemas = Map::new();
        self.components(&mut schemas);
        let answer = json!({ "type": "object", "description": "Nothing.", "additionalProperties": true });
        schemas.insert("TrialAnswer".into(), answer);
        let mut paths = Map::new();
        for index in 0..self.random.usize(1..5) {
            let id = match self.traps && self.chance(25) {
                true => self.name(),
                false => format!("{} {}{index}", self.pick(&WORDS), self.pick(&WORDS)).to_lower_camel_case(),
            };
            let name = id.to_upper_camel_case();
            let body = self.object(&schemas);
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            let told: Vec<_> = body["properties"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
            let mut node = json!({
                "operationId": id, "tags": ["SIM"], "summary": "A notification",
                "x-linksfield-documentation": { "title": "Random", "page": "https://example.com", "completeness": "partial" },
                "parameters": [{
                    "name": "x-trial", "in": "header", "description": "A signature.",
                    "schema": { "type": "string" }, "example": "x",
                }],
                "responses": { "200": {
                    "description": "Yes",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/TrialAnswer" } } },
                } },
            });
            if self.random.bool() {
                node["x-linksfield-recognized-by"] = json!(told);
            }
            schemas.insert(name, body);
            let example = self.sample(&schemas, &schema, 0);
            let content = json!({ "application/json": { "schema": schema, "example": example } });
            node["requestBody"] = json!({ "required": true, "content": content });
            paths.insert(format!("/{}{index}", self.pick(&WORDS)), json!({ "post": node }));
        }
        whole("from-linksfield", json!({ "headers": ["x-trial"] }), paths, schemas)
    }

    /// Scalars first, then what is made of them.
    fn components(&mut self, schemas: &mut Map<String, Value>) {
        for _ in 0..self.random.usize(1..4) {
            let name = self.type_name();
            let schema = self.named_scalar(&name);
            schemas.insert(name.clone(), schema);
            self.scalars.push(name);
        }
        for _ in 0..self.random.usize(1..4) {
            let name = self.type_name();
            let schema = self.object(schemas);
            schemas.insert(name.clone(), schema);
            self.objects.push(name);
        }
        if self.chance(3) {
            self.cycle(schemas);
        }
        if self.chance(2) {
            let (name, item) = (self.type_name(), self.item());
            schemas.insert(name.clone(), json!({ "type": "array", "description": "List.", "items": item }));
            self.lists.push(name);
        }
        if self.chance(2) {
            let (name, item) = (self.type_name(), self.item());
            schemas
                .insert(name.clone(), json!({ "type": "object", "description": "Map.", "additionalProperties": item }));
            self.maps.push(name);
        }
    }

    /// An object that holds any other or itself, through a field or through a list.
    fn cycle(&mut self, schemas: &mut Map<String, Value>) {
        let holder = self.objects[self.random.usize(..self.objects.len())].clone();
        let Some(held) = self.reference_to(&[0]) else { return };
        let field = match self.random.bool() {
            true => held,
            false => json!({ "type": "array", "description": "Again.", "items": held }),
        };
        if let Some(fields) = schemas.get_mut(&holder).and_then(|holder| holder["properties"].as_object_mut()) {
            fields.insert("again".to_owned(), field);
        }
    }

    fn named_scalar(&mut self, name: &str) -> Value {
        let mut schema = match self.random.u32(0..4) {
            0 => {
                let base = self.random.i64(-5..1000);
                json!({ "type": "integer", "x-extensible-enum": [base, base + 7] })
            }
            1 => json!({ "type": "string", "x-extensible-enum": ["0", "A-b c"] }),
            2 => {
                self.kinds.push(name.to_kebab_case());
                json!({ "type": "string", "format": name.to_kebab_case() })
            }
            _ => json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }] }),
        };
        schema["description"] = "A word.".into();
        if !schema["x-extensible-enum"].is_null() {
            schema["x-enum-varnames"] = json!([format!("{name}First"), format!("{name}Second")]);
            schema["x-enum-descriptions"] = json!(["The first.", "The \"second\"."]);
        }
        schema
    }

    fn object(&mut self, schemas: &Map<String, Value>) -> Value {
        let mut fields = Map::new();
        let mut required = Vec::new();
        for _ in 0..self.random.usize(1..6) {
            let name = self.name();
            let field = self.field();
            let known = |known: &String| known.to_snake_case() == name.to_snake_case();
            if !self.traps && fields.keys().any(known) {
                continue;
            }
            if self.chance(3) && !fields.contains_key(&name) && !is_nullable(schemas, &field) {
                required.push(name.clone());
            }
            fields.entry(name).or_insert(field);
        }
        let mut object = json!({ "type": "object", "description": "An object.", "properties": fields });
        if !required.is_empty() {
            object["required"] = required.into();
        }
        if self.chance(2) {
            object["additionalProperties"] = true.into();
        }
        object
    }

    fn field(&mut self) -> Value {
        match self.random.u32(0..6) {
            0 => self.reference_to(&[0, 1, 2, 3]).unwrap_or_else(|| self.plain(true)),
            1 => json!({ "type": "array", "description": "A list.", "items": self.item(), "example": [] }),
            2 => {
                json!({ "oneOf": [{ "type": "number" }, { "type": "string" }], "description": "Either.", "example": "1" })
            }
            _ => self.plain(true),
        }
    }

    /// A reference to an object, a scalar, a list or a map.
    fn reference_to(&mut self, kinds: &[usize]) -> Option<Value> {
        let all = [&self.objects, &self.scalars, &self.lists, &self.maps];
        let names: Vec<_> = kinds.iter().flat_map(|kind| all[*kind].iter().cloned()).collect();
        if names.is_empty() {
            return None;
        }
        Some(json!({ "$ref": format!("#/components/schemas/{}", names[self.random.usize(..names.len())]) }))
    }

    fn item(&mut self) -> Value {
        match self.random.bool() {
            true => self.reference_to(&[0, 1]).unwrap_or_else(|| self.plain(false)),
            false => self.plain(false),
        }
    }

    fn plain(&mut self, is_field: bool) -> Value {
        let (mut schema, example) = match self.random.u32(0..6) {
            0 => (json!({ "type": "integer" }), json!(7)),
            1 => (json!({ "type": "integer", "format": self.pick(&["int32", "int64"]) }), json!(7)),
            2 => (json!({ "type": "number", "format": self.pick(&["float", "double"]) }), json!(1.5)),
            3 => (json!({ "type": "boolean" }), json!(true)),
            4 => (json!({ "type": "string" }), json!("text")),
            _ => {
                let kind = self.kinds[self.random.usize(..self.kinds.len())].clone();
                (json!({ "type": "string", "format": kind }), json!("2022-01-27 11:23:43"))
            }
        };
        if is_field {
            schema["description"] = self.pick(&["A field.", "Has \"quotes\", a \\ and `code` */ in it."]).into();
            schema["example"] = example;
        }
        schema
    }

    fn operation(
        &mut self,
        index: usize,
        envelope: u32,
        paths: &mut Map<String, Value>,
        schemas: &mut Map<String, Value>,
    ) {
        let method = match self.traps && self.chance(30) {
            true => self.pick(&["head", "options", "trace", "link"]),
            false => self.pick(&["get", "get", "post", "post", "put", "patch", "delete"]),
        };
        let id = match self.traps && self.chance(25) {
            true => self.name(),
            false => format!("{} {}{index}", self.pick(&WORDS), self.pick(&WORDS)).to_lower_camel_case(),
        };
        let mut path = format!("/{}{index}", self.pick(&WORDS));
        let mut parameters = Vec::new();
        for number in 0..self.random.usize(0..3) {
            let name = format!("{}_{number}", self.pick(&WORDS));
            path += &format!("/{{{name}}}");
            let (schema, example) = self.in_url(schemas);
            parameters.push(json!({
                "name": name, "in": "path", "required": true, "description": "In the path.", "schema": schema, "example": example,
            }));
        }
        if self.traps && self.chance(30) {
            path += self.pick(&["/x{y}", "/{}", "//", "/..", "?a=b", "/{missing}", "/x:act"]);
        }
        for number in 0..self.random.usize(0..4) {
            parameters.push(self.in_query(number, schemas));
        }
        if self.traps && self.chance(20) {
            parameters.push(json!({
                "name": "X-Trial", "in": self.pick(&["header", "cookie", "body"]), "description": "Odd.",
                "schema": { "type": "string" }, "example": "x",
            }));
        }
        let pages = if self.chance(4) { self.pages(index, envelope, schemas) } else { None };
        if let Some((_, _, asked)) = &pages {
            parameters.extend(asked.iter().cloned());
        }
        let mut node = json!({
            "operationId": id, "tags": ["SIM"], "summary": "An operation",
            "x-linksfield-documentation": { "title": "Random", "page": "https://example.com", "completeness": "complete" },
            "x-linksfield-safe-to-retry": self.random.bool(),
            "parameters": parameters,
        });
        if (method != "get" || self.traps && self.chance(20)) && !self.chance(3) {
            if let Some((schema, example)) = self.body(schemas) {
                node["requestBody"] =
                    json!({ "content": { "application/json": { "schema": schema, "example": example } } });
                let name = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()).unwrap_or_default();
                let needs = schemas.get(name).is_some_and(|body| !body["required"].is_null());
                if needs && !(self.traps && self.chance(20)) || self.random.bool() {
                    node["requestBody"]["required"] = true.into();
                }
            }
        }
        let listed = pages.map(|(pagination, data, _)| {
            node["x-linksfield-pagination"] = pagination;
            data
        });
        let (answer, example) = self.answer(index, envelope, listed, schemas);
        let status = self.pick(&["200", "200", "201", "202"]);
        node["responses"] = json!({
            status: { "description": "Yes", "content": { "application/json": { "schema": answer, "example": example } } },
        });
        if self.chance(3) {
            node["responses"]["4XX"] = json!({ "description": "No" });
        }
        if self.traps && self.chance(30) {
            node["responses"]["204"] = json!({ "description": "Nothing" });
        }
        let item = paths.entry(path).or_insert(json!({}));
        item[method] = node;
    }

    /// A schema of what can stand in a URL, and a value of it.
    fn in_url(&mut self, schemas: &Map<String, Value>) -> (Value, Value) {
        if self.chance(3)
            && let Some(schema) = self.reference_to(&[1])
        {
            let example = self.sample(schemas, &schema, 0);
            return (schema, example);
        }
        let schema = self.plain(false);
        let example = match schema["type"] == "string" {
            true => self.pick(&["text", "a/b ?#&=+%", "名字", "a,b|c"]).into(),
            false => self.sample(schemas, &schema, 0),
        };
        (schema, example)
    }

    fn in_query(&mut self, number: usize, schemas: &Map<String, Value>) -> Value {
        let (schema, example) = self.in_url(schemas);
        let name = match self.traps && self.chance(40) {
            true => self.name(),
            false => format!("{}Query{number}", self.pick(&WORDS)),
        };
        let mut parameter = json!({ "name": name, "in": "query", "description": "In the query." });
        if self.chance(3) {
            parameter["required"] = self.random.bool().into();
        }
        if self.chance(3) {
            // What holds the separator is refused when it is called.
            let example = match example.as_str() {
                Some(text) => text.replace([',', '|', ' '], ".").into(),
                None => example,
            };
            parameter["schema"] = json!({ "type": "array", "items": schema });
            parameter["example"] = json!([example, example]);
            if self.random.bool() {
                parameter["style"] = self.pick(&["form", "spaceDelimited", "pipeDelimited"]).into();
            }
            if self.random.bool() {
                parameter["explode"] = self.random.bool().into();
            }
            if self.traps && self.chance(10) {
                parameter["style"] = "deepObject".into();
            }
        } else {
            parameter["schema"] = schema;
            parameter["example"] = example;
        }
        parameter
    }

    fn body(&mut self, schemas: &Map<String, Value>) -> Option<(Value, Value)> {
        let schema = match self.random.u32(0..5) {
            0 => json!({ "type": "array", "items": self.reference_to(&[0, 1])? }),
            1 => self.reference_to(&[2, 3])?,
            2 if self.traps => self.reference_to(&[1])?,
            _ => self.reference_to(&[0])?,
        };
        let example = self.sample(schemas, &schema, 0);
        Some((schema, example))
    }

    /// How an operation is paginated, the data that it answers, and the parameters that it has for that.
    fn pages(
        &mut self,
        index: usize,
        envelope: u32,
        schemas: &mut Map<String, Value>,
    ) -> Option<(Value, Value, [Value; 2])> {
        let list = json!({ "type": "array", "description": "Items.", "items": self.reference_to(&[0])? });
        let count = |what: &str| json!({ "type": "integer", "description": what, "example": 1 });
        let asked = ["page_no", "page_size"].map(|name| {
            json!({
                "name": name, "in": "query", "description": "Of the page.", "schema": { "type": "integer" },
                "required": self.random.bool(), "example": 1,
            })
        });
        let mut pagination = json!({ "page-number": "page_no", "page-size": "page_size", "total-count": "total_count" });
        if envelope > 0 && self.random.bool() {
            return Some((pagination, list, asked));
        }
        pagination["total-pages"] = "total_pages".into();
        pagination["position"] = "position".into();
        pagination["items"] = "listed".into();
        let (position, data) = (format!("TrialPosition{index}"), format!("TrialPage{index}"));
        let counts = json!({ "total_pages": count("Pages."), "total_count": count("Items.") });
        schemas.insert(
            position.clone(),
            json!({ "type": "object", "description": "Where.", "additionalProperties": true, "properties": counts }),
        );
        let fields = json!({ "position": { "$ref": format!("#/components/schemas/{position}") }, "listed": list });
        schemas.insert(
            data.clone(),
            json!({ "type": "object", "description": "A page.", "additionalProperties": true, "properties": fields }),
        );
        Some((pagination, json!({ "$ref": format!("#/components/schemas/{data}") }), asked))
    }

    fn answer(
        &mut self,
        index: usize,
        envelope: u32,
        listed: Option<Value>,
        schemas: &mut Map<String, Value>,
    ) -> (Value, Value) {
        let is_counted = listed.as_ref().is_some_and(|listed| listed["type"] == "array");
        let bare = match self.random.u32(0..4) {
            _ if listed.is_some() => listed.unwrap_or_default(),
            0 => json!({ "type": "array", "items": self.item() }),
            1 => self.reference_to(&[2, 3]).or(self.reference_to(&[0])).expect("there is an object"),
            _ => self.reference_to(&[0]).expect("there is an object"),
        };
        if envelope == 0 {
            let example = self.sample(schemas, &bare, 0);
            return (bare, example);
        }
        let data = match bare["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
            Some(name) => schemas.get(name).cloned().unwrap_or_default(),
            None => bare,
        };
        let mut data = data;
        data["nullable"] = true.into();
        data["description"] = "Data.".into();
        if let Some(required) = data.as_object_mut().and_then(|data| data.remove("required")) {
            data["x-linksfield-required-on-success"] = required;
        }
        let (name, whole) = (format!("TrialData{index}"), format!("TrialAnswer{index}"));
        schemas.insert(name.clone(), data);
        let mut properties = json!({ "data": { "$ref": format!("#/components/schemas/{name}") } });
        let mut example = json!({ "data": self.sample(schemas, &properties["data"].clone(), 0) });
        let required = if envelope == 1 { json!(["status"]) } else { json!(["code", "message"]) };
        if envelope == 1 {
            properties["status"] = json!({ "$ref": "#/components/schemas/TrialStatus" });
            example["status"] = json!({ "code": "ok" });
        } else {
            properties["code"] = json!({ "$ref": "#/components/schemas/TrialCode" });
            properties["message"] = json!({ "type": "string", "description": "Words.", "example": "x" });
            example["code"] = "ok".into();
            example["message"] = "x".into();
        }
        if is_counted || self.chance(2) {
            properties["total_count"] = json!({ "type": "integer", "description": "Count.", "example": 2 });
            example["total_count"] = 2.into();
        }
        schemas.insert(whole.clone(), json!({ "type": "object", "required": required, "properties": properties }));
        (json!({ "$ref": format!("#/components/schemas/{whole}") }), example)
    }

    /// A value of a schema, with every field that is not a recursion.
    fn sample(&mut self, schemas: &Map<String, Value>, schema: &Value, depth: u32) -> Value {
        let schema = match schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
            Some(name) => schemas.get(name).cloned().unwrap_or_default(),
            None => schema.clone(),
        };
        if let Some(codes) = schema["x-extensible-enum"].as_array() {
            return codes.first().cloned().unwrap_or_default();
        }
        if !schema["oneOf"].is_null() {
            return if self.random.bool() { json!(12) } else { json!("12") };
        }
        match schema["type"].as_str().unwrap_or_default() {
            "integer" => json!(self.random.i64(-9_000_000_000_000_000..9_000_000_000_000_000)),
            "number" => json!(f64::from(self.random.i32(-1000..1000)) + 0.5),
            "boolean" => json!(self.random.bool()),
            "string" if schema["format"] == "time-text" => json!("2022-01-27 11:23:43"),
            "array" => json!([self.sample(schemas, &schema["items"], depth + 1)]),
            "object" if schema["properties"].is_null() => {
                json!({ "some": self.sample(schemas, &schema["additionalProperties"], depth + 1) })
            }
            "object" => {
                let mut object = Map::new();
                for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                    let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
                    if depth >= if required { 12 } else { 3 } {
                        continue;
                    }
                    let value = self.sample(schemas, field, depth + 1);
                    // An empty object that need not be there says that there is none.
                    if required || value != json!({}) {
                        object.insert(name.clone(), value);
                    }
                }
                Value::Object(object)
            }
            _ => json!("text"),
        }
    }

    /// Puts a key of OpenAPI, or what is none, somewhere; or takes one away.
    fn disturb(&mut self, node: &mut Value) {
        let mut places = Vec::new();
        collect(node, String::new(), &mut places);
        let place = places[self.random.usize(..places.len())].clone();
        let Some(Value::Object(object)) = node.pointer_mut(&place) else { return };
        let keys: Vec<_> = object.keys().cloned().collect();
        match self.random.u32(0..5) {
            0 if !keys.is_empty() => {
                object.remove(&keys[self.random.usize(..keys.len())]);
            }
            1 if !keys.is_empty() => {
                let value = self.pick(&["null", "1", "\"x\"", "[]", "{}", "true", "[1]"]);
                object.insert(
                    keys[self.random.usize(..keys.len())].clone(),
                    serde_json::from_str(value).unwrap_or_default(),
                );
            }
            _ => {
                let (key, value) = ODD_KEYS[self.random.usize(..ODD_KEYS.len())];
                object.insert(key.to_owned(), serde_json::from_str(value).unwrap_or_default());
            }
        }
    }
}

/// The document of these paths and schemas.
fn whole(direction: &str, envelope: Value, paths: Map<String, Value>, schemas: Map<String, Value>) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Trial", "version": "0.1.0", "description": "Random." },
        "servers": [{ "url": "https://example.com", "description": "Nowhere", "x-linksfield-environment": "production" }],
        "security": [],
        "x-linksfield-direction": direction,
        "x-linksfield-envelope": envelope,
        "tags": [{ "name": "SIM", "description": "SIMs" }],
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn is_nullable(schemas: &Map<String, Value>, field: &Value) -> bool {
    let name = field["$ref"].as_str().and_then(|target| target.rsplit('/').next()).unwrap_or_default();
    schemas.get(name).is_some_and(|schema| schema["nullable"] == true)
}

/// The places of all objects.
fn collect(node: &Value, place: String, places: &mut Vec<String>) {
    match node {
        Value::Object(fields) => {
            places.push(place.clone());
            for (key, value) in fields {
                collect(value, format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, format!("{place}/{index}"), places));
        }
        _ => {}
    }
}
