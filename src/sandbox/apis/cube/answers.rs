//! What each operation answers: from its parameters and the account to its `data`, in the documented shape.

use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::NONCE;
use super::account::{Account, Bundle, Operation as Asynchronous, Sim, millis};
use crate::cube::types::{
    ActivateSim, AddBundle, BundleStatus, BundleType, CancelSim, CreateRenewalOrder, ListReceivedSms, ListSentSms,
    PeriodType, QueryAsyncResult, QueryRenewalOrder, QuerySim, QuerySimBundles, QuerySimUsage, QuerySims, ResultCode,
    ResumeSim, SendSms, SimStatus, SmsStatus, UsageCategory,
};
use crate::openapi::Operation;
use crate::sandbox::api::{Parameters, read};
use crate::sandbox::refusal::Refusal;

/// Most SIMs of one SMS, and most characters of one.
const SMS_SIMS: usize = 100;
const SMS_CHARACTERS: usize = 140;

/// Does an operation. One that needs nothing of the sandbox answers as the documentation has it in an example.
pub(super) fn answer(
    operation: &Operation,
    parameters: &Parameters,
    account: &mut Account,
    now: SystemTime,
) -> Result<Value, Refusal> {
    match operation.id {
        "querySims" => query_sims(&asked(parameters)?, account),
        "querySim" => query_sim(&read(parameters)?, account),
        "querySimBundles" => query_bundles(&asked_of_bundles(parameters)?, account),
        "querySimUsage" => usage(&read(parameters)?, account, now),
        "queryAccumulatedUsage" => Ok(json!([{ "type": "data", "accu_usage": "0", "since": "1970-01-01 00:00:00" }])),
        "queryDailyUsage" => Ok(json!({})),
        "queryTextMessages" => Ok(json!({ "list": [] })),
        "activateSim" => {
            let ActivateSim { sim_id, .. } = read(parameters)?;
            account.begin(&sim_id, Asynchronous::Activate, now).map(|_| Value::Null)
        }
        "resumeSim" => {
            let ResumeSim { sim_id, .. } = read(parameters)?;
            account.begin(&sim_id, Asynchronous::Resume, now).map(|_| Value::Null)
        }
        "cancelSim" => {
            let CancelSim { sim_id, .. } = read(parameters)?;
            account.begin(&sim_id, Asynchronous::Cancel, now).map(|id| json!({ "request_id": id }))
        }
        "queryAsyncResult" => {
            let QueryAsyncResult { request_id } = read(parameters)?;
            account.result(&request_id)
        }
        "addBundle" => add_bundle(&read(parameters)?, account, now),
        "createRenewalOrder" => renew(parameters, account, now),
        "queryRenewalOrder" => {
            let QueryRenewalOrder { order_id } = read(parameters)?;
            account.orders.get(order_id.as_str()).cloned().ok_or(Refusal::UnknownOrder)
        }
        "sendSms" => send(parameters, account, now),
        "listSentSms" => sent(&asked(parameters)?, account),
        "listReceivedSms" => received(&asked(parameters)?, account),
        _ => Ok(serde_json::from_str(operation.answer).unwrap_or_default()),
    }
}

/// Parameters of a query: numbers are texts there, and a list of them is one text with commas.
fn asked<T: DeserializeOwned>(parameters: &Parameters) -> Result<T, Refusal> {
    let number = |text: &str| text.trim().parse::<i64>().map_or_else(|_| text.into(), Value::from);
    let typed = parameters.iter().map(|(name, value)| match (name.as_str(), value) {
        ("page_no" | "page_size" | "status", Value::String(text)) => (name.clone(), number(text)),
        _ => (name.clone(), value.clone()),
    });
    read(&typed.collect())
}

/// The same where `status` is a list.
fn asked_of_bundles(parameters: &Parameters) -> Result<QuerySimBundles, Refusal> {
    let mut parameters = parameters.clone();
    let statuses = parameters.remove("status");
    let statuses =
        statuses.as_ref().and_then(Value::as_str).unwrap_or_default().split(',').filter(|code| !code.is_empty());
    let codes = statuses.map(|code| code.trim().parse::<i64>().map_or_else(|_| code.into(), Value::from)).collect();
    parameters.insert("status".to_owned(), codes);
    asked(&parameters)
}

fn page(items: Vec<Value>, number: Option<i64>, size: Option<i64>, default: i64) -> Result<Value, Refusal> {
    let (number, size) = (number.unwrap_or(1), size.unwrap_or(default));
    if number < 1 || !(1..=100).contains(&size) {
        return Err(Refusal::documented(ResultCode::InvalidParameters, "page_no is from 1, page_size from 1 to 100"));
    }
    let before = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let total = items.len();
    let items: Vec<_> = items.into_iter().skip(before).take(usize::try_from(size).unwrap_or(0)).collect();
    Ok(json!({ "items": items, "total_count": total }))
}

fn query_sims(query: &QuerySims, account: &Account) -> Result<Value, Refusal> {
    let sims = account.sims.iter().filter(|(_, sim)| query.status.is_none_or(|status| status == sim.status));
    let sims =
        sims.map(|(id, sim)| json!({ "sim_id": id, "status": sim.status, "sim_service": service(sim, |_| true) }));
    page(sims.collect(), query.page_no, query.page_size, 10)
}

fn query_sim(query: &QuerySim, account: &mut Account) -> Result<Value, Refusal> {
    let sim = account.sim(&query.sim_id)?;
    let in_use = |bundle: &Bundle| bundle.status == BundleStatus::BundleInUse;
    Ok(json!({ "sim_id": query.sim_id, "status": sim.status, "tags": [], "sim_service": service(sim, in_use) }))
}

fn service(sim: &Sim, shown: impl Fn(&Bundle) -> bool) -> Value {
    let bundles: Vec<_> = sim.bundles.iter().filter(|bundle| shown(bundle)).map(bundle).collect();
    json!({ "contract": { "start_at": 0 }, "bundles": bundles })
}

fn bundle(bundle: &Bundle) -> Value {
    json!({
        "id": bundle.id, "status": bundle.status, "cycles": bundle.cycles, "added_at": millis(bundle.added),
        "start_at": bundle.started.map(millis), "current_cycle_usage": 0, "end_at": null,
    })
}

fn query_bundles(query: &QuerySimBundles, account: &mut Account) -> Result<Value, Refusal> {
    let sim = account.sim(&query.sim_id)?;
    let wanted = |found: &&Bundle| query.status.is_empty() || query.status.contains(&found.status);
    page(sim.bundles.iter().filter(wanted).map(bundle).collect(), query.page_no, query.page_size, 10)
}

fn usage(query: &QuerySimUsage, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    account.sim(&query.sim_id)?;
    let known =
        query.category == UsageCategory::Data && matches!(query.period_type, PeriodType::Daily | PeriodType::Monthly);
    if !known {
        return Err(Refusal::documented(ResultCode::InvalidParameters, "category is data, period_type is 1 or 2"));
    }
    if query.begin_from > query.end_by {
        return Err(Refusal::documented(ResultCode::StartAfterEnd, "begin_from is later than end_by"));
    }
    let period = json!({ "period": query.begin_from, "updated_at": millis(now).to_string(), "data": { "all": 0 } });
    Ok(json!({ "sim_id": query.sim_id, "usage": [period] }))
}

fn add_bundle(add: &AddBundle, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    let sim = account.sim(&add.sim_id)?;
    let in_use = sim.bundles.iter().any(|bundle| bundle.status == BundleStatus::BundleInUse);
    let status = match add.bundle_type {
        _ if sim.status == SimStatus::Terminated => {
            return Err(Refusal::documented(ResultCode::ExpiredOrTerminated, "the SIM is terminated"));
        }
        BundleType::Basic => BundleStatus::BundleNotStarted,
        BundleType::AddOn if in_use => BundleStatus::BundleInUse,
        BundleType::AddOn => {
            return Err(Refusal::documented(ResultCode::NoBundleInUse, "an add-on needs a basic bundle in use"));
        }
        _ => return Err(Refusal::documented(ResultCode::InvalidParameters, "bundle_type is 10 or 11")),
    };
    let started = (status == BundleStatus::BundleInUse).then_some(now);
    account.room.take(1, add.sim_id.len())?;
    let sim = account.sim(&add.sim_id)?;
    let id = format!("SANDBOX-{}", sim.bundles.len());
    sim.bundles.push(Bundle { id, status, cycles: add.cycles.unwrap_or(1), added: now, started });
    if add.activate == Some(true)
        && let Err(refusal) = account.begin(&add.sim_id, Asynchronous::Activate, now)
    {
        // All or nothing: what is refused has added nothing.
        account.sim(&add.sim_id)?.bundles.pop();
        return Err(refusal);
    }
    Ok(Value::Null)
}

fn renew(parameters: &Parameters, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    let order: CreateRenewalOrder = read(parameters)?;
    if order.items.is_empty() || order.items.iter().any(|item| item.sim_ids.is_empty()) {
        return Err(Refusal::documented(ResultCode::ParametersMissing, "items, and the SIMs of each, must be given"));
    }
    order.items.iter().flat_map(|item| &item.sim_ids).try_for_each(|sim| account.sim(sim).map(drop))?;
    let own: Parameters = parameters
        .iter()
        .filter(|(name, _)| *name != NONCE)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let parameters = format!("renew {}", Value::Object(own));
    let room = (1, parameters.len());
    account.once(parameters, room, now, |account| {
        let id = format!("SANDBOX-OL-{}", account.orders.len() + 1);
        let created = millis(now);
        let mut kept = json!({
            "id": id, "status": 1, "items": order.items, "created_at": created.to_string(), "abnormal": [],
        });
        // What was not ordered with is not answered with, not even as null.
        if let Some(extra) = &order.extra {
            kept["extra"] = json!(extra);
        }
        account.orders.insert(id.clone(), kept);
        json!({ "status": 1, "created_at": created, "order_id": id })
    })
}

fn send(parameters: &Parameters, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    let SendSms { sim_ids, message, .. } = read(parameters)?;
    let mut different = sim_ids.clone();
    different.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    different.dedup();
    let sims = 1..=SMS_SIMS;
    if !sims.contains(&sim_ids.len())
        || different.len() != sim_ids.len()
        || message.content.chars().count() > SMS_CHARACTERS
    {
        let what = "sim_ids are 1 to 100 that differ, content has at most 140 characters";
        return Err(Refusal::documented(ResultCode::SmsValidationError, what));
    }
    sim_ids.iter().try_for_each(|sim| account.sim(sim).map(drop))?;
    let texts = sim_ids.iter().map(|sim| sim.len() + message.content.len()).sum();
    account.once(format!("send {}", Value::Object(parameters.clone())), (sim_ids.len(), texts), now, |account| {
        let job = account.job();
        account.sent.extend(sim_ids.iter().map(|sim| {
            json!({
                "org_id": "SANDBOX", "sim_id": sim, "sent_at": millis(now).to_string(), "status": SmsStatus::SmsSent,
                "content": { "type": message.type_, "message": message.content }, "user": null,
            })
        }));
        json!({ "job_id": format!("SANDBOX-{job}") })
    })
}

fn of_sim(messages: &[Value], sim: &str) -> Vec<Value> {
    messages.iter().filter(|message| message["sim_id"] == sim).cloned().collect()
}

fn sent(query: &ListSentSms, account: &Account) -> Result<Value, Refusal> {
    let mut messages = of_sim(&account.sent, &query.sim_id);
    let wanted = query.status.filter(|status| *status != SmsStatus::SmsOfAnyStatus);
    messages.retain(|message| wanted.is_none_or(|wanted| message["status"] == wanted.code()));
    page(messages, query.page_no, query.page_size, 100)
}

fn received(query: &ListReceivedSms, account: &Account) -> Result<Value, Refusal> {
    page(of_sim(&account.received, &query.sim_id), query.page_no, query.page_size, 100)
}
