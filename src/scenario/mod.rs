//! What is asked: scenarios as checked values. Every id exists, every path parses, every variable is bound.
//!
//! **Invariant:** a [`Scenario`] is only made by [`load`](load::load); nothing downstream meets an author's mistake.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::capability::Capability;
use crate::persona::Persona;
use crate::requirement::{Edition, Level, RequirementId};
use crate::source::{Located, SourceFile, Span};
use crate::wire::Credential;

mod cast;
mod dependence;
mod document;
pub mod load;
mod lower;
pub mod path;
mod repertoire;
mod sorted;
pub mod template;

pub use cast::{Cast, Member};
pub use dependence::judged;
pub use load::{Beside, Library, load, load_with, profiles};
pub use path::JsonPath;
pub use repertoire::{Change, Look, OF_GROUP, OF_MEMBER, OF_USER, Operation, Repertoire, Usual};
use template::Unbound;
pub use template::{Bindings, Bound, Template, TextTemplate};

/// A file of the language.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its path below the scenario folder, without extension: `okta/users/create`.
    pub id: String,
    /// What a right server does, in one sentence.
    pub title: String,
    /// Runs beside no other.
    pub alone: bool,
    /// Takes so many requests or users that only a run in full depth is for it.
    pub costly: bool,
    /// Who thought of it.
    pub from: Vec<String>,
    /// One per row; one without a row when there are none.
    pub cases: Vec<Arc<Case>>,
    /// The table of attributes for whose rows it is run ([`crate::capability::ATTRIBUTE_TABLES`]). Until these are known there is
    /// one case, an example, or one for each variant.
    pub rows_of: Option<String>,
    /// The file.
    pub file: Arc<SourceFile>,
}

impl Scenario {
    /// The suite: the first segment of the id.
    pub fn suite(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }
}

/// One run through a scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// `scenario` or `scenario#row`.
    pub id: String,
    /// Which of the provider's variants it is, where its scenario has some: the last part of the row.
    pub variant: Option<String>,
    /// The edition that brought it; none for what is not this program's own, and always counts.
    pub since: Option<Edition>,
    /// The values of the row, under `row.…`.
    pub row: Vec<(String, Value)>,
    /// The values that a target may prescribe, as they are when it does not.
    pub data: Arc<BTreeMap<String, Value>>,
    /// Whose case it is.
    pub persona: Arc<Persona>,
    /// The headers of the suite's requests without a body.
    pub headers: Vec<(String, TextTemplate)>,
    /// What the server must offer, from the scenario, its suite, its row and its flows.
    pub needs: Vec<Located<Capability>>,
    /// Where it counts in the table of what works: the kinds of app that it needs, and the one switch that it is about. What is only
    /// prepared with a switch is not about it; of several switches it is the one that fewest cases are about.
    pub part_of: Vec<Capability>,
    /// What the scenario and its flows say has to be met for the case to be judged.
    pub assumes: Vec<Located<RequirementId>>,
    /// The same, and what has to be met for that to be judged, and so on: in order, once each.
    pub rests_on: Vec<RequirementId>,
    /// Prepares the ground.
    pub given: Vec<Step>,
    /// Is judged.
    pub steps: Vec<Step>,
}

impl Case {
    /// Binds the columns of the row, each with what is bound by then filled in.
    pub fn bind_row(&self, bindings: &mut Bindings) {
        for (name, value) in &self.row {
            let value = with_names(value, bindings);
            bindings.bind(name.clone(), value);
        }
    }
}

/// A value of a row in which `${unique}`, `${password}`, the suite's `data` and the columns before it are filled in: what has to be
/// unique, or is for the target to say, cannot be written down otherwise.
fn with_names(value: &Value, bindings: &Bindings) -> Value {
    match value {
        Value::String(text) if text.contains("${") => {
            let mut resolve = |name: &str| {
                let known = bindings.get(name).is_some();
                Ok((if known { name.to_owned() } else { data_key(name) }, Vec::new()))
            };
            let template = TextTemplate::parse(text, &mut resolve).ok().map(Template::of_text);
            template.and_then(|template| template.fill(bindings).ok()).unwrap_or_else(|| value.clone())
        }
        Value::Array(items) => items.iter().map(|item| with_names(item, bindings)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), with_names(value, bindings))).collect()
        }
        other => other.clone(),
    }
}

/// The name under which a value that a target may prescribe is bound.
pub fn data_key(name: &str) -> String {
    format!("data.{name}")
}

/// One step, flows unfolded.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// The names of this step's variables are prefixed with this: each use of a flow has its own names.
    pub scope: String,
    /// Where it was written.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends one request, or several of a kind.
    Send(Send),
    /// Reads a list page by page.
    Walk(Walk),
    /// Sends several requests at the same moment.
    Together {
        /// The requests.
        sends: Vec<Send>,
        /// Rules over all answers.
        expect: Vec<Expectation>,
    },
    /// Takes steps for each of several values.
    Each(Each),
    /// Binds names without a request: a flow's parameters and results.
    Bind(Vec<(String, Template)>),
    /// Takes over what is prepared once for all cases that want the same.
    Shared(SharedSetup),
}

/// A shared flow, as one case uses it.
#[derive(Clone, Debug)]
pub struct SharedSetup {
    /// The flow.
    pub flow: String,
    /// The parameters that are given: the name under which each is bound inside, and its value. Flow and values decide which setup is
    /// meant.
    pub given: Vec<(String, Template)>,
    /// What prepares it. Its names are the same wherever the flow is used.
    pub steps: Arc<Vec<Step>>,
    /// What the case learns of it: the name in the case, and the value inside.
    pub returns: Vec<(String, Template)>,
    /// What this case assumes of the last answer; never a finding of the case.
    pub assume: Vec<Expectation>,
}

/// Steps that are taken for each of several values.
#[derive(Clone, Debug)]
pub struct Each {
    /// The list of values, or the value in which they are.
    pub of: Template,
    /// Where they are in it; without a place, `of` is the list.
    pub at: Option<PathTemplate>,
    /// How many of them at most.
    pub at_most: Option<u32>,
    /// The name of the value at hand; with `.n` after it, its number, from 1.
    pub name: String,
    /// Whether nothing is said where there is no value.
    pub quiet: bool,
    /// What is done with each.
    pub steps: Vec<Step>,
}

/// Steps, each followed by those inside it.
pub fn unfolded(steps: &[Step]) -> Vec<&Step> {
    let mut all = Vec::new();
    for step in steps {
        all.push(step);
        match &step.action {
            Action::Each(each) => all.extend(unfolded(&each.steps)),
            Action::Shared(shared) => all.extend(unfolded(&shared.steps)),
            _ => {}
        }
    }
    all
}

/// A request to send and what to expect.
#[derive(Clone, Debug)]
pub struct Send {
    /// What to send.
    pub request: RequestTemplate,
    /// How often; `None` is once. With a number, captures become lists.
    pub times: Option<u32>,
    /// What to remember of the answer.
    pub captures: Vec<Capture>,
    /// The extra time the scenario gives a GET to come true.
    pub within: Option<Duration>,
    /// A server may refuse what this sends; the case then ends with a note instead of a verdict.
    pub refusable: bool,
    /// Whether what it writes obeys the laws of the model.
    pub laws: bool,
    /// What has to hold for the rest of the case to be judged; never a finding of the case.
    pub assume: Vec<Expectation>,
    /// What the answer must satisfy, the suite's own demands included.
    pub expect: Vec<Expectation>,
    /// Where it was written.
    pub span: Span,
}

/// A list to read page by page.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The list: path, and query beyond `startIndex` and `count`.
    pub request: RequestTemplate,
    /// The page size.
    pub count: u32,
    /// The name for the results: `name.ids`, `name.total`, `name.Resources`.
    pub name: Option<String>,
    /// What has to hold for the rest of the case to be judged; never a finding of the case.
    pub assume: Vec<Expectation>,
    /// What must hold: of each page, or (walk rules) of all.
    pub expect: Vec<Expectation>,
    /// Where it was written.
    pub span: Span,
}

/// How spaces in a query are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum QuerySpelling {
    /// `%20`.
    #[default]
    Percent,
    /// `+`.
    Plus,
}

/// A request with holes.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    /// The method.
    pub method: String,
    /// The path below the base URL. Values are percent-encoded as path segments when filled.
    pub path: TextTemplate,
    /// Query parameters, encoded when filled.
    pub query: Vec<(TextTemplate, TextTemplate)>,
    /// How spaces in the query are written.
    pub spelling: QuerySpelling,
    /// A query to send byte for byte instead.
    pub raw_query: Option<TextTemplate>,
    /// Headers.
    pub headers: Vec<(String, TextTemplate)>,
    /// The body.
    pub body: BodyTemplate,
    /// Which credential.
    pub credential: Credential,
}

/// A body with holes.
#[derive(Clone, Debug)]
pub enum BodyTemplate {
    /// No body.
    None,
    /// JSON, with what is merged over it.
    Json {
        /// The base.
        base: Template,
        /// Merged over it.
        overlay: Option<Template>,
        /// What is added where the two say nothing.
        beneath: Option<Box<Template>>,
    },
    /// Text as it is.
    Raw(TextTemplate),
}

/// What to remember of an answer.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Under which name (with its scope).
    pub name: String,
    /// From where.
    pub from: CaptureFrom,
    /// Where it was written.
    pub span: Span,
}

/// Where a captured value is found.
#[derive(Clone, Debug)]
pub enum CaptureFrom {
    /// The body.
    Body(JsonPath),
    /// A header.
    Header(String),
}

/// One demand on an answer.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Which requirement it belongs to.
    pub requirement: RequirementId,
    /// How binding that is.
    pub level: Level,
    /// What is looked at.
    pub check: Check,
    /// The text of the two readings, where the specification is unclear: then nothing is held against the server.
    pub unclear: Option<String>,
    /// Whether the suite makes it of every answer (`always`), and not the step itself.
    pub of_suite: bool,
    /// Where the expected value was written.
    pub span: Span,
}

/// What is looked at, and what must be there.
#[derive(Clone, Debug)]
pub enum Check {
    /// The status.
    Status(Vec<StatusRange>),
    /// A header.
    Header(String, Matcher),
    /// A place in the body.
    Body(PathTemplate, Matcher),
    /// The body against a JSON Schema.
    Schema(String),
    /// A named rule.
    Rule(RuleCall),
}

/// One status or a class of them, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}

/// A JSONPath that may have holes.
#[derive(Clone, Debug)]
pub enum PathTemplate {
    /// Without holes.
    Fixed(JsonPath),
    /// With holes; it parsed with sample values in them.
    Holes(TextTemplate),
}

impl PathTemplate {
    /// The path with its holes filled.
    ///
    /// # Errors
    /// The first name without a value; or the whole text, when the values make no path of it.
    pub fn fill(&self, bindings: &Bindings) -> Result<Cow<'_, JsonPath>, Unbound> {
        match self {
            PathTemplate::Fixed(path) => Ok(Cow::Borrowed(path)),
            PathTemplate::Holes(text) => {
                let text = text.fill_with(bindings, &|text, out| out.push_str(&path::quoted(text)))?;
                JsonPath::parse(&text).map(Cow::Owned).map_err(|_| Unbound(text))
            }
        }
    }
}

/// What a value must be like.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal.
    Is(Template),
    /// Equal to one of them.
    OneOf(Vec<Template>),
    /// Anything else than this, nothing included.
    Not(Template),
    /// Unassigned: nothing, `null` or `[]`.
    Absent,
    /// Assigned: something that is not `null`, `""` or `[]`.
    Present,
    /// Of a JSON type.
    Type(JsonType),
    /// Text in which the expression matches.
    Matches(Regex),
    /// So many elements.
    Count(Template),
    /// Each element matches.
    Every(Box<Matcher>),
    /// At least one element matches.
    Some(Box<Matcher>),
}

/// The types of JSON, and `integer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// Text.
    String,
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// `[…]`.
    Array,
    /// `{…}`.
    Object,
    /// `null`.
    Null,
}

/// A rule and its arguments.
#[derive(Clone, Debug)]
pub struct RuleCall {
    /// Which rule.
    pub rule: Rule,
    /// Its arguments, by name; those the rule needs are there.
    pub with: Vec<(String, Template)>,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $scope:ident, [$($need:literal),*], [$($may:literal),*];)+) => {
        /// What a schema cannot say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule { $($(#[$doc])* $variant,)+ }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)+];

            /// The name in scenario files.
            pub fn as_str(self) -> &'static str {
                match self { $(Rule::$variant => $name,)+ }
            }

            /// What it looks at.
            pub fn scope(self) -> RuleScope {
                match self { $(Rule::$variant => RuleScope::$scope,)+ }
            }

            /// The arguments it needs.
            pub fn needs(self) -> &'static [&'static str] {
                match self { $(Rule::$variant => &[$($need),*],)+ }
            }

            /// The arguments it may have.
            pub fn may_have(self) -> &'static [&'static str] {
                match self { $(Rule::$variant => &[$($may),*],)+ }
            }
        }
    };
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleScope {
    /// One answer.
    Answer,
    /// All pages of a walk.
    Walk,
    /// All answers of a `together` or of `times`.
    Group,
}

rules! {
    /// A reply with a body is one JSON object.
    JsonBody = "json-body", Answer, [], [];
    /// A reply with a body is labelled as SCIM or JSON.
    ContentTypeScim = "content-type-scim", Answer, [], ["strict"];
    /// A reply of 4xx or 5xx is a SCIM Error message, which names its schema, at the top of the body or in an envelope.
    ErrorMessage = "error-message", Answer, [], [];
    /// The `detail` of an error tells nothing of the inside of the server.
    NoInternals = "no-internals", Answer, [], [];
    /// The body has the schema it should have, by request and status.
    WellFormed = "well-formed", Answer, [], ["profile"];
    /// None of the values given is there: what was cleared.
    Lacks = "lacks", Answer, ["value"], [];
    /// The list shows each part of the resource if a read does; a page that does not show the resource is not judged.
    ListsAsRead = "lists-as-read", Answer, ["id", "read", "each"], [];
    /// Each part that was sent is there, in the spelling that a server may give it; a finding for each that is not. Of what an
    /// earlier representation did not show as it was, nothing is asked.
    ShowsEach = "shows-each", Answer, ["each"], ["before", "was"];
    /// Attribute names are spelled as in RFC 7643: all, or those that are named.
    CanonicalNames = "canonical-names", Answer, [], ["only"];
    /// `itemsPerPage` counts the resources of this answer.
    ItemsPerPageCounts = "items-per-page-counts", Answer, [], [];
    /// No more resources than `count`.
    CountHonoured = "count-honoured", Answer, [], [];
    /// `startIndex` is the one asked for.
    StartIndexEchoed = "start-index-echoed", Answer, [], [];
    /// `totalResults` is at least that.
    TotalAtLeast = "total-at-least", Answer, ["count"], [];
    /// At most one primary value.
    PrimaryOnce = "primary-once", Answer, [], [];
    /// No pair of type and value twice.
    TypeValueUnique = "type-value-unique", Answer, [], [];
    /// A secret and any `password` occur nowhere.
    SecretAbsent = "secret-absent", Answer, ["secret"], [];
    /// The same representation as before.
    SameResource = "same-resource", Answer, ["as"], ["except", "only"];
    /// What was there before still is.
    Keeps = "keeps", Answer, ["of"], ["except", "only"];
    /// Everything in the value is there.
    Contains = "contains", Answer, ["value"], [];
    /// The members are exactly these.
    MembersAre = "members-are", Answer, ["ids"], [];
    /// The answer came in time.
    WithinSeconds = "within-seconds", Answer, ["seconds"], [];
    /// Whoever was told to come back later was told so in seconds.
    RetryAfterSeconds = "retry-after-seconds", Answer, [], [];
    /// The location ends in that id.
    LocationOf = "location-of", Answer, ["id"], [];
    /// So many answers had that status.
    SomeStatus = "some-status", Group, ["status"], ["at-least", "at-most"];
    /// Each id once on the pages.
    ListsEachOnce = "lists-each-once", Walk, ["ids"], [];
    /// None of the ids on the pages.
    ListsNone = "lists-none", Walk, ["ids"], [];
    /// The total is the number of ids listed.
    TotalIsWhatIsListed = "total-is-what-is-listed", Walk, [], [];
    /// The order of another walk.
    SameOrder = "same-order", Walk, ["as", "ids"], [];
    /// The pages come to an end.
    PagesEnd = "pages-end", Walk, [], [];
}

impl Rule {
    /// The rule of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_hear_what_the_target_file_says() {
        let mut bindings = Bindings::default();
        bindings.bind("unique", json!("sc1"));
        bindings.bind(data_key("domain"), json!("acme.test"));
        bindings.bind("row.patch", json!({ "title": "Engineer" }));
        let row = json!({ "emails": [{ "value": "home.${unique}@${domain}" }], "note": "${nobody} knows", "sent": "${row.patch}" });
        let filled = json!({ "emails": [{ "value": "home.sc1@acme.test" }], "note": "${nobody} knows", "sent": { "title": "Engineer" } });
        assert_eq!(with_names(&row, &bindings), filled);
    }
}
