//! What several examples need.

use linksfield::csss::types::{GlobalOrder, IsOpen, OrderPackage, PackageType, PaymentResult, TestFlowFlag};

/// The order of a monthly plan for one SIM: not paid, and not started. The plan's code stands for its name as well.
pub fn monthly_order(sim: &str, plan: &str) -> OrderPackage {
    OrderPackage::builder()
        .device_id(sim)
        .package_code(plan)
        .package_name(plan)
        .package_type(PackageType::Monthly)
        .order_period("1")
        .pay_amount("0")
        .pay_rst(PaymentResult::Unpaid)
        .is_open(IsOpen::StartLater)
        .global_order(GlobalOrder::NotHostNumber)
        .test_flow_flag(TestFlowFlag::NoTestData)
        .test_flow("0")
        .build()
}
