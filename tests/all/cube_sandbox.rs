//! The Cube API of the sandbox, against what the pages say.

use std::time::{Duration, SystemTime};

use linksfield::EpochMillis;
use linksfield::cube::types::{
    ActivateSim, AddBundle, BundleType, CancelSim, CreateRenewalOrder, DataUsage, ListReceivedSms, ListSentSms,
    QueryAccumulatedUsage, QuerySim, QuerySimBundles, QuerySimUsage, RenewalItem, ResultCode, SimStatus,
};
use linksfield::cube::{Client, OPERATIONS};
use linksfield::http::Method;
use linksfield::jiff::ToSpan;
use linksfield::jiff::civil::{Date, date};
use linksfield::jiff::tz::TimeZone;
use linksfield::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::cube::{SIM, client_of, refusal, renewal, sandbox_with_a_clock, sms};

/// 2023-01-01T12:12:12Z and half a second.
fn new_year() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_672_575_132_500)
}

/// A sandbox and its client, which live at a time of their own.
async fn at(time: SystemTime) -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_time(Some(time)).unwrap();
    let client = Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url());
    let client = client.clock(move || time).build().unwrap();
    (sandbox, client)
}

/// The beginning of a day in UTC 0.
fn day(day: Date) -> SystemTime {
    SystemTime::try_from(TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap()).unwrap()
}

/// The periods that are listed, with what was used in each.
async fn usage(client: &Client, period: &str, from: &str, to: &str) -> Result<Vec<(String, String)>, ResultCode> {
    let query = QuerySimUsage::builder().sim_id(SIM).category("data").period_type(period).begin_from(from).end_by(to);
    let usage = client.query_sim_usage(&query.build()).await.map_err(|error| refusal(&error))?.usage;
    let all = |data: Option<DataUsage>| data.unwrap().all.unwrap().to_string();
    Ok(usage.into_iter().map(|item| (item.period.unwrap(), all(item.data))).collect())
}

async fn raw(client: &Client, method: Method, path: &str, parameters: Value) -> Result<Value, ResultCode> {
    client.call::<Value>(method, path, &parameters).await.map_err(|error| refusal(&error))
}

#[tokio::test]
async fn times_are_printed_as_their_pages_print_them() {
    let (sandbox, client) = at(new_year()).await;
    assert!(sandbox.set_usage(SIM, date(2023, 1, 1), 1));
    client.send_sms(&sms("test")).await.unwrap();
    let sent = client.list_sent_sms(&ListSentSms::builder().sim_id(SIM).build()).await.unwrap();
    assert_eq!(sent[0].sent_at.as_ref().unwrap().as_str(), "2023-01-01T12:12:12Z");
    let usage = QuerySimUsage::builder().sim_id(SIM).category("data").period_type("1").begin_from("2023-01-01");
    let usage = client.query_sim_usage(&usage.end_by("2023-01-01").build()).await.unwrap();
    assert_eq!(usage.usage[0].updated_at.as_ref().unwrap().as_str(), "2023-01-01 12:12:12");
}

#[tokio::test]
async fn messages_are_those_of_the_period_or_of_the_last_seven_days() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let sandbox = Sandbox::start().await.unwrap();
    let now = SystemTime::now();
    let client = client_of(&sandbox);
    for (age, text) in [(8, "old"), (6, "newer"), (1, "new"), (0, "newest")] {
        sandbox.set_time(Some(now - age * DAY)).unwrap();
        sandbox.receive_sms(SIM, text);
    }
    sandbox.set_time(Some(now)).unwrap();
    let listed = async |from: Option<SystemTime>, to: Option<SystemTime>| {
        let (from, to) = (from.map(EpochMillis::from), to.map(EpochMillis::from));
        let list = ListReceivedSms::builder().sim_id(SIM).maybe_begin_from(from).maybe_end_by(to).page_size(2);
        let page = client.list_received_sms(&list.build()).await.unwrap();
        let texts = page.iter().map(|sms| sms.message.as_ref().unwrap().content.clone().unwrap());
        (texts.collect::<Vec<_>>().join(" "), page.total_count())
    };
    assert_eq!(listed(None, None).await, ("newer new".to_owned(), Some(3)));
    assert_eq!(listed(Some(now - 30 * DAY), None).await, ("old newer".to_owned(), Some(4)));
    assert_eq!(listed(Some(now - 7 * DAY), Some(now - DAY)).await, ("newer new".to_owned(), Some(2)));
    assert_eq!(listed(None, Some(now - 2 * DAY)).await, ("newer".to_owned(), Some(1)));
    assert_eq!(listed(Some(now), Some(now)).await, ("newest".to_owned(), Some(1)));
    assert_eq!(listed(Some(now + DAY), None).await, (String::new(), Some(0)));

    sandbox.set_time(Some(now - 8 * DAY)).unwrap();
    let then = Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url());
    then.clock(move || now - 8 * DAY).build().unwrap().send_sms(&sms("old")).await.unwrap();
    sandbox.set_time(Some(now)).unwrap();
    let sent = || ListSentSms::builder().sim_id(SIM);
    assert!(client.list_sent_sms(&sent().build()).await.unwrap().is_empty());
    assert_eq!(client.list_sent_sms(&sent().begin_from(now - 9 * DAY).build()).await.unwrap().len(), 1);
    let backwards = ListSentSms::builder().sim_id(SIM).begin_from(now).end_by(now - DAY).build();
    assert_eq!(refusal(&client.list_sent_sms(&backwards).await.unwrap_err()), ResultCode::StartAfterEnd);
}

#[tokio::test]
async fn a_bundle_is_added_and_activated_on_any_sim_that_is_not_terminated() {
    let (sandbox, pass) = sandbox_with_a_clock().await;
    let client = client_of(&sandbox);
    let status =
        async |sim: &str| client.query_sim(&QuerySim::builder().sim_id(sim).build()).await.unwrap().status.unwrap();
    let in_use = async |sim: &str| {
        let query = QuerySimBundles::builder().sim_id(sim).status([1]).build();
        client.query_sim_bundles(&query).await.unwrap().len()
    };
    for (last, of) in
        [SimStatus::PreActive, SimStatus::ActiveLive, SimStatus::Paused, SimStatus::Expired].into_iter().enumerate()
    {
        let sim = format!("8985220220908997200{last}");
        sandbox.set_sim_status(&sim, of);
        let add = AddBundle::builder().sim_id(&*sim).bundle_type(BundleType::Basic).activate(true).build();
        for _ in ["at first", "though it is active"] {
            client.add_bundle(&add).await.unwrap();
            pass(1);
            assert_eq!((status(&sim).await, in_use(&sim).await), (SimStatus::ActiveLive, 1), "{of}");
        }
        sandbox.set_sim_status(&sim, SimStatus::Terminated);
        assert_eq!(refusal(&client.add_bundle(&add).await.unwrap_err()), ResultCode::ExpiredOrTerminated);
    }
    let activate = ActivateSim::builder().sim_id(SIM).build();
    sandbox.set_sim_status(SIM, SimStatus::Paused);
    let error = client.activate_sim(&activate).await.unwrap_err();
    assert_eq!(refusal(&error), ResultCode::NotAllowedInStatus, "without a bundle as its page says");
}

#[tokio::test]
async fn periods_are_compared_as_dates() {
    let (_sandbox, client) = at(day(date(2022, 10, 20))).await;
    let usage = async |period: &str, from: &str, to: &str| usage(&client, period, from, to).await.err();
    assert_eq!(usage("1", "2022-10-9", "2022-10-10").await, None);
    assert_eq!(usage("2", "2022-9", "2022-10").await, None);
    assert_eq!(usage("1", "2022-10-10", "2022-10-9").await, Some(ResultCode::StartAfterEnd));
    assert_eq!(usage("2", "2022-11", "2022-10").await, Some(ResultCode::StartAfterEnd));
    for (period, from) in [("1", "2022-10"), ("2", "2022-10-01"), ("1", "2022-13-01"), ("1", "soon")] {
        assert_eq!(usage(period, from, from).await, Some(ResultCode::InvalidParameters), "{period} {from}");
    }
}

#[tokio::test]
async fn usage_is_listed_for_each_period_that_has_some_as_far_back_as_the_page_says() {
    let (sandbox, client) = at(day(date(2024, 5, 31))).await;
    for (day, amount) in [
        (date(2023, 11, 30), 1),
        (date(2023, 12, 1), 10),
        (date(2024, 4, 1), 100),
        (date(2024, 4, 2), 1000),
        (date(2024, 5, 29), 10_000),
        (date(2024, 5, 31), 100_000),
    ] {
        assert!(sandbox.set_usage(SIM, day, 0) && sandbox.set_usage(SIM, day, amount));
    }
    let listed = async |period: &str, from: &str, to: &str| usage(&client, period, from, to).await;
    let items = |items: &[(&str, &str)]| {
        Ok(items.iter().map(|(period, all)| ((*period).to_owned(), (*all).to_owned())).collect::<Vec<_>>())
    };
    let (first, today) = ("2024-04-01", "2024-05-31");
    let days = [(first, "100"), ("2024-04-02", "1000"), ("2024-05-29", "10000"), (today, "100000")];
    assert_eq!(listed("1", first, today).await, items(&days));
    assert_eq!(listed("1", "2024-4-2", "2024-5-29").await, items(&days[1..3]));
    assert_eq!(listed("1", "2024-05-30", "2024-05-30").await, items(&[]));
    let months = [("2023-12", "10"), ("2024-04", "1100"), ("2024-05", "110000")];
    assert_eq!(listed("2", "2023-12", "2024-05").await, items(&months));
    for (period, from, to, refused) in [
        ("1", "2024-03-31", today, ResultCode::StartTooEarly),
        ("1", first, "2024-06-01", ResultCode::EndOutOfRange),
        ("2", "2023-11", "2024-05", ResultCode::StartTooEarly),
        ("2", "2023-12", "2024-06", ResultCode::EndOutOfRange),
        ("1", "2020-01-01", "2031-01-01", ResultCode::EndOutOfRange),
    ] {
        assert_eq!(listed(period, from, to).await, Err(refused), "{period} {from} {to}");
    }
    // Of what was before 2023 there is nothing.
    let (sandbox, client) = at(new_year()).await;
    assert!(sandbox.set_usage(SIM, date(2022, 12, 31), 1) && sandbox.set_usage(SIM, date(2023, 1, 1), 2));
    assert_eq!(usage(&client, "2", "2022-12", "2023-01").await, items(&[("2023-01", "2")]));
}

#[tokio::test]
#[expect(deprecated, reason = "the vendor's label")]
async fn usage_is_added_up_from_the_start_of_the_bundle_in_use() {
    let today = date(2024, 5, 31);
    let (sandbox, client) = at(day(today)).await;
    let pass = |seconds| sandbox.set_time(Some(day(today) + Duration::from_secs(seconds))).unwrap();
    for (age, amount) in [(1, 1), (0, 10)] {
        assert!(sandbox.set_usage(SIM, today.saturating_sub(age.days()), amount));
    }
    let query = QueryAccumulatedUsage::builder().sim_id(SIM).build();
    assert!(client.query_accumulated_usage(&query).await.unwrap().is_empty(), "nothing has begun");
    client.activate_sim(&ActivateSim::builder().sim_id(SIM).build()).await.unwrap();
    pass(1);
    client.query_sim(&QuerySim::builder().sim_id(SIM).build()).await.unwrap();
    let since = async || {
        let usage = client.query_accumulated_usage(&query).await.unwrap();
        assert_eq!(usage[0].accu_usage.as_ref().unwrap().to_string(), "10");
        usage[0].since.clone().unwrap()
    };
    let begun = since().await;
    pass(2);
    client.add_bundle(&AddBundle::builder().sim_id(SIM).bundle_type(BundleType::AddOn).build()).await.unwrap();
    assert_eq!(since().await, begun, "an add-on does not count");
}

#[tokio::test]
async fn what_is_no_sim_is_refused_by_each_operation_that_names_one() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let mut count = 0;
    for operation in OPERATIONS {
        let mut parameters: Value = serde_json::from_str(operation.example).unwrap();
        match operation.id {
            "queryTextMessages" => parameters["value"] = json!("1"),
            "sendSms" => parameters["sim_ids"] = json!(["1"]),
            "createRenewalOrder" => parameters["items"][0]["sim_ids"] = json!(["1"]),
            _ if !parameters["sim_id"].is_null() => parameters["sim_id"] = json!("1"),
            _ => continue,
        }
        let error = client.perform::<Value>(operation, &parameters).await.unwrap_err();
        assert_eq!(refusal(&error), ResultCode::SimNotFound, "{}", operation.id);
        count += 1;
    }
    assert_eq!(count, 14);
    assert!(!sandbox.set_usage("1", date(2024, 1, 1), 1));
}

#[tokio::test]
async fn who_asks_for_no_language_is_answered_in_the_default_of_the_api() {
    let sandbox = Sandbox::start().await.unwrap();
    let message = async |url: String, language: Option<&str>| {
        let request = crate::support::http().build().unwrap().get(url);
        let request = language.iter().fold(request, |request, tag| request.header("accept-language", *tag));
        request.send().await.unwrap().text().await.unwrap()
    };
    let cube = || format!("{}/none", sandbox.cube_url());
    for (language, words) in [
        (None, "no operation has this path"),
        (Some("fr"), "no operation has this path"),
        (Some("en-GB"), "no operation has this path"),
        (Some("zh-CH"), "路径不存在"),
    ] {
        let answer = message(cube(), language).await;
        assert!(answer.contains(words), "{language:?}: {answer}");
    }
    let csss = message(format!("{}/none", sandbox.url()), None).await;
    assert!(csss.contains("路径不存在"), "{csss}");
}

#[tokio::test]
async fn orders_that_are_equal_however_they_are_written_count_as_one_also_if_the_clock_is_set_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let now = SystemTime::now();
    sandbox.set_time(Some(now)).unwrap();
    let client = client_of(&sandbox);
    let first = client.create_renewal_order(&renewal()).await.unwrap().order_id;
    let order = async |written: &str| {
        let call = client.call::<Value>(
            Method::POST,
            "/orders/service",
            &serde_json::from_str::<&serde_json::value::RawValue>(written).unwrap(),
        );
        call.await.unwrap()["order_id"].clone()
    };
    for written in [
        r#"{"items":[{"sim_ids":["SIM"],"quantity":2,"id":"CP-6HPXRQI88QSM"}]}"#,
        r#"{"extra":null,"items":[{"id":"CP-6HPXRQI88QSM","quantity":2,"sim_ids":["SIM"]}]}"#,
    ] {
        assert_eq!(order(&written.replace("SIM", SIM)).await, first.as_str(), "{written}");
    }
    sandbox.set_time(Some(now - Duration::from_millis(500))).unwrap();
    assert_eq!(client.create_renewal_order(&renewal()).await.unwrap().order_id, first);
    sandbox.set_time(Some(now + Duration::from_secs(10))).unwrap();
    assert_ne!(client.create_renewal_order(&renewal()).await.unwrap().order_id, first);
    assert_eq!(sandbox.cube_order_count(), 2);
}

#[tokio::test]
async fn numbers_that_make_no_sense_and_what_has_no_id_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    for (id, quantity, code) in [
        ("CP-1", -2, ResultCode::InvalidParameters),
        ("CP-1", 0, ResultCode::InvalidParameters),
        ("", 1, ResultCode::ParametersMissing),
    ] {
        let item = RenewalItem::builder().id(id).quantity(quantity).sim_ids([SIM]).build();
        let order = CreateRenewalOrder::builder().items([item]).build();
        assert_eq!(refusal(&client.create_renewal_order(&order).await.unwrap_err()), code, "{quantity} of {id:?}");
    }
    let add = AddBundle::builder().sim_id(SIM).bundle_type(BundleType::Basic).cycles(-5).build();
    assert_eq!(refusal(&client.add_bundle(&add).await.unwrap_err()), ResultCode::InvalidParameters);
    assert_eq!(sandbox.cube_order_count(), 0);
}

#[tokio::test]
async fn only_the_cancelling_that_is_described_is_done() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let with_body = raw(&client, Method::PUT, "/sims/{id}/cancel", json!({ "id": SIM, "order_id": "1" })).await;
    assert!(matches!(&with_body, Err(ResultCode::Unknown(code)) if code.starts_with("SANDBOX-")), "{with_body:?}");
    let done = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).await.unwrap();
    assert!(done.request_id.is_some(), "nothing was begun before");
}
