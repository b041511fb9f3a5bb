//! [`Sources`]: the places of the settings. The environment has variables such as `WICKETGATE_CLIENT_ID`; the file that
//! `WICKETGATE_CONFIG` names has the same settings in lower case without the prefix, `client_id`. The environment wins.

use std::env::VarError;

use toml::{Table, Value as Toml};

const PREFIX: &str = "WICKETGATE_";

pub(super) struct Sources {
    file: Option<File>,
}

struct File {
    path: String,
    members: Table,
}

/// The value of a setting: one text, or several.
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
}

impl Sources {
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn read() -> Result<Self, String> {
        let Some(path) = variable("config")? else { return Ok(Self { file: None }) };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let kind = error.kind();
            format!("WICKETGATE_CONFIG names a file that cannot be read ({kind}): set it to the path of a TOML file.")
        })?;
        // The error shows nothing of the file, which contains secrets.
        let members = text.parse::<Table>().map_err(|error| {
            let begun = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = begun.matches('\n').count() + 1;
            format!("WICKETGATE_CONFIG names a file that is not TOML (line {line} of {path}): correct it there.")
        })?;
        Ok(Self { file: Some(File { path, members }) })
    }

    /// The value of the setting; `None` if it is not set. An empty variable counts as absent: many service managers have no
    /// other way to leave a variable out.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, String> {
        if let Some(text) = variable(name)? {
            return Ok(Some(Value::Text(text)));
        }
        let Some(member) = self.file.as_ref().and_then(|file| file.members.get(name)) else { return Ok(None) };
        let value = of_toml(member).ok_or_else(|| {
            let problem = "is neither text, a whole number, true, false nor a list of texts: set it to one of them";
            self.sentence(name, problem)
        })?;
        Ok(Some(value))
    }

    /// The error sentence for a setting, under the name that the operator knows.
    pub(super) fn sentence(&self, name: &str, problem: &str) -> String {
        format!("{} {problem}.", self.name(name))
    }

    fn name(&self, name: &str) -> String {
        let is_member = |file: &&File| !matches!(variable(name), Ok(Some(_))) && file.members.contains_key(name);
        match self.file.as_ref().filter(is_member) {
            Some(file) => format!("{name} in {}", file.path),
            None => variable_name(name),
        }
    }

    /// # Errors
    /// A sentence for the operator, if the file has a member that is not one of `names`: it may be misspelled.
    pub(super) fn check_members(&self, names: &[&str]) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        match file.members.keys().find(|member| !names.contains(&member.as_str())) {
            Some(member) => Err(format!("{member} in {} is not a setting: the README lists their names.", file.path)),
            None => Ok(()),
        }
    }

    /// Other programs may set variables with the same prefix, so a misspelled variable does not end the program.
    pub(super) fn warn_of_unknown_variables(&self, names: &[&str]) {
        let is_known = |name: &str| name == "config" || names.contains(&name);
        for (name, _) in std::env::vars_os() {
            let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            if !is_known(&rest.to_ascii_lowercase()) {
                tracing::warn!("{PREFIX}{rest} is not a setting of this program: the README lists their names");
            }
        }
    }
}

impl Value {
    /// # Errors
    /// If there are several texts; reads on from the setting's name.
    pub(super) fn text(&self) -> Result<&str, &'static str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::List(_) => Err("is a list: set it to one text"),
        }
    }

    /// The texts of a list. In a variable, commas separate them.
    pub(super) fn list(&self) -> Vec<&str> {
        let texts: Vec<&str> = match self {
            Self::Text(text) => text.split(',').collect(),
            Self::List(texts) => texts.iter().map(String::as_str).collect(),
        };
        texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect()
    }
}

fn variable_name(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

fn variable(name: &str) -> Result<Option<String>, String> {
    let name = variable_name(name);
    match std::env::var(&name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{name} is not UTF-8: set it anew.")),
    }
}

/// A table becomes a list of `name=text`.
fn of_toml(value: &Toml) -> Option<Value> {
    Some(match value {
        Toml::Array(items) => Value::List(items.iter().map(text_of_toml).collect::<Option<_>>()?),
        Toml::Table(members) => {
            let pair = |(name, value)| Some(format!("{name}={}", text_of_toml(value)?));
            Value::List(members.iter().map(pair).collect::<Option<_>>()?)
        }
        Toml::String(_) | Toml::Integer(_) | Toml::Boolean(_) | Toml::Float(_) | Toml::Datetime(_) => {
            Value::Text(text_of_toml(value)?)
        }
    })
}

fn text_of_toml(value: &Toml) -> Option<String> {
    match value {
        Toml::String(text) => Some(text.clone()),
        Toml::Integer(number) => Some(number.to_string()),
        Toml::Boolean(true) => Some("yes".into()),
        Toml::Boolean(false) => Some("no".into()),
        Toml::Float(_) | Toml::Datetime(_) | Toml::Array(_) | Toml::Table(_) => None,
    }
}
