//! Splits text at ASCII characters. Written by hand: the standard library's way searches any text for any pattern, and weighs
//! ten times as much.

/// Splits `text` at the first `separator`, an ASCII character: the text before it, and the text after it if there is a
/// separator.
pub(crate) fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| char::from(byte) == separator).unwrap_or(text.len());
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    (before, after.get(1..))
}

/// Whether `text` contains `character`, an ASCII character.
pub(crate) fn has(text: &str, character: char) -> bool {
    cut(text, character).1.is_some()
}

/// The parts of a text between the occurrences of an ASCII character.
pub(crate) struct Parts<'a>(Option<&'a str>, char);

pub(crate) fn parts(text: &str, separator: char) -> Parts<'_> {
    Parts(Some(text), separator)
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (part, rest) = cut(self.0?, self.1);
        self.0 = rest;
        Some(part)
    }
}
