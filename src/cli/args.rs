//! What was typed.
//!
//! **Invariant:** nothing here is looked up, read or checked against anything but its own form.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::budget::{self, Depth};
use crate::report::format::{self, FORMATS};
use crate::shard::Shard;

/// Runs the SCIM traffic of Okta and other identity providers against a SCIM server, and says what will break.
#[derive(Debug, Parser)]
#[command(name = "scim-check", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
#[command(after_help = "Exit codes: 0 conforms, 1 violates, 2 your files or flags are wrong, 3 undecided, 4 partial \
    (with --require-complete), 5 answers changed (with --snapshots-strict).\nTo see it work without a server of yours: scim-check demo")]
pub struct Cli {
    /// What to do; without a command: run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios against a server (the default command)
    Run(Box<RunArgs>),
    /// Run scenarios against the built-in reference server: nothing to install, nothing to configure
    Demo(DemoArgs),
    /// Run histories, sequences of what administrators do that nobody wrote down, for as long as --max-time says, and show the shortest
    /// that fail
    Soak(Box<RunArgs>),
    /// Run the built-in reference server
    Serve(ServeArgs),
    /// Play one of Okta's own test files, an export of Runscope: the rehearsal for the links that Okta asks for
    Runscope(Box<RunscopeArgs>),
    /// Read the users of a server as an import into Okta does, and say what it would do; nothing is changed anywhere
    ImportPreview(Box<ImportPreviewArgs>),
    /// Ask a service for Okta's import inline hook about recorded users, and judge its answers
    Hook(Box<HookCommandArgs>),
    /// Write a target file about a server, from what it says of itself, and a CI file that runs it
    Init(Box<InitArgs>),
    /// Look at what stands between here and a server, from its name to a write, with one fix for each problem
    Doctor(Box<DoctorArgs>),
    /// List scenarios
    List(ListArgs),
    /// Check scenario files and report every mistake
    Lint {
        /// A file or a folder of scenarios, flows, suites and requirements
        path: PathBuf,
    },
    /// Say what a requirement demands, what Okta does when it is not met, how to fix it, and what checks it; or what a
    /// provider sends, when, and who says so
    Explain {
        /// A requirement's id, such as OKTA-lookup-finds-user, the id of a quirk, or a provider: okta
        id: String,
    },
    /// List all requirements
    Requirements {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// List the editions of what is demanded, and what each of them brought
    Editions {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Your own scenarios instead of the built-in ones
        #[arg(long, value_name = "DIR")]
        scenarios: Option<PathBuf>,
    },
    /// Judge a recorded run again: a JSON report made with --bodies all
    Judge {
        /// The report
        #[arg(long)]
        from: PathBuf,
        /// How to report
        #[command(flatten)]
        output: OutputArgs,
        /// Your own scenarios instead of the built-in ones
        #[arg(long, value_name = "DIR")]
        scenarios: Option<PathBuf>,
        /// The target file of the run, whose test data the recorded requests hold
        #[arg(long, value_name = "FILE")]
        target: Option<PathBuf>,
    },
    /// Review the answers that changed since they were accepted, and accept them
    Snapshots(SnapshotsCommand),
    /// Write a stored report in other formats: scim-check report --from run.json junit=scim.xml
    Report(ReportArgs),
    /// Make one report of the JSON reports of all shards of a run (--shard), or of a run for each version of SCIM
    Merge(MergeArgs),
    /// Compare two runs by their JSON reports: what broke (exit code 1), what was mended, what is new or gone
    Diff(DiffArgs),
    /// Delete what a killed run left on a server, according to its journal
    Sweep(SweepArgs),
    /// Print what the exit codes mean
    ExitCodes,
}

/// The options of `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// How to reach the server, which is read and not changed; without an address the file is written without asking
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Where the target file is written; `-` is standard output
    #[arg(long, help_heading = "Files", value_name = "FILE", default_value = "scim-check.yaml")]
    pub out: PathBuf,
    /// Write a CI file, too: .github/workflows/scim-check.yml or .gitlab-ci.yml [default: none]
    #[arg(long, help_heading = "Files", value_enum, value_name = "WHERE")]
    pub ci: Option<CiArg>,
    /// Overwrite what is there
    #[arg(long, help_heading = "Files")]
    pub force: bool,
    /// The environment variable that holds the credential [default: SCIM_CHECK_TOKEN]
    #[arg(long, help_heading = "Contents", value_name = "NAME")]
    pub token_env: Option<String>,
    /// The kind of app that Okta has for the server [default: follows from what the server says of PATCH]
    #[arg(long, help_heading = "Contents", value_enum)]
    pub app: Option<AppArg>,
    /// What starts the server for a run
    #[arg(long, help_heading = "Contents", value_name = "LINE")]
    pub command: Option<String>,
    /// Do not ask the server anything
    #[arg(long, help_heading = "Contents")]
    pub no_contact: bool,
    /// Ask no questions on the terminal: defaults for what no option says
    #[arg(long, short, help_heading = "Contents")]
    pub yes: bool,
}

/// Where CI runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CiArg {
    /// GitHub Actions.
    Github,
    /// GitLab.
    Gitlab,
    /// Nowhere.
    None,
}

/// The options of `doctor`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing failed, 1 something on the server has to be mended, 2 your files or flags are wrong, \
    3 the server could not be examined."
)]
pub struct DoctorArgs {
    /// How to reach the server
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Change nothing: do not create the one user that shows whether writing is allowed
    #[arg(long, help_heading = "Options")]
    pub read_only: bool,
    /// How to tell
    #[arg(long, help_heading = "Options", value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The options of `snapshots`.
#[derive(Args, Debug)]
pub struct SnapshotsCommand {
    /// What to do
    #[command(subcommand)]
    pub action: SnapshotsAction,
    /// The folder that a run was given
    #[arg(long, value_name = "DIR", global = true, default_value = "snapshots")]
    pub snapshots: PathBuf,
}

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotsAction {
    /// Show what waits to be accepted, field by field, the same change once
    Review {
        /// Beginnings of cases' ids, such as okta/users
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Accept what waits: all, the named cases, or one group of changes
    Accept {
        /// Beginnings of cases' ids
        #[arg(value_name = "NAME", conflicts_with = "group")]
        names: Vec<String>,
        /// The number that `review` gives; the other changes of its cases keep waiting
        #[arg(long, value_name = "N")]
        group: Option<usize>,
    },
    /// Throw away what waits
    Reject {
        /// Beginnings of cases' ids
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Delete the snapshots of cases that are not there any more
    Prune {
        /// Cases, also such as belong to a target file or to a suite that is not given here
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Your own scenarios, if snapshots are of them
        #[arg(long, value_name = "DIR")]
        scenarios: Option<PathBuf>,
    },
}

/// Comparing with answers that were accepted.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Snapshots")]
pub struct SnapshotArgs {
    /// Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check
    /// snapshots review`, and fails nothing
    #[arg(long, value_name = "DIR")]
    pub snapshots: Option<PathBuf>,
    /// Let answers that changed, or are new, fail the run (exit code 5)
    #[arg(long, requires = "snapshots")]
    pub snapshots_strict: bool,
}

/// The options of `report`.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// The JSON report of a run; what can be shown of its exchanges depends on the run's --bodies
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// What to write [default: the text, to standard output]
    #[arg(value_name = "FORMAT=PATH", help = format!("What to write: {} [default: text=-]", format::words("or")),
        long_help = formats("What to write [default: text=-]"))]
    pub reports: Vec<String>,
    /// Let violated SHOULDs count, also where they did not in the run
    #[arg(long)]
    pub strict: bool,
    /// Say only what is wrong, and the verdict
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show all of each request and answer
    #[arg(long, short)]
    pub verbose: bool,
}

/// The options of `merge`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: those of a run (scim-check exit-codes), of all reports together; 2 when they are neither those of \
    all shards of one run nor those of one run for each version of SCIM, and then nothing is written."
)]
pub struct MergeArgs {
    /// Where the merged JSON report is written; `-` is standard output
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// The JSON report of each shard, or of each version, in any order
    #[arg(value_name = "IN", required = true)]
    pub reports: Vec<PathBuf>,
    /// Your own scenarios, if the shards ran with them
    #[arg(long, value_name = "DIR")]
    pub scenarios: Option<PathBuf>,
    /// Say only what is wrong, and the verdict
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show all of each request and answer
    #[arg(long, short)]
    pub verbose: bool,
}

/// The options of `diff`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing broke, 1 something broke, 2 a file is no report, or the two cannot be compared.\n\
    Something broke when a case sees a demand violated that the same case saw met in OLD. Cases that one of the runs left \
    out, or could not judge, are told apart, and break nothing; so do known failures, and endpoints that got slower."
)]
pub struct DiffArgs {
    /// The JSON report of the older run
    pub old: PathBuf,
    /// The JSON report of the newer run, against the same server
    pub new: PathBuf,
    /// How to say it
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
}

/// How to say what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal.
    Text,
    /// For a comment, or the summary of a CI job.
    Markdown,
    /// For programs.
    Json,
}

/// The options of `sweep`.
#[derive(Args, Debug)]
pub struct SweepArgs {
    /// How to reach the server
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How many seconds what was being created when the run was killed may take until lists show it
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub settle: f64,
}

/// How to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// As many seconds as Okta waits for an answer.
pub const DEFAULT_TIMEOUT: u64 = 60;

/// How to reach the server.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Server")]
pub struct ConnectionArgs {
    /// Where SCIM is served, such as https://staging.example.com/scim/v2
    #[arg(long, env = "SCIM_CHECK_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// A file with the token; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// Use HTTP Basic with this user name; the token is the password
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A header that carries the credential as it is: 'Authorization: <raw>'
    #[arg(long, value_name = "NAME: VALUE", conflicts_with_all = ["token", "token_file", "user"])]
    pub header: Option<String>,
    /// OAuth 2
    #[command(flatten)]
    pub oauth: OAuthArgs,
    /// A file that describes the server: address, credential source, features
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give up on a request after this many seconds, as Okta does
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_TIMEOUT)]
    pub timeout: u64,
    /// Send at most this many requests per second
    #[arg(long, value_name = "N")]
    pub rps: Option<f64>,
    /// An HTTP proxy; those of the environment are not used
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Certificates (PEM) to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where creations are written down while the run goes on
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

/// How to get an access token.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "OAuth 2")]
pub struct OAuthArgs {
    /// Where access tokens are issued: one is asked for with the client's credentials, or with a refresh token
    #[arg(
        long = "oauth-token-url", id = "oauth_token_url", value_name = "URL",
        conflicts_with_all = ["token", "token_file", "user", "header"]
    )]
    pub token_url: Option<String>,
    /// The client's id
    #[arg(long = "oauth-client-id", id = "oauth_client_id", value_name = "ID")]
    pub client_id: Option<String>,
    /// A file with the client's secret [or: SCIM_CHECK_CLIENT_SECRET]
    #[arg(long = "oauth-client-secret-file", id = "oauth_client_secret_file", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Where id and secret stand in the request [default: basic]
    #[arg(long = "oauth-client-auth", id = "oauth_client_auth", value_name = "WHERE", value_enum)]
    pub client_auth: Option<ClientAuthArg>,
    /// The scope, its words separated by spaces
    #[arg(long = "oauth-scope", id = "oauth_scope", value_name = "SCOPE")]
    pub scope: Option<String>,
    /// A file with a refresh token, which is then used in place of the client credentials grant [or:
    /// SCIM_CHECK_REFRESH_TOKEN]
    #[arg(long = "oauth-refresh-token-file", id = "oauth_refresh_token_file", value_name = "FILE")]
    pub refresh_token_file: Option<PathBuf>,
    /// What else the authorization server wants, such as audience=https://api.example.com; repeatable
    #[arg(long = "oauth-param", id = "oauth_param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
}

/// Where a client shows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientAuthArg {
    /// In an `Authorization: Basic` header.
    Basic,
    /// In the body.
    Body,
}

/// The credentials besides the one in use. They are sent as it is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credential rotation")]
pub struct RotationArgs {
    /// A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find
    /// the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]
    #[arg(long, value_name = "TOKEN")]
    pub second_token: Option<String>,
    /// A file with it
    #[arg(long, value_name = "FILE", conflicts_with = "second_token")]
    pub second_token_file: Option<PathBuf>,
    /// A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better:
    /// SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]
    #[arg(long, value_name = "TOKEN")]
    pub revoked_token: Option<String>,
    /// A file with it
    #[arg(long, value_name = "FILE", conflicts_with = "revoked_token")]
    pub revoked_token_file: Option<PathBuf>,
}

/// What to run and how.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Cases to run: beginnings of ids (okta/users, okta/lifecycle/deactivate#wizard) or globs ('okta/**/rename*')
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,
    /// How to reach the server
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Further credentials
    #[command(flatten)]
    pub rotation: RotationArgs,
    /// What to run
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// How to report
    #[command(flatten)]
    pub output: OutputArgs,
    /// What to compare with
    #[command(flatten)]
    pub snapshots: SnapshotArgs,
}

/// What to run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct ChoiceArgs {
    /// A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with
    /// --scenarios: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub suite: Vec<String>,
    /// Cases to leave out: beginnings of ids or globs
    #[arg(long, value_name = "SELECT")]
    pub skip: Vec<String>,
    /// Your own scenarios; they may use the built-in flows and requirements
    #[arg(long, value_name = "DIR")]
    pub scenarios: Option<PathBuf>,
    /// Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check
    /// merge` makes one report of theirs
    #[arg(long, value_name = "I/N", conflicts_with = "update_baseline")]
    pub shard: Option<Shard>,
    /// Cases at the same time
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub jobs: usize,
    /// From which names and passwords derive [default: a random one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run the cases in a random order, which follows from --seed; reports keep the usual one
    #[arg(long)]
    pub shuffle: bool,
    /// How many seconds a write may take until reads show it [default: 5; of the built-in server 1]
    #[arg(long, value_name = "SECONDS")]
    pub settle: Option<f64>,
    /// How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25
    /// created users [default: default, or full with --report oin=PATH]
    #[arg(long, value_enum, value_name = "DEPTH")]
    pub depth: Option<DepthArg>,
    /// Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is
    /// there, nothing else changed, a refused write changed nothing. Saves some 90 requests
    #[arg(long)]
    pub no_laws: bool,
    /// Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held
    /// against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in
    /// each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub histories: Option<u32>,
    /// Run nothing but histories, as many as there is time for.
    #[arg(skip)]
    pub soaks: bool,
    /// Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them
    #[arg(long, value_name = "DIR")]
    pub save_histories: Option<PathBuf>,
    /// End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict
    /// is `undecided` at best. What the run created is removed all the same; these requests are not counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_requests: Option<u64>,
    /// The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for
    #[arg(long, value_name = "TIME", value_parser = budget::time)]
    pub max_time: Option<Duration>,
    /// Only list the cases that would run
    #[arg(long)]
    pub list: bool,
    /// Ask the server what it can do and say what would run and what not; no scenario is run
    #[arg(long)]
    pub dry_run: bool,
}

/// How much is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DepthArg {
    /// What judges as many MUSTs as few requests can: for each push.
    Quick,
    /// All but what creates hundreds of users: for each merge.
    #[default]
    Default,
    /// Everything: for each night, a release, a submission.
    Full,
}

impl From<DepthArg> for Depth {
    fn from(depth: DepthArg) -> Self {
        match depth {
            DepthArg::Quick => Depth::Quick,
            DepthArg::Default => Depth::Default,
            DepthArg::Full => Depth::Full,
        }
    }
}

/// What `--report` does, in a line.
fn reports() -> String {
    format!("Write a report: {}; `-` is standard output", format::words("or"))
}

/// What can be written, with a line for each format.
fn formats(what: &str) -> String {
    let width = FORMATS.iter().map(|format| format.word.len()).max().unwrap_or_default();
    let line = |format: &format::Format| format!("\n  {:<width$}  {}", format.word, format.about);
    format!("{what}; `-` is standard output. FORMAT is one of{}", FORMATS.iter().map(line).collect::<String>())
}

/// How to report.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Report")]
pub struct OutputArgs {
    /// Write a report
    #[arg(long, value_name = "FORMAT=PATH", help = reports(), long_help = formats("Write a report"))]
    pub report: Vec<String>,
    /// Which cases' requests and answers an HTML or JSON report keeps
    #[arg(long, value_enum, default_value_t = BodiesArg::Failing)]
    pub bodies: BodiesArg,
    /// Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer
    ///
    /// A list of requirements or cases, each with a reason, and if you like a link and a day on which it expires.
    /// What a run finds                    and what comes of it
    ///   a violation without an entry      new: it fails the run (exit code 1)
    ///   a violation with an entry         known: reported, and fails nothing
    ///   an entry for what holds now       stale: it fails the run (1)
    ///   an entry past `expires`           covers nothing, and fails the run (1)
    ///   an entry for what was not judged  nothing is said against it
    ///   a case that cannot be judged      undecided (3), unless an entry for it
    ///                                     says `inconclusive: true`
    ///   a name that is not there          the file is wrong (2)
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub baseline: Option<PathBuf>,
    /// Write what fails now into the baseline; reasons and comments stay, stale entries go
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,
    /// Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing
    /// [default: the target file's, or the newest]
    #[arg(long, value_name = "EDITION")]
    pub edition: Option<String>,
    /// Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported
    /// all the same [default: the target file's, or all that are run]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub exit_on: Vec<String>,
    /// Let violated SHOULDs fail the run
    #[arg(long)]
    pub strict: bool,
    /// Exit with 4 when part of the suite was left out
    #[arg(long)]
    pub require_complete: bool,
    /// Say only what is wrong, and the verdict
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show all of each request and answer
    #[arg(long, short)]
    pub verbose: bool,
}

/// Which cases' bodies are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BodiesArg {
    /// Of cases with a finding or without a conclusion.
    #[default]
    Failing,
    /// Of all cases; needed to judge the run again.
    All,
    /// Of none.
    None,
}

/// The options of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Cases to run
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,
    /// Break the reference server in this way, to see what a failure looks like; repeatable
    #[arg(long, value_name = "QUIRK")]
    pub quirk: Vec<String>,
    /// What to run
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// How to report
    #[command(flatten)]
    pub output: OutputArgs,
    /// What to compare with
    #[command(flatten)]
    pub snapshots: SnapshotArgs,
}

/// The options of `serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The bearer token it accepts [default: made from the seed, and printed]
    #[arg(long)]
    pub token: Option<String>,
    /// Demand HTTP Basic with this user name; the token is the password
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Demand this header as it is: 'Authorization: <raw>'
    #[arg(long, value_name = "NAME: VALUE", conflicts_with_all = ["token", "user"])]
    pub header: Option<String>,
    /// A second credential it accepts
    #[arg(long, value_name = "TOKEN")]
    pub second_token: Option<String>,
    /// A credential it accepted once, and refuses now like any other
    #[arg(long, value_name = "TOKEN")]
    pub revoked_token: Option<String>,
    /// How many users it has from the start
    #[arg(long, default_value_t = 25)]
    pub users: usize,
    /// How many groups it has from the start
    #[arg(long, default_value_t = 3)]
    pub groups: usize,
    /// From which ids and times derive
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A fault to show; `scim-check explain QUIRK` describes it; repeatable
    #[arg(long, value_name = "QUIRK")]
    pub quirk: Vec<String>,
    /// Behave like the product that this file describes
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Let strangers create and delete resources while lists are read
    #[arg(long)]
    pub strangers: bool,
    /// Serve Okta's import inline hook instead; --token is then the whole value of the Authorization header, and --quirk a fault
    /// of the hook (docs/import-hooks.md)
    #[arg(long, conflicts_with_all = ["user", "second_token", "revoked_token", "users", "groups", "seed", "target", "strangers"])]
    pub hook: bool,
}

/// The options of `runscope`.
#[derive(Args, Debug)]
pub struct RunscopeArgs {
    /// The export, such as Okta-SCIM-20-SPEC-Test.json
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How to reach the server
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Set a variable of the test, such as EntitlementEndpoint=/Roles; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// Which of the file's scripts count
    #[arg(long, value_enum, default_value_t = SetScriptArg::Known)]
    pub set_script: SetScriptArg,
    /// Answer the calls to an Okta org here, and send what Okta would send to the server for such an application
    #[arg(long, value_name = "APP", value_enum)]
    pub simulate_okta: Option<AppArg>,
    /// From which the random variables derive [default: a random one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many seconds a write may take until reads show it; the pauses of the file are left out
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub settle: f64,
    /// Write a report: json=PATH; `-` is standard output
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
    /// Say only what is wrong, and the totals
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show every assertion, and what the simulated org sent
    #[arg(long, short)]
    pub verbose: bool,
}

/// Which scripts count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SetScriptArg {
    /// The two of Okta's tests, by what they do; another one is a mistake.
    #[default]
    Known,
    /// None.
    None,
}

/// The kinds of applications in Okta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AppArg {
    /// From the catalogue: users are switched on and off with PATCH.
    Catalogue,
    /// Made with the wizard: GET and PUT.
    Wizard,
}

/// The options of `import-preview`.
#[derive(Args, Debug)]
pub struct ImportPreviewArgs {
    /// Okta's users: an export as CSV (login,email,firstName,lastName,status,…) or as JSON of Okta's API
    #[arg(long, value_name = "FILE")]
    pub okta_users: PathBuf,
    /// What makes an exact match: username, email or custom:ATTRIBUTE; several must all hold [default: username]
    #[arg(long = "match", value_name = "WHAT")]
    pub matches: Vec<String>,
    /// Allow partial matches: the same first and last name
    #[arg(long)]
    pub partial: bool,
    /// Stop when more than this share of the application's assignments would be removed; `off` never stops
    #[arg(long, value_name = "PERCENT", default_value = "20%")]
    pub app_safeguard: String,
    /// Stop when more than this share of the org's assignments would be removed; `off` never stops
    #[arg(long, value_name = "PERCENT", default_value = "20%")]
    pub org_safeguard: String,
    /// How many assignments the org has, all applications together [default: those of this application]
    #[arg(long, value_name = "N")]
    pub org_assignments: Option<u64>,
    /// The application is the profile source: what becomes of Okta users who are deactivated or missing in it
    #[arg(long, value_enum, value_name = "WHAT")]
    pub source_profiles: Option<SourceProfilesArg>,
    /// Bring back Okta users who are active in the application; repeatable
    #[arg(long, value_enum, value_name = "WHOM", value_delimiter = ',', requires = "source_profiles")]
    pub reactivate: Vec<ReactivateArg>,
    /// How Okta makes the user names of imported users: username, email, email-prefix, or custom:TEXT with attributes of the
    /// application in braces, such as custom:{givenName}.{familyName}@example.com [default: username]
    #[arg(long, value_name = "FORMAT")]
    pub username_format: Option<String>,
    /// What Okta confirms without an administrator; what it does not is told as pending [default: as if all that matches and all
    /// that is new were confirmed]
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub auto_confirm: Vec<AutoConfirmArg>,
    /// New users that are confirmed so are activated, too
    #[arg(long, requires = "auto_confirm")]
    pub auto_activate: bool,
    /// How
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The service for the import hook
    #[command(flatten)]
    pub hook: HookArgs,
    /// Send at most so many users to the import hook
    #[arg(long, help_heading = "Import hook", value_name = "N")]
    pub hook_limit: Option<u64>,
    /// How to reach the server
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// The options of `hook`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: those of a run (scim-check exit-codes).\nTo see it work: scim-check serve --hook, in another window."
)]
pub struct HookCommandArgs {
    /// Cases to run: beginnings of ids, such as okta-hook/credential
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,
    /// The service
    #[command(flatten)]
    pub hook: HookArgs,
    /// A target file with `hook`, and the domain of the users in `test-data`
    #[arg(long, help_heading = "Import hook", value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// An HTTP proxy; those of the environment are not used
    #[arg(long, help_heading = "Import hook", value_name = "URL")]
    pub proxy: Option<String>,
    /// Certificates (PEM) to trust besides the system's
    #[arg(long, help_heading = "Import hook", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Only list the cases
    #[arg(long)]
    pub list: bool,
    /// How to report
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to reach a service for Okta's import hook.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Import hook")]
pub struct HookArgs {
    /// Where the service for Okta's import inline hook is: https://…, or http:// on this machine
    #[arg(long, value_name = "URL")]
    pub hook: Option<String>,
    /// The secret that Okta sends to it, the whole value of the header [better: SCIM_CHECK_HOOK_TOKEN or --hook-token-file]
    #[arg(long, value_name = "SECRET")]
    pub hook_token: Option<String>,
    /// A file with it; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "hook_token")]
    pub hook_token_file: Option<PathBuf>,
    /// The header that holds it, which Okta calls the authentication field [default: Authorization]
    #[arg(long, value_name = "NAME")]
    pub hook_header: Option<String>,
    /// A further header that Okta is told to send: 'NAME: VALUE'; repeatable
    #[arg(long, value_name = "NAME: VALUE")]
    pub hook_field: Vec<String>,
}

/// What Okta confirms without an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AutoConfirmArg {
    /// Exact matches.
    Exact,
    /// Partial matches.
    Partial,
    /// New users.
    New,
    /// Nothing: no box is ticked.
    None,
}

/// What becomes of an Okta user whom the profile source deactivates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SourceProfilesArg {
    /// Deactivated in Okta as well.
    Deactivate,
    /// Suspended in Okta.
    Suspend,
    /// Nothing.
    Nothing,
}

/// Whom a profile source brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReactivateArg {
    /// Suspended Okta users.
    Suspended,
    /// Deactivated Okta users.
    Deactivated,
}

/// The options of `list`.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Beginnings of ids or globs
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,
    /// A suite, or several with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub suite: Vec<String>,
    /// Your own scenarios
    #[arg(long, value_name = "DIR")]
    pub scenarios: Option<PathBuf>,
    /// List the flows that scenarios can use instead
    #[arg(long)]
    pub flows: bool,
    /// List the faults that the reference server can show instead
    #[arg(long, conflicts_with = "flows")]
    pub quirks: bool,
    /// How
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
