//! What SCIM 1.1 calls what SCIM 2.0 calls otherwise.

use super::super::schema::{ENTERPRISE_USER, Kind};

/// The one schema of everything in SCIM 1.1 but extensions.
pub(super) const CORE: &str = "urn:scim:schemas:core:1.0";
/// The enterprise extension of User.
pub(super) const ENTERPRISE: &str = "urn:scim:schemas:extension:enterprise:1.0";
/// Okta's extension of ServiceProviderConfigs, where it reads what an On-Premises connector can do.
pub(super) const PROVIDER_CONFIG: &str = "urn:okta:schemas:scim:providerconfig:1.0";

/// The attribute that 1.1 names, as 2.0 names it: `urn:scim:schemas:core:1.0:userName`, `…:enterprise:1.0.manager.managerId`.
pub(super) fn attribute(kind: Kind, name: &str) -> String {
    let below = |urn: &str| -> Option<String> {
        let start = name.get(..urn.len()).filter(|start| start.eq_ignore_ascii_case(urn))?;
        name[start.len()..].strip_prefix([':', '.']).map(str::to_owned)
    };
    if let Some(rest) = below(ENTERPRISE) {
        let rest = match rest.eq_ignore_ascii_case("manager.managerId") {
            true => "manager.value".to_owned(),
            false => rest,
        };
        return format!("{}:{rest}", ENTERPRISE_USER.id);
    }
    if name.eq_ignore_ascii_case(ENTERPRISE) {
        return ENTERPRISE_USER.id.to_owned();
    }
    match below(CORE) {
        Some(rest) => format!("{}:{rest}", kind.schema().id),
        None => name.to_owned(),
    }
}
