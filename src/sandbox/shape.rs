//! Shapes of answers that are not the documented one, as servers in Java and PHP, and gateways before them, send.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use encoding_rs::GB18030;
use serde_json::{Map, Value, json};

use super::api::Asked;
use super::named::named;
use super::response::parted;

named! {
    /// A shape of an answer that is not the documented one, though the operation is carried out.
    ///
    /// Many say the same otherwise, and a client should read them; others can't be believed. What a client of this crate
    /// makes of each stands in `docs/shapes.md`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), linksfield::Error> {
    /// use linksfield::sandbox::{Effect, Sandbox, Shape, Story};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// sandbox.tell(Story::new(Shape::NullsLeftOut).of("orderPackage").times(2))?;
    /// sandbox.tell(Story::new(Effect::any_shape(42)).always())?;
    /// # Ok(()) }
    /// ```
    pub enum Shape {
        /// White space and line breaks between all tokens.
        WhiteSpace = "white-space",
        /// A byte order mark before the JSON.
        ByteOrderMark = "byte-order-mark",
        /// A line break and zero bytes behind the JSON.
        TrailingBytes = "trailing-bytes",
        /// A line break in the message that is not escaped.
        RawLineBreak = "raw-line-break",
        /// The message ends with half of a pair of surrogates.
        LoneSurrogate = "lone-surrogate",
        /// The text is in GB18030, and the header says so.
        Gb18030 = "gb18030",
        /// Texts of digits are numbers.
        TextsAsNumbers = "texts-as-numbers",
        /// Numbers are texts.
        NumbersAsTexts = "numbers-as-texts",
        /// `true` and `false` are texts.
        BooleansAsTexts = "booleans-as-texts",
        /// `true` and `false` are 1 and 0.
        BooleansAsNumbers = "booleans-as-numbers",
        /// Fields that are null are left out.
        NullsLeftOut = "nulls-left-out",
        /// Empty texts stand for null.
        NullsAsTexts = "nulls-as-texts",
        /// Empty lists stand for empty objects.
        ObjectsAsLists = "objects-as-lists",
        /// The one item stands for a list of one.
        ListsAsItems = "lists-as-items",
        /// The fields of the data stand beside the code.
        DataBesideCode = "data-beside-code",
        /// Each list has an item more, which is null.
        NullItems = "null-items",
        /// The data is a text with the JSON in it.
        DataAsText = "data-as-text",
        /// There is no code.
        NoCode = "no-code",
        /// The code is null.
        NullCode = "null-code",
        /// The code is in a list.
        ListedCode = "listed-code",
        /// There are two codes, the first of them one of failure.
        TwoCodes = "two-codes",
        /// The code is one of failure, and the data that of a success.
        FailureWithData = "failure-with-data",
        /// The code is that of success, and `success` is false.
        SuccessIsFalse = "success-is-false",
        /// There is no data.
        NoData = "no-data",
        /// The data stands alone, without anything around it.
        NoEnvelope = "no-envelope",
        /// The answer is in a list.
        Listed = "listed",
        /// Half of the JSON, as if it were the whole.
        Half = "half",
    }
}

/// The code of failure, where a shape has one.
const FAILURE: &str = "SANDBOX-FAILURE";

impl Shape {
    /// The same answer in this shape; what is no JSON object stays as it is.
    pub(super) async fn put_on(self, asked: &Asked<'_>, response: Response<Body>) -> Response<Body> {
        let (mut head, documented) = parted(response).await;
        let Ok(fields) = serde_json::from_str::<Map<String, Value>>(&documented) else {
            return Response::from_parts(head, documented.into());
        };
        let shaped = self.shaped(Value::Object(fields), asked.result_code());
        if self != Self::Gb18030 {
            return Response::from_parts(head, shaped.into());
        }
        let in_gb18030 = HeaderValue::from_static("application/json; charset=GB18030");
        head.headers.insert(CONTENT_TYPE, in_gb18030);
        Response::from_parts(head, GB18030.encode(&shaped).0.into_owned().into())
    }

    fn shaped(self, mut whole: Value, code: &str) -> String {
        self.change(&mut whole, code);
        self.written(&whole, code)
    }

    /// What of the shape is in the values.
    fn change(self, whole: &mut Value, code: &str) {
        match self {
            Self::TextsAsNumbers => each(whole, &|value| {
                value.as_str().filter(|text| is_number(text)).map(|text| json!(format!("{NUMBER}{text}")))
            }),
            Self::NumbersAsTexts => each(whole, &|value| value.is_number().then(|| json!(value.to_string()))),
            Self::BooleansAsTexts => each(whole, &|value| value.is_boolean().then(|| json!(value.to_string()))),
            Self::BooleansAsNumbers => each(whole, &|value| value.as_bool().map(|truth| json!(u8::from(truth)))),
            Self::NullsLeftOut => each(whole, &|value| {
                let fields = value.as_object()?.iter().filter(|(_, field)| !field.is_null());
                Some(fields.map(|(name, field)| (name.clone(), field.clone())).collect())
            }),
            Self::NullsAsTexts => each(whole, &|value| value.is_null().then(|| json!(""))),
            Self::ObjectsAsLists => each(whole, &|value| (*value == json!({})).then(|| json!([]))),
            Self::ListsAsItems => each(whole, &|value| match value.as_array()?.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            }),
            Self::NullItems => {
                each(whole, &|value| Some(value.as_array()?.iter().cloned().chain([Value::Null]).collect()))
            }
            Self::DataBesideCode | Self::DataAsText | Self::NoData | Self::NoEnvelope => self.change_data(whole),
            Self::NoCode | Self::NullCode | Self::ListedCode | Self::FailureWithData => self.change_code(whole, code),
            Self::SuccessIsFalse => drop(whole.get_mut("success").map(|success| *success = json!(false))),
            Self::RawLineBreak => add_to_message(whole, LINE_BREAK),
            Self::LoneSurrogate => add_to_message(whole, SURROGATE),
            _ => {}
        }
    }

    fn change_data(self, whole: &mut Value) {
        let Some(fields) = whole.as_object_mut() else { return };
        let Some(data) = fields.remove("data") else { return };
        match (self, data) {
            (Self::DataBesideCode, Value::Object(data)) => fields.extend(data),
            (Self::DataAsText, data) => drop(fields.insert("data".to_owned(), json!(data.to_string()))),
            (Self::NoEnvelope, data) => *whole = data,
            (Self::NoData, _) => {}
            (_, data) => drop(fields.insert("data".to_owned(), data)),
        }
    }

    fn change_code(self, whole: &mut Value, code: &str) {
        let (around, name) = code.rsplit_once('.').map_or((None, code), |(around, name)| (Some(around), name));
        let within = match around {
            Some(around) => whole.get_mut(around),
            None => Some(whole),
        };
        let Some(fields) = within.and_then(Value::as_object_mut) else { return };
        let Some(code) = fields.remove(name) else { return };
        match self {
            Self::NullCode => drop(fields.insert(name.to_owned(), Value::Null)),
            Self::ListedCode => drop(fields.insert(name.to_owned(), json!([code]))),
            Self::FailureWithData => drop(fields.insert(name.to_owned(), json!(FAILURE))),
            _ => {}
        }
    }

    /// What of the shape is in the text.
    fn written(self, whole: &Value, code: &str) -> String {
        let text = whole.to_string();
        match self {
            Self::WhiteSpace => format!("\r\n {whole:#} \r\n"),
            Self::ByteOrderMark => format!("\u{feff}{text}"),
            Self::TrailingBytes => format!("{text}\r\n\0\0"),
            Self::RawLineBreak => text.replace(LINE_BREAK, "\n"),
            Self::LoneSurrogate => text.replace(SURROGATE, "\\ud83d"),
            Self::TextsAsNumbers => without_quotes(&text),
            Self::TwoCodes => twice(&text, code.rsplit('.').next().unwrap_or(code)),
            Self::Listed => format!("[{text}]"),
            Self::Half => text.chars().take(text.chars().count() / 2).collect(),
            _ => text,
        }
    }
}

/// What stands for something that no `Value` can be.
const NUMBER: &str = "SANDBOX-NUMBER:";
const LINE_BREAK: &str = "SANDBOX-LINE-BREAK";
const SURROGATE: &str = "SANDBOX-SURROGATE";

/// Changes each value of which `changed` makes another, the inner ones first.
fn each(value: &mut Value, changed: &impl Fn(&Value) -> Option<Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, changed)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each(field, changed)),
        _ => {}
    }
    if let Some(changed) = changed(value) {
        *value = changed;
    }
}

/// Whether JSON can have it as a number with the same digits.
fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

fn without_quotes(text: &str) -> String {
    let number = format!("\"{NUMBER}");
    let mut parts = text.split(&number);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + &part.replacen('"', "", 1))
}

fn add_to_message(whole: &mut Value, mark: &str) {
    if let Some(Value::String(message)) = whole.get_mut("message") {
        message.push_str(mark);
    }
}

fn twice(text: &str, code: &str) -> String {
    let field = format!("\"{code}\":");
    text.replacen(&field, &format!("{field}\"{FAILURE}\",{field}"), 1)
}
