//! What the build makes of a specification: a new operation is YAML alone, a broken rule is one line.

#[allow(dead_code, reason = "the build uses all of it, the tests a part")]
#[path = "../../build/mod.rs"]
pub mod codegen;

use std::path::Path;

const SPECIFICATION: &str = include_str!("../../openapi/csss.yaml");

/// Compiles a specification that differs from ours.
fn compile(text: &str) -> Result<String, String> {
    compile_as("csss.yaml", text)
}

/// Compiles a specification of this name.
pub fn compile_as(name: &str, text: &str) -> Result<String, String> {
    read_as(name, text, codegen::compile)
}

/// The operations table of a specification of this name.
pub fn list_as(name: &str, text: &str) -> String {
    read_as(name, text, |document| codegen::list(std::slice::from_ref(document), |_| true)).unwrap()
}

fn read_as(
    name: &str,
    text: &str,
    make: impl FnOnce(&codegen::Document) -> codegen::Result<String>,
) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(name);
    std::fs::write(&file, text).unwrap();
    let result = codegen::read(&file).and_then(|document| make(&document)).map_err(|fault| fault.to_string());
    result.map_err(|fault| fault.replace(&*directory.path().to_string_lossy(), "openapi"))
}

#[test]
fn the_build_made_the_client_of_the_specification() {
    let built = include_str!(concat!(env!("OUT_DIR"), "/csss.rs"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/csss.yaml");
    assert_eq!(codegen::compile(&codegen::read(&path).unwrap()).unwrap(), built);
}

const NEW_PATH: &str = "
  /package/cancelPackage:
    post:
      operationId: cancelPackage
      tags: [Plan]
      summary: An operation that this test invents
      x-linksfield-documentation: { title: Invented, page: 'https://example.com', completeness: partial }
      x-linksfield-safe-to-retry: false
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/CancelPackageRequest' }
            example: { order_id: ORDER_1, why: '1' }
      responses:
        '200':
          description: The envelope
          content:
            application/json:
              schema: { $ref: '#/components/schemas/CancelPackageAnswer' }
components:
";

const NEW_SCHEMAS: &str = "
  schemas:
    CancelReason:
      type: string
      description: Invented codes.
      enum: ['1', '2']
      x-enum-varnames: [TooLate, TooDear]
      x-enum-descriptions: [Too late., Too dear.]
    CancelPackageOutput:
      type: object
      nullable: true
      additionalProperties: true
      description: Invented data.
      properties:
        refund: { type: string, description: Invented., example: '0' }
    CancelPackageRequest:
      type: object
      description: Invented.
      required: [version, access_code, timestamp, sign, order_id, why]
      properties:
        version: { $ref: '#/components/schemas/ApiVersion' }
        access_code: { $ref: '#/components/schemas/AccessCode' }
        timestamp: { $ref: '#/components/schemas/Timestamp' }
        sign: { $ref: '#/components/schemas/RequestSignature' }
        order_id: { $ref: '#/components/schemas/OrderId' }
        why: { $ref: '#/components/schemas/CancelReason' }
    CancelPackageAnswer:
      type: object
      description: Invented.
      required: [code, message, success]
      properties:
        code: { $ref: '#/components/schemas/ResultCode' }
        message: { $ref: '#/components/schemas/Message' }
        success: { $ref: '#/components/schemas/Success' }
        data: { $ref: '#/components/schemas/CancelPackageOutput' }
";

#[test]
fn a_new_operation_is_yaml_alone() {
    let extended = SPECIFICATION.replace("\ncomponents:\n", NEW_PATH).replace("\n  schemas:\n", NEW_SCHEMAS);
    let source = compile(&extended).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "pub fn cancel_package( &self, body: &types::CancelPackage, ) -> crate::call::Call<types::CancelPackageOutput> { \
         self.ask(",
        "pub struct CancelPackage {",
        "pub order_id: OrderId,",
        "pub why: CancelReason,",
        "TooDear = \"2\",",
        "(\"CancelPackage\", ::schemars::schema_for!(types::CancelPackage))",
    ] {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(source.contains(&part), "{part}");
    }
}

#[test]
fn the_envelope_is_on_the_wire_only() {
    let source = compile(SPECIFICATION).unwrap();
    for word in ["access_code", "AccessCode", "ResultCode", "success", "PackageRequest", "PackageAnswer"] {
        assert!(!source.contains(&format!("pub struct {word}")) && !source.contains(&format!("pub {word}:")), "{word}");
    }
}

#[test]
fn a_broken_rule_stops_the_build_with_a_line_that_names_file_place_and_rule() {
    for (from, to, fault) in [
        ("openapi: 3.0.3", "openapi: 3.1.0", "openapi/csss.yaml: openapi: must be 3.0.x"),
        ("openapi: 3.0.3", "openapi: [", "openapi/csss.yaml: (whole file): must be YAML"),
        (
            "x-linksfield-direction: to-linksfield\n",
            "",
            "x-linksfield-direction: must be to-linksfield or from-linksfield: who sends what is described",
        ),
        (
            "x-linksfield-safe-to-retry: true",
            "x-linksfield-save-to-retry: true",
            "x-linksfield-save-to-retry: must be one of x-linksfield-also-named, x-linksfield-codes, ",
        ),
        (
            "        total-count: total_count\n",
            "        total-count: total\n",
            "must have x-linksfield-pagination with page-number, page-size, position, total-pages, total-count, items",
        ),
        (
            "    x-linksfield-environment: uat\n",
            "",
            "openapi/csss.yaml: servers.1: must have a description and x-linksfield-e",
        ),
        (
            "  /package/openPackage:\n",
            "  /package/openPackage:\n    servers: [{ url: 'https://example.com' }]\n",
            "paths./package/openPackage: must have no servers of its own",
        ),
        (
            "      operationId: openPackage\n",
            "      operationId: openPackage\n      servers: []\n",
            "paths./package/openPackage.post: must have no servers of its own",
        ),
        (
            "operationId: openPackage",
            "operationId: 1-package",
            "paths./package/openPackage.post: must have an operationId that is a name in Rust",
        ),
        (
            "      x-linksfield-safe-to-retry: false\n",
            "",
            "paths./package/orderPackage.post: must have x-linksfield-safe-to-retry",
        ),
        (
            "completeness: path-only",
            "completeness: some",
            "post: must have a completeness in x-linksfield-documentation of complete",
        ),
        (
            "        page: https://developer-en.apifox.cn/api-42599722\n",
            "",
            "must have x-linksfield-documentation with title and page",
        ),
        (
            "          application/json:\n",
            "          text/plain: {}\n          application/json:\n",
            "must have the media type application/json and no other",
        ),
        (
            "        '200':\n",
            "        '201': { description: x }\n        '200':\n",
            "must have the responses of one status of success, such as 200, and no other",
        ),
        (
            "schemas/OpenPackageRequest'",
            "schemas/OpenPackageOutput'",
            "post: must have and require the signed parameter version",
        ),
        (
            "schemas/OpenPackageAnswer'",
            "schemas/Nothing'",
            "must refer to something in this file, not #/components/schemas/Nothing",
        ),
        (
            "format: order-id\n          nullable",
            "format: order\n          nullable",
            "must have the format int64 or that of a kind of text, not order",
        ),
        (
            "started. The page requires all four fields.\n      nullable: true\n",
            "started. The page requires all four fields.\n",
            "OpenPackageOutput: must be nullable",
        ),
        (
            "[NotHostNumber, HostNumber]",
            "[No, HostNumber]",
            "components.schemas.GlobalOrder: must have x-enum-varnames with a name for each of its 2 codes, as text",
        ),
        (
            "[NotHostNumber, HostNumber]",
            "[NotHostNumber]",
            "components.schemas.GlobalOrder: must have x-enum-varnames with a name for each of its 2 codes",
        ),
        (
            "[NotHostNumber, HostNumber]",
            "[NotHostNumber, yes!]",
            "components.schemas.GlobalOrder: must have x-enum-varnames that differ and are in UpperCamelCase",
        ),
        (
            "x-enum-descriptions: [Not of the host number., Of the host number.]",
            "x-enum-descriptions: [Not of the host number.]",
            "GlobalOrder: must have x-enum-descriptions with a description for each",
        ),
        (
            "[StartLater, StartAtOnce]",
            "[StartLater, HostNumber]",
            "IsOpen: must have x-enum-varnames that no other schema has",
        ),
        ("enum: ['0', '1']\n", "enum: [0, 1]\n", "components.schemas.GlobalOrder: must have text as its codes"),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n",
            "",
            "SimInUse.properties.assetId: must have a description",
        ),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n          example: '89852022018041800192'\n",
            "          description: x\n",
            "SimInUse.properties.assetId: must have an example",
        ),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n",
            "          description: x\n          default: x\n",
            "must not have a default",
        ),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n",
            "          description: x\n          enum: [x]\n",
            "must refer to a named schema",
        ),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n",
            "          description: x\n          maxLength: 20\n",
            "SimInUse: must not have the limit maxLength: an answer that breaks it would be refused",
        ),
        (
            "          description: ICCID of the SIM. The example is that of another page.\n",
            "          description: x\n          allOf: []\n",
            "must not be an allOf",
        ),
        (
            "      type: string\n      format: result-code\n",
            "      type: string\n      format: date-time\n",
            "must have the format int64 or that of a kind of text, not date-time",
        ),
        (
            "          type: string\n          format: device-id\n",
            "          type: object\n",
            "must refer to a named schema",
        ),
        (
            "  response: [code, message, success]\n",
            "",
            "x-linksfield-envelope.response: must list the fields around the data",
        ),
        (
            "required: [version, access_code, timestamp, sign, order_id]",
            "required: [version, access_code, timestamp, order_id]",
            "post: must have and require the signed parameter sign",
        ),
        (
            "required: [code, message, success]",
            "required: [code, message]",
            "Answer: must have the fields of the envelope around its data, and require them",
        ),
        (
            "sign, order_id, renew_period]",
            "sign, order_id, renewal]",
            "RenewPackageRequest: must have the property renewal, which it requires",
        ),
        (
            "      x-linksfield-required-on-success: [order_id]\n",
            "      x-linksfield-required-on-success: [sign]\n",
            "OrderPackageOutput: must have x-linksfield-required-on-success of fields that it has, and never as null",
        ),
        (
            "      x-linksfield-required-on-success: [order_id]\n",
            "      required: [order_id]\n",
            "OrderPackageOutput: must have x-linksfield-required-on-success instead of required",
        ),
        (
            "        renew_period:\n",
            "        renew_period:\n          nullable: true\n",
            "properties.renew_period: must not be both required and nullable",
        ),
        (
            "      x-linksfield-safe-to-retry: false\n",
            "      x-linksfield-safe-to-retry: false\n      x-linksfield-confirm: nobody\n",
            "must have in x-linksfield-confirm the name of a parameter that is required and text",
        ),
        (
            "      x-linksfield-safe-to-retry: true\n",
            "      x-linksfield-safe-to-retry: true\n      x-linksfield-confirm: device_id\n",
            "must not be safe to retry, as it is confirmed by a person",
        ),
        ("      description: Code of a data plan.\n", "", "components.schemas.PackageCode: must have a description"),
    ] {
        assert!(SPECIFICATION.contains(from), "{from}");
        let Err(message) = compile(&SPECIFICATION.replacen(from, to, 1)) else { panic!("no {fault}") };
        assert!(message.contains(fault), "{message}\n  is not {fault}");
        assert!(message.starts_with("openapi/csss.yaml: ") && message.lines().count() == 1, "{message}");
    }
}

#[test]
fn what_the_generator_cannot_express_is_a_line_not_a_panic() {
    let broken =
        SPECIFICATION.replacen("          type: integer\n          format: int64\n", "          type: [integer]\n", 1);
    let message = compile(&broken).unwrap_err();
    assert!(message.starts_with("openapi/csss.yaml: ") && message.lines().count() == 1, "{message}");
    assert!(codegen::read(Path::new("no/such/file.yaml")).unwrap_err().to_string().contains("must be readable"));
}

#[test]
fn an_overlay_adds_to_what_is_there_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("csss.zh.yaml");
    let page = |update: &str| {
        std::fs::write(&file, format!("actions: [{{ target: $, update: {{ paths: {{ {update} }} }} }}]")).unwrap();
        let specification = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/csss.yaml");
        codegen::reference(&codegen::read(&specification).unwrap(), &file).map_err(|fault| fault.to_string())
    };
    let added = page("/package/openPackage: { post: { x-description-zh-translated: 译文 } }").unwrap();
    assert!(added.contains("译文"));
    for update in ["/package/nothing: { x-a: b }", "/package/openPackage: { post: { summary: b } }"] {
        let fault = page(update).unwrap_err();
        assert!(fault.contains("must be an extension of what the document has"), "{fault}");
    }
}

#[test]
fn no_tag_begins_with_what_the_vendor_advises_against() {
    let document: serde_json::Value = serde_saphyr::from_str(SPECIFICATION).unwrap();
    let mut tags = std::collections::BTreeSet::new();
    for path in document["paths"].as_object().unwrap().values() {
        let operation = &path["post"];
        assert!(!tags.insert(operation["tags"][0].to_string()) || operation["deprecated"] != true, "{operation}");
    }
    assert_eq!(tags.len(), 4);
}
