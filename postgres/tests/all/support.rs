//! A PostgreSQL for each test: a private one, as the user `postgres` if this is root, with a socket in a temporary folder; or
//! the one that `LINKSFIELD_TEST_POSTGRES` names, for tests that leave it running. Where there is neither, a test is
//! skipped, and says so.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use linksfield::notification::Claim;
use linksfield_postgres::tokio_postgres::{Client, NoTls, connect};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, MutexGuard, Notify};

/// The server that is named is one, so that tests on it wait for each other.
static NAMED: Mutex<()> = Mutex::const_new(());

pub struct Database {
    pub string: String,
    _named: Option<MutexGuard<'static, ()>>,
    _private: Option<Server>,
}

impl Database {
    /// An empty database.
    pub async fn any() -> Option<Self> {
        let Ok(string) = std::env::var("LINKSFIELD_TEST_POSTGRES") else {
            let server = Server::start("")?;
            return Some(Self { string: server.string(), _named: None, _private: Some(server) });
        };
        let named = NAMED.lock().await;
        let drop = "DROP TABLE IF EXISTS linksfield_deliveries, linksfield_signatures, linksfield_deliveries_schema,
            effect, linksfield_fleet_sims, linksfield_fleets, linksfield_fleets_schema";
        client(&string).await.batch_execute(drop).await.unwrap();
        Some(Self { string, _named: Some(named), _private: None })
    }
}

/// A server of the test's own.
pub struct Server {
    _disk: Option<Disk>,
    folder: TempDir,
    binaries: PathBuf,
    options: String,
}

impl Server {
    pub fn start(options: &str) -> Option<Self> {
        Self::start_on(None, folder(), options)
    }

    /// A server whose disk has so many megabytes, and nothing else on it.
    pub fn on_a_disk_of(megabytes: u32) -> Option<Self> {
        let folder = folder();
        match Disk::mount(folder.path(), megabytes) {
            Some(disk) => Self::start_on(Some(disk), folder, ""),
            None => {
                let _ = writeln!(std::io::stderr(), "skipped: it needs root, which may mount a disk");
                None
            }
        }
    }

    fn start_on(disk: Option<Disk>, folder: TempDir, options: &str) -> Option<Self> {
        let Some(binaries) = binaries() else {
            // Not by the macro, whose text is kept from who runs the tests.
            let _ =
                writeln!(std::io::stderr(), "skipped: there is no PostgreSQL, install Debian's package `postgresql`");
            return None;
        };
        let server = Self { _disk: disk, folder, binaries, options: options.to_owned() };
        let log = "--wal-segsize=1";
        server.run("initdb", &["-D", &server.data(), "-A", "trust", "-U", "postgres", "--no-sync", log]);
        server.go_on();
        Some(server)
    }

    /// A standby that follows this server, which does not wait for it. It is not started yet.
    pub fn standby(&self) -> Self {
        let (binaries, options) = (self.binaries.clone(), self.options.clone());
        let standby = Self { _disk: None, folder: folder(), binaries, options };
        let from = self.folder.path().display().to_string();
        let backup = ["-D", &standby.data(), "-R", "-c", "fast", "-h", &from, "-U", "postgres"];
        standby.run("pg_basebackup", &backup);
        standby
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn string(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.path().display())
    }

    /// The connection string, where each transaction has another isolation unless it says which.
    pub fn isolated(&self, level: &str) -> String {
        let level = level.replace(' ', r"\\ ");
        format!("{} options='-c default_transaction_isolation={level}'", self.string())
    }

    /// Starts it, anew if it still runs.
    pub fn go_on(&self) {
        let options = format!("-c listen_addresses='' -k {} -F {}", self.folder.path().display(), self.options);
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-o", &options, "-l", &self.log(), "-w", "-m", "immediate", "restart"],
        );
    }

    /// Ends it as a crash does.
    pub fn crash(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }

    pub fn run(&self, binary: &str, arguments: &[&str]) {
        let path = self.binaries.join(binary);
        let mut command = match is_root(Path::new("/proc/self")) {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(path);
                command
            }
            false => Command::new(path),
        };
        let status = command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.unwrap().success(), "{binary} {arguments:?}: {:?}", std::fs::read_to_string(self.log()));
    }

    pub fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn log(&self) -> String {
        self.folder.path().join("log").display().to_string()
    }
}

/// A disk of the test's own, in a folder.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path, megabytes: u32) -> Option<Self> {
        let options = format!("size={megabytes}m,uid={}", folder.metadata().unwrap().uid());
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        mount.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// A folder that is the server's.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("lf-pg-").tempdir().unwrap();
    if is_root(folder.path()) {
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
    }
    folder
}

impl Drop for Server {
    fn drop(&mut self) {
        let stop = ["-D", &self.data(), "-m", "immediate", "stop"];
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(self.binaries.join("pg_ctl"));
        if !is_root(Path::new("/proc/self")) {
            command = Command::new(self.binaries.join("pg_ctl"));
        }
        let _ = command.args(stop).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A pooler in front of a server, which gives each transaction any connection that is free.
pub struct Pooler {
    folder: TempDir,
    child: std::process::Child,
}

impl Pooler {
    pub fn before(server: &Server) -> Option<Self> {
        let binary = Path::new("/usr/sbin/pgbouncer");
        if !binary.exists() {
            skipped("pgbouncer");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("lf-pb-").tempdir().unwrap();
        let settings = format!(
            "[databases]\npostgres = host={} user=postgres\n[pgbouncer]\nlisten_port = 5432\nunix_socket_dir = {}\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nserver_reset_query =\n",
            server.folder().display(),
            folder.path().display()
        );
        let file = folder.path().join("settings.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(binary);
        if is_root(folder.path()) {
            assert!(Command::new("chown").arg("-R").arg("postgres").arg(folder.path()).status().unwrap().success());
            command.args(["-u", "postgres"]);
        }
        let child = command.arg("-q").arg(&file).current_dir("/").stderr(Stdio::null()).spawn().unwrap();
        let socket = folder.path().join(".s.PGSQL.5432");
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Some(Self { folder, child })
    }

    pub fn string(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.path().display())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not by the macro, whose text is kept from who runs the tests.
fn skipped(package: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: it needs Debian's package `{package}`");
}

fn is_root(path: &Path) -> bool {
    path.metadata().unwrap().uid() == 0
}

/// Where the newest server's programs are.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let binaries = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    binaries.filter(|binaries| binaries.join("initdb").exists()).max()
}

/// A connection of the test's own.
pub async fn client(string: &str) -> Client {
    let (client, connection) = connect(string, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Waits until a query answers `true`.
pub async fn until(client: &Client, query: &str) {
    for _ in 0..6000 {
        if client.query_one(query, &[]).await.unwrap().get(0) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never so: {query}");
}

/// How many statements wait for a lock, as a condition for [`until`].
pub fn waiting(count: usize) -> String {
    format!(
        "SELECT count(*) = {count} FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
}

pub fn claim(delivery: u8) -> Claim {
    Claim::new([delivery; 32], None).unwrap()
}

/// A claim of a delivery that came with a signature.
pub fn signed(delivery: u8, signature: u8) -> Claim {
    Claim::new([delivery; 32], Some([signature; 32])).unwrap()
}

/// Stands between a store and its server, reads along, and cuts where it is told to.
pub struct Proxy {
    folder: TempDir,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    is_mute: AtomicBool,
    cut_after: std::sync::Mutex<Option<&'static str>>,
    hold: std::sync::Mutex<Option<&'static str>>,
    hand_on: Notify,
    cuts: AtomicUsize,
    statements: AtomicUsize,
    named: AtomicUsize,
}

impl Proxy {
    pub fn before(server: &Server) -> Self {
        let folder = tempfile::Builder::new().prefix("lf-px-").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let (seen, server) = (Arc::<Seen>::default(), server.folder().join(".s.PGSQL.5432"));
        let sees = seen.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&server).await else { continue };
                tokio::spawn(pass(client, server, sees.clone()));
            }
        });
        Self { folder, seen }
    }

    pub fn string(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.path().display())
    }

    /// Lets the server carry out the next statement that has this text in it, and cuts the connection instead of handing on
    /// its answer.
    pub fn cut_after(&self, text: &'static str) {
        *self.seen.cut_after.lock().unwrap() = Some(text);
    }

    /// Keeps the next statement that has this text in it until it is told to hand it on; what is answered to it is cut off.
    pub fn hold(&self, text: &'static str) {
        *self.seen.hold.lock().unwrap() = Some(text);
    }

    /// Hands on what it keeps, and waits until the server has answered.
    pub async fn hand_on(&self) {
        let before = self.cuts();
        self.seen.hand_on.notify_one();
        while self.cuts() == before {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Takes connections and statements from now on, and hands nothing back.
    pub fn fall_mute(&self) {
        self.seen.is_mute.store(true, Ordering::SeqCst);
    }

    pub fn cuts(&self) -> usize {
        self.seen.cuts.load(Ordering::SeqCst)
    }

    /// How many statements were parsed, and how many of them had a name.
    pub fn statements(&self) -> (usize, usize) {
        (self.seen.statements.load(Ordering::SeqCst), self.seen.named.load(Ordering::SeqCst))
    }
}

const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();

async fn pass(client: UnixStream, server: UnixStream, seen: Arc<Seen>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let cutting = Arc::new(AtomicBool::new(false));
    let cuts = cutting.clone();
    let sees = seen.clone();
    let there = async move {
        let (mut buffer, mut whole, mut started, mut is_held) = ([0; 65536], Vec::new(), false, false);
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            whole.extend_from_slice(&buffer[..length]);
            // The first message has no kind before its length, nor has a question for TLS before it.
            while let Some(message) = message(&mut whole, started) {
                if started {
                    look(&message, &sees, &cuts);
                    if has(&mut sees.hold.lock().unwrap(), &message) {
                        is_held = true;
                    }
                }
                started = started || message[4..8] != ASKS_FOR_TLS;
            }
            if is_held {
                sees.hand_on.notified().await;
                cuts.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                break;
            }
            if is_held {
                // Whoever sent it is gone; the answer is still to come.
                std::future::pending::<()>().await;
            }
        }
    };
    let back = async move {
        let mut buffer = [0; 65536];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if seen.is_mute.load(Ordering::SeqCst) {
                continue;
            }
            if cutting.load(Ordering::SeqCst) {
                seen.cuts.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to_client.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! { () = there => {}, () = back => {} }
}

/// Takes a whole message off the front.
fn message(whole: &mut Vec<u8>, has_kind: bool) -> Option<Vec<u8>> {
    let kind = usize::from(has_kind);
    let length = whole.get(kind..kind + 4)?;
    let length = kind + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    (whole.len() >= length).then(|| whole.drain(..length).collect())
}

fn look(message: &[u8], seen: &Seen, cutting: &AtomicBool) {
    if message[0] == b'P' {
        seen.statements.fetch_add(1, Ordering::SeqCst);
        seen.named.fetch_add(usize::from(message[5] != 0), Ordering::SeqCst);
    }
    if has(&mut seen.cut_after.lock().unwrap(), message) {
        cutting.store(true, Ordering::SeqCst);
    }
}

/// Whether a message is the one that is waited for; then it is no more.
fn has(text: &mut Option<&'static str>, message: &[u8]) -> bool {
    let has = |text: &mut &str| message.windows(text.len()).any(|part| part == text.as_bytes());
    text.take_if(has).is_some()
}
