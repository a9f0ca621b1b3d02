//! The file of profiles in the platform's folder for configuration. It may hold secrets, so nobody else may read it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use toml::{Table, Value};

use crate::exit::{Failure, Result};

/// The name of the profile that is used where none is named.
pub const DEFAULT: &str = "default";

/// What is said where there is no such profile.
pub const NOT_THERE: &str = "there is no such profile";

/// All profiles: `[name.family]` has the settings of one family.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    all: Table,
}

/// The settings of one family in one profile.
pub struct Settings<'a> {
    file: &'a Profiles,
    profile: &'a str,
    family: &'a str,
    table: &'a Table,
}

/// Where the file is.
pub fn path() -> Result<PathBuf> {
    let folders = ProjectDirs::from("", "", "linksfield");
    let folders = folders.ok_or_else(|| Failure::settings("there is no home folder, so that there are no profiles"))?;
    Ok(folders.config_dir().join("profiles.toml"))
}

impl Profiles {
    /// All profiles; none if there is no file.
    pub fn read(accepts_loose_file: bool) -> Result<Self> {
        let path = path()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self { path, all: Table::new() }),
            Err(error) => return Err(Failure::settings(format!("{} can't be read: {error}", path.display()))),
        };
        if !accepts_loose_file {
            check_mode(&path)?;
        }
        // What the reader says of a fault quotes the line, which may hold a secret.
        let all = text.parse::<Table>().map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Failure::settings(format!("{} is not TOML: line {line}: {}", path.display(), error.message()))
        })?;
        Ok(Self { path, all })
    }

    /// One profile with the settings of one family alone, as if the file held no more.
    pub fn of(profile: &str, family: &str, settings: Table) -> Result<Self> {
        let of_profile = Table::from_iter([(family.to_owned(), Value::Table(settings))]);
        Ok(Self { path: path()?, all: Table::from_iter([(profile.to_owned(), Value::Table(of_profile))]) })
    }

    pub fn family<'a>(&'a self, profile: &'a str, family: &'a str) -> Result<Settings<'a>> {
        let Some(table) = self.all.get(profile) else {
            let known = self.all.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(match (profile, known.as_str()) {
                (DEFAULT, _) => Failure::settings(NOT_THERE),
                (_, "") => Failure::settings(format!("there is no profile {profile}: run `linksfield configure`")),
                _ => Failure::settings(format!("there is no profile {profile}, but: {known}")),
            });
        };
        let table = table.get(family).and_then(Value::as_table);
        let table = table.ok_or_else(|| {
            Failure::settings(format!(
                "the profile {profile} says nothing of {family}: run `linksfield configure {family} --profile {profile}`"
            ))
        })?;
        Ok(Settings { file: self, profile, family, table })
    }

    /// What is wrong with the settings of a family.
    pub fn wrong(&self, profile: &str, family: &str, what: &str) -> Failure {
        Failure::settings(format!("[{profile}.{family}] in {} {what}", self.path.display()))
    }

    /// Sets the settings of a family in a profile, and keeps all else; two that do so at once lose nothing.
    pub fn set(profile: &str, family: &str, settings: Table, accepts_loose_file: bool) -> Result<PathBuf> {
        let path = path()?;
        // A link from elsewhere stays one.
        let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let folder = target.parent().unwrap_or(Path::new("."));
        let cannot = |error: std::io::Error| Failure::settings(format!("{} can't be written: {error}", path.display()));
        create_folder(folder).map_err(cannot)?;
        let lock = File::options().create(true).append(true).open(folder.join("profiles.lock")).map_err(cannot)?;
        fs4::FileExt::lock(&lock).map_err(cannot)?;
        let mut all = Self::read(accepts_loose_file)?.all;
        let of_profile = all.entry(profile).or_insert_with(|| Value::Table(Table::new()));
        let Some(of_profile) = of_profile.as_table_mut() else {
            return Err(Failure::settings(format!("{profile} in {} is no profile", path.display())));
        };
        of_profile.insert(family.to_owned(), Value::Table(settings));
        let text = toml::to_string_pretty(&all).map_err(|error| Failure::settings(error.to_string()))?;
        // It is made with mode 0600, and takes the place of the old one at once.
        let mut new = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(cannot)?;
        new.persist(&target).map_err(|error| cannot(error.error))?;
        if !accepts_loose_file {
            check_mode(&target)?;
        }
        Ok(path)
    }
}

impl Settings<'_> {
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.file.wrong(self.profile, self.family, &format!("has a {key} that is no text"))),
        }
    }

    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.table.get(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(_) => {
                Err(self.file.wrong(self.profile, self.family, &format!("has {key}, which must be true or false")))
            }
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }
}

#[cfg(unix)]
fn create_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Refuses a file that others can read.
#[cfg(unix)]
fn check_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).map_err(|error| Failure::settings(format!("{}: {error}", path.display())))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let shown = path.display();
    // Some file systems keep no modes.
    let place = file_system(path).map_or_else(String::new, |kind| format!(" Its file system is {kind}."));
    Err(Failure::settings(format!(
        "{shown} has mode {mode:04o}, so that others can read the secrets in it: run `chmod 600 {shown}`.{place} Where \
         that changes nothing, put your configuration on a file system that keeps modes (XDG_CONFIG_HOME names \
         another folder), or say --loose-profile to go on all the same"
    )))
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<()> {
    Ok(())
}

/// The kind of the file system that a file is on, where the system tells.
#[cfg(unix)]
fn file_system(path: &Path) -> Option<String> {
    let path = fs::canonicalize(path).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    mounts.filter(|(point, _)| path.starts_with(point)).max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind)
}
