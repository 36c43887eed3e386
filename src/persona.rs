//! `persona.yaml`: how one identity provider goes about provisioning, apart from the traffic itself, which its suite and flows say.
//! The words for its switches and kinds of app, what they rest on and rule out, what a server shows of them, and the provider's
//! habits on the wire.
//!
//! **Invariant:** pure. All mistakes of a file are told at once; a persona with a mistake is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::capability::{Capabilities, Capability, Evidence, Support};
use crate::requirement::RequirementId;
use crate::source::{Diagnostic, Kind, Located, Node, Span, did_you_mean, suggestion};
use crate::wire::{Habits, HeaderNames};

/// A version of SCIM. A persona speaks one: what a provider sends in the other is another folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SCIM 1.1, of 2012.
    V1,
    /// SCIM 2.0: RFC 7642 to 7644.
    #[default]
    V2,
}

impl Version {
    /// Both, with what files call them.
    pub const WORDS: &'static [(&'static str, Version)] = &[("1.1", Version::V1), ("2.0", Version::V2)];

    /// What files call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V1 => "1.1",
            Version::V2 => "2.0",
        }
    }

    /// The version of that name, written as a text or as a number.
    pub fn of(node: &Node) -> Option<Self> {
        let written = match &node.kind {
            Kind::Number(number) => number.to_string(),
            _ => node.as_str()?.to_owned(),
        };
        Self::WORDS.iter().find(|(word, _)| *word == written).map(|(_, version)| *version)
    }

    /// The media type that requests for nobody in particular ask for.
    pub fn media_type(self) -> &'static str {
        match self {
            Version::V1 => "application/json",
            Version::V2 => "application/scim+json",
        }
    }
}

/// An identity provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Persona {
    /// The folder of its scenarios, which is also the name of its suite.
    pub folder: String,
    /// Its name.
    pub title: String,
    /// Whether its suite is run where none is named.
    pub is_default: bool,
    /// The version of SCIM that it speaks.
    pub version: Version,
    /// By which profile of the JSON Schemas `well-formed` judges where a scenario names none.
    pub profile: Option<String>,
    /// What it does on the wire.
    pub habits: Habits,
    /// How many resources it asks for at a time.
    pub page_size: PageSize,
    /// What the passwords are like that it makes up; `${random}` stands for what differs.
    pub password: String,
    /// Its kinds of app.
    pub apps: Vec<App>,
    /// Its switches, which a target file lists as `features`.
    pub features: Vec<Definition>,
    /// What products do in different ways that matter to it.
    pub capabilities: Vec<Definition>,
    /// The ways in which it does the same act, by what decides between them.
    pub variants: Vec<(String, Vec<Variant>)>,
    /// What it does with the attributes that an owner declares, and what judges that.
    pub attributes: Attributes,
    /// What nobody outside knows of it, so that nothing is demanded there.
    pub not_published: Vec<String>,
}

/// What a provider does with the attributes that an owner declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Those that scenarios of other kinds look at, so that none does one by one; `None` where nothing is said.
    pub elsewhere: Option<Vec<String>>,
    /// What judges each use; a use without a judge is none of the provider's.
    pub judges: AttributeJudges,
}

/// What judges each use of declared attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeJudges {
    /// They are sent with a new user.
    pub create: Judges,
    /// They are changed.
    pub update: Judges,
    /// Their values are taken away.
    pub clear: Judges,
    /// They are read by an import, all at once.
    pub import: Judges,
}

/// What judges one use of declared attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judges {
    /// The requirement that says so.
    pub requirement: Option<RequirementId>,
    /// The scenarios whose rows are about attributes.
    pub scenarios: Vec<Rows>,
}

/// The cases of a scenario that is run for each attribute: all of them, or those of a variant. Written `acme/profile/updated` or
/// `acme/profile/updated#put`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The id of the scenario.
    pub scenario: String,
    /// Which variant, where it has some.
    pub variant: Option<String>,
}

impl Rows {
    fn read(written: &str) -> Self {
        let (scenario, variant) = written.split_once('#').map_or((written, None), |(id, name)| (id, Some(name)));
        Self { scenario: scenario.to_owned(), variant: variant.map(str::to_owned) }
    }

    /// The row, without the variant, of a case that is among them; empty where the case has no row.
    pub fn row_of<'c>(&self, case: &'c str) -> Option<&'c str> {
        let rest = case.strip_prefix(self.scenario.as_str())?;
        let row = if rest.is_empty() { rest } else { rest.strip_prefix('#')? };
        match &self.variant {
            Some(variant) => row.strip_suffix(variant.as_str())?.strip_suffix('-'),
            None => Some(row),
        }
    }
}

impl Judges {
    /// Whether a case is of one of the scenarios.
    pub fn are_about(&self, case: &str) -> bool {
        self.row_of(case).is_some()
    }

    /// The row, without the variant, of a case of one of the scenarios.
    pub fn row_of<'c>(&self, case: &'c str) -> Option<&'c str> {
        self.scenarios.iter().find_map(|rows| rows.row_of(case))
    }
}

/// One of several ways to do the same act: scenarios that say so are run for each of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Its name, which is also that of the row.
    pub name: String,
    /// The capabilities that it needs.
    pub needs: Vec<Located<String>>,
    /// What else a row of it has: the word that requirements are named by, for one.
    pub columns: Vec<(String, Value)>,
}

impl Default for Persona {
    /// Nobody in particular.
    fn default() -> Self {
        Self {
            folder: String::new(),
            title: String::new(),
            is_default: false,
            version: Version::default(),
            profile: None,
            habits: Habits::default(),
            page_size: PageSize { count: PAGE_SIZE, shorter: None, matters_to: Vec::new() },
            password: PASSWORD.to_owned(),
            apps: Vec::new(),
            features: Vec::new(),
            capabilities: Vec::new(),
            variants: Vec::new(),
            attributes: Attributes::default(),
            not_published: Vec::new(),
        }
    }
}

/// How many resources are asked for at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSize {
    /// So many.
    pub count: u32,
    /// What comes of a server whose pages are shorter.
    pub shorter: Option<String>,
    /// With which of its features that matters.
    pub matters_to: Vec<Capability>,
}

/// A kind of app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The word for it in target files.
    pub word: String,
    /// What the provider calls it.
    pub title: String,
    /// What is there with this kind of app, and not with another.
    pub capability: Capability,
    /// What the provider uses with it, whatever the server says of itself.
    pub implies: Vec<Capability>,
}

/// What stands behind a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The word.
    pub capability: Capability,
    /// What it is, for people.
    pub title: String,
    /// What it follows from where nobody says.
    pub from: Option<Capability>,
    /// What it cannot be together with.
    pub never_with: Vec<Clash>,
    /// What is not there when it is.
    pub rules_out: Vec<Capability>,
    /// What is not sent before an administrator allows it, where that is what it does.
    pub waits: Option<String>,
    /// How a server shows it.
    pub sign: Option<Sign>,
    /// What it follows from in a target file.
    pub said_by: Option<Said>,
}

/// What a switch cannot be together with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// A key of `behaviour` in a target file, or `app`.
    pub key: String,
    /// Its values with which the switch cannot be on.
    pub values: Vec<String>,
    /// Why.
    pub because: String,
}

/// How a server shows what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `/ResourceTypes` lists a type of one of these schemas.
    ResourceType {
        /// Their URNs.
        schemas: Vec<String>,
        /// What such types are called in a report.
        named: String,
    },
    /// `/ResourceTypes` gives User an extension beside the enterprise one.
    OwnExtension,
    /// `/Users` lists users, and says how many.
    ListsUsers,
    /// `/Schemas` does not call this attribute of a user `readOnly` or `immutable`.
    Changeable(String),
}

/// What a capability follows from in a target file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A key of `behaviour` has one of these values.
    Behaviour {
        /// The key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// The pages of lists hold at least so many resources.
    PageSize(u32),
    /// Requests may have that media type.
    MediaType(String),
    /// The attributes are provisioned in that way.
    Attributes {
        /// A word of `operations`.
        operation: String,
        /// Their paths.
        paths: Vec<String>,
    },
    /// The attribute is provisioned with several types.
    SeveralTypes(String),
}

/// All personas in play.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Personas(pub Vec<Arc<Persona>>);

impl Personas {
    /// Whose scenario that is, or flow: that of the nearest folder above.
    pub fn of(&self, id: &str) -> Option<&Arc<Persona>> {
        let is_above = |persona: &&Arc<Persona>| {
            persona.folder.is_empty()
                || id.strip_prefix(persona.folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.0.iter().filter(is_above).max_by_key(|persona| persona.folder.len())
    }

    /// The suites that are run where none is named.
    pub fn default_suites(&self, version: Version) -> Vec<String> {
        let defaults = self.0.iter().filter(|persona| persona.is_default && persona.version == version);
        defaults.map(|persona| persona.folder.clone()).collect()
    }

    /// The suites that are run where none is named, for whom an app of that kind was made: those of the provider that has the kind, in
    /// the version that the server is said to speak, or else in the newest.
    pub fn suites_for(&self, app: Option<&str>, version: Option<Version>) -> Vec<String> {
        let has_it = |persona: &&Arc<Persona>| persona.apps.iter().any(|one| Some(one.word.as_str()) == app);
        let having: Vec<&Arc<Persona>> = self.0.iter().filter(has_it).collect();
        let version = version.or_else(|| having.iter().map(|persona| persona.version).max()).unwrap_or_default();
        let of_it = having.iter().filter(|persona| persona.version == version);
        let suites: Vec<String> = of_it.map(|persona| persona.folder.clone()).collect();
        if suites.is_empty() { self.default_suites(version) } else { suites }
    }

    /// The version that a suite speaks.
    pub fn version_of(&self, suite: &str) -> Version {
        self.0.iter().find(|persona| persona.folder == suite).map(|persona| persona.version).unwrap_or_default()
    }

    /// The versions in which some provider has that kind of app.
    pub fn versions_of(&self, app: &str) -> BTreeSet<Version> {
        let has_it = |persona: &&Arc<Persona>| persona.apps.iter().any(|one| one.word == app);
        self.0.iter().filter(has_it).map(|persona| persona.version).collect()
    }

    /// All switches.
    pub fn features(&self) -> Vec<Capability> {
        self.features_of(None, None)
    }

    /// The switches of those whose suites are run where none is named.
    pub fn default_features(&self) -> Vec<Capability> {
        let defaults = self.0.iter().filter(|persona| persona.is_default && persona.version == Version::default());
        once(defaults.flat_map(|persona| &persona.features).map(|feature| feature.capability))
    }

    /// The switches of an app of that kind, in that version; where no kind is told, those of all providers.
    pub fn features_of(&self, app: Option<&str>, version: Option<Version>) -> Vec<Capability> {
        let has_it = |persona: &&Arc<Persona>| app.is_none_or(|app| persona.apps.iter().any(|one| one.word == app));
        let speaks_it = |persona: &&Arc<Persona>| version.is_none_or(|version| persona.version == version);
        let of_it = self.0.iter().filter(has_it).filter(speaks_it);
        once(of_it.flat_map(|persona| &persona.features).map(|feature| feature.capability))
    }

    /// All kinds of app.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.0.iter().flat_map(|persona| &persona.apps)
    }

    /// What stands behind all words.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.0.iter().flat_map(|persona| persona.features.iter().chain(&persona.capabilities))
    }

    /// All that a scenario may need.
    pub fn known(&self) -> Vec<Capability> {
        let protocol = Capability::OF_PROTOCOL.iter().copied();
        let words = self.definitions().map(|word| word.capability);
        let apps = self.apps().map(|app| app.capability);
        once(protocol.chain(words).chain(apps).chain(Capability::GIVEN.iter().copied()))
    }

    /// The capability of a word, where it is one.
    pub fn find(&self, word: &str) -> Option<Capability> {
        self.known().into_iter().find(|known| known.as_str() == word)
    }

    /// What nobody says and another capability decides.
    #[must_use]
    pub fn infer(&self, mut known: Capabilities) -> Capabilities {
        for Definition { capability, from, .. } in self.definitions() {
            let Some(from) = *from else { continue };
            let because = |evidence: &Evidence| Evidence::Inferred { from, because: Box::new(evidence.clone()) };
            let support = match known.get(from) {
                Support::Yes(evidence) => Support::Yes(because(evidence)),
                Support::No(evidence) => Support::No(because(evidence)),
                Support::Unknown => continue,
            };
            known.0.entry(*capability).or_insert(support);
        }
        known
    }

    /// What is known with what the owner of the server declares, which goes before what the server says of itself.
    #[must_use]
    pub fn together(&self, mut discovered: Capabilities, declared: &Capabilities) -> Capabilities {
        discovered.0.extend(declared.0.clone());
        self.infer(discovered)
    }

    /// The switches that a server seems to have although its owner says that they are off.
    pub fn beyond(&self, discovered: &Capabilities, declared: &Capabilities) -> Vec<(Capability, Evidence)> {
        let known = self.infer(discovered.clone());
        let off = self.features().into_iter().filter(|feature| matches!(declared.get(*feature), Support::No(_)));
        off.filter_map(|feature| match known.get(feature) {
            Support::Yes(evidence) => Some((feature, evidence.clone())),
            Support::No(_) | Support::Unknown => None,
        })
        .collect()
    }
}

fn once(all: impl Iterator<Item = Capability>) -> Vec<Capability> {
    let mut seen = BTreeSet::new();
    all.filter(|capability| seen.insert(*capability)).collect()
}

const KEYS: &[&str] = &[
    "title",
    "default",
    "scim",
    "profile",
    "wire",
    "page-size",
    "password",
    "apps",
    "features",
    "capabilities",
    "variants",
    "acts",
    "attributes",
    "not-published",
];
const WIRE_KEYS: &[&str] = &["accept-encoding", "connection", "header-names"];
const PAGE_KEYS: &[&str] = &["count", "shorter", "matters-to"];
const APP_KEYS: &[&str] = &["title", "capability", "implies"];
const FEATURE_KEYS: &[&str] = &["title", "from", "never-with", "rules-out", "waits", "shown-by"];
const CAPABILITY_KEYS: &[&str] = &["title", "from", "shown-by", "said-by"];
const ATTRIBUTES_KEYS: &[&str] = &["elsewhere", "create", "update", "clear", "import"];
const JUDGES_KEYS: &[&str] = &["requirement", "scenarios"];
const SIGN_KEYS: &[&str] = &["resource-type", "named", "extension", "lists", "changeable"];
const SAID_KEYS: &[&str] = &["page-size", "media-type", "operation", "of", "several-types"];

/// The keys of `behaviour` whose values are words, with the words.
pub const BEHAVIOUR: &[(&str, &[&str])] = &[
    ("deactivation", &["keeps", "deletes", "removes-membership"]),
    ("deactivated", &["shown", "hidden"]),
    ("new-users", &["active", "invited"]),
    ("groups", &["none", "fixed", "membership-only", "full"]),
    ("group-members", &["shown", "hidden"]),
];

/// What may be done with an attribute, by the words of `operations`.
pub const OPERATIONS: &[&str] = &["create", "update", "clear", "import"];

/// What the passwords are like where a persona does not say.
const PASSWORD: &str = "${random}Aa1!";

/// How many resources are asked for at a time where a persona does not say.
pub const PAGE_SIZE: u32 = 100;

/// Reads the file of a folder. `profiles` are those that the JSON Schemas know.
pub fn read(folder: &str, root: &Node, profiles: &[&str], mistakes: &mut Vec<Diagnostic>) -> Option<Persona> {
    let before = mistakes.len();
    let persona = Reader { mistakes, named: Vec::new(), defined: Vec::new() }.persona(folder, root, profiles);
    (mistakes.len() == before).then_some(persona)
}

struct Reader<'a> {
    mistakes: &'a mut Vec<Diagnostic>,
    /// Words that have to be there, and where they are named.
    named: Vec<Located<String>>,
    /// Words that are defined.
    defined: Vec<Located<String>>,
}

type Entries<'n> = &'n [(Located<String>, Node)];

impl Reader<'_> {
    fn mistake(&mut self, message: impl Into<String>, span: &Span, label: impl Into<String>, help: Option<String>) {
        let mut mistake = Diagnostic::new(message, span, label);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    fn map<'n>(&mut self, node: Option<&'n Node>, what: &str) -> Entries<'n> {
        match node.map(|node| (&node.kind, node)) {
            None => &[],
            Some((Kind::Map(entries), _)) => entries,
            Some((_, node)) => {
                self.mistake(format!("{what} is a mapping"), &node.span, node.kind_name(), None);
                &[]
            }
        }
    }

    fn keys(&mut self, entries: Entries<'_>, what: &str, keys: &[&str]) {
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.value.as_str())) {
            let help = suggestion(&key.value, keys);
            self.mistake(format!("unknown key `{}` in {what}", key.value), &key.span, "not known here", Some(help));
        }
    }

    fn text(&mut self, node: Option<&Node>, what: &str) -> Option<String> {
        let node = node?;
        let text = node.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        if text.is_none() {
            self.mistake(format!("{what} is a text"), &node.span, node.kind_name(), None);
        }
        text
    }

    fn texts(&mut self, node: Option<&Node>, what: &str) -> Vec<Located<String>> {
        let Some(node) = node else { return Vec::new() };
        let items = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut texts = Vec::new();
        for item in items {
            if let Some(value) = self.text(Some(item), what) {
                texts.push(Located { value, span: item.span.clone() });
            }
        }
        texts
    }

    fn number(&mut self, node: &Node, what: &str) -> Option<u32> {
        let number = match &node.kind {
            Kind::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
            _ => None,
        };
        if number.is_none() {
            self.mistake(format!("{what} is a whole number from 1 up"), &node.span, "not such a number", None);
        }
        number
    }

    /// One of a few words.
    fn word(&mut self, written: &Located<String>, what: &str, known: &[&str]) -> bool {
        let is_known = known.contains(&written.value.as_str());
        if !is_known {
            let help = suggestion(&written.value, known);
            self.mistake(format!("`{}` is not {what}", written.value), &written.span, "not one of them", Some(help));
        }
        is_known
    }

    /// Capabilities that other places define.
    fn capabilities(&mut self, node: Option<&Node>, what: &str) -> Vec<Capability> {
        let named = self.texts(node, what);
        let found = named.iter().map(|word| Capability::of(&word.value)).collect();
        self.named.extend(named);
        found
    }

    fn persona(&mut self, folder: &str, root: &Node, profiles: &[&str]) -> Persona {
        let entries = self.map(Some(root), "a persona");
        self.keys(entries, "a persona", KEYS);
        let title = self.text(root.get("title"), "`title`");
        // Whoever misspelt the key has been told so.
        let is_misspelt = |key: &str| !KEYS.contains(&key) && did_you_mean(key, &["title"]).is_some();
        let has_title = root.get("title").is_some() || entries.iter().any(|(key, _)| is_misspelt(&key.value));
        if !has_title && !entries.is_empty() {
            self.mistake(
                "a persona has a `title`",
                &root.span,
                "without one",
                Some("such as `title: Acme`".to_owned()),
            );
        }
        let is_default = match root.get("default").map(|node| (&node.kind, node)) {
            None | Some((Kind::Bool(false), _)) => false,
            Some((Kind::Bool(true), _)) => true,
            Some((_, node)) => {
                self.mistake("`default` is true or false", &node.span, node.kind_name(), None);
                false
            }
        };
        let version = root.get("scim").map_or(Some(Version::default()), Version::of);
        if let (None, Some(node)) = (version, root.get("scim")) {
            let help = Some("write \"1.1\" or \"2.0\"".to_owned());
            self.mistake("this is not a version of SCIM", &node.span, "neither 1.1 nor 2.0", help);
        }
        let profile = root.get("profile").and_then(|node| {
            let value = self.text(Some(node), "`profile`")?;
            let written = Located { value, span: node.span.clone() };
            self.word(&written, "a profile of the JSON Schemas", profiles).then_some(written.value)
        });
        let habits = self.habits(root.get("wire"));
        let page_size = self.page_size(root.get("page-size"));
        let password = self.password(root.get("password"));
        let apps = self.apps(root.get("apps"));
        let features = self.definitions(root.get("features"), "features", FEATURE_KEYS, &apps);
        let capabilities = self.definitions(root.get("capabilities"), "capabilities", CAPABILITY_KEYS, &apps);
        let variants = self.variants(root.get("variants"));
        let attributes = self.attributes(root.get("attributes"));
        let not_published = self.texts(root.get("not-published"), "what is not published");
        let not_published = not_published.into_iter().map(|text| text.value).collect();
        self.words();
        Persona {
            variants,
            attributes,
            not_published,
            folder: folder.to_owned(),
            title: title.unwrap_or_default(),
            is_default,
            version: version.unwrap_or_default(),
            profile,
            habits,
            page_size,
            password,
            apps,
            features,
            capabilities,
        }
    }

    fn variants(&mut self, node: Option<&Node>) -> Vec<(String, Vec<Variant>)> {
        let mut all = Vec::new();
        for (axis, named) in self.map(node, "`variants`") {
            let mut variants = Vec::new();
            for (name, columns) in self.map(Some(named), &format!("`{}`", axis.value)) {
                let needs = self.texts(columns.get("needs"), "`needs`");
                self.named.extend(needs.iter().cloned());
                let columns = self.map(Some(columns), "a variant").iter().filter(|(key, _)| key.value != "needs");
                let columns = columns.map(|(key, node)| (key.value.clone(), node.to_json())).collect();
                variants.push(Variant { name: name.value.clone(), needs, columns });
            }
            all.push((axis.value.clone(), variants));
        }
        all
    }

    fn attributes(&mut self, node: Option<&Node>) -> Attributes {
        let mut attributes = Attributes::default();
        let entries = self.map(node, "`attributes`");
        self.keys(entries, "`attributes`", ATTRIBUTES_KEYS);
        for (key, node) in entries {
            let judges = match key.value.as_str() {
                "elsewhere" => {
                    let paths = self.texts(Some(node), "a path");
                    attributes.elsewhere = Some(paths.into_iter().map(|path| path.value).collect());
                    continue;
                }
                "create" => &mut attributes.judges.create,
                "update" => &mut attributes.judges.update,
                "clear" => &mut attributes.judges.clear,
                "import" => &mut attributes.judges.import,
                _ => continue,
            };
            *judges = self.judges(node, &key.value);
        }
        attributes
    }

    fn judges(&mut self, node: &Node, key: &str) -> Judges {
        let what = format!("`{key}`");
        let entries = self.map(Some(node), &what);
        self.keys(entries, &what, JUDGES_KEYS);
        let requirement = self.text(node.get("requirement"), "`requirement`");
        let scenarios = self.texts(node.get("scenarios"), "the id of a scenario");
        if !entries.is_empty() && (node.get("requirement").is_none() || scenarios.is_empty()) {
            let help =
                Some(format!("such as `{key}: {{ requirement: ACME-stored, scenarios: [acme/profile/stored] }}`"));
            self.mistake(format!("{what} says which scenarios judge it by what"), &node.span, "one is missing", help);
        }
        Judges {
            requirement: requirement.map(|id| RequirementId::from(id.as_str())),
            scenarios: scenarios.iter().map(|id| Rows::read(&id.value)).collect(),
        }
    }

    fn habits(&mut self, node: Option<&Node>) -> Habits {
        let mut habits = Habits { connection: None, ..Habits::default() };
        let entries = self.map(node, "`wire`");
        self.keys(entries, "`wire`", WIRE_KEYS);
        for (key, node) in entries {
            let Some(value) = self.text(Some(node), &format!("`{}`", key.value)) else { continue };
            let written = Located { value, span: node.span.clone() };
            let is_sendable = written.value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            match key.value.as_str() {
                "accept-encoding" if is_sendable => habits.accept_encoding = written.value,
                "accept-encoding" => {
                    self.mistake("this cannot be sent in a header", &node.span, "not plain ASCII", None);
                }
                "connection"
                    if self.word(&written, "a word for a connection", &["Keep-Alive", "keep-alive", "close"]) =>
                {
                    habits.connection = Some(written.value);
                }
                "header-names" if self.word(&written, "a spelling of header names", &["title-case", "lower-case"]) => {
                    habits.header_names = match written.value.as_str() {
                        "lower-case" => HeaderNames::LowerCase,
                        _ => HeaderNames::TitleCase,
                    };
                }
                _ => {}
            }
        }
        habits
    }

    fn page_size(&mut self, node: Option<&Node>) -> PageSize {
        let mut size = PageSize { count: PAGE_SIZE, shorter: None, matters_to: Vec::new() };
        let Some(node) = node else { return size };
        let Kind::Map(entries) = &node.kind else {
            size.count = self.number(node, "`page-size`").unwrap_or(PAGE_SIZE);
            return size;
        };
        self.keys(entries, "`page-size`", PAGE_KEYS);
        if let Some(node) = node.get("count") {
            size.count = self.number(node, "`count`").unwrap_or(PAGE_SIZE);
        }
        size.shorter = self.text(node.get("shorter"), "`shorter`");
        size.matters_to = self.capabilities(node.get("matters-to"), "a feature");
        size
    }

    fn password(&mut self, node: Option<&Node>) -> String {
        let Some(node) = node else { return PASSWORD.to_owned() };
        let password = self.text(Some(node), "`password`").unwrap_or_default();
        if !password.is_empty() && !password.contains("${random}") {
            let help = format!("write `${{random}}` where they differ, such as `{PASSWORD}`");
            self.mistake("passwords differ from case to case", &node.span, "always the same", Some(help));
        }
        password
    }

    fn apps(&mut self, node: Option<&Node>) -> Vec<App> {
        let mut apps = Vec::new();
        for (key, node) in self.map(node, "`apps`") {
            let what = format!("the app `{}`", key.value);
            let entries = self.map(Some(node), &what);
            self.keys(entries, &what, APP_KEYS);
            let title = self.text(node.get("title"), "`title`").unwrap_or_else(|| key.value.clone());
            let capability = self.text(node.get("capability"), "`capability`");
            if let (Some(value), Some(node)) = (capability.clone(), node.get("capability")) {
                self.defined.push(Located { value, span: node.span.clone() });
            }
            if node.get("capability").is_none() {
                let help = format!("such as `capability: {}-app`, for the `needs` of scenarios", key.value);
                self.mistake(format!("{what} has no `capability`"), &key.span, "without one", Some(help));
            }
            let implies = self.capabilities(node.get("implies"), "a capability");
            if let Some(capability) = capability {
                let (word, capability) = (key.value.clone(), Capability::of(&capability));
                apps.push(App { word, title, capability, implies });
            }
        }
        apps
    }

    fn definitions(&mut self, node: Option<&Node>, key: &str, keys: &[&str], apps: &[App]) -> Vec<Definition> {
        let mut all: Vec<Definition> = Vec::new();
        for (word, node) in self.map(node, &format!("`{key}`")) {
            let what = format!("`{}`", word.value);
            let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if word.value.is_empty() || !word.value.chars().all(is_word) {
                let help = Some("lower-case letters, digits and dashes, such as `import-users`".to_owned());
                self.mistake(format!("{what} cannot be a word"), &word.span, "not a word", help);
                continue;
            }
            let capability = Capability::of(&word.value);
            if !matches!(capability, Capability::Word(_)) {
                let help = Some("it means the same for every persona".to_owned());
                self.mistake(format!("{what} is defined by the protocol"), &word.span, "not a persona's", help);
                continue;
            }
            self.defined.push(word.clone());
            let entries = self.map(Some(node), &what);
            self.keys(entries, &what, keys);
            let title = self.text(node.get("title"), "`title`");
            if node.get("title").is_none() {
                self.mistake(format!("{what} has no `title`"), &word.span, "without one", None);
            }
            let from = self.capabilities(node.get("from"), "a capability").first().copied();
            let rules_out = self.capabilities(node.get("rules-out"), "a capability");
            let waits = self.text(node.get("waits"), "`waits`");
            let clashes = match node.get("never-with").map(|node| (&node.kind, node)) {
                None => &[],
                Some((Kind::Seq(items), _)) => items.as_slice(),
                Some((_, node)) => std::slice::from_ref(node),
            };
            let never_with = clashes.iter().filter_map(|node| self.clash(node, apps)).collect();
            let sign = node.get("shown-by").and_then(|node| self.sign(node));
            let said_by = node.get("said-by").and_then(|node| self.said(node));
            let title = title.unwrap_or_default();
            all.push(Definition { capability, title, from, never_with, rules_out, waits, sign, said_by });
        }
        all
    }

    fn clash(&mut self, node: &Node, apps: &[App]) -> Option<Clash> {
        let entries = self.map(Some(node), "`never-with`");
        let because = self.text(node.get("because"), "`because`");
        if because.is_none() && node.get("because").is_none() && !entries.is_empty() {
            self.mistake("`never-with` says why: `because: …`", &node.span, "without a reason", None);
        }
        let mut said = entries.iter().filter(|(key, _)| key.value != "because");
        let (Some((key, values)), None) = (said.next(), said.next()) else {
            let known = behaviours().chain(["app"]).collect::<Vec<_>>().join(", ");
            let help = Some(format!("one of {known}, each in an entry of its own"));
            self.mistake("`never-with` names one thing", &node.span, "not one", help);
            return None;
        };
        let app_words: Vec<&str> = apps.iter().map(|app| app.word.as_str()).collect();
        let words = match key.value.as_str() {
            "app" => app_words.as_slice(),
            other => BEHAVIOUR.iter().find(|(known, _)| *known == other).map_or(&[][..], |(_, words)| words),
        };
        let known: Vec<&str> = behaviours().chain(["app"]).collect();
        if !self.word(key, "a key of `behaviour`, nor `app`", &known) {
            return None;
        }
        let values = self.values(values, words);
        Some(Clash { key: key.value.clone(), values, because: because? })
    }

    fn values(&mut self, node: &Node, words: &[&str]) -> Vec<String> {
        let written = self.texts(Some(node), "a value");
        written.into_iter().filter(|one| self.word(one, "a value that it has", words)).map(|one| one.value).collect()
    }

    fn sign(&mut self, node: &Node) -> Option<Sign> {
        let entries = self.map(Some(node), "`shown-by`");
        self.keys(entries, "`shown-by`", SIGN_KEYS);
        let found: Vec<&(Located<String>, Node)> = entries.iter().filter(|(key, _)| key.value != "named").collect();
        let [(key, value)] = found.as_slice() else {
            let help = Some("one of resource-type, extension, lists, changeable".to_owned());
            self.mistake("`shown-by` names one sign", &node.span, "not one", help);
            return None;
        };
        match key.value.as_str() {
            "resource-type" => {
                let schemas = self.texts(Some(value), "a URN").into_iter().map(|urn| urn.value).collect();
                let named = self.text(node.get("named"), "`named`");
                if node.get("named").is_none() {
                    let help = Some("such as `named: roles`, for reports".to_owned());
                    self.mistake("such resource types have a name: `named`", &key.span, "without one", help);
                }
                Some(Sign::ResourceType { schemas, named: named? })
            }
            "extension" => self.only(value, "own").then_some(Sign::OwnExtension),
            "lists" => self.only(value, "users").then_some(Sign::ListsUsers),
            "changeable" => self.text(Some(value), "the name of an attribute").map(Sign::Changeable),
            _ => None,
        }
    }

    fn only(&mut self, node: &Node, word: &str) -> bool {
        let written = self.text(Some(node), &format!("`{word}`"));
        written.is_some_and(|value| self.word(&Located { value, span: node.span.clone() }, "known here", &[word]))
    }

    fn said(&mut self, node: &Node) -> Option<Said> {
        let entries = self.map(Some(node), "`said-by`");
        let known: Vec<&str> = SAID_KEYS.iter().copied().chain(behaviours()).collect();
        self.keys(entries, "`said-by`", &known);
        let at = |key: &str| entries.iter().find(|(written, _)| written.value == key).map(|(_, node)| node);
        if let (Some(operation), Some(of)) = (at("operation"), at("of")) {
            let value = self.text(Some(operation), "`operation`")?;
            let written = Located { value, span: operation.span.clone() };
            let paths = self.texts(Some(of), "a path").into_iter().map(|path| path.value).collect();
            let is_known = self.word(&written, "an operation", OPERATIONS);
            return is_known.then_some(Said::Attributes { operation: written.value, paths });
        }
        let [(key, value)] = entries else {
            let help = Some(format!("a key of `behaviour`, or one of {}", SAID_KEYS.join(", ")));
            self.mistake("`said-by` names one thing", &node.span, "not one", help);
            return None;
        };
        match key.value.as_str() {
            "page-size" => self.number(value, "`page-size`").map(Said::PageSize),
            "media-type" => self.text(Some(value), "`media-type`").map(Said::MediaType),
            "several-types" => self.text(Some(value), "`several-types`").map(Said::SeveralTypes),
            "operation" | "of" => {
                let help = Some("`{ operation: create, of: [title] }`".to_owned());
                self.mistake("`operation` and `of` go together", &key.span, "alone", help);
                None
            }
            behaviour => {
                let words = BEHAVIOUR.iter().find(|(known, _)| *known == behaviour).map(|(_, words)| *words)?;
                let values = self.values(value, words);
                Some(Said::Behaviour { key: key.value.clone(), values })
            }
        }
    }

    /// Each word is defined once, and those that others name are there.
    fn words(&mut self) {
        let defined = std::mem::take(&mut self.defined);
        for (place, word) in defined.iter().enumerate() {
            if defined.iter().take(place).any(|first| first.value == word.value) {
                self.mistake(format!("`{}` is defined twice", word.value), &word.span, "second time", None);
            }
        }
        let own = defined.iter().map(|word| word.value.as_str());
        let known: Vec<&str> =
            Capability::OF_PROTOCOL.iter().map(|capability| capability.as_str()).chain(own).collect();
        for word in std::mem::take(&mut self.named) {
            self.word(&word, "a capability of the protocol or of this persona", &known);
        }
    }
}

fn behaviours() -> impl Iterator<Item = &'static str> {
    BEHAVIOUR.iter().map(|(key, _)| *key)
}
