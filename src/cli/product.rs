//! A target as the reference server plays it: what an owner declares of a product, in the words of the reference.

use crate::capability::Capability;
use crate::declared::{self, NewUsers, Shown, Target};
use crate::reference::product::{Arrival, Deactivation, Groups, Members, Offer, Product, Rule, Scheme};
use crate::scim::{ENTERPRISE, V1_ENTERPRISE};

/// The product that a target file describes.
pub fn product(target: &Target) -> Product {
    let behaviour = &target.behaviour;
    // A file that says nothing of features leaves out no switch of Okta's.
    let offers = |feature: Capability| match &target.features {
        Some(features) if !features.contains(&feature) => Offer::No,
        _ => Offer::Yes,
    };
    Product {
        credential: match &target.auth.scheme {
            declared::Scheme::Bearer => Scheme::Bearer,
            declared::Scheme::Basic { user } => Scheme::Basic(user.clone()),
            declared::Scheme::Header { name, prefix } => Scheme::Header { name: name.clone(), prefix: prefix.clone() },
        },
        deactivation: match behaviour.deactivated {
            Shown::Yes => Deactivation::Keeps,
            Shown::No => Deactivation::Removes,
        },
        arrival: match behaviour.new_users {
            NewUsers::Active => Arrival::Active,
            NewUsers::Invited => Arrival::Invited,
        },
        groups: match behaviour.groups {
            declared::Groups::None => Groups::None,
            declared::Groups::Fixed => Groups::Fixed,
            declared::Groups::MembershipOnly => Groups::MembershipOnly,
            declared::Groups::Full => Groups::Full,
        },
        members: match behaviour.group_members {
            Shown::Yes => Members::Shown,
            Shown::No => Members::Hidden,
        },
        entitlements: offers(Capability::of("entitlements")),
        extension: offers(Capability::of("schema-discovery")),
        attributes: target.attributes.as_ref().map(|attributes| {
            let rule = |attribute: &declared::Attribute| Rule {
                path: path(&attribute.path),
                by_type: attribute.by_type.clone(),
                required: attribute.required,
                immutable: attribute.immutable,
                values: attribute.values.clone(),
            };
            attributes.iter().map(rule).collect()
        }),
        domain: target.test_data.domain.clone(),
        page_size: behaviour.page_size.and_then(|size| usize::try_from(size).ok()),
        takes: behaviour.takes.clone(),
        answers: behaviour.answers.clone(),
    }
}

/// An attribute as SCIM 2.0 calls it, which is how the server keeps it for both versions.
fn path(declared: &str) -> String {
    match declared.rsplit_once(':') {
        Some((urn, name)) if urn.eq_ignore_ascii_case(V1_ENTERPRISE) => {
            let name = if name == "manager.managerId" { "manager.value" } else { name };
            format!("{ENTERPRISE}:{name}")
        }
        _ => declared.to_owned(),
    }
}
