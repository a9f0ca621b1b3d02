//! Documented bodies, and random changes to them.

/// What the documentation prints, and the corners of JSON.
pub const SEEDS: [&str; 15] = [
    include_str!("../../tests/fixtures/csss/package.orderPackage.request.json"),
    include_str!("../../tests/fixtures/csss/package.orderPackage.response.json"),
    include_str!("../../tests/fixtures/csss/package.batchOrderPackages.request.json"),
    include_str!("../../tests/fixtures/csss/package.batchOrderPackages.response.json"),
    include_str!("../../tests/fixtures/csss/package.createOtaOrder.request.json"),
    include_str!("../../tests/fixtures/csss/package.queryOrder.request.json"),
    include_str!("../../tests/fixtures/csss/package.openPackage.response.json"),
    include_str!("../../tests/fixtures/csss/flow.queryDeviceFlowUsage.response.json"),
    include_str!("../../tests/fixtures/notifications/sms-mo.json"),
    include_str!("../../tests/fixtures/notifications/mall-device-warning.json"),
    r#"{"b":[1,{"z":-0.5,"y":[]}],"a":"\u4e2d\ud83d\ude00\\\"\n","c":null,"":{}}"#,
    r#"{"device_id":"1","package_code":"x","a":"","z":"中"}"#,
    r#"{"code":"0000","success":true,"message":"成功","data":[{"a":1e400}]}"#,
    r#"{"a":123456789012345678901234567890,"b":1E5,"c":-0}"#,
    "{}",
];

/// Which seed, how many changes, and which of them where.
pub type Change = (u8, Vec<(u16, Edit)>);

/// One change.
#[derive(Clone, Debug, bolero::TypeGenerator)]
pub enum Edit {
    /// Overwrites a byte.
    Set(u8),
    /// Overwrites a byte with one that means something in JSON.
    Mark(u8),
    /// Takes a byte out.
    Remove,
    /// Puts a copy of what follows here.
    Repeat(u8),
}

/// The changed seed.
pub fn changed((seed, edits): &Change) -> Vec<u8> {
    const MARKS: &[u8] = b"{}[]\",:\\0-. untf\x00\x7f";
    let mut body = SEEDS[usize::from(*seed) % SEEDS.len()].as_bytes().to_vec();
    // A few changes leave most bodies readable, which is where it gets interesting.
    let count = usize::from(*seed) / SEEDS.len() % 5;
    for (place, edit) in edits.iter().take(count) {
        if body.is_empty() {
            break;
        }
        let place = usize::from(*place) % body.len();
        match edit {
            Edit::Set(byte) => body[place] = *byte,
            Edit::Mark(mark) => body[place] = MARKS[usize::from(*mark) % MARKS.len()],
            Edit::Remove => drop(body.remove(place)),
            Edit::Repeat(length) => {
                let copy = body[place..].iter().take(usize::from(*length)).copied().collect::<Vec<_>>();
                body.splice(place..place, copy);
            }
        }
    }
    body
}
