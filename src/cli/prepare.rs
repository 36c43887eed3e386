//! What there is to run against a server, once it is known what it says of itself and what its owner says of it.
//!
//! **Invariant:** a run, the judge of a recorded one and the suite as tests of others prepare the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::declared::{AttributeRows, DeclaredAttribute, Target};
use crate::model::Ways;
use crate::okta;
use crate::persona::Persona;
use crate::plan::spread;
use crate::run::discover::Discovery;
use crate::scenario::{Library, Scenario};

/// What there is to run.
pub(crate) struct Prepared {
    /// What was asked to find out, with the capabilities that server and owner speak of.
    pub(crate) discovery: Discovery,
    /// With a case for each attribute.
    pub(crate) scenarios: Vec<Scenario>,
    /// The attributes that are sent: those that the owner declares, and those that are sent though he does not.
    pub(crate) attributes: Vec<DeclaredAttribute>,
    /// How the owner's list of attributes differs from the server's.
    pub(crate) differences: Vec<String>,
    /// What server and owner say of how attributes are treated.
    pub(crate) ways: Ways,
}

/// Puts together what there is to run.
pub(crate) fn prepare(library: &Library, target: &Target, mut discovery: Discovery) -> Prepared {
    let (scenarios, differences) = for_target(library, target, discovery.schemas.as_ref());
    let mut attributes = target.attribute_names();
    attributes.extend(okta::attributes::names(target.attributes.as_deref(), discovery.schemas.as_ref()));
    discovery.capabilities = library.personas.together(discovery.capabilities, &target.declared);
    let mut ways = Ways::default();
    ways.heed(&target.behaviour);
    discovery.schemas.iter().for_each(|schemas| ways.describe(schemas));
    Prepared { discovery, scenarios, attributes, differences, ways }
}

/// The scenarios with a case for each attribute that the owner declares, and one for what the server says it stores; and how the
/// owner's list differs from the server's.
fn for_target(library: &Library, target: &Target, schemas: Option<&Value>) -> (Vec<Scenario>, Vec<String>) {
    let mut differences = Vec::new();
    if let Some(declared) = &target.attributes {
        let declared: Vec<&str> = declared.iter().map(|attribute| attribute.path.as_str()).collect();
        let advertised = schemas.map(okta::attributes::advertised).unwrap_or_default();
        if !advertised.is_empty() {
            differences = okta::attributes::differences(&advertised, &declared);
        }
    }
    let undeclared = okta::attributes::rows(target.attributes.as_deref(), schemas);
    (with_rows(library, target, &undeclared), differences)
}

/// The scenarios with a case for each attribute that the owner declares, as its persona provisions it, and those of other tables.
fn with_rows(library: &Library, target: &Target, undeclared: &AttributeRows) -> Vec<Scenario> {
    let nobody = Persona::default();
    let mut tables: BTreeMap<String, AttributeRows> = BTreeMap::new();
    let mut scenarios = library.scenarios.clone();
    for scenario in scenarios.iter_mut().filter(|scenario| scenario.rows_of.is_some()) {
        let persona = library.personas.of(&scenario.id).map_or(&nobody, |persona| persona);
        let tables = tables.entry(persona.folder.clone()).or_insert_with(|| {
            let declared = target.attributes.is_some().then(|| target.attribute_rows(persona));
            declared.into_iter().flatten().chain(undeclared.clone()).collect()
        });
        spread(std::slice::from_mut(scenario), tables);
    }
    scenarios
}

/// The scenarios as [`for_target`] may make them of a server that was not met yet.
pub(crate) fn before_discovery(library: &Library, target: &Target) -> Vec<Scenario> {
    let mut undeclared = AttributeRows::new();
    let rows = okta::attributes::rows(None, None).remove("default-attributes").unwrap_or_default();
    undeclared.insert("default-attributes", if target.attributes.is_some() { Vec::new() } else { rows.clone() });
    undeclared.insert("advertised-attributes", rows);
    with_rows(library, target, &undeclared)
}
