//! All that a test can tell the sandbox, over HTTP: `control.yaml` describes it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, HOST, HeaderValue};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Response, StatusCode};
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::api::RefusedWith;
use super::curl;
use super::fault::Fault;
use super::refusal::Refusal;
use super::reply::Reply;
use super::request::Request;
use super::response;
use super::shape::Shape;
use super::state::State;
use super::story::{Effect, Story};
use crate::error::Error;
use crate::values::Language;

const ROOT: &str = "/_sandbox/";

/// The code of all that is not done.
const CODE: &str = "SANDBOX-CONTROL";

const SPECIFICATION: &str = include_str!("control.yaml");

/// What there is, and the methods that it has.
const PATHS: [(&str, &str); 8] = [
    ("clock", "GET, PUT, DELETE"),
    ("curl", "GET"),
    ("faults", "GET, POST, DELETE"),
    ("notifications", "POST"),
    ("openapi.yaml", "GET"),
    ("requests", "GET, DELETE"),
    ("sms", "POST"),
    ("usage", "POST"),
];

pub(super) fn is_for(path: &str) -> bool {
    path.starts_with(ROOT) || path == ROOT.trim_end_matches('/')
}

/// Why it does not do what it is told.
struct Problem {
    status: StatusCode,
    message: String,
    allowed: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), allowed: None }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = if refusal.status() == StatusCode::OK { StatusCode::BAD_REQUEST } else { refusal.status() };
        Self::new(status, refusal.message(&Language::English))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

/// The answer to what it is told, if whoever tells it may: only then the body is read.
pub(super) async fn answer(
    state: &State,
    peer: SocketAddr,
    head: &Parts,
    body: impl Future<Output = Result<Bytes, Refusal>>,
) -> Response<Body> {
    told(state, peer, head, body).await.unwrap_or_else(|problem| {
        let body = json!({ "code": CODE, "message": problem.message });
        let mut response = response::json(problem.status, body.to_string());
        let allowed = problem.allowed.map(|allowed| (ALLOW, HeaderValue::from_static(allowed)));
        response.headers_mut().extend(allowed);
        response.extensions_mut().insert(RefusedWith(CODE.to_owned()));
        response
    })
}

async fn told(
    state: &State,
    peer: SocketAddr,
    head: &Parts,
    body: impl Future<Output = Result<Bytes, Refusal>>,
) -> Result<Response<Body>, Problem> {
    state.door.check(peer, head).map_err(|(status, message)| Problem::new(status, message))?;
    let body = body.await?;
    match (head.method.as_str(), head.uri.path().strip_prefix(ROOT).unwrap_or_default()) {
        ("GET", "curl") => curl(state, head).map(|done| response::json(StatusCode::OK, done.to_string())),
        ("GET", "openapi.yaml") => Ok(response::answer(StatusCode::OK, "application/yaml", SPECIFICATION.into())),
        (method, path) => obey(state, method, path, &body).map(|done| response::json(StatusCode::OK, done.to_string())),
    }
}

fn obey(state: &State, method: &str, path: &str, body: &[u8]) -> Result<Value, Problem> {
    match (method, path) {
        ("GET", "faults") => {}
        ("POST", "faults") => state.tell(read::<ToldStory>(body)?.story()?, body.len())?,
        ("DELETE", "faults") => state.stories.forget(),
        ("GET", "requests") => {
            return Ok(json!({ "requests": state.log.all().iter().map(shown).collect::<Vec<_>>() }));
        }
        ("DELETE", "requests") => {
            state.log.forget();
            return Ok(json!({ "requests": [] }));
        }
        ("POST", "usage") => {
            let Usage { device_id, amount } = read(body)?;
            return Ok(json!({ "is_used": state.use_data(&device_id, amount)? }));
        }
        ("POST", "sms") => {
            let Sms { sim_id, text } = read(body)?;
            return Ok(json!({ "is_sent": state.send_sms(&sim_id, &text)? }));
        }
        ("POST", "notifications") => {
            let Notification { body } = read(body)?;
            return Ok(json!({ "is_sent": state.notify(&Value::Object(body)) }));
        }
        ("GET", "clock") => return clock(state),
        ("PUT", "clock") => {
            let Time { time } = read(body)?;
            let time = time.parse::<Timestamp>().and_then(SystemTime::try_from).map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, format!("time: must be like 2022-01-27T12:00:00Z ({error})"))
            })?;
            state.clock.set(Some(time))?;
            return clock(state);
        }
        ("DELETE", "clock") => {
            state.clock.set(None)?;
            return clock(state);
        }
        (_, path) => return Err(unknown(path)),
    }
    Ok(json!({ "stories_left": state.stories.left() }))
}

/// The command of a shell that calls the operation which the query names.
fn curl(state: &State, head: &Parts) -> Result<Value, Problem> {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = |path: &str| {
        Url::parse(&format!("http://{host}{path}"))
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("the Host is none of a URL: {error}")))
    };
    let asked = url(head.uri.path_and_query().map_or("", PathAndQuery::as_str))?;
    let named =
        |key: &str| asked.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value).unwrap_or_default();
    let (document, operation) = (named("document"), named("operation"));
    let api = state.served.iter().find(|api| api.document().name == document);
    let found = api.and_then(|api| Some((api, api.document().operations.iter().find(|one| one.id == operation)?)));
    let (api, operation) =
        found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no API of this sandbox has such an operation"))?;
    Ok(json!({ "command": curl::command(&**api, operation, &url(api.root())?, state.clock.now()?)? }))
}

fn clock(state: &State) -> Result<Value, Problem> {
    let time = Timestamp::try_from(state.clock.now()?).map_err(|_| Refusal::Clock)?;
    Ok(json!({ "time": time.to_string() }))
}

fn unknown(path: &str) -> Problem {
    let known = PATHS.iter().find(|(known, _)| *known == path);
    let (status, message) = match known {
        Some((_, allowed)) => (StatusCode::METHOD_NOT_ALLOWED, format!("it has the methods {allowed}")),
        None => (StatusCode::NOT_FOUND, format!("nothing has this path: {ROOT}openapi.yaml lists what there is")),
    };
    Problem { allowed: known.map(|(_, allowed)| *allowed), ..Problem::new(status, message) }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let told = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body));
    told.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("{}: {}", error.path(), error.inner())))
}

/// What its `Debug` shows.
fn shown(request: &Request) -> Value {
    json!({
        "method": request.method().as_str(), "path": request.path(), "operation": request.operation(),
        "parameters": request.parameters(), "is_verified": request.is_verified(),
        "status": request.status(), "code": request.code(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usage {
    device_id: String,
    amount: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sms {
    sim_id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notification {
    body: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    time: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldStory {
    scenes: Vec<ToldScene>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldScene {
    fault: Option<String>,
    reply: Option<ToldReply>,
    shape: Option<String>,
    any_shape: Option<u64>,
    operation: Option<String>,
    parameters: Option<Map<String, Value>>,
    times: Option<u64>,
    #[serde(default)]
    always: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldReply {
    code: Option<String>,
    message: Option<String>,
    body: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    delay_milliseconds: u64,
    #[serde(default)]
    after_placing: bool,
}

impl ToldStory {
    fn story(self) -> Result<Story, Problem> {
        let mut scenes = self.scenes.into_iter().map(ToldScene::story);
        let none = || Problem::new(StatusCode::BAD_REQUEST, "scenes: a story has at least one");
        let first = scenes.next().ok_or_else(none)??;
        scenes.try_fold(first, |story, next| Ok(story.then(next?)))
    }
}

impl ToldScene {
    fn story(self) -> Result<Story, Problem> {
        let wrong = |message: String| Err(Problem::new(StatusCode::BAD_REQUEST, message));
        let effect: Effect = match (self.fault, self.reply, self.shape, self.any_shape) {
            (Some(name), None, None, None) => match Fault::from_name(&name) {
                Some(fault) => fault.into(),
                None => return wrong(format!("fault: must be one of {}", Fault::names())),
            },
            (None, Some(reply), None, None) => reply.reply()?.into(),
            (None, None, Some(name), None) => match Shape::from_name(&name) {
                Some(shape) => shape.into(),
                None => return wrong(format!("shape: must be one of {}", Shape::names())),
            },
            (None, None, None, Some(seed)) => Effect::any_shape(seed),
            _ => return wrong("a scene has either a fault or a reply, a shape or any_shape".to_owned()),
        };
        let mut story = Story::new(effect);
        story = match (self.times, self.always) {
            (Some(_), true) => return wrong("a scene is either for so many times or for always".to_owned()),
            (Some(times), false) => story.times(times),
            (None, true) => story.always(),
            (None, false) => story,
        };
        if let Some(operation) = self.operation {
            story = story.of(operation);
        }
        if let Some(wanted) = self.parameters {
            story = story.when(move |request| has(&request.parameters(), &wanted));
        }
        Ok(story)
    }
}

fn has(parameters: &Value, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, value)| parameters.get(name) == Some(value))
}

impl ToldReply {
    fn reply(self) -> Result<Reply, Problem> {
        let mut reply = match (self.code, self.message, self.body) {
            (Some(code), message, None) => Reply::refusal(code, message.unwrap_or_default()),
            (None, None, Some(body)) => Reply::body(body),
            (None, None, None) => Reply::own(),
            _ => {
                let message = "a reply has either a code, with a message or not, or a body";
                return Err(Problem::new(StatusCode::BAD_REQUEST, message));
            }
        };
        for (name, value) in self.headers {
            reply = reply.header(name, value);
        }
        if let Some(status) = self.status {
            reply = reply.status(status);
        }
        if self.after_placing {
            reply = reply.after_placing();
        }
        Ok(reply.delay(Duration::from_millis(self.delay_milliseconds)))
    }
}
