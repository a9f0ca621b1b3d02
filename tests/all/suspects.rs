//! What a server in Java may write otherwise than it is signed, as `docs/signing-trouble.md` states it.

use std::collections::BTreeSet;

use linksfield::signing::{Explanation, Library, Suspect, explain};
use serde_json::Value;

fn suspects(body: &str) -> Vec<Suspect> {
    explain(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}")).suspects()
}

fn lines(body: &str) -> Vec<String> {
    suspects(body).iter().map(Suspect::to_string).collect()
}

fn named(suspects: &[Suspect]) -> BTreeSet<String> {
    suspects.iter().flat_map(|suspect| suspect.by).map(Library::to_string).collect()
}

/// The rows of the tables in the documentation.
fn rows() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signing-trouble.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.contains("---"));
    rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn is_about_order(suspect: &Suspect) -> bool {
    suspect.what == "the names"
}

#[test]
fn each_value_of_the_documented_table_is_suspected_of_the_libraries_that_were_measured() {
    let rows = rows();
    let values: Vec<_> = rows.iter().filter(|row| row.len() == 10 && row[2].starts_with('`')).collect();
    assert!(values.len() > 25 && rows[0][3..9] == Library::ALL.map(|library| library.to_string()));
    for row in values {
        let examples: Vec<_> =
            row[2].split('`').filter(|part| part.starts_with(['"', '{', '[', '-', '0', '1', '8'])).collect();
        let [sent, .., signed] = [&examples[..], &examples[..]].concat()[..] else { panic!("{row:?}") };
        let content = |value: &str| explain(format!("{{\"a\":{value}}}").as_bytes()).unwrap().content().to_owned();
        assert_eq!(content(sent), content(signed));

        let found = suspects(&format!("{{\"a\":{sent}}}"));
        let measured = (3..9).filter(|cell| !row[*cell].is_empty());
        assert_eq!(named(&found), measured.map(|cell| rows[0][cell].clone()).collect(), "{}", row[1]);
        for Suspect { by, how, .. } in found.iter().filter(|suspect| suspect.how.starts_with('\\')) {
            for library in *by {
                let column = rows[0].iter().position(|name| *name == library.to_string()).unwrap();
                assert!(row[column].contains(how), "{}: {library} does not write {how}", row[1]);
            }
        }
    }
}

#[test]
fn each_vector_is_suspected_of_the_libraries_that_were_measured() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/signing-vectors.json")).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let rows = rows();
    for vector in vectors.iter().filter(|vector| vector["content"].is_string()) {
        let row = rows.iter().find(|row| vector["name"] == row[1]);
        let measured = row.iter().flat_map(|row| row[2].split(", ")).map(str::to_owned).collect::<BTreeSet<_>>();
        let found = suspects(vector["content"].as_str().unwrap());
        let (order, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_about_order);
        assert!(measured.is_superset(&named(&others)), "{}", vector["name"]);
        assert!(&named(&others) | &named(&order) == &measured | &named(&order), "{}", vector["name"]);
    }
}

#[test]
fn a_suspect_says_where_it_stands() {
    let body = r#"{"sims":["a>",{"days":[1.5,5.0],"note":"a\u00a0b"},{"a<b":null}],"mcc":"","sign":"<","no<te":"1"}"#;
    assert_eq!(
        lines(body),
        [
            r"no<te: the character U+003C, written \u003c, by Gson",
            r"sims[0]: the character U+003E, written \u003e, by Gson",
            "sims[1]: the names, written in an order of its own, by fastjson 1, org.json",
            "sims[1].days[1]: the number 5.0, written without last zeros: 1 or 1.1, by Hutool, org.json",
            r"sims[1].note: the character U+00A0, written \u00a0, by Hutool",
            "sims[2].a<b: null, written not at all, by fastjson 1, fastjson2, Gson, org.json",
            r"sims[2].a<b: the character U+003C, written \u003c, by Gson",
        ]
    );
}

#[test]
fn a_character_that_is_there_twice_is_one_suspect() {
    assert_eq!(lines(r#"{"a":"<\u003c","b":"<"}"#).len(), 2);
}

#[test]
fn the_order_of_names_is_suspect_where_the_body_has_another_or_java_sorts_otherwise() {
    let (sorted, unsorted) = (r#"{"a":{"b":"1","c":"2"}}"#, r#"{"a":{"c":"2","b":"1"}}"#);
    assert_eq!(named(&suspects(sorted)).len(), 2);
    assert_eq!(named(&suspects(unsorted)).len(), 6);
    assert!(suspects(r#"{"c":"1","b":"2"}"#).is_empty(), "the top level is sorted by whoever signs");
    let beyond = lines(r#"{"😀":"1","｡":"2"}"#);
    let by = "fastjson 1, fastjson2, Jackson, Gson, Hutool, org.json";
    assert_eq!(beyond, [format!("the body: the names, written in the order of UTF-16, by {by}")]);
}

#[test]
fn text_true_and_false_are_not_suspect() {
    let body = r#"{"a":"C_M_0_P_中国20M","b":"0.10","c":"a/b \"x\" \\ \t\n","d":true,"e":[false],"f":"😀é","g":""}"#;
    assert_eq!(lines(body), <[&str; 0]>::default());
    assert!(lines(r#"{"a":{"b":"1"},"c":[null,"x"],"d":4.99}"#).is_empty());
}

#[test]
fn a_number_is_suspect_from_where_it_is_written_otherwise() {
    let by = |number: &str| named(&suspects(&format!("{{\"a\":{number}}}"))).into_iter().collect::<Vec<_>>().join(" ");
    for unsuspected in ["4.99", "-12.25", "1234567.5", "9999999.5", "0.001", "-0.0012", "1.0000001", "1.23456789012345"]
    {
        assert_eq!(by(unsuspected), "", "{unsuspected}");
    }
    for double in ["10000000.5", "-0.00099", "0.000001", "0.0000012", "1.234567890123456", "100000.12345678901"] {
        assert_eq!(by(double), "Gson Jackson", "{double}");
    }
    assert_eq!(by("0.0000001"), "Gson Jackson fastjson 1 org.json");
    assert_eq!(by("0.000000"), "Gson Hutool Jackson org.json");
    assert_eq!(by("0.0"), "Hutool org.json");
    assert_eq!((by("9223372036854775807"), by("9223372036854775808")), ("Gson".into(), "Gson Hutool".into()));
    assert_eq!((by("-9223372036854775808"), by("-9223372036854775809")), ("Gson".into(), "Gson Hutool".into()));
}

#[test]
fn an_explanation_can_be_pasted_into_a_ticket() {
    let body = r#"{"sign":"not to be shown","mcc":"","order_id":"1","pay_amount":0.10,"note":"中\u00a0"}"#;
    let explanation = explain(body.as_bytes()).unwrap();
    let expected = [
        "signed, 49 bytes of UTF-8:",
        "{\"note\":\"中\u{a0}\",\"order_id\":\"1\",\"pay_amount\":0.10}",
        "not signed: mcc, because it is empty",
        "not signed: sign, because it is the signature",
        "a server in Java may write these otherwise, depending on its JSON library:",
        r"- note: the character U+00A0, written \u00a0, by Hutool",
        "- pay_amount: the number 0.10, written without last zeros: 1 or 1.1, by Hutool, org.json",
        "- pay_amount: the number 0.10, written without last zeros: 1.0 or 1.1, by Jackson, Gson",
    ];
    assert_eq!(explanation.to_string(), expected.join("\n"));
    assert_eq!(Explanation::default().to_string(), "nothing is signed");
    let plain = explain(br#"{"order_id":"1"}"#).unwrap().to_string();
    assert_eq!(plain, "signed, 16 bytes of UTF-8:\n{\"order_id\":\"1\"}");
}
