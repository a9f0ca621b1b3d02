//! The binary, and a sandbox for it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use linksfield::sandbox::{Fault, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const SIM: &str = "89852022018041800192";

/// A sandbox, and a home without settings.
pub struct World {
    /// What the sandbox runs in.
    pub runtime: Runtime,
    pub sandbox: Sandbox,
    pub home: TempDir,
}

impl World {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        Self { runtime, sandbox, home: tempfile::tempdir().unwrap() }
    }

    /// A client of the sandbox.
    pub fn client(&self) -> linksfield::csss::Client {
        let client = linksfield::csss::Client::builder().credentials(self.sandbox.credentials().clone());
        client.environment(self.sandbox.url()).build().unwrap()
    }

    pub fn misbehave(&self, fault: &str) {
        self.sandbox.misbehave(Some(Fault::from_name(fault).unwrap()));
    }

    /// The binary with the credentials of the sandbox.
    pub fn linksfield<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = bare(self.home.path(), arguments);
        run.env("LINKSFIELD_BASE_URL", self.sandbox.url())
            .env("LINKSFIELD_ACCESS_CODE", "SANDBOX")
            .env("LINKSFIELD_SECRET", "sandbox-secret")
    }

    /// The binary with the credentials of all that the sandbox serves.
    pub fn everywhere<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.linksfield(arguments)
            .env("LINKSFIELD_CUBE_BASE_URL", &self.sandbox.cube_url())
            .env("LINKSFIELD_CUBE_KEY_ID", linksfield::sandbox::CUBE_KEY_ID)
            .env("LINKSFIELD_CUBE_PRIVATE_KEY", linksfield::sandbox::CUBE_KEY)
            .env("LINKSFIELD_MALL_BASE_URL", self.sandbox.mall_url().as_str())
            .env("LINKSFIELD_MALL_PAYMENT_BASE_URL", self.sandbox.payment_url().as_str())
            .env("LINKSFIELD_MALL_TOPUP_BASE_URL", self.sandbox.topup_url().as_str())
            .env("LINKSFIELD_MALL_PARTNER_CODE", "SANDBOX")
            .env("LINKSFIELD_ESIM_QR_BASE_URL", self.sandbox.esim_qr_url().as_str())
            .env("LINKSFIELD_ESIM_QR_ACCESS_TOKEN", linksfield::sandbox::ACCESS_TOKEN)
    }

    /// The same without.
    pub fn unset<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        bare(self.home.path(), arguments)
    }

    /// How many orders the sandbox has.
    pub fn orders(&self) -> usize {
        let listed = self.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "50"]).done();
        serde_json::from_str::<serde_json::Value>(&listed).unwrap()["package_order"].as_array().unwrap().len()
    }

    /// Whether the sandbox has seen a request whose path ends like this.
    pub fn saw(&self, end: &str) -> bool {
        self.sandbox.requests().iter().any(|request| request.path().ends_with(end))
    }

    /// Settings in a profile of CSSS.
    pub fn configured(&self, profile: &str) {
        let answers = format!("{}\nSANDBOX\nsandbox-secret\n", self.sandbox.url());
        self.unset(["configure", "csss", "--profile", profile]).input(&answers).done();
    }

    /// Orders a plan, and gives the order's id.
    pub fn ordered(&self) -> String {
        let run = self.linksfield(order()).args(["--yes", "--query", "order_id", "--output", "json"]).done();
        run.trim().trim_matches('"').to_owned()
    }
}

fn example_order() -> &'static linksfield::Operation {
    let document = linksfield::openapi::DOCUMENTS.iter().find(|document| document.name == "csss").unwrap();
    document.operations.iter().find(|operation| operation.command == "order-package").unwrap()
}

/// The parameters of an order, as the example has them.
pub fn order_parameters() -> serde_json::Value {
    serde_json::from_str(example_order().example).unwrap()
}

/// The command line of the same.
pub fn order() -> Vec<String> {
    let (order, example) = (example_order(), order_parameters());
    let mut words = vec!["csss".to_owned(), "order-package".to_owned()];
    for parameter in order.parameters {
        if let Some(value) = example[parameter.name].as_str() {
            words.extend([format!("--{}", parameter.flag), value.to_owned()]);
        }
    }
    words
}

fn bare<A: AsRef<OsStr>>(home: &Path, arguments: impl IntoIterator<Item = A>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linksfield"));
    command.env_clear().env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).args(arguments);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    detach(&mut command);
    Run(command)
}

/// Without a controlling terminal, whatever the tests are run on.
fn detach(command: &mut Command) {
    let arguments: Vec<_> = command.get_args().map(OsStr::to_owned).collect();
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(OsStr::to_owned))).collect();
    let mut detached = Command::new("setsid");
    detached.arg("--wait").arg(command.get_program()).args(arguments).env_clear();
    for (name, value) in environment {
        detached.env(name, value.unwrap_or_default());
    }
    detached.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    *command = detached;
}

/// A command line before it is run.
pub struct Run(pub Command);

impl Run {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn input(mut self, text: &str) -> Self {
        let file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut &file, text.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut &file).unwrap();
        self.0.stdin(file);
        self
    }

    /// The same, begun by a shell with this script, whose `"$@"` it is.
    pub fn by_shell(self, script: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(self.0.get_program()).args(self.0.get_args()).env_clear();
        shell.envs(self.0.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.0.get_current_dir().map(|folder| shell.current_dir(folder));
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(shell)
    }

    pub fn output(mut self) -> Output {
        self.0.output().unwrap()
    }

    /// What it prints, if it ends well.
    pub fn done(self) -> String {
        let output = self.output();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says, if it ends with this code and prints nothing.
    pub fn fails(self, code: i32) -> String {
        let output = self.output();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{said}");
        said
    }
}
