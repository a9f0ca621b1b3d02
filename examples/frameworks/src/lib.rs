//! A receiver of Linksfield's notifications in three web frameworks. Each reads no more of a body than the verifier's limit,
//! and acts on each notification once.

pub mod actix;
pub mod hyper;
pub mod tower;

use linksfield::notification::{Claim, Event, Verified};

/// What is done with a notification, in whichever framework.
pub async fn act(verified: Verified, _claim: Claim) -> Result<(), &'static str> {
    match verified.event {
        Event::PlanWarning(plan) => println!("{} SIMs need a plan", plan.devices.len()),
        Event::SmsReceived(sms) => println!("{:?} wrote {:?}", sms.sim_id, sms.text_message),
        _ => return Err("not what this example acts on: Linksfield sends it again"),
    }
    Ok(())
}
