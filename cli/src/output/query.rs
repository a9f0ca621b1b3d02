//! JMESPath, over values in which long numbers are texts.

use jmespath::ast::Ast;
use jmespath::{Expression, Rcvar, Variable};
use serde_json::Value;

use crate::digits::as_texts;
use crate::exit::{Exit, Failure, Result};

/// Functions that say something of a whole list.
const OF_LISTS: [&str; 11] =
    ["avg", "join", "length", "map", "max", "max_by", "min", "min_by", "reverse", "sort", "sort_by"];

pub struct Query(Expression<'static>);

impl Query {
    pub fn parse(expression: &str) -> Result<Self> {
        let parsed = jmespath::compile(&exact_literals(expression));
        parsed.map(Self).map_err(|error| Failure::usage(format!("--query {expression}: {error}")))
    }

    /// One that is asked of each item of a list, and not of the whole.
    pub fn parse_of_items(expression: &str) -> Result<Self> {
        let query = Self::parse(expression)?;
        if needs_the_list(query.0.as_ast()) {
            return Err(Failure::usage(format!(
                "--query {expression}: with --all it sees one item at a time, and this needs the whole list: leave --all out, or ask of an item"
            )));
        }
        Ok(query)
    }

    /// What it finds. It is asked of answers alone, so that its failure says nothing of whether something was sent.
    pub fn search(&self, value: &Value) -> Result<Value> {
        let found = self.0.search(asked(value));
        let found = found.map_err(|error| Failure::new(Exit::Other, format!("--query: {error}")))?;
        Ok(answered(&found))
    }
}

/// A value as JMESPath has it. By hand, as some features of `serde_json` put more into numbers than others read.
fn asked(value: &Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(truth) => Variable::Bool(*truth),
        Value::Number(number) => Variable::Number(number.clone()),
        Value::String(text) => Variable::String(text.clone()),
        Value::Array(items) => Variable::Array(items.iter().map(|item| Rcvar::new(asked(item))).collect()),
        Value::Object(fields) => {
            Variable::Object(fields.iter().map(|(name, value)| (name.clone(), Rcvar::new(asked(value)))).collect())
        }
    }
}

fn answered(found: &Variable) -> Value {
    match found {
        Variable::Null | Variable::Expref(_) => Value::Null,
        Variable::Bool(truth) => Value::Bool(*truth),
        Variable::Number(number) => Value::Number(number.clone()),
        Variable::String(text) => Value::String(text.clone()),
        Variable::Array(items) => items.iter().map(|item| answered(item)).collect(),
        Variable::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), answered(value))).collect(),
    }
}

/// An expression in whose literals long numbers are texts, as they are in what it is asked of.
fn exact_literals(expression: &str) -> String {
    let mut exact = String::with_capacity(expression.len());
    let mut literal = String::new();
    let (mut quote, mut is_escaped) = (None, false);
    for character in expression.chars() {
        match quote {
            Some('`') if character == '`' && !is_escaped => {
                exact.push_str(&as_texts(&literal));
                exact.push('`');
                literal.clear();
                quote = None;
            }
            Some('`') => literal.push(character),
            Some(end) => {
                exact.push(character);
                quote = Some(end).filter(|end| *end != character || is_escaped);
            }
            None => {
                exact.push(character);
                quote = Some(character).filter(|character| ['`', '\'', '"'].contains(character));
            }
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    exact + &literal
}

/// Whether an expression takes what it is asked of for a list.
fn needs_the_list(ast: &Ast) -> bool {
    let is_whole = |ast: &Ast| matches!(ast, Ast::Identity { .. });
    match ast {
        Ast::Index { .. } | Ast::Slice { .. } => true,
        Ast::Flatten { node, .. } | Ast::Projection { lhs: node, .. } => is_whole(node) || needs_the_list(node),
        Ast::Subexpr { lhs, .. } => needs_the_list(lhs),
        Ast::Function { name, args, .. } => {
            OF_LISTS.contains(&name.as_str()) && args.iter().any(is_whole) || args.iter().any(needs_the_list)
        }
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } | Ast::Comparison { lhs, rhs, .. } => {
            needs_the_list(lhs) || needs_the_list(rhs)
        }
        Ast::Not { node, .. } => needs_the_list(node),
        Ast::MultiList { elements, .. } => elements.iter().any(needs_the_list),
        Ast::MultiHash { elements, .. } => elements.iter().any(|pair| needs_the_list(&pair.value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn search(expression: &str, value: &Value) -> Value {
        Query::parse(expression).unwrap().search(&crate::digits::exact(value.clone())).unwrap()
    }

    #[test]
    fn neighbours_of_many_digits_are_told_apart() {
        let ids = json!([
            { "sim_id": "89852202508034252912" }, { "sim_id": "89852202508034252913" },
            { "sim_id": 8985220250803425291_u64 }, { "sim_id": 8985220250803425292_u64 },
            { "sim_id": 9007199254740990_u64 }, { "sim_id": 9007199254740991_u64 },
        ]);
        for id in ["89852202508034252912", "8985220250803425292", "9007199254740991"] {
            let found = search(&format!("[?sim_id==`{id}`].sim_id"), &ids);
            assert_eq!(found, json!([id]), "{id}");
        }
    }

    #[test]
    fn only_literals_are_changed() {
        assert_eq!(
            exact_literals(r#"'`1234567890123456`' == `1234567890123456`"#),
            r#"'`1234567890123456`' == `"1234567890123456"`"#
        );
        assert_eq!(exact_literals(r#""a`1234567890123456".b"#), r#""a`1234567890123456".b"#);
    }

    #[test]
    fn what_needs_the_whole_list_is_told_from_what_does_not() {
        for whole in [
            "[0]",
            "[0].a",
            "[-1]",
            "[:2]",
            "[]",
            "[].a",
            "[*].a",
            "[?a].b",
            "length(@)",
            "sort_by(@, &a)",
            "length([])",
            "{n: length(@)}",
        ] {
            assert!(Query::parse_of_items(whole).is_err(), "{whole}");
        }
        for item in ["a", "a.b", "a[0]", "a[?b].c", "length(a)", "{a: a, b: b}", "[a, b]", "a == 'x' && b", "keys(@)"] {
            assert!(Query::parse_of_items(item).is_ok(), "{item}");
        }
    }
}
