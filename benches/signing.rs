//! What signing costs. Read the medians of one run against `bare_hmac`: absolute times say nothing elsewhere.

use divan::{Bencher, black_box};
use linksfield::envelope::wrap;
use linksfield::signing::{Key, explain, verify};

fn main() {
    divan::main();
}

/// The parameters of the documented order; with the signed ones it has 16 fields.
const BODY: &[u8] = r#"{"device_id":"89852022018041800192","global_order":"0","is_open":"0","order_period":"1","package_code":"DP20190726001274","package_name":"C_M_0_P_中国20M不限速月套餐","package_type":"2","pay_amount":"0","pay_rst":"1","pay_type":"2","test_flow":"0","test_flow_flag":"0"}"#.as_bytes();

fn signed() -> (Key, Vec<u8>) {
    let key = Key::new("an example secret");
    let body = wrap(BODY, "P000270", "1643253530", &key).expect("the body is an object");
    (key, body)
}

/// The HMAC alone: the keyed state over the content.
#[divan::bench(sample_count = 500, sample_size = 200)]
fn bare_hmac(bencher: Bencher<'_, '_>) {
    use hmac::{Hmac, KeyInit, Mac};
    let content = explain(&signed().1).expect("the body is an object").content().to_owned();
    let key = Hmac::<sha1::Sha1>::new_from_slice(b"an example secret").expect("any length");
    bencher.bench(|| key.clone().chain_update(black_box(&content)).finalize());
}

/// Bytes in, signed bytes out: what each call does.
#[divan::bench(sample_count = 500, sample_size = 200)]
fn sign_a_body(bencher: Bencher<'_, '_>) {
    let (key, _) = signed();
    bencher.bench(|| wrap(black_box(BODY), "P000270", "1643253530", &key));
}

/// What a server does with each call.
#[divan::bench(sample_count = 500, sample_size = 200)]
fn verify_a_body(bencher: Bencher<'_, '_>) {
    let (key, body) = signed();
    bencher.bench(|| verify(black_box(&body), &key));
}
