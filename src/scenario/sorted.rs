//! Where cases count in the table of what works: by kind of app, and by switch.
//!
//! **Invariant:** pure, and the same for all cases of a library, whichever of them are run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Scenario;
use crate::capability::Capability;

/// Makes of all that each case needs where it is judged (as `part_of` has it so far) the kinds of app that it needs, and the one switch that it
/// is about.
pub(super) fn enter(scenarios: &mut [Scenario]) {
    let mut about: BTreeMap<(String, Capability), usize> = BTreeMap::new();
    for case in scenarios.iter().flat_map(|scenario| &scenario.cases) {
        for feature in case.persona.features.iter().filter(|feature| case.part_of.contains(&feature.capability)) {
            *about.entry((case.persona.folder.clone(), feature.capability)).or_default() += 1;
        }
    }
    for case in scenarios.iter_mut().flat_map(|scenario| &mut scenario.cases) {
        let persona = Arc::clone(&case.persona);
        let needs = |capability: Capability| case.needs.iter().any(|need| need.value == capability);
        let mut part_of: Vec<Capability> =
            persona.apps.iter().map(|app| app.capability).filter(|capability| needs(*capability)).collect();
        let features = persona.features.iter().map(|feature| feature.capability);
        let of_case = features.filter(|capability| case.part_of.contains(capability));
        let count = |capability: &Capability| about.get(&(persona.folder.clone(), *capability)).copied();
        part_of.extend(of_case.min_by_key(count));
        Arc::make_mut(case).part_of = part_of;
    }
}
