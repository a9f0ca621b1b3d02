//! JMESPath, over values in which long numbers are texts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use jmespath::ast::Ast;
use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Context, Rcvar, Runtime, Variable};
use serde_json::{Number, Value};

use crate::digits::as_texts;
use crate::exit::{Exit, Failure, Result};

/// Functions that say something of a whole list.
const OF_LISTS: [&str; 12] =
    ["avg", "join", "length", "map", "max", "max_by", "min", "min_by", "reverse", "sort", "sort_by", "sum"];

/// The functions of JMESPath, of which one reads JSON, and would read numbers otherwise than they are here.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let to_number = |given: &[Rcvar], _: &mut Context<'_>| {
        Ok(match given {
            [number] if number.is_number() => Rcvar::clone(number),
            [other] => {
                let number = other.as_string().and_then(|text| text.parse::<Number>().ok());
                Rcvar::new(number.map_or(Variable::Null, Variable::Number))
            }
            _ => Rcvar::new(Variable::Null),
        })
    };
    let signature = Signature::new(vec![ArgumentType::Any], None);
    runtime.register_function("to_number", Box::new(CustomFunction::new(signature, Box::new(to_number))));
    runtime
});

pub struct Query {
    expression: String,
    ast: Ast,
}

impl Query {
    pub fn parse(expression: &str) -> Result<Self> {
        let exact = exact_literals(expression);
        let parsed = jmespath::parse(&exact);
        let mut ast = parsed.map_err(|error| Failure::usage(format!("--query {expression}: {error}")))?;
        mend_literals(&mut ast);
        Ok(Self { expression: exact, ast })
    }

    /// One that is asked of each item of a list, and not of the whole.
    pub fn parse_of_items(expression: &str) -> Result<Self> {
        let query = Self::parse(expression)?;
        if needs_the_list(&query.ast) {
            return Err(Failure::usage(format!(
                "--query {expression}: it sees one item at a time, and this needs the whole list: ask of an item, or leave --all out"
            )));
        }
        Ok(query)
    }

    /// What it finds. It is asked of answers alone, so that its failure says nothing of whether something was sent.
    pub fn search(&self, value: &Value) -> Result<Value> {
        let failed = |why: String| Failure::new(Exit::Other, format!("--query: {why}"));
        let mut context = Context::new(&self.expression, &RUNTIME);
        // Numbers near the end of their range are too much for it, and an answer must not be lost by that.
        let found =
            catch_unwind(AssertUnwindSafe(|| jmespath::interpret(&Rcvar::new(asked(value)), &self.ast, &mut context)));
        let found = found.map_err(|_| failed("it has a number that is too large".to_owned()))?;
        let found = found.map_err(|error| failed(error.to_string()))?;
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

/// Gives the literals of an expression the numbers that they were written with: its parser takes them for objects.
fn mend_literals(ast: &mut Ast) {
    match ast {
        Ast::Literal { value, .. } => {
            if let Ok(read) = serde_json::from_str(&value.to_string()) {
                *value = Rcvar::new(asked(&read));
            }
        }
        Ast::Comparison { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. } => {
            mend_literals(lhs);
            mend_literals(rhs);
        }
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => mend_literals(node),
        Ast::Function { args: all, .. } | Ast::MultiList { elements: all, .. } => {
            all.iter_mut().for_each(mend_literals)
        }
        Ast::MultiHash { elements, .. } => elements.iter_mut().for_each(|pair| mend_literals(&mut pair.value)),
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Slice { .. } => {}
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
    match ast {
        Ast::Index { .. } | Ast::Slice { .. } => true,
        Ast::Flatten { node, .. } | Ast::Projection { lhs: node, .. } => is_whole(node) || needs_the_list(node),
        Ast::Subexpr { lhs, rhs, .. } => needs_the_list(lhs) || is_whole(lhs) && needs_the_list(rhs),
        Ast::Function { name, args, .. } => {
            OF_LISTS.contains(&name.as_str()) && args.iter().any(is_whole) || args.iter().any(needs_the_list)
        }
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } | Ast::Comparison { lhs, rhs, .. } => {
            needs_the_list(lhs) || needs_the_list(rhs)
        }
        Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => needs_the_list(node),
        Ast::MultiList { elements, .. } => elements.iter().any(needs_the_list),
        Ast::MultiHash { elements, .. } => elements.iter().any(|pair| needs_the_list(&pair.value)),
        _ => false,
    }
}

/// Whether an expression may give the very thing that it is asked of.
fn is_whole(ast: &Ast) -> bool {
    match ast {
        Ast::Identity { .. } => true,
        Ast::Subexpr { lhs, rhs, .. } => is_whole(lhs) && is_whole(rhs),
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => is_whole(lhs) || is_whole(rhs),
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
    fn numbers_are_numbers_in_answers_in_literals_and_in_functions() {
        let answer = json!({ "page": { "total_count": 5 }, "sims": [{ "status": 10, "used": 1.5 }, { "status": 2 }] });
        for (expression, found) in [
            ("sims[?status==`10`].used", json!([1.5])),
            ("sims[].status", json!([10, 2])),
            ("page.total_count > `3`", json!(true)),
            ("page.total_count < `3.5`", json!(false)),
            ("sims[?used==`1.5`].status | [0]", json!(10)),
            ("[`1.5`, `{\"a\":[1,\"2\"]}`]", json!([1.5, { "a": [1, "2"] }])),
            ("sum(sims[].status) == `12`", json!(true)),
            ("avg(sims[].status) == `6`", json!(true)),
            ("sort(sims[].status)", json!([2, 10])),
            ("sort_by(sims, &status)[0].status", json!(2)),
            ("max(sims[].status)", json!(10)),
            ("abs(`-2`) == `2`", json!(true)),
            ("to_number('12') == `12`", json!(true)),
            ("to_number('x')", json!(null)),
            ("to_string(page.total_count)", json!("5")),
            ("type(page.total_count)", json!("number")),
            ("contains(sims[].status, `10`)", json!(true)),
        ] {
            assert_eq!(search(expression, &answer), found, "{expression}");
        }
    }

    #[test]
    fn an_expression_that_is_too_much_for_it_fails_and_ends_nothing() {
        for expression in ["[a, a, a][1::2147483647]", "[a, a, a][-2::2147483647]"] {
            let query = Query::parse(expression).unwrap();
            let failure = query.search(&json!({ "a": 1 }));
            assert!(failure.is_err_and(|failure| failure.message.contains("too large")), "{expression}");
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
            "@[0]",
            "@[0].a",
            "(@)[-1:]",
            "@ | [0]",
            "@ | @[].a",
            "@[*].a",
            "@.length(@)",
            "@ | sort_by(@, &a)",
            "length(@ | @)",
            "length(@ || a)",
            "a || @[0]",
            "[@[0]]",
            "sum(@)",
        ] {
            assert!(Query::parse_of_items(whole).is_err(), "{whole}");
        }
        for item in [
            "a",
            "a.b",
            "a[0]",
            "a[?b].c",
            "length(a)",
            "{a: a, b: b}",
            "[a, b]",
            "a == 'x' && b",
            "keys(@)",
            "@",
            "@.a[0]",
            "a | [0]",
            "a.length(@)",
            "@.*",
            "values(@)[0]",
        ] {
            assert!(Query::parse_of_items(item).is_ok(), "{item}");
        }
    }
}
