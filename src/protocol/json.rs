//! [`Json`]: a JSON value (RFC 8259) as it came, read strictly.
//!
//! Strict means: nothing before or after the value, UTF-8, no lone surrogates, and no object with two
//! members of one name: two readers of such a text can see two different things, which is how one of them
//! is deceived. Numbers keep their own spelling, so that what is passed through is not changed.

use core::fmt;

use super::text::cut;
use zeroize::Zeroize;

/// Nesting that is accepted. Recursion is bounded by it, and with it the stack.
const MAX_DEPTH: usize = 64;

/// Members accepted in one object. Bounds the work of the search for duplicates.
const MAX_MEMBERS: usize = 512;

/// A JSON value. Objects keep the order of their members, and have none twice.
///
/// ```
/// use wicketgate::protocol::json::Json;
///
/// let claims = Json::parse(br#"{"name": "Ada Lovelace", "groups": ["engine", "poetry"]}"#).unwrap();
/// assert_eq!(claims.text("name"), Some("Ada Lovelace"));
/// let groups = claims.member("groups").map(Json::items).unwrap_or_default();
/// assert!(groups.iter().filter_map(Json::as_str).any(|group| group == "engine"));
/// assert_eq!(Json::parse(br#"{"name": 1, "name": 2}"#), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, in its own spelling.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; no name occurs twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads `text`. `None` where it is not exactly one JSON value, or goes past the limits of this module.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        reader.value(MAX_DEPTH).filter(|_| reader.at == text.len())
    }

    /// An object without members.
    pub fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// The member `name` of an object; `None` also where this is no object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The members of an object; none where this is something else.
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// The string, where this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(string) = self { Some(string) } else { None }
    }

    /// The member `name`, where it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// The number, in its own spelling, where this is one.
    pub fn as_number(&self) -> Option<&str> {
        if let Self::Number(spelling) = self { Some(spelling) } else { None }
    }

    /// Whether the member `name` is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.member(name), Some(Self::Bool(true)))
    }

    /// The member `name`, where it is a whole number.
    pub fn integer(&self, name: &str) -> Option<u64> {
        decimal(self.member(name)?.as_number()?)
    }

    /// The items of an array; a single string stands for an array of it.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            Self::String(_) => core::slice::from_ref(self),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Object(_) => &[],
        }
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// A non-negative number of seconds, as milliseconds. A fraction counts to the millisecond; an exponent or a
    /// sign is `None`, and more than 15 digits count as 15 nines. A string of digits is accepted as the number it
    /// spells.
    pub fn as_millis(&self) -> Option<u64> {
        let (Self::Number(spelling) | Self::String(spelling)) = self else { return None };
        let (whole, fraction) = cut(spelling, '.');
        let fraction = fraction.unwrap_or("0");
        let thousandths = fraction.bytes().chain([b'0'; 2]).take(3);
        let millis = thousandths.fold(0, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')));
        // As good as for ever, which is what some servers say with the largest number that they have.
        let is_endless = is_digits(whole) && whole.bytes().skip_while(|digit| *digit == b'0').count() > 15;
        let seconds = if is_endless { Some(999_999_999_999_999) } else { decimal(whole) };
        seconds.filter(|_| is_digits(fraction)).map(|seconds| seconds * 1000 + millis)
    }

    /// Puts `value` in the place of the member `name`, or after the last one. Nothing where this is no object.
    pub fn set(&mut self, name: &str, value: Self) {
        if let Self::Object(members) = self {
            members.retain(|(other, _)| other != name);
            members.push((name.into(), value));
        }
    }

    /// Sets the member `name` to a string, where there is one.
    pub fn set_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, Self::String(value.into()));
        }
    }

    /// Sets the member `name` to a copy of `value`, where there is one.
    pub fn set_copy(&mut self, name: &str, value: Option<&Self>) {
        if let Some(value) = value {
            self.set(name, value.clone());
        }
    }

    /// The value as compact JSON text.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(1024);
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::String(string) => write_string(string, text),
            Self::Array(items) => {
                let mut separator = '[';
                for item in items {
                    text.push(separator);
                    item.write(text);
                    separator = ',';
                }
                text.push_str(if separator == '[' { "[]" } else { "]" });
            }
            Self::Object(members) => {
                let mut separator = '{';
                for (name, value) in members {
                    text.push(separator);
                    write_string(name, text);
                    text.push(':');
                    value.write(text);
                    separator = ',';
                }
                text.push_str(if separator == '{' { "{}" } else { "}" });
            }
        }
    }
}

/// Reads JSON text from its beginning on. No byte is the end of the text and any other thing: NUL, which
/// stands for the end, is in no JSON.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Goes past the next byte, where it is `expected`.
    fn take(&mut self, expected: u8) -> bool {
        let is_there = self.peek() == expected;
        self.at += usize::from(is_there);
        is_there
    }

    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// A value with the space around it.
    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.skip_space();
        let value = match self.peek() {
            b'"' => Json::String(self.string()?),
            b'{' => Json::Object(self.members(depth)?),
            b'[' => Json::Array(self.items(depth)?),
            b't' => self.word("true", Json::Bool(true))?,
            b'f' => self.word("false", Json::Bool(false))?,
            b'n' => self.word("null", Json::Null)?,
            _ => Json::Number(self.number()?),
        };
        self.skip_space();
        Some(value)
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.bytes().all(|byte| self.take(byte)).then_some(value)
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Json>> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            if self.take(b']') {
                return Some(items);
            }
            self.take(b',').then_some(())?;
        }
    }

    fn members(&mut self, depth: usize) -> Option<Vec<(String, Json)>> {
        let mut members: Vec<(String, Json)> = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Some(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            let is_right = self.take(b':') && members.len() < MAX_MEMBERS && !members.iter().any(|(other, _)| *other == name);
            is_right.then_some(())?;
            members.push((name, self.value(depth)?));
            if self.take(b'}') {
                return Some(members);
            }
            self.take(b',').then_some(())?;
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<String> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        String::from_utf8(self.text.get(start..self.at)?.into()).ok()
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"').then_some(())?;
        let mut bytes = Vec::new();
        loop {
            bytes.push(match self.next() {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => match self.next() {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'u' => {
                        let character = self.escaped()?;
                        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    byte @ (b'"' | b'\\' | b'/') => byte,
                    _ => return None,
                },
                0..=0x1f => return None,
                byte => byte,
            });
        }
    }

    /// The character that one `\u`, or a surrogate pair of two, stands for.
    fn escaped(&mut self) -> Option<char> {
        let unit = self.hex()?;
        let is_high = (0xd800..0xdc00).contains(&unit);
        if !is_high {
            // A lone low surrogate is no character.
            return char::from_u32(unit);
        }
        let low = if self.take(b'\\') && self.take(b'u') { self.hex()? } else { 0 };
        let is_low = (0xdc00..0xe000).contains(&low);
        char::from_u32(0x1_0000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)).filter(|_| is_low)
    }

    fn hex(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()).to_digit(16)?;
        }
        Some(unit)
    }
}

impl From<u64> for Json {
    /// A whole number. Written here, since the standard library's way brings all of its formatting along.
    fn from(number: u64) -> Self {
        let mut digits = String::new();
        let mut power = 1;
        while number / power > 9 {
            power *= 10;
        }
        while power > 0 {
            digits.extend(char::from_digit(u32::try_from(number / power % 10).unwrap_or_default(), 10));
            power /= 10;
        }
        Self::Number(digits)
    }
}

/// The number that `digits` spell, where they are at most 15: enough for milliseconds since 1970, and nothing
/// that is done with the number overflows.
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    (digits.len() <= 15 && is_digits(digits)).then(|| digits.bytes().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' | '\\' => text.push('\\'),
            '\0'..='\u{1f}' => {
                text.push_str(if character < '\u{10}' { "\\u000" } else { "\\u001" });
                text.push(char::from_digit(character as u32 & 15, 16).unwrap_or_default());
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
    text.push('"');
}

/// Values may be secrets: only the shape shows.
impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Json(…)")
    }
}

impl Zeroize for Json {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) | Self::Number(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Self::zeroize),
            Self::Object(members) => members.iter_mut().for_each(|(_, value)| value.zeroize()),
            Self::Null | Self::Bool(_) => {}
        }
    }
}

/// An object that holds secrets among its members: zeroed on drop, and as closed as a
/// [`Secret`](super::secret::Secret) to `Debug`. It is not `Clone`.
#[derive(Debug)]
pub(crate) struct SecretObject(Json);

impl SecretObject {
    pub(crate) fn empty() -> Self {
        Self(Json::empty())
    }

    /// Reads `text`, where it is an object.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Json::parse(text).map(Self).filter(|object| object.0.is_object())
    }

    /// Moves a string member out.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        let Json::Object(members) = &mut self.0 else { return None };
        let at = members.iter().position(|(other, value)| other == name && value.as_str().is_some())?;
        if let (_, Json::String(text)) = members.swap_remove(at) { Some(text) } else { None }
    }

    /// Moves everything out.
    pub(crate) fn take(&mut self) -> Json {
        core::mem::replace(&mut self.0, Json::Null)
    }
}

impl Default for SecretObject {
    fn default() -> Self {
        Self::empty()
    }
}

impl core::ops::Deref for SecretObject {
    type Target = Json;

    fn deref(&self) -> &Json {
        &self.0
    }
}

impl core::ops::DerefMut for SecretObject {
    fn deref_mut(&mut self) -> &mut Json {
        &mut self.0
    }
}

impl From<Json> for SecretObject {
    fn from(json: Json) -> Self {
        Self(json)
    }
}

impl Drop for SecretObject {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
