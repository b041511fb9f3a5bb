//! Splits text at ASCII characters. By hand: the standard library's way searches any text for any pattern, and weighs ten
//! times as much.

/// Splits `text` at the first `separator`, an ASCII character: before it, and after it where there is one.
pub(crate) fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| char::from(byte) == separator).unwrap_or(text.len());
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    (before, after.get(1..))
}

/// Whether `text` has `character`, an ASCII one.
pub(crate) fn has(text: &str, character: char) -> bool {
    cut(text, character).1.is_some()
}

/// The parts of a text between the places where an ASCII character stands.
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
