# frozen_string_literal: true

# Signs every vector, orders a plan, is refused, and lists SIMs of Cube, with the generated clients.
require "csss"
require "cube"
require_relative "signing"

OPENAPI = ARGV.fetch(0)

def vectors(name) = JSON.parse(File.read("#{OPENAPI}/#{name}", encoding: "UTF-8"))

def expect(kept, what) = kept || raise("not as it should be: #{what}")

signed = vectors("signing-vectors.json").each do |vector|
  body = Linksfield.sign(vector["parameters"], vector["access_code"], vector["secret"], vector["timestamp"])
  sign = body.delete("sign")
  expect([Linksfield.content(body), sign] == vector.values_at("content", "sign"), vector["name"])
rescue ArgumentError => e
  expect(e.message == vector["error"], vector["name"])
end
vectors("mall-signing-vectors.json").each do |vector|
  body = Linksfield.sign_mall(vector["parameters"], vector["partner_code"], vector["trade_time"])
  sign = body.delete("sign")
  expect([Linksfield.content(body), sign] == vector.values_at("content", "sign"), vector["name"])
end
file = vectors("cube-signing-vectors.json")
key = OpenSSL::PKey::RSA.new(file["private_key"])
file["vectors"].each do |vector|
  body = JSON.parse(vector["body"] || "{}")
  stamp = [vector["timestamp"], vector["nonce"].to_s]
  expect(Linksfield.content(Linksfield.cube_parameters(vector["url"], body, *stamp)) == vector["content"], vector["name"])
  expect(Linksfield.cube_headers(vector["key_id"], key, vector["url"], body, *stamp) == vector["headers"], vector["name"])
end
["?a=1&a=2", "?b=1"].each do |query|
  Linksfield.cube_parameters("https://example.com/sims#{query}", { "b" => nil }, "1", "2")
  raise "signed a parameter that is there twice"
rescue ArgumentError => e
  expect(e.message.include?("twice"), query)
end

base = URI(ENV.fetch("LINKSFIELD_BASE_URL"))
local = ->(configuration, path = "") do
  configuration.scheme, configuration.host, configuration.base_path = base.scheme, "#{base.host}:#{base.port}", path
  configuration.server_index = nil
end
Csss.configure(&local)
plans = Csss::PlanApi.new
body = ->(parameters) { Linksfield.sign(parameters, ENV.fetch("LINKSFIELD_ACCESS_CODE"), ENV.fetch("LINKSFIELD_SECRET")) }
terms = {
  "device_id" => format("8985%016d", Time.now.to_f * 1_000_000), "package_code" => "DP20190726001274",
  "package_name" => "C_M_0_P_中国20M不限速月套餐", "package_type" => "2", "order_period" => "1", "pay_amount" => "0",
  "pay_rst" => "2", "is_open" => "0", "global_order" => "0", "test_flow" => "0", "test_flow_flag" => "0"
}
order = plans.order_package(Csss::OrderPackageRequest.build_from_hash(body.(terms)))
expect(order.code == "0000" && order.data.order_id, "an order")
refused = plans.open_package(Csss::OpenPackageRequest.build_from_hash(body.({ "order_id" => "no such order" })))
expect(refused.code != "0000" && refused.data.nil?, "a refusal")

Cube.configure { |configuration| local.(configuration, "/cube/v4") }
sims = Cube::SIMApi.new
url = "#{base}/cube/v4/sims?page_size=5"
headers = Linksfield.cube_headers("sandbox", key, url)
timestamp, nonce = headers.values_at("timestamp", "nonce")
# The client sends these two as headers of its own: given with the others, they would be sent twice.
others = headers.except("timestamp", "nonce")
list = sims.query_sims(timestamp, nonce.to_i, page_size: 5, header_params: others)
expect(list.status.code == "CB-00-0000" && list.data.size == 5, "five SIMs of Cube")
puts "vectors #{signed.size}/#{signed.size}", "accepted 2"
