//! Why the sandbox refuses a call. The codes are its own: Linksfield documents none.

use std::borrow::Cow;

use axum::http::StatusCode;

use super::limits::BATCH_LIMIT;
use crate::values::Language;

/// A refusal: its code, and its words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Body(Words),
    BodyTooLarge,
    BodyTimeout,
    BatchTooLarge,
    UnknownPath,
    Method {
        allowed: String,
    },
    AccessCode,
    Signature(String),
    Parameter {
        name: String,
        problem: Words,
    },
    UnknownPlan,
    UnknownOrder,
    OrderStarted,
    OrderEnded,
    Unpaid,
    NotAllowed(Words),
    NoPlanInUse,
    Full,
    Clock,
    /// What a test says, or a code that the API's documentation lists.
    Told {
        code: String,
        message: String,
    },
}

/// The same in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    chinese: Cow<'static, str>,
    english: Cow<'static, str>,
}

impl<C: Into<Cow<'static, str>>, E: Into<Cow<'static, str>>> From<(C, E)> for Words {
    fn from((chinese, english): (C, E)) -> Self {
        Self { chinese: chinese.into(), english: english.into() }
    }
}

impl Refusal {
    pub(super) fn parameter(name: impl Into<String>, problem: impl Into<Words>) -> Self {
        Self::Parameter { name: name.into(), problem: problem.into() }
    }

    pub(super) fn body(problem: impl Into<Words>) -> Self {
        Self::Body(problem.into())
    }

    pub(super) fn not_allowed(rule: impl Into<Words>) -> Self {
        Self::NotAllowed(rule.into())
    }

    /// With a code that the API's documentation lists.
    #[cfg(feature = "cube")]
    pub(super) fn documented(code: crate::cube::types::ResultCode, problem: impl Into<String>) -> Self {
        Self::Told { code: code.to_string(), message: problem.into() }
    }

    pub(super) fn code(&self) -> &str {
        match self {
            Self::Body(_) => "SANDBOX-BODY",
            Self::BodyTooLarge => "SANDBOX-BODY-TOO-LARGE",
            Self::BodyTimeout => "SANDBOX-BODY-TIMEOUT",
            Self::BatchTooLarge => "SANDBOX-BATCH-TOO-LARGE",
            Self::UnknownPath => "SANDBOX-UNKNOWN-PATH",
            Self::Method { .. } => "SANDBOX-METHOD",
            Self::AccessCode => "SANDBOX-ACCESS-CODE",
            Self::Signature(_) => "SANDBOX-SIGNATURE",
            Self::Parameter { .. } => "SANDBOX-PARAMETER",
            Self::UnknownPlan => "SANDBOX-UNKNOWN-PLAN",
            Self::UnknownOrder => "SANDBOX-UNKNOWN-ORDER",
            Self::OrderStarted => "SANDBOX-ORDER-STARTED",
            Self::OrderEnded => "SANDBOX-ORDER-ENDED",
            Self::Unpaid => "SANDBOX-UNPAID",
            Self::NotAllowed(_) => "SANDBOX-NOT-ALLOWED",
            Self::NoPlanInUse => "SANDBOX-NO-PLAN-IN-USE",
            Self::Full => "SANDBOX-FULL",
            Self::Clock => "SANDBOX-CLOCK",
            Self::Told { code, .. } => code,
        }
    }

    /// A refused call of an operation has HTTP 200, as documented; what is no call of one has the status of its trouble.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::OK,
        }
    }

    pub(super) fn message(&self, language: &Language) -> String {
        let (chinese, english) = self.messages();
        if *language == Language::English { english } else { chinese }
    }

    /// In Chinese and in English.
    fn messages(&self) -> (String, String) {
        let both = |chinese: &str, english: &str| (chinese.to_owned(), english.to_owned());
        match self {
            Self::Body(Words { chinese, english }) => {
                (format!("请求体错误: {chinese}"), format!("the body is wrong: {english}"))
            }
            Self::BodyTooLarge => both("请求体过大", "the body is too large"),
            Self::BodyTimeout => both("请求体接收超时", "the body did not come in time"),
            Self::BatchTooLarge => {
                (format!("一次最多 {BATCH_LIMIT} 张卡"), format!("a batch is for at most {BATCH_LIMIT} SIMs here"))
            }
            Self::UnknownPath => both("路径不存在", "no operation has this path"),
            Self::Method { .. } => both("请求方法错误", "this operation has another method"),
            Self::AccessCode => both(
                "access_code (partnerCode, x-access-token) 不存在",
                "this access_code (partnerCode, x-access-token) is not known",
            ),
            Self::Signature(content) => (
                format!("签名错误,服务器签名内容: {content}"),
                format!("the signature is wrong; the server signed this content with your secret: {content}"),
            ),
            Self::Parameter { name, problem: Words { chinese, english } } => {
                (format!("参数 {name} 错误: {chinese}"), format!("{name}: {english}"))
            }
            Self::UnknownPlan => both("套餐不存在", "no plan has this package_code"),
            Self::UnknownOrder => both("订单不存在", "no order has this order_id"),
            Self::OrderStarted => both("订单已启用", "this order is already started"),
            Self::OrderEnded => both("订单已结束", "this order has ended"),
            Self::Unpaid => both("未支付订单不允许立即开通", "an unpaid order can't be started at once"),
            Self::NotAllowed(Words { chinese, english }) => {
                (format!("不允许: {chinese}"), format!("not allowed: {english}"))
            }
            Self::NoPlanInUse => both("该设备没有使用中的套餐", "this SIM has no plan in use"),
            Self::Full => both("订单数量已达上限", "the sandbox keeps no more orders: start a new one"),
            Self::Clock => {
                both("沙箱时钟必须在 1970 至 9998 年之间", "the sandbox's clock must be in a year from 1970 to 9998")
            }
            Self::Told { message, .. } => both(message, message),
        }
    }
}
