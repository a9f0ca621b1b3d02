//! Servers and clients for the tests.

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use linksfield::csss::Client;
use linksfield::csss::types::{
    BatchOrderPackages, CreateOtaOrder, DeviceId, GlobalOrder, IsOpen, OrderId, OrderPackage, PackageType,
    PaymentMethod, PaymentResult, TestFlowFlag,
};
use linksfield::sandbox::Sandbox;
use linksfield::{Credentials, Language};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::fmt::MakeWriter;

pub const SIM: &str = "89852022018041800192";
pub const PLAN: &str = "DP20190726001274";
pub const SECRET: &str = "a secret that nobody may see";

/// An English client of `sandbox`.
pub fn client_of(sandbox: &Sandbox) -> Client {
    Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(sandbox.url())
        .language(Language::English)
        .build()
        .unwrap()
}

/// A client with the credentials of the printed examples, whose clock stands at 1643253530.
pub fn client_at(url: &str) -> Client {
    Client::builder()
        .credentials(Credentials::new("P000270", SECRET).unwrap())
        .environment(url)
        .clock(|| UNIX_EPOCH + Duration::from_secs(1_643_253_530))
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

/// The order of the printed example.
pub fn monthly_plan() -> OrderPackage {
    OrderPackage::builder()
        .device_id(SIM)
        .package_code(PLAN)
        .package_name("C_M_0_P_中国20M不限速月套餐")
        .package_type(PackageType::Monthly)
        .order_period("1")
        .pay_amount("0")
        .pay_rst(PaymentResult::Unpaid)
        .pay_type(PaymentMethod::Alipay)
        .is_open(IsOpen::StartLater)
        .global_order(GlobalOrder::NotHostNumber)
        .test_flow_flag(TestFlowFlag::NoTestData)
        .test_flow("0")
        .build()
}

/// The same plan for several SIMs, with what is required only.
pub fn monthly_plan_for(sims: impl IntoIterator<Item = impl Into<DeviceId>>) -> BatchOrderPackages {
    BatchOrderPackages::builder()
        .device_list(sims)
        .package_code(PLAN)
        .package_name("C_M_0_P_中国20M不限速月套餐")
        .package_type(PackageType::Monthly)
        .order_period("1")
        .is_open(IsOpen::StartLater)
        .global_order(GlobalOrder::NotHostNumber)
        .build()
}

/// The order of the printed OTA example, for the same SIM.
pub fn ota_plan() -> CreateOtaOrder {
    CreateOtaOrder::builder()
        .device_id(SIM)
        .package_code("DP20201218003915")
        .package_name("T_T_T_0_P_S_中国100G/365天套餐")
        .package_type(PackageType::Daily)
        .order_period("1")
        .pay_amount("0")
        .pay_rst(PaymentResult::Unpaid)
        .pay_type(PaymentMethod::Alipay)
        .is_open(IsOpen::StartLater)
        .global_order(GlobalOrder::NotHostNumber)
        .test_flow_flag(TestFlowFlag::NoTestData)
        .test_flow("0")
        .mcc("")
        .days(364)
        .timing_type("1")
        .build()
}

/// Places the order of the printed example.
pub async fn placed(client: &Client) -> OrderId {
    client.order_package(&monthly_plan()).await.unwrap().order_id
}

/// An HTTP client for servers on this machine, which a proxy that the environment names must not get to see.
pub fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// Lets each place that tells something ask all subscribers. Of a single one, that of the thread which meets the place
/// first is asked, for all threads.
pub fn every_subscriber_is_asked() {
    static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));
    LazyLock::force(&SECOND);
    tracing::callsite::rebuild_interest_cache();
}

/// A server that answers every request with the same bytes and keeps the requests.
pub struct Canned {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Answers HTTP 200 with `body`.
    pub async fn json(body: &str) -> Self {
        Self::raw(response("200 OK", "application/json", body)).await
    }

    /// Answers with `answer` as it is; nothing at all closes the connection.
    pub async fn raw(answer: String) -> Self {
        Self::bytes(answer.into_bytes()).await
    }

    /// The same with bytes that need not be text.
    pub async fn bytes(answer: Vec<u8>) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), vec![answer])
    }

    /// Gives the answers one after the other, and the last of them from then on.
    pub fn sequence(listener: TcpListener, answers: Vec<String>) -> Self {
        Self::serve(listener, answers.into_iter().map(String::into_bytes).collect())
    }

    fn serve(listener: TcpListener, answers: Vec<Vec<u8>>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut answers = answers.into_iter().peekable();
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answers.next().unwrap_or_default();
                if answers.peek().is_none() {
                    answers = vec![answer.clone()].into_iter().peekable();
                }
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    kept.lock().unwrap().push(request);
                    let _ = stream.write_all(&answer).await;
                });
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The JSON bodies of the requests.
    pub fn bodies(&self) -> Vec<Value> {
        let bodies = self.requests();
        bodies.iter().map(|request| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()).collect()
    }

    /// The JSON body of the only request.
    pub fn body(&self) -> Value {
        let [body] = self.bodies().try_into().expect("one request");
        body
    }
}

pub fn response(status: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if read == 0 || is_whole(&text) {
            return text;
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// Says on stderr what could not be tested here; what is printed otherwise is kept back of a test that passes.
pub fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}

/// Runs an ignored test in a process of its own, because an environment is a process's. Returns what it printed.
pub fn in_its_own_process(test: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LINKSFIELD_")) {
        command.env_remove(name);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Collects what is logged.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A file of `tests/fixtures/csss`.
pub fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/csss/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

/// `openapi/csss.yaml`.
pub fn specification() -> Value {
    serde_saphyr::from_str(include_str!("../../openapi/csss.yaml")).unwrap()
}
