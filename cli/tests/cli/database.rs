//! A PostgreSQL of a test's own. Where there is none, the test is skipped, and says so.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub struct Database {
    folder: TempDir,
    binaries: PathBuf,
}

impl Database {
    pub fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let binaries =
            versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
        let Some(binaries) = binaries else {
            eprintln!("skipped: there is no PostgreSQL");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("lf-cli-pg-").tempdir().unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
        }
        let database = Self { folder, binaries };
        let data = database.data();
        assert!(database.runs("initdb", &["-D", &data, "-A", "trust", "-U", "postgres", "--no-sync"]));
        let options = format!("-c listen_addresses='' -k {} -F", database.folder.path().display());
        let log = database.folder.path().join("log").display().to_string();
        assert!(database.runs("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]));
        Some(database)
    }

    pub fn string(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.path().display())
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Runs one of its programs, which does not do it for root.
    fn runs(&self, program: &str, arguments: &[&str]) -> bool {
        let path = self.binaries.join(program);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&path) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(path);
        }
        command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.runs("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().unwrap().uid() == 0
}
