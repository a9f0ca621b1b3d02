//! What goes wrong with which requests, and when: told by a test, and over by itself.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Response;

use super::api::{Asked, RefusedWith};
use super::fault::{Dropped, Fault};
use super::limits::{SCENE_LIMIT, TEXT_LIMIT};
use super::reply::Reply;
use super::request::Request;
use super::shape::Shape;
use crate::lock::held;

/// What happens to a request instead of what should.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// One of the usual faults.
    Fault(Fault),
    /// An answer of your own.
    Reply(Reply),
    /// The answer in a shape that is not documented.
    Shape(Shape),
    /// Each answer in the documented shape or another, at random.
    AnyShape(AnyShape),
}

/// A row of shapes at random, and how far it has come.
#[derive(Clone, Debug)]
pub struct AnyShape(Arc<Mutex<fastrand::Rng>>);

impl AnyShape {
    /// None is the documented one.
    fn next(&self) -> Option<Shape> {
        let next = held(&self.0).usize(..=Shape::ALL.len());
        Shape::ALL.get(next).copied()
    }
}

impl From<Shape> for Effect {
    fn from(shape: Shape) -> Self {
        Self::Shape(shape)
    }
}

impl From<Fault> for Effect {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Reply> for Effect {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Effect {
    /// Each answer in the documented shape or any other, at random; equal seeds give equal rows.
    #[must_use]
    pub fn any_shape(seed: u64) -> Self {
        Self::AnyShape(AnyShape(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)))))
    }

    /// Whether it happens before the body is read.
    pub(super) fn is_before_reading(&self) -> bool {
        matches!(self, Self::Fault(Fault::DropBeforeReading))
    }

    /// Happens when the body is read, before anything is done: the connection's end, or an answer instead of the operation's.
    pub(super) async fn before(&self, asked: &Asked<'_>) -> Result<Option<Response<Body>>, Dropped> {
        match self {
            Self::Fault(fault) => fault.before(asked).await,
            Self::Reply(reply) => Ok(reply.before(asked).await),
            Self::Shape(_) | Self::AnyShape(_) => Ok(None),
        }
    }

    /// Happens when everything is done: what becomes of the answer.
    pub(super) async fn after(&self, asked: &Asked<'_>, response: Response<Body>) -> Result<Response<Body>, Dropped> {
        let refused = response.extensions().get::<RefusedWith>().cloned();
        let mut response = match self {
            Self::Fault(fault) => fault.after(asked, response).await?,
            Self::Reply(reply) => reply.after(asked, response).await,
            Self::Shape(shape) => shape.put_on(asked, response).await,
            Self::AnyShape(any) => match any.next() {
                Some(shape) => shape.put_on(asked, response).await,
                None => response,
            },
        };
        // An answer without a code of its own does not undo the refusal.
        refused.map(|refused| response.extensions_mut().get_or_insert(refused));
        Ok(response)
    }
}

/// What goes wrong with the next requests, one thing after the other. A sandbox is [told](super::Sandbox::tell) it.
///
/// Of several stories, a request plays in the first whose turn fits it; the others wait. A story of which every part has
/// been played is over.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), linksfield::Error> {
/// use linksfield::sandbox::{Fault, Reply, Sandbox, Story};
///
/// let sandbox = Sandbox::start().await?;
/// // The first order is placed and its answer lost; then two are refused; lists work all the time.
/// let lost = Story::new(Fault::DropAfterPlacing).of("orderPackage");
/// sandbox.tell(lost.then(Story::new(Reply::refusal("1001", "no credit")).of("orderPackage").times(2)))?;
/// // Whatever is asked about this SIM is answered slowly, as long as nothing else is told.
/// let slow = Reply::own().delay(std::time::Duration::from_millis(20));
/// sandbox.tell(Story::new(slow).when(|request| request.parameters()["device_id"] == "1").always())?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a sandbox is told a story with `Sandbox::tell`"]
pub struct Story(VecDeque<Scene>);

type When = Arc<dyn Fn(&Request) -> bool + Send + Sync>;

#[derive(Clone)]
struct Scene {
    effect: Effect,
    operation: Option<String>,
    when: Option<When>,
    /// How many requests it is for; all if none.
    left: Option<u64>,
}

impl Story {
    /// For the next request.
    pub fn new(effect: impl Into<Effect>) -> Self {
        Self([Scene { effect: effect.into(), operation: None, when: None, left: Some(1) }].into())
    }

    /// For the next `count` requests. Like all that follow, it is about what was told last: in `a.then(b).times(2)` about `b`.
    pub fn times(self, count: u64) -> Self {
        self.last(|scene| scene.left = Some(count))
    }

    /// For all requests from now on.
    pub fn always(self) -> Self {
        self.last(|scene| scene.left = None)
    }

    /// For requests of this operation alone, such as `orderPackage`: the name of its method in the specification.
    pub fn of(self, operation: impl Into<String>) -> Self {
        self.last(|scene| scene.operation = Some(operation.into()))
    }

    /// For requests alone of which `when` says so. With [`Fault::DropBeforeReading`] it sees no body.
    pub fn when(self, when: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.last(|scene| scene.when = Some(Arc::new(when)))
    }

    /// What comes when this is over.
    pub fn then(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    fn last(mut self, change: impl FnOnce(&mut Scene)) -> Self {
        self.0.back_mut().map(change);
        self
    }

    /// Why it can't be told to whom has these `operations`.
    pub(super) fn problem(&self, operations: &[&str]) -> Option<String> {
        self.0.iter().find_map(|scene| match (&scene.operation, &scene.effect) {
            (Some(operation), _) if !operations.contains(&operation.as_str()) => {
                let known = operations.join(", ");
                Some(format!("no operation of this sandbox has the name {operation:?}: it has {known}"))
            }
            (_, Effect::Reply(reply)) => reply.problem(),
            _ => None,
        })
    }
}

/// Which story, how many of its scenes are left, and for how many requests the first of them still is.
type Turn = (u64, usize, Option<u64>);

impl Scene {
    fn is_of(&self, request: &Request) -> bool {
        self.operation.as_deref().is_none_or(|operation| request.operation() == Some(operation))
    }

    fn is_when(&self, request: &Request) -> bool {
        self.when.as_ref().is_none_or(|when| when(request))
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene")
            .field("effect", &self.effect)
            .field("operation", &self.operation)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// The stories that are not over, the first that was told in front.
#[derive(Default)]
pub(super) struct Stories {
    told: Mutex<Vec<Told>>,
    count: AtomicU64,
}

struct Told {
    id: u64,
    texts: usize,
    story: Story,
}

impl Told {
    fn turn(&self) -> Option<Turn> {
        Some((self.id, self.story.0.len(), self.story.0.front()?.left))
    }
}

impl Stories {
    /// Takes a story of so many bytes of texts, or why it can't.
    pub(super) fn tell(&self, mut story: Story, texts: usize) -> Option<String> {
        story.0.retain(|scene| scene.left != Some(0));
        let mut told = held(&self.told);
        let scenes = told.iter().map(|told| told.story.0.len()).sum::<usize>() + story.0.len();
        if scenes > SCENE_LIMIT || told.iter().map(|told| told.texts).sum::<usize>() + texts > TEXT_LIMIT {
            let most = format!("{SCENE_LIMIT} scenes with {TEXT_LIMIT} bytes of texts");
            return Some(format!("the sandbox keeps no more stories than {most}: let some be played, or forget them"));
        }
        if !story.0.is_empty() {
            told.push(Told { id: self.count.fetch_add(1, Ordering::Relaxed), texts, story });
        }
        None
    }

    pub(super) fn forget(&self) {
        held(&self.told).clear();
    }

    pub(super) fn left(&self) -> usize {
        held(&self.told).len()
    }

    /// What happens to `request`, if a story is told of it: nothing yet as long as its body is not read, and what happens
    /// comes after that.
    pub(super) fn play(&self, request: &Request, is_read: bool) -> Option<Option<Effect>> {
        let waits = |scene: &Scene| !is_read && !scene.effect.is_before_reading();
        // What is before reading was asked then.
        let is_over = |scene: &Scene| is_read && scene.effect.is_before_reading();
        loop {
            // A test's closure is asked without the lock: it may tell another story.
            let mut turns = self.turns().into_iter().filter(|(_, scene)| scene.is_of(request) && !is_over(scene));
            let (turn, scene) = turns.find(|(_, scene)| waits(scene) || scene.is_when(request))?;
            if waits(&scene) {
                return Some(None);
            }
            if self.take(turn) {
                return Some(Some(scene.effect));
            }
        }
    }

    /// What each story has next.
    fn turns(&self) -> Vec<(Turn, Scene)> {
        held(&self.told).iter().filter_map(|told| Some((told.turn()?, told.story.0.front()?.clone()))).collect()
    }

    /// Uses a turn up once, unless another request was faster.
    fn take(&self, turn: Turn) -> bool {
        let mut told = held(&self.told);
        let Some(position) = told.iter().position(|told| told.turn() == Some(turn)) else { return false };
        let Some(Told { story, .. }) = told.get_mut(position) else { return false };
        let Some(scene) = story.0.front_mut() else { return false };
        let Some(left) = &mut scene.left else { return true };
        *left -= 1;
        if *left == 0 {
            story.0.pop_front();
        }
        if story.0.is_empty() {
            drop(told.remove(position));
        }
        true
    }
}
