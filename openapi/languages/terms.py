"""What the programs of several generators order."""

TERMS = {
    "device_id": "89852022018041800192", "package_code": "DP20190726001274", "package_name": "C_M_0_P_中国20M不限速月套餐",
    "package_type": "2", "order_period": "1", "pay_amount": "0", "pay_rst": "2", "is_open": "0", "global_order": "0",
    "test_flow": "0", "test_flow_flag": "0",
}  # fmt: skip
