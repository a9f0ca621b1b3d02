//! What each operation answers: from its parameters and the account to its `data`, in the documented shape.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::account::{Account, Bundle, Operation as Asynchronous, Sim, Sms};
use super::times::{in_order, millis, printed};
use super::{NONCE, usage};
use crate::cube::types::{
    ActivateSim, AddBundle, BundleStatus, BundleType, CancelSim, CreateRenewalOrder, ListReceivedSms, ListSentSms,
    QueryAsyncResult, QueryDailyUsage, QueryRenewalOrder, QuerySim, QuerySimBundles, QuerySims, QueryTextMessages,
    ResultCode, ResumeSim, SendSms, SimStatus, SmsStatus, TextMessageQuery,
};
use crate::openapi::Operation;
use crate::sandbox::api::{Parameters, read};
use crate::sandbox::refusal::Refusal;
use crate::signing::canonical;
use crate::values::EpochMillis;

/// Most SIMs of one SMS, and most characters of one.
const SMS_SIMS: usize = 100;
const SMS_CHARACTERS: usize = 140;

/// Of how long messages are listed without a time.
const LISTED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

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
        "querySimUsage" => usage::listed(&read(parameters)?, account, now),
        "queryAccumulatedUsage" => usage::accumulated(&read(parameters)?, account),
        "queryDailyUsage" => {
            let QueryDailyUsage { sim_id, .. } = read(parameters)?;
            account.sim(&sim_id).map(|_| json!({}))
        }
        "queryTextMessages" => {
            let QueryTextMessages { query_type, value, .. } = asked(parameters)?;
            if query_type == TextMessageQuery::OfSim {
                account.sim(&value)?;
            }
            Ok(json!({ "list": [] }))
        }
        "activateSim" => {
            let ActivateSim { sim_id, .. } = read(parameters)?;
            account.begin(&sim_id, Asynchronous::Activate, now).map(|_| Value::Null)
        }
        "resumeSim" => {
            let ResumeSim { sim_id, .. } = read(parameters)?;
            account.begin(&sim_id, Asynchronous::Resume, now).map(|_| Value::Null)
        }
        "cancelSim" => {
            bare(parameters)?;
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
        "listSentSms" => sent(&asked(parameters)?, account, now),
        "listReceivedSms" => received(&asked(parameters)?, account, now),
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

/// Only the call without parameters is described: where those of its page go is not available.
fn bare(parameters: &Parameters) -> Result<(), Refusal> {
    let Some(other) = parameters.keys().find(|name| *name != "sim_id" && *name != NONCE) else { return Ok(()) };
    let words = (
        "沙箱不接受该参数：文档未说明其位置，找不到它的服务器可能取消该SIM的全部套餐",
        "is not taken by the sandbox: where it goes is not documented, and a server that does not find it may end every plan",
    );
    Err(Refusal::parameter(other, words))
}

fn without_nonce(parameters: &Parameters) -> Parameters {
    let own = parameters.iter().filter(|(name, _)| *name != NONCE);
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What is the same for equal parameters of an operation, however they were written.
fn key_of(operation: &str, parameters: Parameters) -> String {
    let (written, mut content) = (Value::Object(parameters).to_string(), Vec::new());
    let signed = canonical::Parameters::parse(written.as_bytes()).and_then(|all| all.write_signed(&mut content));
    let content = signed.map_or(written, |()| String::from_utf8_lossy(&content).into_owned());
    format!("{operation} {content}")
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
    // How many a page has is not documented of this list.
    let wanted = |found: &&Bundle| query.status.is_empty() || query.status.contains(&found.status);
    page(sim.bundles.iter().filter(wanted).map(bundle).collect(), query.page_no, query.page_size, 10)
}

fn at_least_one(name: &str, number: i64) -> Result<(), Refusal> {
    if number >= 1 {
        return Ok(());
    }
    Err(Refusal::documented(ResultCode::InvalidParameters, format!("{name} must be 1 or more")))
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
    // Of an add-on they are ignored.
    let cycles = add.cycles.filter(|_| add.bundle_type == BundleType::Basic).unwrap_or(1);
    at_least_one("cycles", cycles)?;
    let started = (status == BundleStatus::BundleInUse).then_some(now);
    account.room.take(1, add.sim_id.len())?;
    let sim = account.sim(&add.sim_id)?;
    let id = format!("SANDBOX-{}", sim.bundles.len());
    sim.bundles.push(Bundle { id, kind: add.bundle_type, status, cycles, added: now, started });
    if add.activate == Some(true)
        && let Err(refusal) = account.begin(&add.sim_id, Asynchronous::ActivateAdded, now)
    {
        // All or nothing: what is refused has added nothing.
        account.sim(&add.sim_id)?.bundles.pop();
        return Err(refusal);
    }
    Ok(Value::Null)
}

fn renew(parameters: &Parameters, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    let order: CreateRenewalOrder = read(parameters)?;
    if order.items.is_empty() || order.items.iter().any(|item| item.id.is_empty() || item.sim_ids.is_empty()) {
        let problem = "items, and the id and the SIMs of each, must be given";
        return Err(Refusal::documented(ResultCode::ParametersMissing, problem));
    }
    order.items.iter().try_for_each(|item| at_least_one("quantity", item.quantity))?;
    order.items.iter().flat_map(|item| &item.sim_ids).try_for_each(|sim| account.sim(sim).map(drop))?;
    let parameters = key_of("renew", without_nonce(parameters));
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
    account.once(key_of("send", parameters.clone()), (sim_ids.len(), texts), now, |account| {
        let job = account.job();
        account.sent.extend(sim_ids.iter().map(|sim| {
            let sent_at = printed(now, "%Y-%m-%dT%H:%M:%SZ");
            let printed = json!({
                "org_id": "SANDBOX", "sim_id": sim, "sent_at": sent_at, "status": SmsStatus::SmsSent,
                "content": { "type": message.type_, "message": message.content }, "user": null,
            });
            Sms { at: now, printed }
        }));
        json!({ "job_id": format!("SANDBOX-{job}") })
    })
}

/// Those of a SIM from `begin_from` to `end_by`.
fn listed(
    messages: &[Sms],
    sim: &str,
    (begin_from, end_by): (Option<EpochMillis>, Option<EpochMillis>),
    now: SystemTime,
) -> Result<Vec<Value>, Refusal> {
    if let (Some(begin_from), Some(end_by)) = (begin_from, end_by) {
        in_order(&begin_from, &end_by)?;
    }
    let begin_from = begin_from.unwrap_or_else(|| now.checked_sub(LISTED).unwrap_or(UNIX_EPOCH).into());
    let is_listed = |at| begin_from <= at && end_by.is_none_or(|end_by| at <= end_by);
    let messages = messages.iter().filter(|message| message.printed["sim_id"] == sim && is_listed(message.at.into()));
    Ok(messages.map(|message| message.printed.clone()).collect())
}

fn sent(query: &ListSentSms, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    account.sim(&query.sim_id)?;
    let mut messages = listed(&account.sent, &query.sim_id, (query.begin_from, query.end_by), now)?;
    let wanted = query.status.filter(|status| *status != SmsStatus::SmsOfAnyStatus);
    messages.retain(|message| wanted.is_none_or(|wanted| message["status"] == wanted.code()));
    page(messages, query.page_no, query.page_size, 100)
}

fn received(query: &ListReceivedSms, account: &mut Account, now: SystemTime) -> Result<Value, Refusal> {
    account.sim(&query.sim_id)?;
    let messages = listed(&account.received, &query.sim_id, (query.begin_from, query.end_by), now)?;
    page(messages, query.page_no, query.page_size, 100)
}
