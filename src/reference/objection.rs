//! What a server minds in creates, beside its quirks: one attribute that it does not take, or one that it wants.

use axum::http::Method;
use serde_json::Value;

use super::answer::{Answer, Body};
use super::operations::{Call, Endpoint};
use super::problem::Problem;

/// A demand on creates that no specification makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    collection: String,
    attribute: String,
    is_wanted: bool,
    status: u16,
}

impl Objection {
    /// Creates in that collection (`Users`) with that attribute (`groups`, `name.givenName`, `urn:…:User:badgeNumber`) are refused
    /// with that status.
    #[must_use]
    pub fn to(collection: &str, attribute: &str, status: u16) -> Self {
        Self { collection: collection.to_owned(), attribute: attribute.to_owned(), is_wanted: false, status }
    }

    /// Creates in that collection without that attribute are refused with that status; `/Schemas` calls the attribute required.
    #[must_use]
    pub fn to_lack_of(collection: &str, attribute: &str, status: u16) -> Self {
        Self { is_wanted: true, ..Self::to(collection, attribute, status) }
    }

    /// The name of the attribute, and that of what it is a part of.
    fn path(&self) -> (Option<&str>, &str) {
        let joint = if self.attribute.starts_with("urn:") { ':' } else { '.' };
        match self.attribute.rsplit_once(joint) {
            Some((whole, part)) => (Some(whole), part),
            None => (None, &self.attribute),
        }
    }

    fn is_met_by(&self, body: &Value) -> bool {
        let (whole, name) = self.path();
        let of = whole.map_or(Some(body), |whole| body.get(whole));
        of.and_then(|of| of.get(name)).is_some() == self.is_wanted
    }
}

/// Why the server refuses a create that somebody minds.
pub(crate) fn refuse(objections: &[Objection], call: &Call) -> Option<Problem> {
    let Endpoint::Collection(kind) = &call.endpoint else { return None };
    let of_this = |objection: &&Objection| call.method == Method::POST && objection.collection == kind.endpoint();
    let unmet = objections.iter().filter(of_this).find(|objection| !objection.is_met_by(&call.body))?;
    Some(Problem::new(unmet.status, "the request is not valid"))
}

/// Calls required in `/Schemas` what is wanted.
pub(crate) fn describe(objections: &[Objection], call: &Call, answer: &mut Answer) {
    let Body::Json(list) = &mut answer.body else { return };
    if call.endpoint != Endpoint::Schemas {
        return;
    }
    for objection in objections.iter().filter(|objection| objection.is_wanted) {
        let (whole, name) = objection.path();
        let singular = objection.collection.trim_end_matches('s');
        let is_of = |schema: &&mut Value| match whole.filter(|whole| whole.starts_with("urn:")) {
            Some(urn) => schema["id"] == urn,
            None => schema["name"] == singular,
        };
        let schemas = list["Resources"].as_array_mut().into_iter().flatten();
        for schema in schemas.filter(|schema| is_of(schema)) {
            match whole.filter(|whole| !whole.starts_with("urn:")) {
                Some(whole) => {
                    require(&mut schema["attributes"], whole);
                    let attributes = schema["attributes"].as_array_mut().into_iter().flatten();
                    attributes
                        .filter(|one| one["name"] == whole)
                        .for_each(|one| require(&mut one["subAttributes"], name));
                }
                None => require(&mut schema["attributes"], name),
            }
        }
    }
}

fn require(attributes: &mut Value, name: &str) {
    for attribute in attributes.as_array_mut().into_iter().flatten().filter(|one| one["name"] == name) {
        attribute["required"] = true.into();
    }
}
