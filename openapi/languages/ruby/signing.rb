# frozen_string_literal: true

# Signs calls by the rules in the documents' `info.x-linksfield-guide`. Needs Ruby alone.
require "digest"
require "json"
require "openssl"
require "securerandom"
require "uri"

module Linksfield
  module_function

  # Compact JSON with its keys in ascending byte order at every depth.
  def written(value)
    case value
    when Hash
      fields = value.transform_keys(&:to_s).sort_by { |name, _| name.b }
      "{#{fields.map { |name, field| "#{JSON.generate(name)}:#{written(field)}" }.join(",")}}"
    when Array then "[#{value.map { |item| written(item) }.join(",")}]"
    else JSON.generate(value)
    end
  end

  # The text that is signed: what is not empty, as JSON.
  def content(parameters)
    written(parameters.reject { |_, value| [nil, "", [], {}].include?(value) })
  end

  def leave_free(parameters, names)
    taken = names.find { |name| parameters.key?(name) }
    raise ArgumentError, "the parameter #{taken} is set by the signing" if taken
  end

  # The body of a call of the CSSS API.
  def sign(parameters, access_code, secret, timestamp = Time.now.to_i.to_s)
    leave_free(parameters, %w[access_code timestamp version sign])
    body = parameters.merge("access_code" => access_code, "timestamp" => timestamp, "version" => "2.0")
    body.merge("sign" => [OpenSSL::HMAC.digest("SHA1", secret, content(body))].pack("m0"))
  end

  # All parameters of a call of the Mall API, those of the path included.
  def sign_mall(parameters, partner_code, trade_time = nil)
    leave_free(parameters, %w[version partnerCode tradeTime sign])
    whole = parameters.merge("version" => "3.0", "partnerCode" => partner_code)
    whole["tradeTime"] = trade_time if trade_time
    whole.merge("sign" => Digest::MD5.hexdigest(content(whole)))
  end

  # All that is signed of a call of the Cube API.
  def cube_parameters(url, body, timestamp, nonce)
    uri = URI(url)
    query = URI.decode_www_form(uri.query.to_s)
    parameters = query.reduce(body) do |all, (name, value)|
      raise ArgumentError, "the parameter #{name} is there twice" if all.key?(name)

      all.merge(name => value)
    end
    leave_free(parameters, %w[timestamp nonce x-sign-uri])
    parameters.merge("timestamp" => timestamp, "nonce" => nonce, "x-sign-uri" => uri.path)
  end

  # The headers of a call of the Cube API with this URL and these fields of its body; `key` is an OpenSSL::PKey::RSA.
  def cube_headers(key_id, key, url, body = {}, timestamp = (Time.now.to_f * 1000).to_i.to_s, nonce = SecureRandom.random_number(1...2**31).to_s)
    sign = key.sign("SHA1", content(cube_parameters(url, body, timestamp, nonce)))
    { "Authorization" => "LF #{key_id}/#{[sign].pack("m0")}", "timestamp" => timestamp, "nonce" => nonce, "X-LF-Signature-Type" => "2.0" }
  rescue OpenSSL::PKey::PKeyError
    raise "the signature can't be made: if this system's policy forbids SHA-1 with RSA, which Cube requires, a policy of this " \
          "process alone, named by OPENSSL_CONF, can allow it; signers that do without the system's OpenSSL, as Go's and the " \
          "Rust crate's, are not affected"
  end
end
