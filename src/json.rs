//! What `serde_json` leaves open about a [`Value`]: what is equal, and how to go through what may not be there.
//!
//! **Invariant:** a [`Value`] is the one model of JSON here. Beside it stands only the located tree of [`source`](crate::source), of what
//! people wrote, because a mistake in a file is told with its place.

use serde_json::{Map, Number, Value};

/// The elements of a list; none when it is no list.
pub fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// The members of an object; none when it is no object.
pub fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> + Clone {
    value.as_object().map(Map::iter).into_iter().flatten()
}

/// Equal: numbers by what they are worth, objects whatever the order of their members.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => is_same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Whether two numbers are worth the same. Whole ones may be too large to be told apart as fractions.
pub fn is_same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64(), a.as_u64(), b.as_u64()) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_equal_by_what_they_say() {
        let value = json!({ "a": [1, 2.0, null], "b": { "c": false, "d": "x" } });
        assert!(same(&value, &json!({ "b": { "d": "x", "c": false }, "a": [1.0, 2, null] })));
        assert!(!same(&value, &json!({ "b": { "d": "x", "c": true }, "a": [1.0, 2, null] })));
        assert!(!same(&value, &json!({ "b": { "d": "x" }, "a": [1, 2, null] })));
        assert!(!same(&value, &json!({ "b": { "d": "x", "c": false }, "a": [2, 1, null] })));
        assert!(!same(&value, &json!({ "b": { "d": "x", "c": false }, "a": [1, 2] })));
        assert!(!same(&value, &json!({ "b": { "d": "x", "e": false }, "a": [1, 2, null] })));
        assert!(!same(&json!("1"), &json!(1)));
        let large = json!(9_007_199_254_740_993_u64);
        assert!(same(&large, &large));
        assert!(!same(&large, &json!(9_007_199_254_740_992_u64)));
        assert!(!same(&json!(u64::MAX), &json!(i64::MAX)));
    }
}
