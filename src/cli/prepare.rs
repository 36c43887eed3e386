//! What there is to run against a server, once it is known what it says of itself and what its owner says of it.
//!
//! **Invariant:** a run, the judge of a recorded one and the suite as tests of others prepare the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::declared::{DeclaredAttribute, Target};
use crate::model::Ways;
use crate::okta;
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
    let mut scenarios = library.scenarios.clone();
    let mut tables = if target.attributes.is_some() { target.attribute_rows() } else { BTreeMap::new() };
    tables.extend(okta::attributes::rows(target.attributes.as_deref(), schemas));
    let mut differences = Vec::new();
    if let Some(declared) = &target.attributes {
        let declared: Vec<&str> = declared.iter().map(|attribute| attribute.path.as_str()).collect();
        let advertised = schemas.map(okta::attributes::advertised).unwrap_or_default();
        if !advertised.is_empty() {
            differences = okta::attributes::differences(&advertised, &declared);
        }
    }
    spread(&mut scenarios, &tables);
    (scenarios, differences)
}

/// The scenarios as [`for_target`] may make them of a server that was not met yet.
pub(crate) fn before_discovery(library: &Library, target: &Target) -> Vec<Scenario> {
    let mut scenarios = library.scenarios.clone();
    let mut tables = if target.attributes.is_some() { target.attribute_rows() } else { BTreeMap::new() };
    let rows = okta::attributes::rows(None, None).remove("default-attributes").unwrap_or_default();
    tables.insert("default-attributes", if target.attributes.is_some() { Vec::new() } else { rows.clone() });
    tables.insert("advertised-attributes", rows);
    spread(&mut scenarios, &tables);
    scenarios
}
