//! What each operation answers: from its parameters and the ledger to its `data`, in the documented shape.

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calendar::{self, PERIOD_LIMIT};
use super::ledger::{Ledger, Order, Terms};
use crate::csss::types::{
    BatchOrderPackages, CreateOtaOrder, OpenPackage, OrderPackage, PackageType, PaymentMethod, PaymentResult,
    QueryDevice, QueryDeviceFlowUsage, QueryOrder, RenewPackage,
};
use crate::openapi::Operation;
use crate::sandbox::api::{Parameters, given, id, read, short};
use crate::sandbox::limits::BATCH_LIMIT;
use crate::sandbox::refusal::Refusal;
use crate::signing::{Key, explain};

/// Most orders on a page.
const PAGE_LIMIT: i64 = 1000;

/// Does an operation. One that needs nothing of the sandbox answers as the documentation has it in an example.
pub(super) fn answer(
    operation: &Operation,
    parameters: &Parameters,
    ledger: &mut Ledger,
    now: DateTime,
    key: &Key,
) -> Result<Value, Refusal> {
    match operation.id {
        "orderPackage" => order_package(parameters, ledger, now),
        "batchOrderPackages" => batch_order_packages(parameters, ledger, now),
        "createOtaOrder" => create_ota_order(parameters, ledger, now),
        "openPackage" => open_package(&read(parameters)?, ledger, now).map(|data| signed(data, key)),
        "renewPackage" => renew_package(&read(parameters)?, ledger, now).map(|data| signed(data, key)),
        "queryOrder" => query_order(&read(parameters)?, ledger, now).map(|data| signed(data, key)),
        "queryDeviceFlowUsage" => usage(&read(parameters)?, ledger, now).map(|data| signed(data, key)),
        "queryDevice" => query_device(&read(parameters)?),
        "syncAssetInfo" => Ok(sims_in_use(ledger, now)),
        _ => Ok(serde_json::from_str(operation.answer).unwrap_or_default()),
    }
}

fn order_package(parameters: &Parameters, ledger: &mut Ledger, now: DateTime) -> Result<Value, Refusal> {
    let OrderPackage { device_id, .. } = read(parameters)?;
    let order = order_for_one(&device_id, parameters, ledger, now)?;
    Ok(
        json!({ "sign": null, "order_id": order.id, "order_start_date": start(&order), "order_expire_date": end(&order) }),
    )
}

fn create_ota_order(parameters: &Parameters, ledger: &mut Ledger, now: DateTime) -> Result<Value, Refusal> {
    let CreateOtaOrder { device_id, .. } = read(parameters)?;
    order_for_one(&device_id, parameters, ledger, now).map(|_| json!({}))
}

fn order_for_one(device: &str, parameters: &Parameters, ledger: &mut Ledger, now: DateTime) -> Result<Order, Refusal> {
    id("device_id", device)?;
    // Of a batch it may be left out.
    parameters.get("pay_amount").map_or(Ok(()), |amount| given("pay_amount", amount.as_str().unwrap_or("0")))?;
    let orders = ledger.order(&[device.to_owned()], &terms(parameters)?, now)?;
    orders.into_iter().next().ok_or(Refusal::UnknownOrder)
}

fn start(order: &Order) -> Option<String> {
    order.started.map(calendar::print)
}

fn end(order: &Order) -> Option<String> {
    order.end().map(calendar::print)
}

fn batch_order_packages(parameters: &Parameters, ledger: &mut Ledger, now: DateTime) -> Result<Value, Refusal> {
    let BatchOrderPackages { device_list, .. } = read(parameters)?;
    let devices: Vec<_> = device_list.iter().map(ToString::to_string).collect();
    if devices.len() > BATCH_LIMIT {
        return Err(Refusal::BatchTooLarge);
    }
    devices.iter().try_for_each(|device| short("deviceList", device))?;
    if devices.is_empty() || devices.iter().any(String::is_empty) {
        return Err(Refusal::parameter("deviceList", ("必须有设备号", "must have device ids")));
    }
    let orders = ledger.order(&devices, &terms(parameters)?, now)?;
    Ok(Parameters::from_iter([("device_order".to_owned(), orders.iter().map(placed_in_batch).collect())]).into())
}

fn placed_in_batch(order: &Order) -> Value {
    json!({
        "error": "0000", "errorMsg": "success", "order_id": order.id, "device_id": order.device_id,
        "order_start_date": start(order), "order_expire_date": end(order),
    })
}

fn open_package(parameters: &OpenPackage, ledger: &mut Ledger, now: DateTime) -> Result<Value, Refusal> {
    let order = ledger.open(&parameters.order_id, now)?;
    Ok(json!({ "order_id": order.id, "order_start_date": start(&order), "order_expire_date": end(&order) }))
}

fn renew_package(parameters: &RenewPackage, ledger: &mut Ledger, now: DateTime) -> Result<Value, Refusal> {
    within("renew_period", parameters.renew_period, PERIOD_LIMIT)?;
    let order = ledger.renew(&parameters.order_id, parameters.renew_period, now)?;
    Ok(json!({ "order_expire_date": end(&order), "order_id": order.id }))
}

fn query_device(parameters: &QueryDevice) -> Result<Value, Refusal> {
    given("device_id", &parameters.device_id).map(|()| json!({}))
}

fn within(name: &str, value: i64, most: i64) -> Result<(), Refusal> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::parameter(name, (format!("必须为 1 至 {most}"), format!("must be from 1 to {most}"))))
    }
}

fn query_order(parameters: &QueryOrder, ledger: &Ledger, now: DateTime) -> Result<Value, Refusal> {
    let (page_no, page_size) = (parameters.page_no, parameters.page_size);
    within("page_no", page_no, i64::MAX)?;
    within("page_size", page_size, PAGE_LIMIT)?;
    if parameters.order_type.as_deref().is_some_and(|wanted| !wanted.is_empty()) {
        return Err(Refusal::parameter(
            "order_type",
            ("文档未列出其取值, 沙箱不能按其查询", "its values are not documented, so the sandbox can't list by it"),
        ));
    }
    let found: Vec<_> = ledger
        .orders()
        .filter(|order| matches(parameters.device_id.as_ref().map(AsRef::as_ref), &order.device_id))
        .filter(|order| matches(parameters.order_id.as_ref().map(AsRef::as_ref), &order.id))
        .filter(|order| matches(parameters.order_status.as_deref(), order.status(now).as_str()))
        .collect();
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let before = usize::try_from((page_no - 1).saturating_mul(page_size)).unwrap_or(usize::MAX);
    let size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let page: Vec<_> = found.into_iter().skip(before).take(size).map(|order| listed(order, now)).collect();
    Ok(json!({
        "page": {
            "cur_page_no": page_no, "page_size": page_size,
            "total_count": total, "total_pages": total.unsigned_abs().div_ceil(page_size.unsigned_abs()),
        },
        "package_order_num": page.len(),
        "package_order": page,
    }))
}

fn matches(wanted: Option<&str>, value: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.is_empty() || wanted == value)
}

fn listed(order: &Order, now: DateTime) -> Value {
    json!({
        "buyType": "2", "expireDate": end(order).unwrap_or_default(), "flow": "30", "orderCode": order.id,
        "orderStatus": order.status(now).as_str(), "orderDate": calendar::print(order.ordered),
    })
}

fn usage(parameters: &QueryDeviceFlowUsage, ledger: &Ledger, now: DateTime) -> Result<Value, Refusal> {
    let order = ledger.in_use(&parameters.device_id, now).ok_or(Refusal::NoPlanInUse)?;
    Ok(json!({
        "device_id": order.device_id, "order_code": order.id,
        "order_used_flow": order.used.to_string(), "high_flow_balance": "0",
    }))
}

fn sims_in_use(ledger: &Ledger, now: DateTime) -> Value {
    let sims = ledger.devices_in_use(now).into_iter();
    sims.map(|device| json!({ "assetId": device, "lifeCycle": "2" })).collect()
}

/// `data` with its `sign`, made as that of a request.
fn signed(mut data: Value, key: &Key) -> Value {
    let content = explain(data.to_string().as_bytes()).map(|explanation| explanation.content().to_owned());
    data["sign"] = json!(content.map(|content| key.sign(content.as_bytes())).ok());
    data
}

/// The parameters that the operations which order have in common; what one of them requires was read before.
#[derive(Deserialize)]
struct PlanTerms {
    package_code: String,
    package_name: String,
    package_type: PackageType,
    order_period: String,
    is_open: String,
    global_order: String,
    pay_amount: Option<String>,
    pay_rst: Option<PaymentResult>,
    pay_type: Option<PaymentMethod>,
    test_flow: Option<String>,
    test_flow_flag: Option<String>,
}

/// The conditions that the documentation states, as far as they can be told from the parameters alone.
fn terms(parameters: &Parameters) -> Result<Terms, Refusal> {
    let plan: PlanTerms = read(parameters)?;
    given("package_code", &plan.package_code)?;
    given("package_name", &plan.package_name)?;
    let period = calendar::period(&plan.package_type);
    let period = period.ok_or_else(|| Refusal::parameter("package_type", ("必须为 0 至 5", "must be from 0 to 5")))?;
    let periods = plan.order_period.parse().unwrap_or(0);
    within("order_period", periods, PERIOD_LIMIT)?;
    flag("global_order", Some(&plan.global_order))?;
    let start_at_once = flag("is_open", Some(&plan.is_open))?;
    let test_data = flag("test_flow_flag", plan.test_flow_flag.as_deref())?;
    if plan.pay_amount.is_some_and(|amount| !is_amount(&amount)) {
        return Err(Refusal::parameter(
            "pay_amount",
            ("必须为金额 (元), 最多两位小数", "must be an amount in yuan with at most two decimals"),
        ));
    }
    if let Some(PaymentResult::Unknown(_)) = plan.pay_rst {
        return Err(Refusal::parameter("pay_rst", ("必须为 1 或 2", "must be 1 or 2")));
    }
    if let Some(PaymentMethod::Unknown(_)) = plan.pay_type {
        return Err(Refusal::parameter("pay_type", ("必须为 0, 1 或 2", "must be 0, 1 or 2")));
    }
    if test_data && plan.test_flow.unwrap_or_default().is_empty() {
        return Err(Refusal::parameter(
            "test_flow",
            ("test_flow_flag 为 1 时不能为空", "must not be empty if test_flow_flag is 1"),
        ));
    }
    if start_at_once && plan.package_type == PackageType::Schedule {
        return Err(Refusal::not_allowed((
            "预约套餐不能立即开通",
            "orders of schedule plans can't be started at once",
        )));
    }
    if start_at_once && plan.pay_rst != Some(PaymentResult::Paid) {
        return Err(Refusal::Unpaid);
    }
    Ok(Terms { package_code: plan.package_code, period, periods, start_at_once, test_data })
}

fn flag(name: &str, value: Option<&str>) -> Result<bool, Refusal> {
    match value {
        Some("1") => Ok(true),
        Some("0") | None => Ok(false),
        Some(_) => Err(Refusal::parameter(name, ("必须为 0 或 1", "must be 0 or 1"))),
    }
}

fn is_amount(text: &str) -> bool {
    let (yuan, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(yuan) && digits(decimals) && decimals.len() <= 2
}
