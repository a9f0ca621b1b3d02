import os

from linksfield import csss

client = csss.Client("SANDBOX", "sandbox-secret", os.environ["LINKSFIELD_BASE_URL"])
page = client.query_order(csss.QueryOrderRequest(page_no=1, page_size=10))
print("orders:", page.package_order_num, [order.orderStatus for order in page.package_order or []])
