//! How much a sandbox takes and keeps: nothing in it grows without a bound.

use std::time::Duration;

/// Most bytes of a request's body.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Most bytes of a request's head, but for the rest of what came with its last bytes; a longer one is refused with HTTP 431.
pub const HEAD_LIMIT: usize = 16 * 1024;

/// Most orders that are kept in each API, of which Cube counts bundles, messages and asynchronous operations too; after that,
/// they are refused with `SANDBOX-FULL`.
pub const ORDER_LIMIT: usize = 100_000;

/// Most bytes of texts that are kept of orders in each API, of stories that were told over HTTP, and of notifications that
/// wait; what is more is refused.
pub const TEXT_LIMIT: usize = 64 * 1024 * 1024;

/// Most bytes of an id that is kept.
pub const ID_LIMIT: usize = 64;

/// Most SIMs of a batch; above, it is refused whole with `SANDBOX-BATCH-TOO-LARGE`.
///
/// What a batch costs grows with its SIMs and no faster, and nearly all of it is the answer, by 190 bytes a SIM. Of
/// 90 000 SIMs, 7 of 9 seconds in a build that is not optimised went into making the answer as a JSON value, copying it
/// twice into what stands around it, and printing it; placing the orders took 1.3 seconds, the signature 0.4. It is no
/// longer copied, and 90 000 SIMs in batches of 1000 take 4.4 seconds. But in one answer they have 17 MB, twice what a client
/// of this crate reads, and where an answer can't be read, nobody knows what was ordered.
pub const BATCH_LIMIT: usize = 1000;

/// Most requests that are kept; the oldest are forgotten.
pub const REQUEST_LIMIT: usize = 1000;

/// Most bytes that are kept of a request's body.
pub const KEPT_BODY_LIMIT: usize = 64 * 1024;

/// Most scenes of all stories that are not over; what is more can't be told.
pub const SCENE_LIMIT: usize = 1000;

/// Bytes that a notification which waits counts for, besides those of its text: with [`TEXT_LIMIT`], at most 16 384 wait.
pub(super) const NOTIFICATION_COST: usize = 4 * 1024;

/// Most connections at once, unless a sandbox is told another number; others wait until one ends.
pub const CONNECTION_LIMIT: usize = 8192;

/// How long is waited for a client, unless a sandbox is told another time: for the head of a request, for its body, and
/// whenever no more of an answer is taken. An idle connection is closed after it.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
