//! The file of profiles in the platform's folder for configuration. It may hold secrets, so nobody else may read it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::exit::{Failure, Result};
use crate::setting::Part;

/// The name of the profile that is used where none is named.
pub const DEFAULT: &str = "default";

/// All profiles: `[name.family]` has the settings of one family. They have secrets, so nothing shows them.
pub struct Profiles {
    path: PathBuf,
    all: DocumentMut,
}

/// What a profile is to say: names and values.
pub type Pairs = Vec<(String, Value)>;

/// The settings of one family in one profile.
pub struct Settings<'a> {
    file: &'a Profiles,
    profile: &'a str,
    family: &'a str,
    table: &'a dyn TableLike,
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
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path, all: DocumentMut::new() });
            }
            Err(error) => return Err(Failure::settings(format!("{} can't be read: {error}", path.display()))),
        };
        if !accepts_loose_file {
            check_mode(&path)?;
        }
        // What the reader says of a fault quotes the line, which may hold a secret.
        let all = text.parse::<DocumentMut>().map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Failure::settings(format!("{} is not TOML: line {line}: {}", path.display(), error.message()))
        })?;
        Ok(Self { path, all })
    }

    /// One profile with the settings of one family alone, as if the file held no more.
    pub fn of(profile: &str, part: Part, settings: &Pairs) -> Result<Self> {
        let mut alone = Self { path: path()?, all: DocumentMut::new() };
        alone.put(profile, part, settings)?;
        Ok(alone)
    }

    /// The settings of a family in a profile; nothing if the profile `default` or a profile's family is not there.
    pub fn family<'a>(&'a self, profile: &'a str, family: &'a str) -> Result<Option<Settings<'a>>> {
        let Some(of_profile) = self.all.get(profile).and_then(Item::as_table_like) else {
            let known = self.all.iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            return match (profile, known.as_str()) {
                (DEFAULT, _) => Ok(None),
                (_, "") => Err(Failure::settings(format!("there is no profile {profile}: run `linksfield configure`"))),
                _ => Err(Failure::settings(format!("there is no profile {profile}, but: {known}"))),
            };
        };
        let table = of_profile.get(family).and_then(Item::as_table_like);
        Ok(table.map(|table| Settings { file: self, profile, family, table }))
    }

    /// What is wrong with the settings of a family.
    pub fn wrong(&self, profile: &str, family: &str, what: &str) -> Failure {
        Failure::settings(format!("[{profile}.{family}] in {} {what}", self.path.display()))
    }

    /// Sets the settings of a family in a profile, and keeps all else, comments too; two that do so at once lose nothing.
    pub fn set(profile: &str, part: Part, settings: &Pairs, accepts_loose_file: bool) -> Result<PathBuf> {
        let path = path()?;
        let cannot = |error: std::io::Error| Failure::settings(format!("{} can't be written: {error}", path.display()));
        // A link from elsewhere stays one.
        let target = followed(&path).map_err(cannot)?;
        let folder = target.parent().unwrap_or(Path::new("."));
        create_folder(folder).map_err(cannot)?;
        let lock = File::options().create(true).append(true).open(folder.join("profiles.lock")).map_err(cannot)?;
        fs4::FileExt::lock(&lock).map_err(cannot)?;
        let mut all = Self::read(accepts_loose_file)?;
        all.put(profile, part, settings)?;
        // It is made with mode 0600, and takes the place of the old one at once.
        let mut new = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        new.write_all(all.all.to_string().as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(cannot)?;
        new.persist(&target).map_err(|error| cannot(error.error))?;
        if !accepts_loose_file {
            check_mode(&target)?;
        }
        Ok(path)
    }

    /// Takes these settings instead of those that the part has: what says one of them otherwise goes.
    fn put(&mut self, profile: &str, part: Part, settings: &Pairs) -> Result {
        let of_profile = table_in(self.all.as_table_mut(), profile, true);
        let table = of_profile.and_then(|of_profile| table_in(of_profile, part.name, false));
        let Some(table) = table else {
            return Err(Failure::settings(format!(
                "[{profile}.{}] in {} is no profile",
                part.name,
                self.path.display()
            )));
        };
        let asked = part.settings.iter().filter(|setting| !setting.is_optional);
        for key in asked.flat_map(|setting| setting.keys()) {
            if !settings.iter().any(|(name, _)| *name == key) {
                table.remove(&key);
            }
        }
        for (name, value) in settings {
            let mut value = value.clone();
            if let Some(old) = table.get(name).and_then(Item::as_value) {
                *value.decor_mut() = old.decor().clone();
            }
            match table.get_mut(name) {
                Some(item) => *item = Item::Value(value),
                None => drop(table.insert(name, Item::Value(value))),
            }
        }
        Ok(())
    }
}

/// A table of a table, made if it is not there.
fn table_in<'a>(table: &'a mut dyn TableLike, name: &str, is_implicit: bool) -> Option<&'a mut dyn TableLike> {
    let mut new = Table::new();
    new.set_implicit(is_implicit);
    table.entry(name).or_insert(Item::Table(new)).as_table_like_mut()
}

/// Where links lead, also to what is not there yet.
pub fn followed(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("links lead in a circle"))
}

impl Settings<'_> {
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(self.file.wrong(self.profile, self.family, &format!("has a {key} that is no text"))),
            },
        }
    }

    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.table.get(key) {
            None => Ok(false),
            Some(item) => item.as_bool().ok_or_else(|| {
                self.file.wrong(self.profile, self.family, &format!("has {key}, which must be true or false"))
            }),
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.iter().map(|(key, _)| key)
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
