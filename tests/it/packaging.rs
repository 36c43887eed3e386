//! The files that other people's CI reads: the action for GitHub and the job for GitLab. What they do is used by
//! `packaging/test`; here they are read.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use clap::Parser as _;
use scim_check::cli::args::Cli;
use scim_check::source::{SourceFile, parse};
use serde_json::Value;

fn text(path: &str) -> String {
    fs::read_to_string(path).expect("it is in the repository")
}

fn yaml(path: &str) -> Value {
    let file = Arc::new(SourceFile { name: path.to_owned(), text: text(path) });
    parse(&file).map(|node| node.to_json()).unwrap_or_else(|mistake| panic!("{path}: {}", mistake.message))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str)).collect()
}

#[test]
fn the_action_hands_each_input_to_a_script_that_reads_it() {
    let action = yaml("action.yml");
    let mut handed = BTreeSet::new();
    for (step, script) in [(0, "packaging/action/install"), (1, "packaging/action/run")] {
        let step = &action["runs"]["steps"][step];
        assert_eq!(step["run"], format!("\"$GITHUB_ACTION_PATH/{script}\""));
        let script = text(script);
        for (variable, value) in step["env"].as_object().expect("the step has inputs") {
            assert!(script.contains(&format!("${{{variable}:-")), "the script does not read {variable}");
            let input = value.as_str().and_then(|text| text.strip_prefix("${{ inputs.")?.strip_suffix(" }}"));
            handed.insert(input.expect("inputs go by the environment, where no shell reads them").to_owned());
        }
    }
    let inputs: BTreeSet<String> = keys(&action["inputs"]).into_iter().map(str::to_owned).collect();
    assert_eq!(inputs, handed);
    for output in keys(&action["outputs"]) {
        assert!(text("packaging/action/run").contains(&format!("{output}=%s")), "nobody writes {output}");
    }
}

#[test]
fn the_job_for_gitlab_installs_this_version_and_runs_it() {
    let job = &yaml("packaging/gitlab-ci.yml")["scim-check"];
    assert_eq!(job["variables"]["SCIM_CHECK_VERSION"], env!("CARGO_PKG_VERSION"));
    let script: Vec<&str> =
        job["script"].as_array().into_iter().flatten().map(|line| line.as_str().expect("a command is text")).collect();
    assert!(script[0].starts_with("pip install ") && script[0].contains("\"scim-check==$SCIM_CHECK_VERSION\""));
    let arguments = job["variables"]["SCIM_CHECK_ARGS"].as_str().expect("they are text");
    let command = script[1].replace("$SCIM_CHECK_ARGS", arguments);
    let cli = Cli::try_parse_from(command.split_whitespace());
    assert!(cli.is_ok(), "{command}: {}", cli.err().map(|error| error.to_string()).unwrap_or_default());
}
