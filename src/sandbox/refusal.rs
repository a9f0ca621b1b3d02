//! Why the sandbox refuses a call. The codes are its own: Linksfield documents none.

use axum::http::StatusCode;

use crate::values::Language;

/// A refusal: its code, and its words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Body(String),
    BodyTooLarge,
    UnknownPath,
    Method {
        allowed: String,
    },
    AccessCode,
    Signature(String),
    Parameter {
        name: String,
        problem: String,
    },
    UnknownPlan,
    UnknownOrder,
    OrderStarted,
    OrderEnded,
    Unpaid,
    NotAllowed(&'static str),
    NoPlanInUse,
    Full,
    /// What a fault says.
    Fault,
}

impl Refusal {
    pub(super) fn parameter(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), problem: problem.into() }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Body(_) => "SANDBOX-BODY",
            Self::BodyTooLarge => "SANDBOX-BODY-TOO-LARGE",
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
            Self::Fault => "SANDBOX-FAULT",
        }
    }

    /// A refused call of an operation has HTTP 200, as documented; what is no call of one has the status of its trouble.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::OK,
        }
    }

    pub(super) fn message(&self, language: &Language) -> String {
        let (chinese, english) = self.messages();
        if *language == Language::English { english } else { chinese }
    }

    /// In Chinese and in English. Details that the sandbox computes are in English in both.
    fn messages(&self) -> (String, String) {
        let both = |chinese: &str, english: &str| (chinese.to_owned(), english.to_owned());
        match self {
            Self::Body(problem) => (format!("请求体错误: {problem}"), format!("the body is wrong: {problem}")),
            Self::BodyTooLarge => both("请求体过大", "the body is too large"),
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
            Self::Parameter { name, problem } => (format!("参数 {name} 错误: {problem}"), format!("{name}: {problem}")),
            Self::UnknownPlan => both("套餐不存在", "no plan has this package_code"),
            Self::UnknownOrder => both("订单不存在", "no order has this order_id"),
            Self::OrderStarted => both("订单已启用", "this order is already started"),
            Self::OrderEnded => both("订单已结束", "this order has ended"),
            Self::Unpaid => both("未支付订单不允许立即开通", "an unpaid order can't be started at once"),
            Self::NotAllowed(rule) => (format!("不允许: {rule}"), format!("not allowed: {rule}")),
            Self::NoPlanInUse => both("该设备没有使用中的套餐", "this SIM has no plan in use"),
            Self::Full => both("订单数量已达上限", "the sandbox keeps no more orders: start a new one"),
            Self::Fault => both("?", "?"),
        }
    }
}
