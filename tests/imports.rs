//! No two files of a crate import each other, directly or indirectly: each can be read before those that use it. The file of a
//! module may name what its own files contain.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "in a test they are how it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_dir, read_to_string};
use std::path::Path;

/// The path of a module, such as `["client", "session"]`.
type Module = Vec<String>;

/// The modules below `folder`, each with its text.
fn modules(folder: &Path, module: &[String], all: &mut BTreeMap<Module, String>) {
    for entry in read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut inner = module.to_vec();
        if path.is_dir() {
            inner.push(name);
            modules(&path, &inner, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if !["mod", "lib", "main"].contains(&name.as_str()) {
                inner.push(name);
            }
            all.insert(inner, read_to_string(&path).unwrap());
        }
    }
}

/// The paths that a text names: those behind `use`, with their braces resolved, and those that begin with `crate` or `super`.
fn paths(text: &str) -> Vec<Module> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"].iter().flat_map(|start| code.match_indices(start)).map(|(at, _)| at) {
        let is_inside = code[..start].ends_with([':', '_']) || code[..start].ends_with(char::is_alphanumeric);
        if !is_inside {
            expand(&mut code[start..].chars().peekable(), &[], &mut found);
        }
    }
    found
}

/// Reads one path, or a list of paths in braces, that continues `before`.
fn expand(text: &mut std::iter::Peekable<std::str::Chars<'_>>, before: &[String], found: &mut Vec<Module>) {
    let mut path = before.to_vec();
    loop {
        while text.next_if(|character| character.is_whitespace()).is_some() {}
        if text.next_if_eq(&'{').is_some() {
            loop {
                expand(text, &path, found);
                while text.next_if(|character| character.is_whitespace()).is_some() {}
                match text.next() {
                    Some(',') => {}
                    _ => return,
                }
            }
        }
        let mut name = String::new();
        while let Some(character) = text.next_if(|character| character.is_alphanumeric() || *character == '_') {
            name.push(character);
        }
        if name.is_empty() {
            break;
        }
        path.push(name);
        if !(text.next_if_eq(&':').is_some() && text.next_if_eq(&':').is_some()) {
            break;
        }
    }
    found.push(path);
}

/// The modules, each with those whose files it imports.
fn imports(folder: &str) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut texts = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &[], &mut texts);
    let imported = |module: &Module, text: &str| {
        let mut all = BTreeSet::new();
        for path in paths(text) {
            let mut place = match path[0].as_str() {
                "crate" => Vec::new(),
                _ => module.clone(),
            };
            for name in path {
                match name.as_str() {
                    "crate" | "self" => {}
                    "super" => drop(place.pop()),
                    _ => place.push(name),
                }
            }
            // The longest part of the path that is a module: the rest names what it contains.
            while !texts.contains_key(&place) && !place.is_empty() {
                place.pop();
            }
            // What a crate or a module gives out under its own name comes from one of its files.
            let is_above = module.starts_with(&place);
            let is_below = place.starts_with(module);
            if !is_above && !is_below {
                all.insert(place);
            }
        }
        all
    };
    texts.iter().map(|(module, text)| (module.clone(), imported(module, text))).collect()
}

#[test]
fn no_two_files_import_each_other() {
    for folder in ["src", "backend/src"] {
        let mut left = imports(folder);
        assert!(left.len() > 40, "these are not all the files: {left:?}");
        assert!(left.values().map(BTreeSet::len).sum::<usize>() > 2 * left.len(), "these are not all the imports: {left:?}");
        while !left.is_empty() {
            let known: BTreeSet<Module> = left.keys().cloned().collect();
            let before = left.len();
            left.retain(|_, imported| imported.iter().any(|module| known.contains(module)));
            assert!(left.len() < before, "{folder}: these import each other, or one that does: {left:#?}");
        }
    }
}
