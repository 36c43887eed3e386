//! The language as it is written: YAML trees into documents, every mistake of form collected.
//!
//! **Invariant:** nothing is looked up here; whether names exist and variables are bound is the business of `lower`.

use crate::capability::ATTRIBUTE_TABLES;
use crate::requirement::{Edition, Level, no_edition};
use crate::source::{Diagnostic, Kind, Located, Node, Span, did_you_mean};

/// The name of a table and those of its columns.
pub(super) type Table = &'static (&'static str, &'static [&'static str]);

/// A scenario file.
pub(super) struct ScenarioDoc {
    pub(super) title: String,
    pub(super) needs: Vec<Located<String>>,
    pub(super) assumes: Vec<Located<String>>,
    pub(super) alone: bool,
    pub(super) costly: bool,
    pub(super) since: Option<Located<Edition>>,
    pub(super) rows: Vec<RowDoc>,
    /// A table of attributes and its columns.
    pub(super) rows_of: Option<Table>,
    pub(super) given: Vec<StepDoc>,
    pub(super) steps: Vec<StepDoc>,
    pub(super) from: Vec<String>,
}

/// A flow file.
pub(super) struct FlowDoc {
    pub(super) params: Vec<(Located<String>, Node)>,
    pub(super) needs: Vec<Located<String>>,
    pub(super) assumes: Vec<Located<String>>,
    pub(super) shared: bool,
    pub(super) steps: Vec<StepDoc>,
    pub(super) returns: Vec<(Located<String>, Node)>,
    pub(super) span: Span,
}

/// A body template: a file of the folder `bodies`.
pub(super) struct BodyDoc {
    pub(super) params: Vec<(Located<String>, Node)>,
    pub(super) body: Node,
}

/// A body that is like a template.
pub(super) struct LikeDoc {
    pub(super) like: Located<String>,
    pub(super) params: Vec<(Located<String>, Node)>,
    /// Merged over it.
    pub(super) with: Option<Node>,
    /// Paths of attributes that are left out.
    pub(super) without: Vec<Located<String>>,
}

/// A `suite.yaml`.
#[derive(Default)]
pub(super) struct SuiteDoc {
    pub(super) headers: Vec<(Located<String>, Node)>,
    pub(super) body_headers: Vec<(Located<String>, Node)>,
    pub(super) query: Option<Located<String>>,
    pub(super) needs: Vec<Located<String>>,
    pub(super) data: Vec<(Located<String>, Node)>,
    pub(super) beneath: Vec<(Located<String>, Node)>,
    pub(super) always: Vec<ExpectDoc>,
}

/// One row: its name is the value of the first column.
pub(super) struct RowDoc {
    pub(super) name: Located<String>,
    pub(super) columns: Vec<(Located<String>, Node)>,
    pub(super) needs: Vec<Located<String>>,
    pub(super) since: Option<Located<Edition>>,
    /// What decides between variants of the provider, and which of them this is.
    pub(super) variant: Option<(Located<String>, Located<String>)>,
}

/// One step.
pub(super) struct StepDoc {
    pub(super) action: ActionDoc,
    pub(super) span: Span,
}

pub(super) enum ActionDoc {
    Send(Box<SendDoc>),
    Use(UseDoc),
    Walk(WalkDoc),
    Each(EachDoc),
    Together {
        sends: Vec<SendDoc>,
        expect: Vec<ExpectDoc>,
    },
    /// A step with a mistake of form: what it would have bound is unknown.
    Broken,
}

pub(super) struct SendDoc {
    pub(super) send: Located<String>,
    pub(super) raw_query: Option<Located<String>>,
    pub(super) headers: Vec<(Located<String>, Node)>,
    pub(super) body: Option<Node>,
    pub(super) overlay: Option<Node>,
    pub(super) raw: Option<Located<String>>,
    pub(super) auth: Option<Located<String>>,
    pub(super) times: Option<u32>,
    pub(super) capture: Vec<(Located<String>, Located<String>)>,
    pub(super) within: Option<Located<String>>,
    pub(super) refusable: bool,
    pub(super) always: bool,
    pub(super) laws: bool,
    pub(super) assume: Vec<ExpectDoc>,
    pub(super) expect: Vec<ExpectDoc>,
    pub(super) span: Span,
}

pub(super) struct UseDoc {
    pub(super) flow: Located<String>,
    pub(super) name: Option<Located<String>>,
    pub(super) with: Vec<(Located<String>, Node)>,
    pub(super) assume: Vec<ExpectDoc>,
    pub(super) expect: Vec<ExpectDoc>,
}

pub(super) struct WalkDoc {
    pub(super) walk: Located<String>,
    pub(super) count: Option<u32>,
    pub(super) name: Option<Located<String>>,
    pub(super) always: bool,
    pub(super) assume: Vec<ExpectDoc>,
    pub(super) expect: Vec<ExpectDoc>,
    pub(super) span: Span,
}

pub(super) struct EachDoc {
    pub(super) each: Node,
    pub(super) at: Option<Located<String>>,
    pub(super) at_most: Option<u32>,
    pub(super) name: Option<Located<String>>,
    pub(super) quiet: bool,
    /// Whether there is one value at most, and so no number of it: a `pick`.
    pub(super) is_one: bool,
    pub(super) steps: Vec<StepDoc>,
}

/// One expectation.
pub(super) struct ExpectDoc {
    pub(super) level: Level,
    pub(super) requirement: Located<String>,
    pub(super) subject: SubjectDoc,
    pub(super) unclear: Option<String>,
}

pub(super) enum SubjectDoc {
    Status(Node),
    Header(Located<String>, MatcherDoc),
    At(Located<String>, MatcherDoc),
    Schema(Located<String>),
    Rule(Located<String>, Vec<(Located<String>, Node)>),
}

/// A matcher: its key and its value.
pub(super) struct MatcherDoc {
    pub(super) key: Located<String>,
    pub(super) value: Node,
}

const MATCHERS: &[&str] = &["is", "not", "one-of", "absent", "present", "type", "matches", "count", "every", "some"];
/// How many rows a scenario may have.
const MAX_ROWS: usize = 500;
const SUBJECTS: &[&str] = &["status", "header", "at", "schema", "rule"];
const SEND_KEYS: &[&str] = &[
    "send",
    "raw-query",
    "headers",
    "body",
    "merge",
    "raw",
    "auth",
    "times",
    "capture",
    "within",
    "may-be-refused",
    "always",
    "laws",
    "assume",
    "expect",
];

/// Words that had other names in earlier versions, and those they have now.
const RENAMED: &[(&str, &str)] = &[
    ("beneath", "defaults"),
    ("overlay", "merge"),
    ("refusable", "may-be-refused"),
    ("rows-of", "for-attributes"),
    ("created-attribute", "created"),
    ("updated-attribute", "updated"),
    ("cleared-attribute", "cleared"),
    ("emptied-attribute", "emptied"),
    ("text-attribute", "text"),
    ("imported-attributes", "all-imported"),
    ("reimported-attributes", "all-reimported"),
    ("advertised-attributes", "all-advertised"),
    ("default-attributes", "all-default"),
    ("row.each", "row.parts"),
    ("row.shown", "row.expected"),
    ("row.together", "row.combined"),
];

/// The old word and the new one, where what is written had another name.
pub(super) fn renamed(written: &str) -> Option<(&'static str, &'static str)> {
    RENAMED.iter().copied().find(|(old, _)| *old == written)
}

/// What stands beside the parameters of a body template.
pub(super) const LIKE_KEYS: &[&str] = &["like", "with", "without"];

/// Whether all steps after it rest on what this one picks.
fn picks_for_the_rest(step: &Node) -> bool {
    step.get("pick").is_some()
        && step.get("steps").is_none()
        && ["send", "use", "walk", "each", "together"].iter().all(|other| step.get(other).is_none())
}

/// Reads nodes and collects mistakes.
pub(super) struct Reader<'a> {
    pub(super) mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(super) fn mistake(&mut self, message: impl Into<String>, span: &Span, label: impl Into<String>) {
        self.mistakes.push(Diagnostic::new(message, span, label));
    }

    /// The entries of a mapping with only known keys; a mistake for anything else.
    fn entries<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n [(Located<String>, Node)]> {
        let Kind::Map(entries) = &node.kind else {
            self.mistake(format!("{what} is a mapping"), &node.span, format!("this is {}", node.kind_name()));
            return None;
        };
        for (key, _) in entries {
            if !known.contains(&key.value.as_str()) {
                let mut d =
                    Diagnostic::new(format!("unknown key `{}` in {what}", key.value), &key.span, "not known here");
                let renamed = renamed(&key.value).filter(|(_, now)| known.contains(now));
                let renamed = renamed.map(|(old, now)| format!("`{old}` is now `{now}`"));
                d.help = renamed.or_else(|| did_you_mean(&key.value, known)).or_else(|| {
                    Some(match (what, key.value.as_str()) {
                        ("a scenario", "params" | "returns") => {
                            "flows have it; they stand in the folder `flows`".to_owned()
                        }
                        _ => format!("known are {}", known.join(", ")),
                    })
                });
                self.mistakes.push(d);
            }
        }
        Some(entries)
    }

    fn text(&mut self, node: &Node, key: &str) -> Option<Located<String>> {
        match &node.kind {
            Kind::String(s) => Some(Located { value: s.clone(), span: node.span.clone() }),
            _ => {
                self.mistake(format!("`{key}` is text"), &node.span, format!("this is {}", node.kind_name()));
                None
            }
        }
    }

    fn text_at(&mut self, node: &Node, key: &str) -> Option<Located<String>> {
        node.get(key).and_then(|n| self.text(n, key))
    }

    /// A key that must be there. One that is merely misspelt has been reported as an unknown key.
    fn needed(&mut self, node: &Node, what: &str, key: &str, known: &[&str]) {
        let Kind::Map(entries) = &node.kind else { return };
        let misspelt =
            |written: &str| !known.contains(&written) && did_you_mean(written, known) == did_you_mean(key, &[key]);
        if !entries.iter().any(|(k, _)| k.value == key || misspelt(&k.value)) {
            self.mistake(format!("{what} needs `{key}`"), &node.span, "it is missing here");
        }
    }

    fn needed_text(&mut self, node: &Node, what: &str, key: &str, known: &[&str]) -> Option<Located<String>> {
        self.needed(node, what, key, known);
        match node.get(key) {
            Some(n) => match self.text(n, key) {
                Some(t) if t.value.trim().is_empty() => {
                    self.mistake(format!("`{key}` is empty"), &n.span, "nothing here");
                    None
                }
                other => other,
            },
            None => None,
        }
    }

    fn flag(&mut self, node: &Node, key: &str, otherwise: bool) -> bool {
        match node.get(key) {
            None => otherwise,
            Some(Node { kind: Kind::Bool(b), .. }) => *b,
            Some(n) => {
                self.mistake(format!("`{key}` is true or false"), &n.span, format!("this is {}", n.kind_name()));
                otherwise
            }
        }
    }

    fn number(&mut self, node: &Node, key: &str, range: std::ops::RangeInclusive<u64>) -> Option<u32> {
        let n = node.get(key)?;
        let number = match &n.kind {
            Kind::Number(number) => number.as_u64().filter(|number| range.contains(number)),
            _ => None,
        };
        if number.is_none() {
            let (from, to) = (range.start(), range.end());
            self.mistake(format!("`{key}` is a whole number from {from} to {to}"), &n.span, "not such a number");
        }
        number.and_then(|n| u32::try_from(n).ok())
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        match node.get(key) {
            None => &[],
            Some(Node { kind: Kind::Seq(items), .. }) => items,
            Some(n) => {
                let mut d =
                    Diagnostic::new(format!("`{key}` is a list"), &n.span, format!("this is {}", n.kind_name()));
                d.help = n.as_str().map(|text| format!("a list of one is written `[{text}]`"));
                self.mistakes.push(d);
                &[]
            }
        }
    }

    fn texts(&mut self, node: &Node, key: &str) -> Vec<Located<String>> {
        let items = self.list(node, key);
        items.iter().filter_map(|n| self.text(n, key)).collect()
    }

    fn mapping(&mut self, node: &Node, key: &str) -> Vec<(Located<String>, Node)> {
        match node.get(key) {
            None => Vec::new(),
            Some(Node { kind: Kind::Map(entries), .. }) => entries.clone(),
            Some(n) => {
                self.mistake(format!("`{key}` is a mapping"), &n.span, format!("this is {}", n.kind_name()));
                Vec::new()
            }
        }
    }

    pub(super) fn scenario(&mut self, root: &Node) -> Option<ScenarioDoc> {
        const KEYS: &[&str] = &[
            "title",
            "since",
            "needs",
            "assumes",
            "alone",
            "costly",
            "rows",
            "for-attributes",
            "variants",
            "given",
            "steps",
            "from",
        ];
        self.entries(root, "a scenario", KEYS)?;
        let title = self.needed_text(root, "a scenario", "title", KEYS);
        self.needed(root, "a scenario", "steps", KEYS);
        let steps = self.steps(root, "steps", true);
        if let Some(n) = root.get("steps")
            && matches!(&n.kind, Kind::Seq(items) if items.is_empty())
        {
            self.mistake("`steps` is empty: this scenario judges nothing", &n.span, "no step here");
        }
        let mut given = self.steps(root, "given", false);
        if let Some(flow_key) = ["params", "returns"].iter().find_map(|key| root.get(key)) {
            // A flow in the wrong place. Its parameters are not unbound names on top of that.
            given.push(StepDoc { action: ActionDoc::Broken, span: flow_key.span.clone() });
        }
        let rows_of = self.rows_of(root);
        if let (Some(written), None) = (root.get("for-attributes").or(root.get("rows-of")), rows_of) {
            // Nor are the columns of a table that does not exist.
            given.push(StepDoc { action: ActionDoc::Broken, span: written.span.clone() });
        }
        let rows = self.rows(root);
        let rows = self.variants(root, rows, rows_of);
        if rows.is_empty() && root.get("variants").is_some() {
            // Nor are the columns of variants that could not be read.
            given.push(StepDoc { action: ActionDoc::Broken, span: root.span.clone() });
        }
        Some(ScenarioDoc {
            needs: self.texts(root, "needs"),
            assumes: self.texts(root, "assumes"),
            alone: self.flag(root, "alone", false),
            costly: self.flag(root, "costly", false),
            since: self.edition(root, "since"),
            rows_of,
            rows,
            given,
            from: self.texts(root, "from").into_iter().map(|t| t.value).collect(),
            title: title.map(|t| t.value).unwrap_or_default(),
            steps,
        })
    }

    fn rows_of(&mut self, root: &Node) -> Option<Table> {
        let written = self.text_at(root, "for-attributes")?;
        if let Some(rows) = root.get("rows") {
            self.mistake(
                "`rows` and `for-attributes` are two ways to say the same",
                &rows.span,
                "there is `for-attributes` as well",
            );
        }
        let table = ATTRIBUTE_TABLES.iter().find(|(name, _)| *name == written.value);
        if table.is_none() {
            let names: Vec<&str> = ATTRIBUTE_TABLES.iter().map(|(name, _)| *name).collect();
            let mut d = Diagnostic::new(format!("there is no table `{}`", written.value), &written.span, "not a table");
            d.help = renamed(&written.value)
                .map(|(old, now)| format!("`{old}` is now `{now}`"))
                .or_else(|| did_you_mean(&written.value, &names))
                .or_else(|| Some(format!("there are {}", names.join(", "))));
            self.mistakes.push(d);
        }
        table
    }

    fn rows(&mut self, root: &Node) -> Vec<RowDoc> {
        // A row with a mistake is kept: its columns are bound.
        let mut rows: Vec<RowDoc> = Vec::new();
        let items = self.list(root, "rows");
        if let (Some(first), true) = (root.get("rows"), items.len() > MAX_ROWS) {
            self.mistake(format!("there are more than {MAX_ROWS} rows"), &first.span, format!("{} rows", items.len()));
            return rows;
        }
        for item in items {
            let Kind::Map(entries) = &item.kind else {
                self.mistake("a row is a mapping", &item.span, format!("this is {}", item.kind_name()));
                continue;
            };
            let Some((_, first)) = entries.first() else {
                self.mistake("a row needs at least one column", &item.span, "empty");
                continue;
            };
            let name = match &first.kind {
                Kind::String(s) => Some(s.clone()),
                Kind::Number(n) => Some(n.to_string()),
                Kind::Bool(b) => Some(b.to_string()),
                _ => None,
            };
            let is_name = |name: &&String| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            };
            match name.as_ref().filter(is_name) {
                None => self.mistakes.push(
                    Diagnostic::new("this cannot name a row", &first.span, "the first column names the row").help(
                        "use letters, digits, `.`, `_` and `-`: the name becomes part of the case's id, scenario#row",
                    ),
                ),
                Some(name) => {
                    if let Some(other) = rows.iter().find(|r| r.name.value == *name) {
                        let line = other.name.span.line();
                        self.mistakes.push(
                            Diagnostic::new(
                                format!("two rows are named `{name}`"),
                                &first.span,
                                "second row of this name",
                            )
                            .help(format!("the first is in line {line}; the first column names the row")),
                        );
                    }
                }
            }
            let name = name.unwrap_or_default();
            rows.push(RowDoc {
                name: Located { value: name, span: first.span.clone() },
                columns: entries
                    .iter()
                    .filter(|(k, _)| !["needs", "since"].contains(&k.value.as_str()))
                    .cloned()
                    .collect(),
                needs: self.texts(item, "needs"),
                since: self.edition(item, "since"),
                variant: None,
            });
        }
        rows
    }

    /// One row for each variant that is named; where there are rows, each of them for each variant. Those of attributes are not
    /// known yet, and have columns that no variant may have.
    fn variants(&mut self, root: &Node, rows: Vec<RowDoc>, rows_of: Option<Table>) -> Vec<RowDoc> {
        let Some(node) = root.get("variants") else { return rows };
        let named = match &node.kind {
            Kind::Map(entries) if entries.len() == 1 => entries.first(),
            _ => None,
        };
        let Some((axis, names)) = named else {
            self.mistakes.push(
                Diagnostic::new("`variants` is a mapping with one key", &node.span, "not such a mapping")
                    .help("such as `variants: { app: [catalogue, wizard] }`, as persona.yaml has them"),
            );
            return rows;
        };
        let nothing = Node { kind: Kind::Map(Vec::new()), span: names.span.clone() };
        let variants: Vec<(Located<String>, &Node)> = match &names.kind {
            Kind::Seq(items) => items.iter().filter_map(|n| self.text(n, &axis.value).map(|t| (t, &nothing))).collect(),
            Kind::Map(entries) => entries.iter().map(|(name, columns)| (name.clone(), columns)).collect(),
            _ => {
                self.mistake(
                    format!("`{}` is a list of variants", axis.value),
                    &names.span,
                    format!("this is {}", names.kind_name()),
                );
                return rows;
            }
        };
        for (n, (name, _)) in variants.iter().enumerate() {
            if variants.iter().take(n).any(|(other, _)| other.value == name.value) {
                self.mistake(format!("variant `{}` is named twice", name.value), &name.span, "the second time");
                return rows;
            }
        }
        if let Some((table, taken)) = rows_of {
            let own = variants.iter().flat_map(|(_, columns)| columns.fields()).map(|(column, _)| column);
            for column in std::iter::once(axis).chain(own).filter(|column| taken.contains(&column.value.as_str())) {
                self.mistake(
                    format!("`{}` is a column of `{table}`", column.value),
                    &column.span,
                    "has to be called otherwise",
                );
            }
        }
        let mut all = Vec::new();
        let whole = RowDoc {
            name: Located { value: String::new(), span: axis.span.clone() },
            columns: Vec::new(),
            needs: Vec::new(),
            since: None,
            variant: None,
        };
        for row in if rows.is_empty() { vec![whole] } else { rows } {
            for (name, columns) in &variants {
                let own = self.mapping_of(columns);
                let text = Node { kind: Kind::String(name.value.clone()), span: name.span.clone() };
                let is_column = |(key, _): &&(Located<String>, Node)| !["needs", "since"].contains(&key.value.as_str());
                let both = [row.name.value.as_str(), name.value.as_str()];
                let both = if row.name.value.is_empty() { name.value.clone() } else { both.join("-") };
                all.push(RowDoc {
                    name: Located { value: both, span: name.span.clone() },
                    columns: [(axis.clone(), text)]
                        .into_iter()
                        .chain(row.columns.iter().cloned())
                        .chain(own.iter().filter(is_column).cloned())
                        .collect(),
                    needs: row.needs.iter().cloned().chain(self.texts(columns, "needs")).collect(),
                    since: self.edition(columns, "since").or(row.since.clone()),
                    variant: Some((axis.clone(), name.clone())),
                });
            }
        }
        all
    }

    fn mapping_of<'n>(&mut self, node: &'n Node) -> &'n [(Located<String>, Node)] {
        match &node.kind {
            Kind::Map(entries) => entries,
            _ => {
                self.mistake(
                    "the columns of a variant are a mapping",
                    &node.span,
                    format!("this is {}", node.kind_name()),
                );
                &[]
            }
        }
    }

    fn edition(&mut self, root: &Node, key: &str) -> Option<Located<Edition>> {
        let node = root.get(key)?;
        let Some(value) = Edition::of(node) else {
            self.mistakes.push(no_edition(key, &node.span));
            return None;
        };
        Some(Located { value, span: node.span.clone() })
    }

    pub(super) fn flow(&mut self, root: &Node) -> Option<FlowDoc> {
        const KEYS: &[&str] = &["title", "shared", "params", "needs", "assumes", "steps", "returns", "from"];
        self.entries(root, "a flow", KEYS)?;
        self.needed_text(root, "a flow", "title", KEYS);
        self.needed(root, "a flow", "steps", KEYS);
        self.texts(root, "from");
        Some(FlowDoc {
            params: self.mapping(root, "params"),
            needs: self.texts(root, "needs"),
            assumes: self.texts(root, "assumes"),
            shared: self.flag(root, "shared", false),
            steps: self.steps(root, "steps", false),
            returns: self.mapping(root, "returns"),
            span: root.span.clone(),
        })
    }

    pub(super) fn body_template(&mut self, root: &Node) -> Option<BodyDoc> {
        const KEYS: &[&str] = &["title", "params", "body"];
        self.entries(root, "a body template", KEYS)?;
        self.needed_text(root, "a body template", "title", KEYS);
        self.needed(root, "a body template", "body", KEYS);
        let body = root.get("body")?;
        if !matches!(body.kind, Kind::Map(_)) {
            self.mistake("`body` is a mapping", &body.span, format!("this is {}", body.kind_name()));
            return None;
        }
        let params = self.mapping(root, "params");
        for (name, _) in params.iter().filter(|(name, _)| LIKE_KEYS.contains(&name.value.as_str())) {
            self.mistake(
                format!("`{}` cannot be a parameter of a body", name.value),
                &name.span,
                "has a meaning of its own beside `like`",
            );
        }
        Some(BodyDoc { params, body: body.clone() })
    }

    /// A body that names a template, where this is one.
    pub(super) fn like(&mut self, body: &Node) -> Option<LikeDoc> {
        let Kind::Map(entries) = &body.kind else { return None };
        let with = body.get("with");
        if let Some(with) = with.filter(|with| !matches!(with.kind, Kind::Map(_))) {
            self.mistake("`with` is a mapping", &with.span, format!("this is {}", with.kind_name()));
        }
        Some(LikeDoc {
            like: self.text_at(body, "like")?,
            params: entries.iter().filter(|(key, _)| !LIKE_KEYS.contains(&key.value.as_str())).cloned().collect(),
            with: with.filter(|with| matches!(with.kind, Kind::Map(_))).cloned(),
            without: self.texts(body, "without"),
        })
    }

    pub(super) fn suite(&mut self, root: &Node) -> Option<SuiteDoc> {
        const KEYS: &[&str] = &["title", "headers", "body-headers", "query", "needs", "data", "defaults", "always"];
        self.entries(root, "a suite", KEYS)?;
        self.needed_text(root, "a suite", "title", KEYS);
        Some(SuiteDoc {
            headers: self.mapping(root, "headers"),
            body_headers: self.mapping(root, "body-headers"),
            query: self.text_at(root, "query"),
            needs: self.texts(root, "needs"),
            data: self.mapping(root, "data"),
            beneath: self.mapping(root, "defaults"),
            always: self.expectations(root, "always"),
        })
    }

    /// `ends_all` where nothing comes after these steps, so that what rests on a `pick` among them ends with them.
    fn steps(&mut self, root: &Node, key: &str, ends_all: bool) -> Vec<StepDoc> {
        let items = self.list(root, key);
        if let (false, Some(pick)) = (ends_all, items.iter().find(|item| picks_for_the_rest(item))) {
            self.mistakes.push(
                Diagnostic::new("what comes after these steps cannot rest on a `pick`", &pick.span, "without `steps`")
                    .help("put the steps that need the value below it, under `steps`"),
            );
        }
        self.step_list(items)
    }

    fn step_list(&mut self, items: &[Node]) -> Vec<StepDoc> {
        let mut steps = Vec::new();
        let mut items = items;
        while let [item, rest @ ..] = items {
            let span = item.span.clone();
            if picks_for_the_rest(item) {
                if rest.is_empty() {
                    self.mistake("nothing rests on this `pick`", &span, "the last step");
                }
                let inner = self.step_list(rest);
                let action = self.pick(item, inner).map_or(ActionDoc::Broken, ActionDoc::Each);
                steps.push(StepDoc { action, span });
                break;
            }
            steps.push(StepDoc { action: self.step(item).unwrap_or(ActionDoc::Broken), span });
            items = rest;
        }
        steps
    }

    fn step(&mut self, node: &Node) -> Option<ActionDoc> {
        const KINDS: &[&str] = &["send", "use", "walk", "each", "pick", "together"];
        let Kind::Map(entries) = &node.kind else {
            self.mistake("a step is a mapping", &node.span, format!("this is {}", node.kind_name()));
            return None;
        };
        let kinds: Vec<&Located<String>> =
            entries.iter().map(|(k, _)| k).filter(|k| KINDS.contains(&k.value.as_str())).collect();
        match kinds.as_slice() {
            [one] => match one.value.as_str() {
                "send" => Some(ActionDoc::Send(Box::new(self.send(node)?))),
                "use" => Some(ActionDoc::Use(self.r#use(node)?)),
                "walk" => Some(ActionDoc::Walk(self.walk(node)?)),
                "each" => Some(ActionDoc::Each(self.each(node)?)),
                "pick" => {
                    let steps = self.steps(node, "steps", true);
                    Some(ActionDoc::Each(self.pick(node, steps)?))
                }
                _ => self.together(node),
            },
            [] => {
                let guess = entries.iter().find_map(|(k, _)| did_you_mean(&k.value, KINDS).map(|guess| (k, guess)));
                let span = guess.as_ref().map_or(&node.span, |(key, _)| &key.span);
                let mut d =
                    Diagnostic::new("a step has one of send, use, walk, each, pick, together", span, "none of them");
                d.help = guess.map(|(_, guess)| guess);
                self.mistakes.push(d);
                None
            }
            [_, second, ..] => {
                self.mistake(
                    "a step has only one of send, use, walk, each, pick, together",
                    &second.span,
                    "a second one",
                );
                None
            }
        }
    }

    fn send(&mut self, node: &Node) -> Option<SendDoc> {
        let entries = self.entries(node, "a `send` step", SEND_KEYS)?;
        let key = |name: &str| entries.iter().map(|(k, _)| k).find(|k| k.value == name);
        if let (Some(_), Some(raw)) = (key("body"), key("raw")) {
            self.mistake("a step has `body` or `raw`, not both", &raw.span, "a second body");
        }
        if let (Some(overlay), None) = (key("merge"), key("body")) {
            self.mistake("`merge` needs a `body` to be merged over", &overlay.span, "nothing under it");
        }
        if let (Some(raw_query), true) =
            (key("raw-query"), node.get("send").and_then(Node::as_str).is_some_and(|send| send.contains('?')))
        {
            self.mistake("a query stands in `send` or in `raw-query`, not in both", &raw_query.span, "a second query");
        }
        let send = self.text_at(node, "send");
        Some(SendDoc {
            raw_query: self.text_at(node, "raw-query"),
            headers: self.mapping(node, "headers"),
            body: node.get("body").cloned(),
            overlay: node.get("merge").cloned(),
            raw: self.text_at(node, "raw"),
            auth: self.text_at(node, "auth"),
            times: self.number(node, "times", 1..=2000),
            capture: self.captures(node),
            within: self.time(node, "within"),
            refusable: self.flag(node, "may-be-refused", false),
            always: self.flag(node, "always", true),
            laws: self.flag(node, "laws", true),
            assume: self.expectations(node, "assume"),
            expect: self.expectations(node, "expect"),
            span: node.get("send").map_or(&node.span, |n| &n.span).clone(),
            send: send?,
        })
    }

    /// A time. A mere number is read as text, for the message to say what it lacks.
    fn time(&mut self, node: &Node, key: &str) -> Option<Located<String>> {
        match node.get(key) {
            Some(Node { kind: Kind::Number(n), span }) => Some(Located { value: n.to_string(), span: span.clone() }),
            _ => self.text_at(node, key),
        }
    }

    fn captures(&mut self, node: &Node) -> Vec<(Located<String>, Located<String>)> {
        let entries = self.mapping(node, "capture");
        entries.into_iter().filter_map(|(key, value)| self.text(&value, "capture").map(|text| (key, text))).collect()
    }

    fn r#use(&mut self, node: &Node) -> Option<UseDoc> {
        self.entries(node, "a `use` step", &["use", "as", "with", "assume", "expect"])?;
        let flow = self.text_at(node, "use");
        Some(UseDoc {
            name: self.text_at(node, "as"),
            with: self.mapping(node, "with"),
            assume: self.expectations(node, "assume"),
            expect: self.expectations(node, "expect"),
            flow: flow?,
        })
    }

    fn walk(&mut self, node: &Node) -> Option<WalkDoc> {
        self.entries(node, "a `walk` step", &["walk", "count", "as", "always", "assume", "expect"])?;
        let walk = self.text_at(node, "walk");
        Some(WalkDoc {
            count: self.number(node, "count", 1..=10_000),
            name: self.text_at(node, "as"),
            always: self.flag(node, "always", true),
            assume: self.expectations(node, "assume"),
            expect: self.expectations(node, "expect"),
            span: node.get("walk").map_or(&node.span, |n| &n.span).clone(),
            walk: walk?,
        })
    }

    fn each(&mut self, node: &Node) -> Option<EachDoc> {
        const KEYS: &[&str] = &["each", "at", "at-most", "as", "quiet", "steps"];
        self.entries(node, "an `each` step", KEYS)?;
        self.needed(node, "an `each` step", "as", KEYS);
        self.needed(node, "an `each` step", "steps", KEYS);
        Some(EachDoc {
            each: node.get("each")?.clone(),
            at: self.text_at(node, "at"),
            at_most: self.number(node, "at-most", 1..=1000),
            name: self.text_at(node, "as"),
            quiet: self.flag(node, "quiet", false),
            is_one: false,
            steps: self.steps(node, "steps", true),
        })
    }

    /// One value, and the steps that rest on it: its own, or all that come after it.
    fn pick(&mut self, node: &Node, steps: Vec<StepDoc>) -> Option<EachDoc> {
        const KEYS: &[&str] = &["pick", "at", "as", "quiet", "steps"];
        self.entries(node, "a `pick` step", KEYS)?;
        self.needed(node, "a `pick` step", "at", KEYS);
        self.needed(node, "a `pick` step", "as", KEYS);
        Some(EachDoc {
            each: node.get("pick")?.clone(),
            at: self.text_at(node, "at"),
            at_most: Some(1),
            name: self.text_at(node, "as"),
            quiet: self.flag(node, "quiet", false),
            is_one: true,
            steps,
        })
    }

    fn together(&mut self, node: &Node) -> Option<ActionDoc> {
        self.entries(node, "a `together` step", &["together", "expect"])?;
        let items = self.list(node, "together");
        let sends = items.iter().filter_map(|item| self.send_in_together(item)).collect();
        Some(ActionDoc::Together { sends, expect: self.expectations(node, "expect") })
    }

    fn send_in_together(&mut self, node: &Node) -> Option<SendDoc> {
        if node.get("send").is_none() {
            self.mistake("`together` holds `send` steps", &node.span, "not a `send`");
            return None;
        }
        self.send(node)
    }

    fn expectations(&mut self, node: &Node, key: &str) -> Vec<ExpectDoc> {
        let items = self.list(node, key);
        items.iter().filter_map(|item| self.expectation(item)).collect()
    }

    fn expectation(&mut self, node: &Node) -> Option<ExpectDoc> {
        const LEVELS: &[&str] = &["must", "should", "may"];
        const KEYS: &[&str] = &[
            "must", "should", "may", "status", "header", "at", "schema", "rule", "with", "unclear", "is", "not",
            "one-of", "absent", "present", "type", "matches", "count", "every", "some",
        ];
        let entries = self.entries(node, "an expectation", KEYS)?;
        let of = |known: &'static [&'static str]| -> Vec<&(Located<String>, Node)> {
            entries.iter().filter(|(k, _)| known.contains(&k.value.as_str())).collect()
        };
        let (levels, subjects, matchers) = (of(LEVELS), of(SUBJECTS), of(MATCHERS));
        let place = entries.first().map_or(&node.span, |(k, _)| &k.span).clone();
        // An unknown key has been reported; what is missing is most likely what it was meant to be.
        let misspelt = entries.iter().any(|(k, _)| !KEYS.contains(&k.value.as_str()));
        let level = self.exactly_one(&levels, "must, should, may", &place, misspelt);
        let subject = self.exactly_one(&subjects, "status, header, at, schema, rule", &place, misspelt);
        let (level_key, requirement) = level?;
        let level = match level_key.value.as_str() {
            "must" => Level::Must,
            "should" => Level::Should,
            _ => Level::May,
        };
        let requirement = self.text(requirement, &level_key.value);
        let (subject_key, value) = subject?;
        let subject = match subject_key.value.as_str() {
            "status" => SubjectDoc::Status(value.clone()),
            "schema" => SubjectDoc::Schema(self.text(value, "schema")?),
            "rule" => SubjectDoc::Rule(self.text(value, "rule")?, self.mapping(node, "with")),
            key => {
                if matchers.is_empty() && misspelt {
                    return None;
                }
                let matcher = self.one_matcher(&matchers, &value.span)?;
                let text = self.text(value, key)?;
                if key == "header" { SubjectDoc::Header(text, matcher) } else { SubjectDoc::At(text, matcher) }
            }
        };
        if let (SubjectDoc::Status(_) | SubjectDoc::Schema(_) | SubjectDoc::Rule(..), Some((key, _))) =
            (&subject, matchers.first())
        {
            self.mistake(format!("`{}` takes no matcher", subject_key.value), &key.span, "a matcher");
        }
        if let (false, Some((key, _))) =
            (matches!(subject, SubjectDoc::Rule(..)), entries.iter().find(|(k, _)| k.value == "with"))
        {
            self.mistake("`with` belongs to `rule`", &key.span, "no rule here");
        }
        Some(ExpectDoc {
            level,
            requirement: requirement?,
            subject,
            unclear: self.text_at(node, "unclear").map(|t| t.value),
        })
    }

    fn exactly_one<'n>(
        &mut self,
        found: &[&'n (Located<String>, Node)],
        words: &str,
        place: &Span,
        misspelt: bool,
    ) -> Option<(&'n Located<String>, &'n Node)> {
        match found {
            [one] => Some((&one.0, &one.1)),
            [] if misspelt => None,
            [] => {
                self.mistake(format!("an expectation has one of {words}"), place, "none of them here");
                None
            }
            [_, second, ..] => {
                self.mistake(format!("an expectation has only one of {words}"), &second.0.span, "a second one");
                None
            }
        }
    }

    fn one_matcher(&mut self, found: &[&(Located<String>, Node)], place: &Span) -> Option<MatcherDoc> {
        match found {
            [(key, value)] => Some(MatcherDoc { key: key.clone(), value: value.clone() }),
            [] => {
                self.mistakes.push(
                    Diagnostic::new("there is nothing this is compared with", place, "needs a matcher")
                        .help(format!("add one of {}", MATCHERS.join(", "))),
                );
                None
            }
            [_, (second, _), ..] => {
                self.mistake("an expectation has one matcher", &second.span, "a second one");
                None
            }
        }
    }

    /// The one matcher inside `every` or `some`.
    pub(super) fn inner_matcher(&mut self, node: &Node) -> Option<MatcherDoc> {
        let entries = self.entries(node, "a matcher", MATCHERS)?;
        let found: Vec<&(Located<String>, Node)> =
            entries.iter().filter(|(k, _)| MATCHERS.contains(&k.value.as_str())).collect();
        if found.is_empty() && !entries.is_empty() {
            return None;
        }
        self.one_matcher(&found, &node.span)
    }
}
