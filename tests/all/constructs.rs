//! Which constructs of OpenAPI the build uses, and in what words it refuses the others.

use crate::specification::{codegen, compile_as};

/// Ordinary REST, with each construct that is used.
const ORDINARY: &str = include_str!("../fixtures/ordinary.yaml");

#[test]
fn the_page_for_those_who_add_endpoints_is_that_of_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/documents.md");
    let page = codegen::rules();
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/documents.md is not up to date");
}

#[test]
fn ordinary_rest_becomes_ordinary_rust() {
    let source = compile_as("ordinary.yaml", ORDINARY).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "pub fn list_sims( &self, body: &types::ListSims, ) -> crate::call::Call<crate::Listed<types::Sim>> {",
        "pub fn list_sims_items( &self, parameters: types::ListSims, ) -> crate::Items<types::Sim> {",
        "around.has_list(), None, around.beside(\"total_count\")",
        "Beside its data the answer has `total_count`",
        "pub fn resume_sim(",
        "pub fn bulk_tag_sims( &self, body: &types::BulkTagSims, ) -> crate::call::Call<crate::Listed<types::SimStatus>> {",
        "pub body: ::std::vec::Vec<ChangeSimRequest>,",
        "pub body: Tags,",
        "::std::collections::BTreeMap<::std::string::String, ::std::string::String>",
        "pub states: ::std::vec::Vec<SimStatus>,",
        "pub page_no: ::std::option::Option<i64>,",
        "pub force: bool,",
        "pub keep_alive: ::std::option::Option<bool>,",
        "pub usage: ::std::option::Option<crate::Scalar>,",
        "pub all: crate::Listed<crate::Scalar>,",
        "pub next: ::std::option::Option<::std::boxed::Box<Sim>>,",
        "pub type_: ::std::option::Option<f64>,",
        "SimStatus i64 { #[doc = \"a\"] PreActive = 10,",
        "status: fields.optional(&[\"status\", \"state\"]),",
        "updated_at: fields.optional(&[\"updated_at\", \"update_at\"]),",
        "pub message: ::std::option::Option<SmsMessage>,",
        "pub type_: SmsKind,",
        "#[serde(skip_serializing_if = \"::std::option::Option::is_none\")] pub reply: ::std::option::Option<::std::boxed::Box<SmsMessage>>,",
        "ResultCode { #[doc = \"a\"] Success = \"CB-00-0000\",",
    ] {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(source.contains(&part), "{part}");
    }
}

#[test]
fn a_file_whose_name_can_be_no_constant_is_refused() {
    for name in ["5g.yaml", "_.yaml", "documents.yaml", "a b.yaml", "Ordinary.yaml", "a--b.yaml"] {
        let Err(message) = compile_as(name, ORDINARY) else { panic!("{name} is taken") };
        assert!(message.contains("must have a name of lower-case letters"), "{message}");
    }
}

#[test]
fn what_holds_itself_is_shown_once_to_people() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ordinary.yaml");
    let document = codegen::read(std::path::Path::new(file)).unwrap();
    let page = codegen::reference(&document, std::path::Path::new("no/such/overlay")).unwrap();
    assert!(page.contains("<code>data[].next</code>") && !page.contains("next.next"), "{page}");
}

#[test]
fn each_construct_is_shown_to_people() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ordinary.yaml");
    let document = codegen::read(std::path::Path::new(file)).unwrap();
    let page = codegen::reference(&document, std::path::Path::new("no/such/overlay")).unwrap();
    for part in [
        // Integer codes, of a parameter, in a list of it, and of what is nested.
        "<code>status (in the query)</code></td><td>integer</td><td><p>S.</p>\n<ul><li><code>10</code> a ",
        "<code>states (in the query)</code></td><td>array of integer</td><td><p>S.</p>\n<ul><li><code>10</code> a ",
        "<code>[].message.type</code> <b title=\"required\">*</b></td><td>integer</td>",
        // A list and a map as a body, and a list as an answer.
        "<code>[]</code> <b title=\"required\">*</b></td><td>array</td>",
        "<code>[].notes</code>",
        "<code>{}</code> <b title=\"required\">*</b></td><td>object of string</td>",
        "<code>[]</code></td><td>array of integer</td>",
        "<details><summary>Example</summary><pre tabindex=\"0\">[\n  {\n    &quot;notes&quot;: &quot;x&quot;\n  }\n]</pre></details>",
        // Either of two.
        "<code>data[].usage</code></td><td>integer or string</td>",
        "<code>data[].all[]</code></td><td>array of number or string</td>",
        "<code>data[].updated_at</code> or <code>update_at</code></td>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn an_event_that_has_the_name_of_all_others_is_refused() {
    let notifications = include_str!("../../openapi/notifications.yaml").replace("SmsReceived", "Unknown");
    let notifications = notifications.replace("operationId: smsReceived", "operationId: unknown");
    let message = compile_as("notifications.yaml", &notifications).unwrap_err();
    let place = "openapi/notifications.yaml: components.schemas.Unknown: ";
    assert!(message.starts_with(place) && message.contains("Unknown is the event of every other"), "{message}");
}

#[test]
fn a_kind_of_text_is_kept_in_lists_and_maps_of_requests_and_answers() {
    let kinds = ORDINARY
        .replacen("items: { type: integer } }", "items: { type: string, format: sim-id } }", 1)
        .replacen(
            "additionalProperties: { type: string }",
            "additionalProperties: { type: string, format: time-text }",
            1,
        )
        .replacen(
            "items: { $ref: '#/components/schemas/SimStatus' } } } } }",
            "items: { type: string, format: sim-id } } } } }",
            1,
        );
    let source = compile_as("ordinary.yaml", &kinds).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "pub numbers: ::std::vec::Vec<SimId>,",
        "::std::collections::BTreeMap<::std::string::String, crate::Time>",
        "pub fn bulk_tag_sims( &self, body: &types::BulkTagSims, ) -> crate::call::Call<crate::Listed<types::SimId>> {",
    ] {
        assert!(source.contains(part), "{part}");
    }
}

#[test]
fn each_example_is_rust_whatever_its_fields_and_texts_are() {
    // Words of any edition, and a text with what ends a literal, for builders and for what is read from JSON.
    let odd = ORDINARY
        .replace("notes", "loop")
        .replace("keep-alive", "async")
        .replace("numbers:", "Self:")
        .replace("{ a: x }", r##"{ a: 'a "#b' }"##)
        .replace("example: { loop: x }", r##"example: { loop: 'a "#', async: true, Self: [1] }"##);
    let source = compile_as("ordinary.yaml", &odd).unwrap();
    let file = syn::parse_file(&source).unwrap();
    let mut examples = Vec::new();
    for item in &file.items {
        let syn::Item::Impl(block) = item else { continue };
        for item in &block.items {
            let syn::ImplItem::Fn(method) = item else { continue };
            let words = method.attrs.iter().filter_map(|attribute| match &attribute.meta {
                syn::Meta::NameValue(syn::MetaNameValue { value: syn::Expr::Lit(it), .. }) => match &it.lit {
                    syn::Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            });
            let words: Vec<_> = words.collect();
            examples.extend(
                words
                    .join("\n")
                    .split("```no_run\n")
                    .nth(1)
                    .map(|text| text.split("```").next().unwrap().replace("# ", "")),
            );
        }
    }
    assert_eq!(examples.len(), 5, "{source}");
    for example in &examples {
        syn::parse_file(example).unwrap_or_else(|error| panic!("{error}: {example}"));
    }
    let all = examples.join("\n");
    for told in [".loop_(", ".async_(true)", ".self_(["] {
        assert!(all.contains(told), "{told} in {all}");
    }
    // A word of the newest edition is told by the name that its field has.
    let source = compile_as("ordinary.yaml", &ORDINARY.replace("notes", "gen")).unwrap();
    assert!(source.contains(".gen_(") && source.contains("pub gen_:"), "{source}");
}

#[test]
fn a_document_that_nothing_would_compile_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = || codegen::read_all(folder.path(), include_str!("../../Cargo.toml")).map_err(|fault| fault.to_string());
    std::fs::write(folder.path().join("ordinary.yaml"), ORDINARY).unwrap();
    std::fs::write(folder.path().join("vectors.json"), r#"{"vectors":[]}"#).unwrap();
    assert_eq!(read().map(|documents| documents.len()), Ok(1));
    for (name, text) in [("other.yml", ORDINARY), ("other.YAML", ORDINARY), ("other.json", r#"{"openapi":"3.0.3"}"#)] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let message = read().unwrap_err();
        assert!(
            message.contains(&format!("{name}: (whole): must be YAML, in a file whose name ends in .yaml")),
            "{message}"
        );
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let odd = ORDINARY.replace("security: []\n", "security: []\nx-linksfield-feature: cubes\n");
    std::fs::write(folder.path().join("ordinary.yaml"), odd).unwrap();
    let message = read().unwrap_err();
    assert!(message.contains("x-linksfield-feature: must be a feature of Cargo.toml: default, rustls,"), "{message}");
}

#[test]
fn the_table_says_where_parameters_go_and_what_stands_beside_the_data() {
    let table =
        crate::specification::list_as("ordinary.yaml", ORDINARY).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "(\"states\", Some(','))",
        "(\"tags\", None)",
        "body: super::Body::Field(\"body\")",
        "body: super::Body::FieldsIfAny",
        "method: ::http::Method::PATCH",
        "beside: &[\"total_count\"]",
        "result_code: \"status.code\"",
        "\\\"states\\\":[10,23]",
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
}

#[test]
fn an_order_is_known_by_either_name_of_its_id() {
    let named =
        "{ type: string, description: U., example: '1', x-linksfield-identifies: order, x-linksfield-also-named:";
    let from = "{ type: string, description: U., example: '1', x-linksfield-also-named:";
    assert!(ORDINARY.contains(from));
    let table = crate::specification::list_as("ordinary.yaml", &ORDINARY.replacen(from, named, 1));
    let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains("order_ids: &[\"update_at\", \"updated_at\"]"), "{table}");
}

#[test]
fn another_field_may_have_the_name_of_the_one_for_all_others_in_any_spelling() {
    for name in ["extra", "Extra", "EXTRA", "extra-"] {
        let odd = ORDINARY.replacen(
            "        all: {",
            &format!("        {name}: {{ type: string, description: E., example: x }}\n        all: {{"),
            1,
        );
        let source = compile_as("ordinary.yaml", &odd).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(source.contains("pub more: "), "{name}: {source}");
    }
}

#[test]
fn what_can_t_be_used_is_refused_in_a_line_that_names_cause_and_place_and_what_to_write_instead() {
    const SIMS: &str = "paths./sims.get";
    let mut wrong = Vec::new();
    for (from, to, place, rule) in [
        // Keys.
        ("    put:\n", "    head:\n", "paths./sims/{sim_id}/resume", "must not have the method head: its answer"),
        ("security: []", "security: [{ key: [] }]", "security", "must be `[]`: who calls is known to the client"),
        ("    get:\n", "    get:\n      security: []\n", SIMS, "must have no security of its own"),
        (
            "    get:\n",
            "    get:\n      callbacks: {}\n",
            SIMS,
            "must have no callbacks: what Linksfield sends is a document",
        ),
        ("    get:\n", "    get:\n      servers: []\n", SIMS, "must have no servers of its own"),
        (
            "    get:\n",
            "    get:\n      summry: x\n",
            SIMS,
            "must not have the key summry: the keys of its kind (operation) are operationId, summary",
        ),
        (
            "  parameters:\n    Nonce",
            "  securitySchemes: {}\n  parameters:\n    Nonce",
            "components",
            "must have no securitySchemes",
        ),
        (
            "'200': { description: x,",
            "'200': { description: x, headers: {},",
            "paths./sims.get.responses.200",
            "must have no headers",
        ),
        (
            "maxLength: 5,",
            "maxLength: 5, default: x,",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not have a default",
        ),
        (
            "maxLength: 5,",
            "maxLength: 5, readOnly: true,",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not be readOnly",
        ),
        (
            "maxLength: 5,",
            "maxLength: 5, not: {},",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not have not",
        ),
        (
            "{ type: string, maxLength: 5,",
            "{ anyOf: [],",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not be an anyOf",
        ),
        (
            "description: Change.\n",
            "description: Change.\n      discriminator: { propertyName: a }\n",
            "components.schemas.ChangeSimRequest",
            "must not have a discriminator",
        ),
        (
            "{ $ref: '#/components/schemas/Usage' }",
            "{ $ref: '#/components/schemas/Usage', description: x }",
            "components.schemas.Sim.properties.usage",
            "must have nothing beside its $ref",
        ),
        // Operations.
        (
            "operationId: resumeSim",
            "operationId: list_sims",
            "paths./sims/{sim_id}/resume.put",
            "must have an operationId of its own: the method list_sims is there already",
        ),
        (
            "operationId: resumeSim",
            "operationId: call",
            "paths./sims/{sim_id}/resume.put",
            "must have an operationId of its own: the method call",
        ),
        (
            "operationId: resumeSim",
            "operationId: match",
            "paths./sims/{sim_id}/resume.put",
            "must have an operationId that is a name in Rust: match is none",
        ),
        (
            "operationId: resumeSim",
            "operationId: sim",
            "paths./sims/{sim_id}/resume.put",
            "must have another name: Sim is that of a schema",
        ),
        ("tags: [SIM]", "tags: [Sim]", SIMS, "must have a tag that the document's tags list: add Sim"),
        (
            "  /sims/{sim_id}/resume:",
            "  /sims/{sim_id}:resume:",
            "paths./sims/{sim_id}:resume",
            "must have segments that are a text or a parameter",
        ),
        ("  /sims/bulk:", "  /sims/bulk?all=1:", "paths./sims/bulk?all=1", "must begin with / and have no query"),
        (
            "'429': { description: Too many }",
            "'429': { description: x, content: { application/json: { schema: { type: object } } } }",
            "paths./sims.get.responses.429",
            "must have no content: what a refusal holds is said by the envelope",
        ),
        (
            "'429': { description: Too many }",
            "'204': { description: x }",
            SIMS,
            "must have the responses of one status of success",
        ),
        (
            "      x-linksfield-pagination: {",
            "      requestBody: { content: {} }\n      x-linksfield-pagination: {",
            SIMS,
            "must have no body, as it is a get",
        ),
        (
            "content: { application/json: { schema: { type: array",
            "content: { multipart/form-data: { schema: { type: array",
            "paths./sims/bulk.post.requestBody",
            "must have the media type application/json and no other",
        ),
        (
            "total-count: total_count }",
            "total-count: total }",
            SIMS,
            "must have x-linksfield-pagination with page-number",
        ),
        // Parameters.
        (
            "headers: [timestamp, nonce, Authorization]",
            "headers: [timestamp]",
            "paths./sims.get.parameters.nonce",
            "must not be a header that a caller sets: if the client sets it, list nonce in x-linksfield-envelope.headers",
        ),
        (
            "- { name: status, in: query",
            "- { name: status, in: cookie",
            "paths./sims.get.parameters.status",
            "must not be in a cookie",
        ),
        (
            "- { name: force, in: query, required: true",
            "- { name: force, in: path, required: true",
            "paths./sims/{sim_id}/resume.patch.parameters.force",
            "must be named in its path, as {force}, or be in the query",
        ),
        (
            "- { name: force, in: query",
            "- { name: notes, in: query",
            "paths./sims/{sim_id}/resume.patch.requestBody",
            "must not have the field notes, which is a parameter too",
        ),
        (
            "schema: { type: boolean }, example: true }",
            "schema: { type: object }, example: true }",
            "paths./sims/{sim_id}/resume.patch.parameters.force",
            "must refer to a named schema",
        ),
        (
            "schema: { type: boolean }, example: true }",
            "schema: { type: string, enum: [a] }, example: a }",
            "paths./sims/{sim_id}/resume.patch.parameters.force",
            "must refer to a named schema",
        ),
        (
            "schema: { type: boolean }, example: true }",
            "schema: { type: boolean, default: true }, example: true }",
            "paths./sims/{sim_id}/resume.patch.parameters.0.schema",
            "must not have a default",
        ),
        (
            "schema: { type: boolean }, example: true }",
            "schema: { $ref: '#/components/schemas/Tags' }, example: {} }",
            "paths./sims/{sim_id}/resume.patch.parameters.force",
            "must be a text, a number, a boolean or a code",
        ),
        ("style: form", "style: deepObject", "paths./sims.get.parameters.states", "must have the style form"),
        // Schemas.
        (
            "keep-alive: {",
            "Numbers: {",
            "components.schemas.ChangeSimRequest",
            "must have fields whose names in Rust differ: numbers",
        ),
        (
            "keep-alive: {",
            "maybe_notes: {",
            "components.schemas.ChangeSimRequest",
            "must have fields whose names in Rust differ: maybe_notes",
        ),
        (
            "keep-alive: {",
            "build: {",
            "components.schemas.ChangeSimRequest",
            "must have fields whose names in Rust differ: build",
        ),
        (
            "keep-alive: {",
            "状态: {",
            "components.schemas.ChangeSimRequest",
            "must have fields that begin with a letter",
        ),
        (
            "items: { type: integer } }",
            "items: { type: array, items: { type: string } } }",
            "components.schemas.ChangeSimRequest.properties.numbers",
            "must have named items",
        ),
        (
            "oneOf: [ { type: integer }, { type: string } ]",
            "oneOf: [ { type: integer }, { type: object } ]",
            "components.schemas.Usage",
            "must be a oneOf of plain types",
        ),
        (
            "x-extensible-enum: [10, 23, -1]",
            "x-extensible-enum: [10, 23, '-1']",
            "components.schemas.SimStatus",
            "must have integers as its codes",
        ),
        (
            "x-extensible-enum: [10, 23, -1]",
            "x-extensible-enum: [10, 23, 10]",
            "components.schemas.SimStatus",
            "must have each code once",
        ),
        (
            "[PreActive, Live, None]",
            "[PreActive, Live, Unknown]",
            "components.schemas.SimStatus",
            "must have other x-enum-varnames than Unknown",
        ),
        ("format: float", "format: decimal", "components.schemas.Sim.properties.type", "must have the format int64"),
        (
            "code: status.code",
            "code: status.reason",
            "components.schemas.ListSimsAnswer",
            "must have the code of its result at status.reason",
        ),
        (
            "code: status.code\n",
            "code: status.code\n  answer: [x]\n",
            "x-linksfield-envelope.answer",
            "must be one of request",
        ),
        (
            "description: Tags., additionalProperties: { type: string },",
            "description: Tags.,",
            "components.schemas.Tags",
            "must have additionalProperties: true, as it has no fields: nothing could be said in it",
        ),
        (
            "    ChangeSimRequest:\n      type: object\n",
            "    ChangeSimRequest:\n      type: object\n      required: [notes]\n",
            "paths./sims/{sim_id}/resume.patch.requestBody",
            "must be required: true, as its schema requires fields",
        ),
        (
            "  /sims/bulk:\n",
            "  /sims/{id}/resume:\n    get:\n      tags: [SIM]\n      parameters: [{ name: id, in: path, required: true, description: S., schema: { type: string }, example: a }]\n  /sims/bulk:\n",
            "paths./sims/{sim_id}/resume",
            "must differ from /sims/{id}/resume in more than the name of a parameter",
        ),
        ("  /sims/bulk:\n", "  /sims:\n    get: {}\n  /sims/bulk:\n", "(whole file)", "must be YAML: "),
        (
            "    Nonce: {",
            "    Twice: { $ref: '#/components/parameters/Nonce' }\n    Nonce: {",
            "components.parameters.Twice",
            "must be written out: what only refers is a second name",
        ),
        (
            "name: page_no, in: query,",
            "name: page_no, in: query, style: pipeDelimited,",
            "paths./sims.get.parameters.page_no",
            "must have the style form in the query",
        ),
        (
            "example: { notes: x } } }",
            "example: { notes: x }, examples: {} } }",
            "paths./sims/{sim_id}/resume.patch.requestBody",
            "must have an example or examples, not both",
        ),
        (
            "example: { notes: x } } }",
            "examples: { a: { externalValue: x } } } }",
            "paths./sims/{sim_id}/resume.patch.requestBody.content.application/json.examples.a",
            "must have a value, not an externalValue",
        ),
        (
            "      required: [sim_id]\n",
            "      required: [sim_id, next]\n",
            "components.schemas.Sim",
            "must not require itself, through any fields: there is no such value",
        ),
        (
            "    ResumeSimOutput: { type: object, nullable: true,",
            "    ResumeSimOutput: { type: object, nullable: true, x-linksfield-required-on-success: [next], properties: { next: { $ref: '#/components/schemas/ResumeSimOutput' } },",
            "components.schemas.ResumeSimOutput",
            "must not require itself, through any fields: there is no such value",
        ),
        // Places.
        ("  /sims/bulk:", "  /sims/%2e%2E:", "paths./sims/%2e%2E", "must have no white space, % or \\"),
        ("  /sims/bulk:", "  /sims/%7Bid%7D:", "paths./sims/%7Bid%7D", "must have no white space, % or \\"),
        ("  /sims/bulk:", "  \"/sims/\\u00a0\":", "paths./sims/\u{a0}", "must have no white space, % or \\"),
        ("  /sims/bulk:", "  \"/sims/\\x01\":", "paths./sims/ ", "must have no white space, % or \\"),
        (
            "'429': {",
            "'42': {",
            "paths./sims.get.responses.42",
            "must be a status of three digits, 1XX to 5XX, or default",
        ),
        ("'429': {", "4xx: {", "paths./sims.get.responses.4xx", "must be a status of three digits"),
        ("'429': {", "Default: {", "paths./sims.get.responses.Default", "must be a status of three digits"),
        ("https://example.com/cube/v4", "/cube/v4", "servers.0", "must have a url like https://host/path"),
        (
            "https://example.com/cube/v4",
            "http://example.com/cube/v4",
            "servers.0",
            "must have a url like https://host/path",
        ),
        (
            "https://example.com/cube/v4",
            "https://u:p@example.com",
            "servers.0",
            "must have a url like https://host/path",
        ),
        (
            "https://example.com/cube/v4",
            "'https://example.com?a=1'",
            "servers.0",
            "must have a url like https://host/path",
        ),
        ("https://example.com/cube/v4", "'https://{host}/v4'", "servers.0", "must have a url like https://host/path"),
        ("https://example.com/cube/v4", "https:///v4", "servers.0", "must have a url like https://host/path"),
        (
            "'#/components/parameters/Nonce'",
            "'#/components/parameters/No~1nce'",
            "paths./sims.get.parameters.0",
            "must refer to something in this file, not #/components/parameters/No~1nce",
        ),
        // Words.
        (
            "summary: Resume",
            "summary: \"Re\\rsume\"",
            "paths./sims/{sim_id}/resume.put.summary",
            "must have no control characters but line feeds, and no marks of direction",
        ),
        (
            "description: Number or text., ",
            "description: \"U\\u202e.\", ",
            "components.schemas.Usage.description",
            "must have no control characters but line feeds, and no marks of direction",
        ),
        (
            "x-enum-descriptions: [a, b, c]",
            "x-enum-descriptions: [a, \"\\u2066b\", c]",
            "components.schemas.SimStatus.x-enum-descriptions",
            "must have no control characters but line feeds, and no marks of direction",
        ),
        (
            "description: Change.\n",
            "description: |\n        Change.\n\n            let x = 1;\n",
            "components.schemas.ChangeSimRequest.description",
            "must have no blocks of code",
        ),
        (
            "description: Change.\n",
            "description: |\n        Change.\n        ```\n        let x = 1;\n        ```\n",
            "components.schemas.ChangeSimRequest.description",
            "must have no blocks of code",
        ),
        // Names that are taken.
        (
            "operationId: resumeSim",
            "operationId: new",
            "paths./sims/{sim_id}/resume.put",
            "must have an operationId of its own: the method new is there already",
        ),
        (
            "operationId: resumeSim",
            "operationId: resume_a_b",
            "paths./sims/{sim_id}/resume.put",
            "must have another name: ResumeAB would become ResumeAb",
        ),
        (
            "keep-alive: {",
            "no_tes1: { type: string, description: N., example: x }\n        no_tes_1: {",
            "components.schemas.ChangeSimRequest",
            "must have fields whose names in Rust differ: NoTes1, of the field no_tes_1, is there already",
        ),
        ("page-size: page_size,", "page-size: page_no,", SIMS, "must have x-linksfield-pagination with page-number"),
        ("page-size: page_size,", "page-size: status,", SIMS, "must have x-linksfield-pagination with page-number"),
        (
            "    SimId: {",
            "    TimeText: { type: string, description: x }\n    SimId: {",
            "components.schemas.TimeText",
            "must have another name: TimeText is a type of the crate",
        ),
        (
            "    SimId: {",
            "    Signature: { type: string, description: x }\n    SimId: {",
            "components.schemas.Signature",
            "must have another name: Signature is a type of the crate",
        ),
        (
            "SimId: { type: string,",
            "SimId: { type: string, x-linksfield-codes: { Usage: { type: string } },",
            "components.schemas.Usage",
            "must have another name: x-linksfield-codes has codes of this name, too",
        ),
        (
            "SimId: { type: string,",
            "SimId: { type: string, x-linksfield-codes: [],",
            "components.schemas.SimId.x-linksfield-codes",
            "must have a name for each of its schemas of codes",
        ),
        // Extensions.
        (
            "    get:\n",
            "    get:\n      x-linksfield-environment: uat\n",
            "paths./sims.get.x-linksfield-environment",
            "must not stand here: it is a key of: server",
        ),
        (
            "description: SIMs }]",
            "description: SIMs, x-extensible-enum: [a] }]",
            "tags.0.x-extensible-enum",
            "must not stand here: it is a key of: schema",
        ),
        (
            "{ $ref: '#/components/schemas/Usage' }",
            "{ $ref: '#/components/schemas/Usage', x-linksfield-identifies: order }",
            "components.schemas.Sim.properties.usage.x-linksfield-identifies",
            "must not stand here: it is a key of: schema",
        ),
        (
            "{ $ref: '#/components/schemas/Usage' }",
            "{ $ref: '#/components/schemas/Usage', x-linksfield-identified: order }",
            "components.schemas.Sim.properties.usage.x-linksfield-identified",
            "must be one of x-linksfield-also-named, x-linksfield-codes",
        ),
        (
            "      x-linksfield-safe-to-retry: true\n",
            "      x-linksfield-safe-to-retry: 'yes'\n",
            "paths./sims.get.x-linksfield-safe-to-retry",
            "must be true or false",
        ),
        (
            "completeness: complete }",
            "completeness: complete, alos: [] }",
            "paths./sims.get.x-linksfield-documentation",
            "must not have the key alos: the keys of its kind (documentation) are title, page",
        ),
        (
            "    get:\n",
            "    get:\n      x-linksfield-recognized-by: [x]\n",
            SIMS,
            "must not have x-linksfield-recognized-by: it is no notification",
        ),
        (
            "SimId: { type: string,",
            "SimId: { type: string, x-linksfield-identifies: device,",
            "components.schemas.SimId",
            "must have x-linksfield-identifies at a text, and identify an order or a request",
        ),
        (
            "{ type: string, maxLength: 5,",
            "{ type: string, x-enum-descriptions: [a],",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must have codes, in enum or x-extensible-enum, for its x-enum-descriptions",
        ),
        (
            "{ type: string, maxLength: 5,",
            "{ type: string, x-linksfield-codes: {},",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not have x-linksfield-codes: they stand at the named schema",
        ),
        (
            "      required: [type, content]\n",
            "      x-linksfield-required-on-success: [type, content]\n",
            "components.schemas.SmsMessage",
            "must have required, not x-linksfield-required-on-success: it is not the data of an answer",
        ),
        (
            "      required: [sim_id]\n",
            "      x-linksfield-required-on-success: sim_id\n",
            "components.schemas.Sim.x-linksfield-required-on-success",
            "must be a list of texts",
        ),
        // Other names.
        (
            "x-linksfield-also-named: update_at",
            "x-linksfield-also-named: state",
            "components.schemas.Sim.properties.status",
            "must have x-linksfield-also-named with a name that no other field has, not state",
        ),
        (
            "x-linksfield-also-named: state",
            "x-linksfield-also-named: [state]",
            "components.schemas.Sim.properties.status.x-linksfield-also-named",
            "must be text",
        ),
        (
            "{ type: string, maxLength: 5,",
            "{ type: string, x-linksfield-also-named: note,",
            "components.schemas.ChangeSimRequest.properties.notes",
            "must not have x-linksfield-also-named: it is of a field of an answer",
        ),
        (
            "{ type: string, description: C., example: x }",
            "{ type: string, description: C., example: x, x-linksfield-also-named: text }",
            "components.schemas.SmsMessage.properties.content",
            "must not have x-linksfield-also-named: it is of a field of an answer",
        ),
        (
            "schema: { type: boolean }, example: true }",
            "schema: { type: boolean, x-linksfield-also-named: b }, example: true }",
            "paths./sims/{sim_id}/resume.patch.parameters.1.schema",
            "must not have x-linksfield-also-named: it is of a field of an answer",
        ),
        (
            "{ $ref: '#/components/schemas/ListSimsAnswer' }",
            "{ $ref: '#/components/schemas/ListSimsAnswer', x-linksfield-also-named: b }",
            "paths./sims.get.responses.200.content.application/json.schema",
            "must not have x-linksfield-also-named: it is of a field of an answer",
        ),
        (
            "total_count: { type: integer,",
            "total_count: { type: integer, x-linksfield-also-named: total,",
            "components.schemas.ListSimsAnswer.properties.total_count",
            "must not have x-linksfield-also-named: it is of a field of an answer, inside the envelope",
        ),
    ] {
        assert!(ORDINARY.contains(from), "{from}");
        let message = compile_as("ordinary.yaml", &ORDINARY.replacen(from, to, 1))
            .map_or_else(|message| message, |_| String::new());
        let expected = format!("openapi/ordinary.yaml: {place}: {rule}");
        if !message.starts_with(&expected) || message.lines().count() != 1 {
            wrong.push(format!("{message}\n  is not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
