//! What several examples need.

use linksfield::csss::types::{GlobalOrder, IsOpen, OrderPackage, PackageType, PaymentResult, TestFlowFlag};

/// The order of a monthly plan for one SIM, as the documentation prints it: not paid, and not started.
pub fn monthly_order(sim: &str, plan: &str) -> OrderPackage {
    OrderPackage::builder()
        .device_id(sim)
        .package_code(plan)
        .package_name("C_M_0_P_中国20M不限速月套餐")
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
