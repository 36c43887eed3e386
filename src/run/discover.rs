//! What the server says of itself, and whether there is a SCIM server at all.
//!
//! **Invariant:** reads only. What it cannot find out stays unknown, and unknown excuses nothing.

use serde_json::Value;

use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::judge;
use crate::persona::{Definition, Personas, Sign, Version};
use crate::scim::{ENTERPRISE, Kind, V1_CORE, V1_ENTERPRISE};
use crate::wire::{Credential, Exchange, NoReply, Request, Wire};

/// The name under which discovery's exchanges are recorded.
pub const CASE: &str = "discovery";

/// Whom is asked, and in which version.
struct Asking<'a> {
    wire: &'a Wire,
    version: Version,
}

/// What came of looking.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// What the server says it can do.
    pub capabilities: Capabilities,
    /// The requests and answers.
    pub exchanges: Vec<Exchange>,
    /// What it says of its schemas: the answer to `GET /Schemas`, if there is one.
    pub schemas: Option<Value>,
    /// Why a run would be pointless.
    pub obstacle: Option<Obstacle>,
}

/// Why a run would be pointless: one cause that every case would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody answers.
    NoReply(NoReply),
    /// The credential is refused.
    Refused(u16),
    /// Nothing like SCIM is there.
    NotScim {
        /// What came back, in a few words.
        got: String,
        /// A path below the base URL where SCIM answers.
        found_at: Option<String>,
    },
    /// The answers lead elsewhere.
    Redirect(String),
    /// Whatever is asked for, the server fails.
    Failing(u16),
}

/// Where SCIM is often served below the address that people type.
const USUAL: &[&str] = &["/scim/v2", "/v2", "/scim"];

/// The same of SCIM 1.1.
const USUAL_OF_V1: &[&str] = &["/scim/v1", "/v1", "/scim"];

fn usual(version: Version) -> &'static [&'static str] {
    match version {
        Version::V1 => USUAL_OF_V1,
        Version::V2 => USUAL,
    }
}

/// Where SCIM is often served on a host.
const USUAL_ON_HOST: &[&str] =
    &["/scim/v2", "/scim", "/v2", "/api/scim/v2", "/api/scim", "/api/v2/scim", "/api/v1/scim", ""];

/// How a connection is tried out: the shortest list there is.
pub const LIST: &str = "/Users?startIndex=1&count=1";
/// How a user is looked for who is not there.
const LOOKUP: &str = "/Users?filter=userName%20eq%20%22scim-check%40example.com%22";

/// Asks the server what it can do, in that version of SCIM.
/// The words of the personas are looked for, too.
pub async fn discover(wire: &Wire, personas: &Personas, version: Version) -> Discovery {
    let wire = &Asking { wire, version };
    let mut discovery = Discovery::default();
    let users = get(wire, LIST, &mut discovery.exchanges).await;
    if let Err(no_reply) = &users.reply {
        discovery.obstacle = Some(Obstacle::NoReply(no_reply.clone()));
        return discovery;
    }
    let config_at = match version {
        Version::V1 => "/ServiceProviderConfigs",
        Version::V2 => "/ServiceProviderConfig",
    };
    let config = get(wire, config_at, &mut discovery.exchanges).await;
    // 1.1 has no resource types: what extends users is in their schema.
    let types = match version {
        Version::V1 => None,
        Version::V2 => Some(get(wire, "/ResourceTypes", &mut discovery.exchanges).await),
    };
    // Who answers everything in the same empty way is no server that lists nobody.
    let lists_nobody = is_bare(&users) && !is_bare(&config);
    let (users_json, config, types) = (json(&users), json(&config), types.as_ref().and_then(json));
    let speaks_scim = [&users_json, &config, &types].into_iter().flatten().any(is_scim);
    if let Ok(response) = &users.reply {
        discovery.obstacle = match response.status {
            status if status == 401 || status == 403 => Some(Obstacle::Refused(status)),
            _ if speaks_scim => None,
            300..=399 => {
                Some(Obstacle::Redirect(response.headers.get("Location").unwrap_or("an unnamed place").to_owned()))
            }
            500..=599 if fails_at_lookups_too(wire, &mut discovery.exchanges).await => {
                Some(Obstacle::Failing(response.status))
            }
            status => {
                let got = describe(status, &users);
                let mut found_at = None;
                for path in usual(version) {
                    if is_served_at(wire, path, &mut discovery.exchanges).await {
                        found_at = Some((*path).to_owned());
                        break;
                    }
                }
                // A server that fails on lists alone still deserves a run; a page that is no JSON does not.
                let says_nothing = users_json.is_none() && !lists_nobody;
                let hopeless = says_nothing || matches!(status, 404 | 405 | 410);
                hopeless.then_some(Obstacle::NotScim { got, found_at })
            }
        };
    }
    if discovery.obstacle.is_some() {
        return discovery;
    }
    let schemas = schemas(wire, &mut discovery.exchanges).await;
    let known = &mut discovery.capabilities.0;
    for Definition { capability, sign, .. } in personas.definitions() {
        let Some(Sign::Changeable(attribute)) = sign else { continue };
        let user = schemas.as_ref().and_then(|schemas| schema(schemas, Kind::User.urn()));
        let Some(mutability) = user.and_then(|user| mutability(user, attribute)) else { continue };
        // A keyword in another letter case is a flaw of form, and means what it says.
        if ["readOnly", "immutable"].iter().any(|fixed| mutability.eq_ignore_ascii_case(fixed)) {
            let says = format!("the mutability of {attribute} is {mutability}");
            known.insert(*capability, Support::No(Evidence::Discovered { request: "GET /Schemas".to_owned(), says }));
        }
    }
    for (capability, credential) in
        [(Capability::SecondCredential, Credential::Second), (Capability::RevokedCredential, Credential::Revoked)]
    {
        known.insert(capability, given(capability, wire.wire.holds(credential)));
    }
    // Only an owner can say which attributes are meant to be provisioned.
    let nowhere = Evidence::NotListed("a target file (--target)".to_owned());
    known.insert(Capability::DeclaredAttributes, Support::No(nowhere));
    if let Some(total) = users_json.as_ref().and_then(|list| list.get("totalResults")).and_then(Value::as_u64) {
        let evidence = Evidence::Discovered {
            request: "GET /Users?startIndex=1&count=1".to_owned(),
            says: format!("totalResults is {total}"),
        };
        for listed in shown_by(personas, &Sign::ListsUsers) {
            known.insert(listed, Support::Yes(evidence.clone()));
        }
    }
    if let Some(config) = config.filter(|c| c.get("patch").is_some() || c.get("filter").is_some()) {
        for (capability, name) in [
            (Capability::Patch, "patch"),
            (Capability::Filter, "filter"),
            (Capability::Sort, "sort"),
            (Capability::Bulk, "bulk"),
            (Capability::Etag, "etag"),
            (Capability::ChangePassword, "changePassword"),
        ] {
            if let Some(supported) = config.get(name).and_then(|c| c.get("supported")).and_then(Value::as_bool) {
                let says = format!("{name}.supported is {supported}");
                let evidence = Evidence::Discovered { request: format!("GET {config_at}"), says };
                known.insert(capability, if supported { Support::Yes(evidence) } else { Support::No(evidence) });
            }
        }
    }
    if let Some(Value::Array(types)) = types.as_ref().and_then(|list| list.get("Resources"))
        && !types.is_empty()
    {
        let evidence = |says: String| Evidence::Discovered { request: "GET /ResourceTypes".to_owned(), says };
        for (capability, endpoint) in [(Capability::Users, "/Users"), (Capability::Groups, "/Groups")] {
            let found = types.iter().any(|t| {
                t.get("endpoint").and_then(Value::as_str).is_some_and(|e| e.trim_end_matches('/').ends_with(endpoint))
            });
            let support = if found {
                Support::Yes(evidence(format!("lists {endpoint}")))
            } else {
                Support::No(evidence(format!("does not list {endpoint}")))
            };
            known.insert(capability, support);
        }
        for Definition { capability, sign, .. } in personas.definitions() {
            let Some(Sign::ResourceType { schemas, named }) = sign else { continue };
            let is_listed = types.iter().any(|t| schemas.iter().any(|urn| urn == schema_of(t)));
            let support = match is_listed {
                true => Support::Yes(evidence(format!("lists a type of {named}"))),
                false => Support::No(evidence(format!("lists no type of {named}"))),
            };
            known.insert(*capability, support);
        }
        let enterprise =
            types.iter().any(|t| t.to_string().to_ascii_lowercase().contains(&ENTERPRISE.to_ascii_lowercase()));
        let support = if enterprise {
            Support::Yes(evidence("User has the enterprise extension".to_owned()))
        } else {
            Support::No(evidence("the enterprise extension is none of User's".to_owned()))
        };
        known.insert(Capability::Enterprise, support);
        let users = types.iter().filter(|t| schema_of(t).ends_with(":core:2.0:User"));
        let extensions = users.filter_map(|t| t.get("schemaExtensions")?.as_array()).flatten();
        let own = extensions
            .filter_map(|extension| extension.get("schema")?.as_str())
            .find(|urn| !urn.to_ascii_lowercase().ends_with(":extension:enterprise:2.0:user"));
        let support = match own {
            Some(urn) => Support::Yes(evidence(format!("User has the extension {urn}"))),
            None => Support::No(evidence("User has no extension of the server's own".to_owned())),
        };
        for capability in shown_by(personas, &Sign::OwnExtension) {
            known.insert(capability, support.clone());
        }
    } else {
        // What a type or an extension shows is found nowhere else. The enterprise extension is sent only when somebody maps its
        // attributes, which nobody does who was not told of it: here, or in the list of schemas.
        let (request, says) = match version {
            Version::V1 => ("GET /Schemas", "it does not list what extends users"),
            Version::V2 => ("GET /ResourceTypes", "it does not list the resource types, nor what extends them"),
        };
        let evidence = Evidence::Discovered { request: request.to_owned(), says: says.to_owned() };
        let of_types = |sign: &Option<Sign>| matches!(sign, Some(Sign::ResourceType { .. } | Sign::OwnExtension));
        let words = personas.definitions().filter(|word| of_types(&word.sign)).map(|word| word.capability);
        for capability in words.chain([Capability::Enterprise]) {
            known.insert(capability, Support::No(evidence.clone()));
        }
        let is_listed = |schemas: &Value| match version {
            Version::V1 => mentions(schemas, V1_ENTERPRISE),
            Version::V2 => schema(schemas, ENTERPRISE).is_some(),
        };
        if schemas.as_ref().is_some_and(is_listed) {
            let says = "lists the enterprise extension of User".to_owned();
            let evidence = Evidence::Discovered { request: "GET /Schemas".to_owned(), says };
            known.insert(Capability::Enterprise, Support::Yes(evidence));
        }
        let groups = get(wire, "/Groups?startIndex=1&count=1", &mut discovery.exchanges).await;
        if let Ok(status @ (404 | 405 | 501)) = groups.reply.as_ref().map(|response| response.status) {
            let evidence =
                Evidence::Discovered { request: "GET /Groups".to_owned(), says: format!("it answers {status}") };
            known.insert(Capability::Groups, Support::No(evidence));
        }
    }
    discovery.schemas = schemas;
    discovery
}

/// The same where nobody may have said which version the server speaks: 2.0, unless its lists are those of 1.1, or only who asks as
/// clients of 1.1 do is answered.
pub async fn find_out(wire: &Wire, personas: &Personas, declared: Option<Version>) -> (Version, Discovery) {
    if let Some(version) = declared {
        return (version, discover(wire, personas, version).await);
    }
    let mut newer = discover(wire, personas, Version::V2).await;
    let is_of_v1 = match &newer.obstacle {
        None => newer.exchanges.first().is_some_and(lists_in_v1),
        Some(Obstacle::NotScim { found_at: None, .. } | Obstacle::Failing(_)) => {
            lists_in_v1(&get(&Asking { wire, version: Version::V1 }, LIST, &mut newer.exchanges).await)
        }
        Some(_) => false,
    };
    if !is_of_v1 {
        return (Version::V2, newer);
    }
    let mut older = discover(wire, personas, Version::V1).await;
    older.exchanges.extend(newer.exchanges);
    (Version::V1, older)
}

/// Whether an answer is a list of SCIM 1.1: nothing but its schema says so.
fn lists_in_v1(exchange: &Exchange) -> bool {
    let list = json(exchange);
    let schemas = list.as_ref().and_then(|list| list.get("schemas")?.as_array());
    let is_core = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(V1_CORE));
    schemas.is_some_and(|urns| urns.iter().any(is_core))
}

/// Whether a text stands anywhere in it.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(said) => said.eq_ignore_ascii_case(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        _ => false,
    }
}

/// The words whose sign that is.
fn shown_by(personas: &Personas, sign: &Sign) -> Vec<Capability> {
    personas.definitions().filter(|word| word.sign.as_ref() == Some(sign)).map(|word| word.capability).collect()
}

/// Whether SCIM is served at a path below the base URL, or at a whole URL on the same host.
async fn is_served_at(wire: &Asking<'_>, place: &str, into: &mut Vec<Exchange>) -> bool {
    let there = get(wire, &format!("{place}{LIST}"), into).await;
    let speaks = json(&there).as_ref().is_some_and(is_scim);
    speaks || there.reply.as_ref().is_ok_and(|r| r.status == 401 && json(&there).is_some())
}

/// Looks for SCIM at the usual places of a host, where it is not below the base URL. `origin` and `base` are URLs without a
/// slash at the end.
pub async fn elsewhere(wire: &Wire, origin: &str, base: &str, into: &mut Vec<Exchange>) -> Option<String> {
    let wire = &Asking { wire, version: Version::default() };
    let looked = |place: &str| place == base || USUAL.iter().any(|path| place == format!("{base}{path}"));
    for path in USUAL_ON_HOST {
        let place = format!("{origin}{path}");
        if !looked(&place) && is_served_at(wire, &place, into).await {
            return Some(place);
        }
    }
    None
}

/// Whether a server that speaks no SCIM so far, and fails at lists, fails at what Okta asks first of all as well.
async fn fails_at_lookups_too(wire: &Asking<'_>, into: &mut Vec<Exchange>) -> bool {
    let answer = get(wire, LOOKUP, into).await;
    answer.reply.is_ok_and(|response| (500..=599).contains(&response.status))
}

/// The schema of that URN in a list of schemas; letter case does not matter (RFC 7643 §2.1).
fn schema<'a>(schemas: &'a Value, urn: &str) -> Option<&'a Value> {
    let all = schemas.get("Resources")?.as_array()?;
    all.iter().find(|schema| schema.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn)))
}

/// What a schema says of whether an attribute can be changed.
fn mutability<'a>(schema: &'a Value, attribute: &str) -> Option<&'a str> {
    let named = |a: &&Value| a.get("name").and_then(Value::as_str).is_some_and(|n| n.eq_ignore_ascii_case(attribute));
    schema.get("attributes")?.as_array()?.iter().find(named)?.get("mutability")?.as_str()
}

/// What is known of something that is given for a run, or not.
pub fn given(capability: Capability, is_there: bool) -> Support {
    match (capability.option(), is_there) {
        (Some(option), true) => Support::Yes(Evidence::Given(option)),
        (Some(option), false) => Support::No(Evidence::NotGiven(option)),
        (None, _) => Support::Unknown,
    }
}

/// What the server says of its schemas.
async fn schemas(wire: &Asking<'_>, into: &mut Vec<Exchange>) -> Option<Value> {
    let answer = get(wire, "/Schemas", into).await;
    json(&answer).filter(|_| answer.reply.as_ref().is_ok_and(|response| response.status == 200))
}

async fn get(asking: &Asking<'_>, path: &str, into: &mut Vec<Exchange>) -> Exchange {
    let request = Request::own("GET", path).accepting(asking.version.media_type());
    let exchange = asking.wire.send(CASE, request).await;
    into.push(exchange.clone());
    exchange
}

/// The schema of a resource type.
fn schema_of(resource_type: &Value) -> &str {
    resource_type.get("schema").and_then(Value::as_str).unwrap_or_default()
}

fn json(exchange: &Exchange) -> Option<Value> {
    let body = judge::body(exchange.reply.as_ref().ok()?);
    body.json().filter(|value| value.is_object()).cloned()
}

/// An error message alone tells nothing: servers give it, too, for every path above the one where SCIM is.
fn is_scim(body: &Value) -> bool {
    let error = |schema: &Value| schema.as_str().is_some_and(|schema| schema.ends_with(":messages:2.0:Error"));
    if body.get("schemas").and_then(Value::as_array).is_some_and(|schemas| schemas.iter().any(error)) {
        return false;
    }
    body.get("schemas").is_some() || body.get("Resources").is_some() || body.get("totalResults").is_some()
}

/// A success without a body, or with JSON that is no object: how some servers list nobody.
fn is_bare(exchange: &Exchange) -> bool {
    let success = exchange.reply.as_ref().ok().filter(|response| response.status == 200);
    success.is_some_and(|response| matches!(String::from_utf8_lossy(&response.body).trim(), "" | "null" | "[]"))
}

fn describe(status: u16, exchange: &Exchange) -> String {
    let Ok(response) = &exchange.reply else { return "nothing".to_owned() };
    let kind = response.headers.get("Content-Type").unwrap_or("no content type").split(';').next().unwrap_or_default();
    if response.body.iter().all(u8::is_ascii_whitespace) {
        format!("{status} with an empty body")
    } else {
        format!("{status} with {}", kind.trim())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::wire::{Headers, Response, Tape};

    static PERSONAS: LazyLock<Arc<Personas>> =
        LazyLock::new(|| crate::scenario::load(None).expect("the built-in files are right").personas);

    /// What is discovered of a server that answers these, and 404 to everything else.
    async fn check(answers: &[(&str, u16, Value)]) -> Discovery {
        let others =
            ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Groups?startIndex=1&count=1", LIST, LOOKUP];
        let missing = others.into_iter().filter(|path| answers.iter().all(|(answered, ..)| answered != path));
        let error = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404" });
        let all = answers.iter().cloned().chain(missing.map(|path| (path, 404, error.clone())));
        let exchange = |(path, status, body): (&str, u16, Value)| Exchange {
            request: Request::own("GET", path),
            reply: Ok(Response { status, headers: Headers::default(), body: body.to_string().into_bytes() }),
            attempts: Vec::new(),
            took: Duration::ZERO,
            look: 0,
        };
        let wire = Wire::Tape(Tape::new([(CASE.to_owned(), all.map(exchange).collect())].into()));
        discover(&wire, &PERSONAS, Version::V2).await
    }

    fn users() -> Value {
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": [] })
    }

    fn schemas(id: &str, attribute: &str, mutability: &str) -> Value {
        json!({ "Resources": [{ "id": id, "attributes": [{ "name": attribute, "mutability": mutability }] }] })
    }

    #[tokio::test]
    async fn what_the_server_calls_immutable_is_not_changed() {
        for (attribute, capability) in
            [("userName", Capability::of("username-updates")), ("emails", Capability::of("changes-emails"))]
        {
            for (mutability, is_changed) in
                [("immutable", false), ("readOnly", false), ("READONLY", false), ("readWrite", true)]
            {
                let said = schemas(&Kind::User.urn().to_lowercase(), attribute, mutability);
                let found = check(&[(LIST, 200, users()), ("/Schemas", 200, said)]).await;
                assert_eq!(found.obstacle, None);
                let support = found.capabilities.get(capability);
                assert_eq!(*support == Support::Unknown, is_changed, "{attribute} {mutability}: {support:?}");
                assert!(is_changed || matches!(support, Support::No(_)));
            }
        }
    }

    #[tokio::test]
    async fn without_resource_types_the_schemas_tell_of_the_enterprise_extension() {
        let with =
            check(&[(LIST, 200, users()), ("/Schemas", 200, schemas(ENTERPRISE, "department", "readWrite"))]).await;
        assert!(matches!(with.capabilities.get(Capability::Enterprise), Support::Yes(_)));
        let without =
            check(&[(LIST, 200, users()), ("/Schemas", 200, schemas(Kind::User.urn(), "userName", "readWrite"))]).await;
        assert!(matches!(without.capabilities.get(Capability::Enterprise), Support::No(_)));
        let silent = check(&[(LIST, 200, users())]).await;
        assert!(matches!(silent.capabilities.get(Capability::Enterprise), Support::No(_)));
    }

    #[tokio::test]
    async fn a_server_that_fails_at_lists_alone_is_run_against() {
        let error = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "500" });
        let both = check(&[(LIST, 500, error.clone()), (LOOKUP, 500, error.clone())]).await;
        assert_eq!(both.obstacle, Some(Obstacle::Failing(500)));
        let one = check(&[(LIST, 500, error.clone()), (LOOKUP, 200, users())]).await;
        assert_eq!(one.obstacle, None);
        let config = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"] });
        let discovers =
            check(&[(LIST, 500, error.clone()), (LOOKUP, 500, error), ("/ServiceProviderConfig", 200, config)]).await;
        assert_eq!(discovers.obstacle, None);
    }
}
