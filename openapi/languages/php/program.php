<?php
// Signs every vector, orders a plan, is refused, and lists SIMs of Cube, with the generated clients.
require 'GuzzleHttp/autoload.php';
require __DIR__ . '/signing.php';
spl_autoload_register(function (string $class): void {
    [$name, $rest] = explode('\\', $class, 2) + [1 => ''];
    $folder = ['Csss' => 'csss', 'Cube' => 'cube'][$name] ?? null;
    if ($folder !== null) {
        require getcwd() . "/$folder/lib/" . str_replace('\\', '/', $rest) . '.php';
    }
});

use function Linksfield\{content, cube_headers, cube_parameters, sign, sign_mall};

function expect(bool $kept, string $what): void
{
    if (!$kept) {
        throw new Exception("not as it should be: $what");
    }
}

function vectors(string $name): mixed
{
    return json_decode(file_get_contents("{$_SERVER['argv'][1]}/$name"), false, 512, JSON_THROW_ON_ERROR);
}

$signed = 0;
foreach (vectors('signing-vectors.json') as $vector) {
    if ($vector->name === 'big integers') {
        continue; // PHP has none
    }
    try {
        $body = sign((array) $vector->parameters, $vector->access_code, $vector->secret, $vector->timestamp);
    } catch (InvalidArgumentException $error) {
        expect($error->getMessage() === ($vector->error ?? ''), $vector->name);
        $signed++;
        continue;
    }
    $sign = array_pop($body);
    expect([content($body), $sign] === [$vector->content, $vector->sign], $vector->name);
    $signed++;
}
foreach (vectors('mall-signing-vectors.json') as $vector) {
    $body = sign_mall((array) $vector->parameters, $vector->partner_code, $vector->trade_time);
    $sign = array_pop($body);
    expect([content($body), $sign] === [$vector->content, $vector->sign], $vector->name);
}
$cube = vectors('cube-signing-vectors.json');
foreach ($cube->vectors as $vector) {
    $body = (array) json_decode($vector->body ?? '{}');
    $stamp = [$vector->timestamp, (string) $vector->nonce];
    expect(content(cube_parameters($vector->url, $body, ...$stamp)) === $vector->content, $vector->name);
    expect(cube_headers($vector->key_id, $cube->private_key, $vector->url, $body, ...$stamp) === (array) $vector->headers, $vector->name);
}

$plans = new Csss\Api\PlanApi(new GuzzleHttp\Client(), (new Csss\Configuration())->setHost(getenv('LINKSFIELD_BASE_URL')));
$body = fn (array $parameters) => sign($parameters, getenv('LINKSFIELD_ACCESS_CODE'), getenv('LINKSFIELD_SECRET'));
$order = $plans->orderPackage(new Csss\Model\OrderPackageRequest($body([
    'device_id' => '8985' . str_pad((string) (int) (microtime(true) * 1e6), 16, '0', STR_PAD_LEFT),
    'package_code' => 'DP20190726001274', 'package_name' => 'C_M_0_P_中国20M不限速月套餐', 'package_type' => '2',
    'order_period' => '1', 'pay_amount' => '0', 'pay_rst' => '2', 'is_open' => '0', 'global_order' => '0',
    'test_flow' => '0', 'test_flow_flag' => '0',
])));
expect($order->getCode() === '0000' && $order->getData()->getOrderId() !== null, 'an order');
$refused = $plans->openPackage(new Csss\Model\OpenPackageRequest($body(['order_id' => 'no such order'])));
expect($refused->getCode() !== '0000' && $refused->getData() === null, 'a refusal');

$handlers = GuzzleHttp\HandlerStack::create();
$handlers->push(GuzzleHttp\Middleware::mapRequest(function ($request) use ($cube) {
    foreach (cube_headers('sandbox', $cube->private_key, (string) $request->getUri()) as $name => $value) {
        $request = $request->withHeader($name, $value);
    }
    return $request;
}));
$sims = new Cube\Api\SIMApi(
    new GuzzleHttp\Client(['handler' => $handlers]),
    (new Cube\Configuration())->setHost(getenv('LINKSFIELD_BASE_URL') . '/cube/v4'),
);
$list = $sims->querySims(timestamp: '', nonce: 0, page_size: 5);
expect($list->getStatus()->getCode() === 'CB-00-0000' && count($list->getData()) === 5, 'five SIMs of Cube');
echo "vectors $signed/" . count(vectors('signing-vectors.json')) . "\naccepted 2\n";
