//! Plays the SCIM traffic of identity providers, first Okta's, against a SCIM server, judges the answers, and says
//! what will break. This page is the map of the code, for those who change it; for using the program there is
//! `README.md`, for writing scenarios `scenarios/README.md`.
//!
//! # The idea
//!
//! A scenario is *data* that cites requirements. A plan decides what to run and is pure. The wire is the only thing
//! that waits for the server, and what comes through it is *evidence*. The judge compares evidence with demands and
//! is pure. A report is one value, and every format is a function of it.
//!
//! ```text
//!  scenarios/*.yaml ──load──► Scenario ──┐
//!  target.yaml ───────read──► Target ────┤
//!                                        ▼
//!             Capabilities ──────────► plan ──► Planned ──► run ──► CaseResult ──► Report ──► text│json│junit│…
//!                  ▲                                        │ ▲
//!                  └────────────── discover ◄──── wire ◄────┘ └── judge
//! ```
//!
//! # The trip of one request
//!
//! | # | where | what happens |
//! |--:|---|---|
//! | 1 | [`cli`] | arguments and environment become [`cli::args`], then a configuration; mistakes end here |
//! | 2 | [`scenario::load`](mod@scenario::load) | files become located trees, documents, and [`scenario::Scenario`]s, or diagnostics, all of them |
//! | 3 | [`declared`] | the owner's file becomes a [`declared::Target`]: what it declares, and what scenarios take from it |
//! | 4 | [`run::discover`] | four GETs become [`capability::Capabilities`] with evidence, or one obstacle that every case would meet |
//! | 5 | [`plan`](mod@plan) | each case of the suites in play runs, or is skipped for a reason |
//! | 6 | `run::case`, `run::gate` | a template and the bindings become a [`wire::Request`]: what the scenario asks for; it passes the one gate, or is not sent |
//! | 7 | [`wire::pace`] | the request waits for its turn |
//! | 8 | [`wire::http`] | the credential is added, the request is sent; tried again only after 429 or 503 or a refused connection |
//! | 9 | `wire::redact` | credentials in the answer are masked |
//! | 10 | [`wire`] | the result is a [`wire::Exchange`], never an `Err` |
//! | 11 | `run::gate`, `run::ledger` | what was created or removed is noted, in memory and in the [journal](run::journal), which knew of a create before 8 |
//! | 12 | `run::case` | captures become bindings; a create of setup that was refused is sent again as the server takes it (`run::adapt`) |
//! | 13 | [`judge`] | expectations, exchange and bindings become a [`judge::Judgement`] |
//! | 14 | `run::case` | what looks wrong and may yet come true is repeated: back to 7 |
//! | 15 | `run::ledger` | the sweep, last created first; what remains becomes a leftover |
//! | 16 | [`verdict::conclude`] | findings and the cause of a stop, if any, become an outcome in a [`verdict::CaseResult`] |
//! | 17 | [`root_cause`] | when all cases are done: which finding keeps each undecided case from being judged |
//! | 18 | [`baseline`] | what the owner knows of is marked as known |
//! | 19 | [`report`] | the results in the order of the plan become a [`report::Report`]; [`report::stored`] makes one of a JSON report |
//! | 20 | [`okta::readiness`] | what Okta's reviewers will say of it joins the report as an annex |
//! | 21 | [`cli::exit`] | the verdict becomes the exit code |
//!
//! The credential exists between 8 and 9 only. A [`wire::Request`] has no field for it, so no transcript can hold it. Where it
//! is an access token that has to be asked for ([`wire::oauth`]), that happens at 8, too, and the mask of 9 learns it.
//!
//! A [`history`] is a scenario that was made up: drawn from what administrators do ([`scenario::Repertoire`]), told as a document, and run by
//! [`run::histories`] beside the cases. One that finds what no case tells is made shorter and run again, until it gets no shorter.
//!
//! What a read shows wrongly in a case that ran beside others is held against its writes only if it comes again alone (`run::beside`).
//!
//! [`run::witnesses`] creates a [`scenario::Cast`] before the first case and looks at it after the last. What differs ([`model::changed`]) is held
//! against new witnesses between which cases are run again, until one is caught; what is told is judged from what was sent for them alone.
//!
//! Okta's own test files take another way to the same wire. [`okta::runscope`] reads an export into steps and holds their
//! assertions against answers; [`okta::runscope::play`] sends them, and notes and sweeps what they create as if a case had. Where
//! such a file talks to an Okta org, `okta::runscope::org` answers, and what Okta would then send is a flow that goes through
//! `run::case` ([`scenario::load::flow`] makes a case of it, a [`run::session`] takes its steps): how Okta behaves is written down once.
//!
//! `import-preview` takes a shorter way: [`okta::import::read`] reads pages through the wire and watches whether the list can be
//! trusted, [`okta::import::rows`] makes users of them, [`okta::import::matching`] decides on each, and [`okta::import::preview`] writes it down at once, so that
//! nothing but Okta's own users stays in memory.
//!
//! With `--hook` each of these users passes the vendor's import hook: [`okta::hook::event`] makes what Okta sends, [`okta::hook::service`] sends it,
//! [`okta::hook::answer`] reads what comes back, [`okta::hook::apply`] does it, and [`okta::import::hooked`] decides again. `hook` runs
//! [`okta::hook::suite`] against such a service alone; its cases are results like any others, so that reports are those of a run.
//!
//! `doctor` asks before there is a run: [`wire::probe`] looks at name, TCP and TLS, [`run::discover`] at what answers, and the one
//! user that is created is created by a case, through [`run`], as in any run. `init` writes down what [`run::discover`] finds out.
//!
//! # Layers
//!
//! Imports point to a layer above, and modules of one layer do not import each other, nor do files of one module in a circle. `tests/it/layers.rs` reads the
//! order from the groups of `pub mod` lines at the end of this file and fails on an import that points elsewhere, on
//! an outside crate used outside its home, and on `async` where nothing waits.
//!
//! | layer | modules | may import | may wait | may do I/O |
//! |---|---|---|---|---|
//! | Ground | [`json`] [`source`] [`wire`] | nothing of ours | `wire` | `wire`: the network |
//! | Words | [`budget`] [`capability`] [`requirement`] [`scim`] | Ground | no | no |
//! | Personas | [`persona`] | Ground, Words | no | no |
//! | Sentences | [`changes`] [`declared`] [`scenario`] [`shard`] [`verdict`] | Ground, Words, Personas | no | `scenario::load` reads files |
//! | Thought | [`baseline`] [`history`] [`judge`] [`model`] [`plan`](mod@plan) [`root_cause`] [`snapshot`] | all above | no | no: what it reads is handed to it |
//! | Deed | [`run`] | all above | yes | through `wire`, and the journal |
//! | Speech | [`report`] | Ground, Words, Personas, Sentences | no | no: it returns text |
//! | Wings | [`okta`] | all above | `okta::runscope`, `okta::import`, `okta::hook` | through `run` and `wire` |
//! | Island | [`reference`](mod@reference) | **nothing of ours** | yes | its socket |
//! | Hands | [`cli`], then [`libtest`] | all above | yes | yes: environment, clock, files, terminal |
//!
//! Crates that are young, large or change often have one home, so that replacing one is a change in one place:
//! `serde-saphyr` in `source/yaml.rs`, `annotate-snippets` in `source/render.rs`, `reqwest` in `wire/http.rs`,
//! `rustls` there and with `x509-cert` in `wire/probe.rs`, `jsonschema` in `judge/schema.rs`, `serde_json_path` in `scenario/path.rs`, `quick-junit` in
//! `report/junit.rs`, `csv` in `okta/import/rows.rs`, `axum` in `reference/`, `clap` and `indicatif` in `cli/`.
//!
//! # Decisions
//!
//! 1. **Severity belongs to the requirement,** not to the scenario or the check. A scenario repeats the level
//!    (`must:`, `should:`) only so that loading can compare the two.
//! 2. **A server never causes an `Err`.** A bad answer is a finding; no answer is an exchange without a reply.
//! 3. **The judge sees what the transcript shows.** Credentials are masked at the seam, before anything is judged. So
//!    a recorded run can be judged again, and a report cannot leak what it never had.
//! 4. **The reference shares no code with the checker,** so they cannot share a mistake. Each of its quirks breaks
//!    one requirement, and a test demands that this requirement, and nothing else, is then reported. A check that no
//!    quirk can trip does not count as proven.
//! 5. **All knowledge of how an identity provider behaves on the wire is YAML,** in suites, flows, bodies and its [`persona`]. Rust knows HTTP,
//!    JSON, SCIM arithmetic, and nothing of vendors; only what Okta does besides traffic, and what its reviewers look at, is in [`okta`].
//! 6. **No false accusation.** Where the RFC allows two answers, both pass; where it is unclear, the scenario says
//!    `unclear:` and a note says which reading was met. Other people work on the tenant meanwhile, and some servers
//!    settle late: what only looks wrong once is looked at again.
//! 7. **"Could not find out" is an outcome of its own.** It is never a pass and never a violation, up to the exit
//!    code.
//! 8. **A newer version turns no build red.** Requirements, scenarios and rows say since which edition they are there. The judge
//!    of an older edition first judges by what was demanded then, as if there were nothing else, and then adds what came later
//!    apart ([`verdict::NotScored`]), so that every count of findings stays right without knowing of it.
//! 9. **Nothing is changed that the case did not create.** A resource is ours when the server answered our `POST`
//!    with it and it carries the case's unique name; when in doubt the sweep looks before it deletes, and leaves
//!    alone what is not ours. A Bulk request is as many requests as it has operations, before it is sent and afterwards (`run::bulk`).
//!    Nothing is ever written to `/Me`: whose that is depends on the credential, and no read says for how long.
//!
//! # Where building taught better than the first design
//!
//! * **YAML is read into a located tree, not by serde types.** A deserializer stops at the first mistake. From the
//!   tree `scenario::document` collects every mistake of form and `scenario::lower` every mistake of meaning, and
//!   what merely follows from a mistake that has been reported is not reported again.
//! * **Schemas carry requirement ids.** One pass of a schema over an answer then reports precise demands ("`active`
//!   is a boolean") in place of one vague one ("the user does not conform"); ordinary expectations at the same place
//!   are silent after that. The same schema serves several profiles, because a keyword can name one requirement per
//!   profile.
//! * **Exchanges carry the number of their look.** How often a doubtful answer was looked at again depends on a
//!   clock, which a tape does not have. With the number, [`wire::Tape`] makes the runner look exactly as often as it
//!   did when recording.
//! * **A finding on a write's status ends its case.** We first meant to go on for all the evidence; what followed
//!   were consequences of a write that never happened. A GET with the wrong status does not end it, for nothing hangs
//!   on it. And once a status is wrong the other expectations of that answer are not judged: one fault, one finding.
//! * **Setup is judged by its status and by what is assumed of it.** What was prepared with a flaw in form is still prepared; the
//!   flaw is judged where a scenario is about it. `assume` says what a case rests on, and who demands it. Captures that nobody
//!   read used to say so, and could not tell the reader whose demand was not met.
//! * **Setup adapts to what the server refuses** (`run::adapt`). One attribute that a create is refused for kept seven of ten cases from
//!   being judged. Now it is found out once, later creates of setup leave it out (or have what is demanded), and the report says so.
//!   Creates are changed only where one with the same attributes, and the same values of what is minded, was refused; so the order of
//!   cases does not matter. What a case asks is sent unaltered first, and what it finds about the difference leaves it undecided. It is
//!   then run again where the server takes in a PUT what it refuses in a create: who looks at names needs users who have them.
//! * **No case stays undecided without a finding** ([`root_cause`]). Each is matched with the findings of the run by what was demanded
//!   and what the answer said; where nothing matches, the demand that stopped the simplest such case is the finding. So a request that
//!   is only sent in setup can accuse a server, and cites who demands it; what may only have been late accuses nobody.
//! * **A case in which nothing was judged has not passed.** It is skipped, with the reason.
//! * **Walks accuse only on a quiet list.** Looking again is not enough when strangers create and delete all the
//!   time: a finding about a list needs two walks in a row that both show it and that show the same resources of
//!   others. A list that never comes to rest makes the case inconclusive, and only if every walk had the fault.
//! * **Waiting has a budget per run.** Only what was waited for in vain counts, so a server that never settles does
//!   not cost `--settle` per case, and one that is merely late is never accused for it; when the budget is used up a
//!   doubtful answer gets one more look.
//! * **Rows resolve the names of flows and of requirements** (`use: ./update-user/${row.app}`, `must: OKTA-deactivate-${row.verb}-effective`).
//!   These are the places where a variable decides what is done or demanded; they are resolved while loading, and spare the language
//!   conditions. The rest is data too: a body that is `like` a template is put together while loading, variants are rows, and `pick` is an
//!   `each` of one value that holds whatever comes after it.
//! * **Attributes have rows that only the owner knows** (`for-attributes`). Loading makes one case with an example, so that every mistake
//!   is found without a target; [`plan::spread`] makes a case of each attribute that the target file declares. So one fault in
//!   one attribute is one case, and the table in the report needs no bookkeeping of its own. What nobody declares and the server
//!   promises in `/Schemas` is sent at once, with a finding for each attribute that does not come back (`shows-each`): forty
//!   requests for what would otherwise take hundreds.
//! * **A list is compared with what a read of the user shows,** not with what was sent (`lists-as-read`). So an attribute that is
//!   not stored is blamed where it is not stored, and a list is blamed for what only the list gets wrong.
//! * **An id that an answer names is believed only once a read has shown where such ids lead.** A server that answers with the newest
//!   row, whoever made it, would have us change what others own. So the first write in a collection is preceded by a read,
//!   and once one id was wrong each is ([`run`]); what we created under another id is looked for by its name.
//! * **A `POST` is not sent again to see whether it is refused by then.** It would be refused because of the first one, and a server
//!   that does not know upper case from lower would pass. Where something has to be known before, the ground waits for it.
//! * **Who waits needs no job.** A case that waits for a late or busy server lends its slot to another (`run::slots`), so that a run
//!   against a server that is a second late takes a quarter of the time, and no more requests are on their way than `--jobs` says.
//!   Whoever waits for another case has to do it there, too: else those who wait can hold all slots.
//! * **A 429 stops one, and the next one tells whether it stops all** ([`wire::pace`]). Servers that count requests refuse whoever
//!   comes until their window is over, and are left alone; gateways that shed load refuse some, and the others go on.
//! * **A 5xx may be an accident,** so it is looked at again like an answer that may be late. Of a create a search has to show first
//!   that nothing came of it; and a write that is refused when it is repeated is nobody's finding, as it may have been carried out.
//! * **What is waited for in vain is counted by what it is for**: the ground, the answers, the sweep. A server that never shows the
//!   members of groups would otherwise use up the time that its late lookups need.
//! * **A write whose answer says 5xx may have been carried out.** Its resource is looked for by name like one whose answer was
//!   lost, and what a read shows to be somebody else's is neither written to nor deleted, whatever id a `POST` was answered with.
//! * **`each` goes through what only the server knows,** such as the endpoints in its `/ResourceTypes`. It is the language's
//!   one loop: over values that a JSONPath selects, and over nothing where there are none. An absent feature is then a
//!   note and no accusation, and no scenario has to invent the name of a role.
//! * **JSON is `serde_json::Value`, everywhere.** Answers were once read into a flat form of their own, followed by a second reader of
//!   paths, because that was faster on the loopback; nobody who waits for a server could feel it. Beside it there is one tree, that of [`source`],
//!   because a mistake in what somebody wrote is told with its place.
//! * **One [`scenario::Case`] per row,** made while loading. Planning, selecting, running and reporting know cases
//!   only; a row is a suffix of an id.
//! * **Quirks that edit a request or an answer live apart from the right server** (`reference/faults`); only quirks
//!   of the state have branches in its own code. So the reference can still be read as a specification.
//! * **A shard tells what its cases came to before others were asked.** What holds a case back may be in another shard, and what a shard
//!   concludes alone is wrong of the whole. So [`root_cause`] works by clues that can be written down, and `merge` starts from these, not
//!   from the shards' conclusions.
//! * **A budget is taken from before a request is sent, not counted afterwards.** So no number of jobs sends more than it has. What
//!   ends before it is judged is not reached, which is undecided; an answer that only looks wrong so far accuses nobody. The sweep is
//!   outside: a budget that left users behind would cost more than it saves.
//! * **A quick run is worked out, not written down** ([`plan::depth`]): a greedy cover of the MUSTs by what cases judge and are expected
//!   to cost. A list by hand would be wrong with the next scenario, and for the next server.
//! * **What no case changes is prepared once** (`run::sharing`), because a create, its lookup and its removal were two thirds of all requests.
//!   Sharing must change no verdict: where a case that relied on it ends otherwise than well, what is shared is read again, and if it is no longer what it
//!   was the case is run again as if nothing were shared, under another name.
//! * **A case says what it rests on** (`assumes`), and the run does the bookkeeping when all are done ([`root_cause`]), so that neither order nor speed
//!   decides. Whoever assumes a requirement rests also on what those rest on who judge it.
//! * **A history is a scenario.** We thought of an interpreter of operations with checks of its own. As documents of the language they are run,
//!   recorded, judged again, swept and kept as every other scenario is, and the laws of the [`model`] are the only check there is. A library
//!   for property tests would draw and shrink as well, but its loop calls a function that cannot wait.
//! * **Witnesses are no case until they have something to tell.** As one that always passes they would be in every count and every diff, and
//!   say nothing. What a create asked for and an answer has shown is all that is held against a server: its own values come and go.
//! * **An obstacle stops a run before it begins.** A wrong address or token would otherwise be reported once per
//!   case.
//! * **What products do differently is a capability,** too (`keeps-deactivated`, `stores-names`). A target file says it in
//!   its own words, [`declared`] concludes the capabilities from them as the [`persona`] says, and the plan needs no second mechanism: skipped, with
//!   the line that says why. Flows carry most of the needs, so that a scenario rarely has to name them.
//! * **Whoever has a journal open holds a lock on it** ([`run::journal`]). Runs against one server share it; none removes it from
//!   under another, and nobody sweeps what a run is still working with.
//! * **The reference can behave like a product** ([`reference::product`]), at the edges of the path where quirks act.
//!   Neither knows the other: a product is not a fault.
//!
//! # Where things will go
//!
//! Another identity provider is a folder of `scenarios/` with its `persona.yaml`, `suite.yaml`, flows and bodies; what it inherits is in `flows/common` and `bodies/common`; `tests/persona` is one. A suite for an RFC is a
//! folder per section. A report format is a module of [`report`] and an entry in its table of [formats](report::format). Snapshots of answers are pure and belong
//! beside [`judge`], as [`baseline`] does; what an identity provider does besides traffic is a wing like [`okta`]. Further ways to send a credential belong in [`wire::auth`], further ways to get one
//! beside [`wire::oauth`], another protocol version in [`reference`](mod@reference) and a suite.
//!
//! # What is public
//!
//! Three things are meant for others and change only with the version: [`libtest`] runs suites inside `cargo test`,
//! [`mod@reference`] is the server for trying out a client, and [`report::json`] reads and writes `scim-check.report/1`. All other
//! modules are public for the tests of this repository alone: hidden from the documentation, and free to change in any version.

// Ground: what is equal in JSON, text with places, and the wire. Knows nothing of ours; only `wire` waits and does I/O.
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod wire;

// Words: what there is to talk about. Tables and values.
#[doc(hidden)]
pub mod budget;
#[doc(hidden)]
pub mod capability;
#[doc(hidden)]
pub mod requirement;
#[doc(hidden)]
pub mod scim;

// Whose words they are: what an identity provider says of itself, read from its folder.
#[doc(hidden)]
pub mod persona;

// Sentences: what is asked, and what is concluded. Only `scenario::load` touches the file system, and only to read.
#[doc(hidden)]
pub mod changes;
#[doc(hidden)]
pub mod declared;
#[doc(hidden)]
pub mod scenario;
#[doc(hidden)]
pub mod shard;
#[doc(hidden)]
pub mod verdict;

// Thought: decisions. Pure: no clock, no network, no file, no environment.
#[doc(hidden)]
pub mod baseline;
#[doc(hidden)]
pub mod history;
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod root_cause;
#[doc(hidden)]
pub mod snapshot;

// Deed: what is done and when. Waits; reaches the server through `wire` and the disk through its journal.
#[doc(hidden)]
pub mod run;

// Speech: functions of a finished report that return text. Does not know how a run is carried out.
pub mod report;

// Wings: what an identity provider does besides traffic, and what it wants to see of a finished report.
#[doc(hidden)]
pub mod okta;

// Island: the server that the checker is checked against. Imports nothing of ours, and only `cli` and tests start it.
pub mod reference;

// Hands: the program. The only place that reads the environment and the clock, and that prints.
#[doc(hidden)]
pub mod cli;

// Hands of others: the suites as tests of their own `cargo test`.
pub mod libtest;
