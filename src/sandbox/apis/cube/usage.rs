//! What SIMs used, by days of UTC 0: a test says it, and two operations tell it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::account::Account;
use super::times::{day_of, in_order, printed};
use crate::cube::types::{PeriodType, QueryAccumulatedUsage, QuerySimUsage, ResultCode, UsageCategory};
use crate::sandbox::refusal::Refusal;

/// None before is listed.
const FIRST: Date = date(2023, 1, 1);

/// How a time is printed.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// How far back days are listed, and months beside the current one.
const DAYS: i64 = 60;
const MONTHS: i64 = 5;

/// How long the periods of a list are.
#[derive(Clone, Copy)]
enum Period {
    Day,
    Month,
}

impl Period {
    fn of(query: &QuerySimUsage) -> Result<Self, Refusal> {
        match query.period_type {
            PeriodType::Daily if query.category == UsageCategory::Data => Ok(Self::Day),
            PeriodType::Monthly if query.category == UsageCategory::Data => Ok(Self::Month),
            _ => Err(Refusal::documented(ResultCode::InvalidParameters, "category is data, period_type is 1 or 2")),
        }
    }

    /// The first day of the period that a text names, in which the pages print zeros in front or do not.
    fn read(self, text: &str) -> Result<Date, Refusal> {
        let day = match self {
            Self::Day => text.to_owned(),
            Self::Month => format!("{text}-1"),
        };
        let problem = "by day a time is written as 2022-10-01, by month as 2022-10";
        Date::strptime("%Y-%m-%d", day).map_err(|_| Refusal::documented(ResultCode::InvalidParameters, problem))
    }

    fn first(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Month => day.first_of_month(),
        }
    }

    fn last(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Month => day.last_of_month(),
        }
    }

    /// The first that is listed on a day.
    fn earliest(self, today: Date) -> Date {
        match self {
            Self::Day => today.saturating_sub(DAYS.days()),
            Self::Month => self.first(today).saturating_sub(MONTHS.months()),
        }
    }

    fn form(self) -> &'static str {
        match self {
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
        }
    }
}

/// An item for each period in which the SIM used something: the printed example leaves days out.
pub(super) fn listed(query: &QuerySimUsage, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    let sim = account.sim(&query.sim_id)?;
    let (period, today) = (Period::of(query)?, day_of(now));
    let (begin_from, end_by) = (period.read(&query.begin_from)?, period.read(&query.end_by)?);
    in_order(&begin_from, &end_by)?;
    if end_by > today {
        return Err(Refusal::documented(ResultCode::EndOutOfRange, "end_by is later than now"));
    }
    if begin_from < period.earliest(today) {
        let problem = "begin_from is more than 60 days, or 6 months with the current one, back";
        return Err(Refusal::documented(ResultCode::StartTooEarly, problem));
    }
    let mut amounts = BTreeMap::<Date, u64>::new();
    for (day, amount) in sim.used.range(begin_from..=period.last(end_by)).filter(|(day, _)| **day >= FIRST) {
        let all = amounts.entry(period.first(*day)).or_default();
        *all = all.saturating_add(*amount);
    }
    let updated = printed(now, TIME);
    let items = amounts.into_iter().map(|(first, all)| {
        let named = first.strftime(period.form()).to_string();
        json!({ "period": named, "updated_at": updated, "data": { "all": all } })
    });
    Ok(json!({ "sim_id": query.sim_id, "usage": items.collect::<Vec<_>>() }))
}

/// What the SIM used since the day on which the bundle in effect began, if one has begun.
pub(super) fn accumulated(query: &QueryAccumulatedUsage, account: &mut Account) -> Result<Value, Refusal> {
    let sim = account.sim(&query.sim_id)?;
    let of_start = |start| {
        let used = sim.used.range(day_of(start)..).fold(0, |all: u64, (_, amount)| all.saturating_add(*amount));
        json!({ "type": "data", "accu_usage": used.to_string(), "since": printed(start, TIME) })
    };
    Ok(sim.in_effect().map(of_start).into_iter().collect())
}
