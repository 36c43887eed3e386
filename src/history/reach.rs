//! How an operation can be come to.

use std::collections::{BTreeSet, VecDeque};

use crate::capability::{Capabilities, Support};
use crate::persona::Personas;
use crate::scenario::{Library, Operation, Repertoire};
use crate::source::Diagnostic;

use super::{Act, Drawn, History, World};

/// The shortest history that ends with an operation, done to the plainest people; nothing where it can never be done.
fn ending_with(repertoire: &Repertoire, at: usize, variant: Option<&str>) -> Option<History> {
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from([(World::default(), Vec::<Act>::new())]);
    while let Some((world, acts)) = waiting.pop_front() {
        for (operation, of) in repertoire.operations.iter().enumerate() {
            let (person, group) = (of.user.as_ref().map(|_| 0), of.group.as_ref().map(|_| 0));
            if !is_of(of, variant) || !world.allows(of, person, group) {
                continue;
            }
            let mut acts = acts.clone();
            acts.push(Act { operation, person, group, change: 0, look: None });
            if operation == at {
                return Some(History { variant: variant.map(str::to_owned), acts, is_watched: false });
            }
            let mut world = world.clone();
            world.take(of, person, group);
            if seen.insert((world.person(0), world.group(0), world.membership(0, 0))) {
                waiting.push_back((world, acts));
            }
        }
    }
    None
}

/// Whether an operation is done in that variant.
fn is_of(operation: &Operation, variant: Option<&str>) -> bool {
    operation.only.is_empty() || variant.is_some_and(|variant| operation.only.iter().any(|name| name == variant))
}

/// The variants in which operations are done.
fn variants(repertoire: &Repertoire, personas: &Personas) -> Vec<Option<String>> {
    let Some(vary) = &repertoire.vary else { return vec![None] };
    let persona = personas.0.iter().find(|persona| persona.folder == repertoire.folder);
    let named = persona.into_iter().flat_map(|persona| &persona.variants).find(|(name, _)| name == vary);
    named.into_iter().flat_map(|(_, all)| all).map(|variant| Some(variant.name.clone())).collect()
}

/// What a server offers of a repertoire. Only what it says, or its owner, that it does not offer is left out.
///
/// # Errors
/// What is wrong with the steps of an operation.
pub fn offered(
    library: &Library,
    repertoire: &Repertoire,
    capabilities: &Capabilities,
) -> Result<Drawn, Vec<Diagnostic>> {
    let mut drawn = Drawn::default();
    for variant in variants(repertoire, &library.personas) {
        let mut operations = Vec::new();
        for (at, operation) in repertoire.operations.iter().enumerate() {
            if !is_of(operation, variant.as_deref()) {
                continue;
            }
            let Some(history) = ending_with(repertoire, at, variant.as_deref()) else { continue };
            let id = format!("{}/histories/{}", repertoire.folder, operation.name);
            let made = library.made(&id, &history.scenario(&id, repertoire))?;
            let is_lacking = |need| matches!(capabilities.get(need), Support::No(_));
            if !made.cases.iter().flat_map(|case| &case.needs).any(|need| is_lacking(need.value)) {
                operations.push(at);
            }
        }
        if !operations.is_empty() {
            drawn.variants.push((variant, operations));
        }
    }
    Ok(drawn)
}

/// Every mistake in what administrators do.
pub fn mistakes(library: &Library) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for repertoire in &library.repertoires {
        let variants = variants(repertoire, &library.personas);
        if let (Some(vary), true) = (&repertoire.vary, variants.is_empty()) {
            let message = format!("`vary` is `{vary}`, and the persona has no such `variants`");
            mistakes.push(Diagnostic::new(message, &repertoire.span, "in this file"));
        }
        for (at, operation) in repertoire.operations.iter().enumerate() {
            let unknown = |name: &&String| !variants.iter().any(|variant| variant.as_ref() == Some(name));
            if let Some(name) = operation.only.iter().find(unknown) {
                let message = format!("`{name}` is none of the variants");
                mistakes.push(Diagnostic::new(message, &operation.title.span, "of this operation"));
            }
            for variant in variants.iter().filter(|variant| is_of(operation, variant.as_deref())) {
                let Some(history) = ending_with(repertoire, at, variant.as_deref()) else {
                    let message = format!("`{}` can never be done", operation.name);
                    let help = "no other operation leads to the states that it begins with";
                    mistakes.push(Diagnostic::new(message, &operation.title.span, "this operation").help(help));
                    break;
                };
                let id = format!("{}/histories/{}", repertoire.folder, operation.name);
                mistakes.extend(library.made(&id, &history.scenario(&id, repertoire)).err().into_iter().flatten());
            }
        }
    }
    mistakes.sort_by(|a, b| (&a.span.file.name, a.span.bytes.start).cmp(&(&b.span.file.name, b.span.bytes.start)));
    mistakes.dedup();
    mistakes
}
