<?php
// Signs calls by the rules in the documents' `info.x-linksfield-guide`. Needs the extension openssl for Cube alone.
namespace Linksfield;

/** Compact JSON with its keys in ascending byte order at every depth. PHP has no integer beyond 2^63: pass those as text. */
function written(mixed $value): string
{
    if (is_object($value) || (is_array($value) && !array_is_list($value))) {
        $fields = $value instanceof \JsonSerializable ? (array) $value->jsonSerialize() : (array) $value;
        ksort($fields, SORT_STRING);
        $parts = [];
        foreach ($fields as $name => $field) {
            $parts[] = written((string) $name) . ':' . written($field);
        }
        return '{' . implode(',', $parts) . '}';
    }
    if (is_array($value)) {
        return '[' . implode(',', array_map(__NAMESPACE__ . '\written', $value)) . ']';
    }
    $text = json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
    return is_float($value) ? str_replace('.0e', 'e', $text) : $text;
}

/** The text that is signed: what is not empty, as JSON. */
function content(array $parameters): string
{
    $isEmpty = fn ($value) => $value === null || $value === '' || $value === [] || $value == new \stdClass();
    return written((object) array_filter($parameters, fn ($value) => is_scalar($value) ? $value !== '' : !$isEmpty($value)));
}

function leave_free(array $parameters, array $names): void
{
    foreach ($names as $name) {
        if (array_key_exists($name, $parameters)) {
            throw new \InvalidArgumentException("the parameter $name is set by the signing");
        }
    }
}

/** The body of a call of the CSSS API. */
function sign(array $parameters, string $accessCode, string $secret, ?string $timestamp = null): array
{
    leave_free($parameters, ['access_code', 'timestamp', 'version', 'sign']);
    $body = $parameters + ['access_code' => $accessCode, 'timestamp' => $timestamp ?? (string) time(), 'version' => '2.0'];
    return $body + ['sign' => base64_encode(hash_hmac('sha1', content($body), $secret, true))];
}

/** All parameters of a call of the Mall API, those of the path included. */
function sign_mall(array $parameters, string $partnerCode, ?string $tradeTime = null): array
{
    leave_free($parameters, ['version', 'partnerCode', 'tradeTime', 'sign']);
    $whole = $parameters + ['version' => '3.0', 'partnerCode' => $partnerCode] + ($tradeTime ? ['tradeTime' => $tradeTime] : []);
    return $whole + ['sign' => md5(content($whole))];
}

/** All that is signed of a call of the Cube API. */
function cube_parameters(string $url, array $body, string $timestamp, string $nonce): array
{
    $parts = parse_url($url);
    foreach (array_filter(explode('&', $parts['query'] ?? '')) as $pair) {
        [$name, $value] = array_map('urldecode', explode('=', $pair, 2)) + [1 => ''];
        leave_free($body, [$name]);
        $body[$name] = $value;
    }
    leave_free($body, ['timestamp', 'nonce', 'x-sign-uri']);
    return $body + ['timestamp' => $timestamp, 'nonce' => $nonce, 'x-sign-uri' => $parts['path'] ?? '/'];
}

/** The headers of a call of the Cube API with this URL and these fields of its body. */
function cube_headers(string $keyId, string $key, string $url, array $body = [], ?string $timestamp = null, ?string $nonce = null): array
{
    $timestamp ??= (string) (int) (microtime(true) * 1000);
    $nonce ??= (string) random_int(1, 2 ** 31 - 1);
    if (!@openssl_sign(content(cube_parameters($url, $body, $timestamp, $nonce)), $sign, $key, OPENSSL_ALGO_SHA1)) {
        throw new \RuntimeException("the signature can't be made: if this system's policy forbids SHA-1 with RSA, which Cube "
            . "requires, a policy of this process alone, named by OPENSSL_CONF, can allow it; signers that do without the "
            . "system's OpenSSL, as Go's and the Rust crate's, are not affected: " . openssl_error_string());
    }
    return [
        'Authorization' => "LF $keyId/" . base64_encode($sign),
        'timestamp' => $timestamp,
        'nonce' => $nonce,
        'X-LF-Signature-Type' => '2.0',
    ];
}
