//! What a client asks for in a query: RFC 7644 §3.4.2 and §3.9.

use super::problem::Problem;

/// How many resources one answer holds at most.
pub(crate) const MAX_RESULTS: usize = 1000;

/// How many it holds where they are few.
pub(crate) const SMALL_PAGE: usize = 100;

/// What a client asks for in a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) filter: Option<String>,
    pub(crate) sort_by: Option<String>,
    pub(crate) descending: bool,
    /// 1-based; never below 1.
    pub(crate) start_index: usize,
    pub(crate) count: Option<usize>,
    pub(crate) projection: Projection,
}

impl Query {
    /// Reads the decoded parameters of a URL; unknown ones are ignored.
    pub(crate) fn read(parameters: &[(String, String)]) -> Result<Query, Problem> {
        let get = |wanted: &str| {
            let found = parameters.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        let names = |value: &str| -> Vec<String> {
            let names = value.split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let projection = match (get("attributes"), get("excludedAttributes")) {
            (Some(_), Some(_)) => {
                return Err(Problem::value("attributes and excludedAttributes exclude each other"));
            }
            (Some(only), None) => Projection::Only(names(only)),
            (None, Some(without)) => Projection::Without(names(without)),
            (None, None) => Projection::Whole,
        };
        let descending = match get("sortOrder").map(str::to_ascii_lowercase).as_deref() {
            None | Some("ascending") => false,
            Some("descending") => true,
            Some(_) => return Err(Problem::value("sortOrder is ascending or descending")),
        };
        Ok(Query {
            filter: get("filter").map(str::to_owned),
            sort_by: get("sortBy").map(str::to_owned),
            descending,
            start_index: number("startIndex", get("startIndex"))?.unwrap_or(1).max(1),
            count: number("count", get("count"))?,
            projection,
        })
    }
}

/// A number of a query; below zero counts as zero (RFC 7644 §3.4.2.4).
fn number(name: &str, text: Option<&str>) -> Result<Option<usize>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::value(format!("{name} is not a whole number")));
    }
    match text.starts_with('-') {
        true => Ok(Some(0)),
        // More digits than a number can hold lie past the end of every list.
        false => Ok(Some(text.parse().unwrap_or(usize::MAX))),
    }
}

/// Which attributes an answer shows (RFC 7644 §3.9).
#[derive(Clone, Debug, Default)]
pub(crate) enum Projection {
    #[default]
    Whole,
    Only(Vec<String>),
    Without(Vec<String>),
}
