//! What is told before an API can be called: its names in a profile and in the environment.

/// What has settings of its own in a profile.
#[derive(Clone, Copy)]
pub struct Part {
    pub name: &'static str,
    pub settings: &'static [Setting],
}

impl Part {
    /// Where its settings come from, for its help.
    pub fn help(&self) -> String {
        let needed = names(self.settings.iter().filter(|setting| !setting.is_optional));
        let more = names(self.settings.iter().filter(|setting| setting.is_optional));
        let more = if more.is_empty() { more } else { format!("; and if need be {more}") };
        format!("Settings are those of `linksfield configure {}`, or of the environment: {needed}{more}.", self.name)
    }
}

/// Something that must be told, or may be.
#[derive(Debug)]
pub struct Setting {
    /// Its name in a profile.
    pub key: &'static str,
    /// Its name in the environment.
    pub variable: &'static str,
    /// The name there of a file that holds it instead, if one may.
    pub file_variable: Option<&'static str>,
    /// Whether it need not be told.
    pub is_optional: bool,
    pub is_secret: bool,
    /// Whether white space around it in the environment says nothing, as where a file was read into it.
    pub is_trimmed: bool,
    /// Whether it tells who calls, and may be shown.
    pub is_account: bool,
    /// What to ask a person for.
    pub about: &'static str,
}

impl Setting {
    /// The names in the environment that it may have.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        [self.variable].into_iter().chain(self.file_variable)
    }

    /// Its name in a profile where that names a file that holds it, if one may.
    pub fn file_key(&self) -> Option<String> {
        self.file_variable.map(|_| format!("{}_file", self.key))
    }

    /// Its name in a profile where that is a command that prints it, if it may be.
    pub fn command_key(&self) -> Option<String> {
        self.is_secret.then(|| format!("{}_command", self.key))
    }

    /// The names that it may have in a profile: its own, that of a command and that of a file.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        [Some(self.key.to_owned()), self.command_key(), self.file_key()].into_iter().flatten()
    }
}

pub const fn setting(key: &'static str, variable: &'static str, about: &'static str) -> Setting {
    Setting {
        key,
        variable,
        file_variable: None,
        is_optional: false,
        is_secret: false,
        is_trimmed: false,
        is_account: false,
        about,
    }
}

pub const fn optional(key: &'static str, variable: &'static str, about: &'static str) -> Setting {
    Setting { is_optional: true, ..setting(key, variable, about) }
}

pub const fn account(key: &'static str, variable: &'static str, about: &'static str) -> Setting {
    Setting { is_account: true, ..setting(key, variable, about) }
}

pub const fn secret(key: &'static str, variable: &'static str, about: &'static str) -> Setting {
    Setting { is_secret: true, ..setting(key, variable, about) }
}

/// The names of settings in the environment.
pub fn names<'a>(settings: impl Iterator<Item = &'a Setting>) -> String {
    let names = settings.map(|setting| setting.variables().collect::<Vec<_>>().join(" or "));
    names.collect::<Vec<_>>().join(", ")
}
