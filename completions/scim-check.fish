# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_scim_check_global_optspecs
    string join \n base-url= token= token-file= user= header= oauth-token-url= oauth-client-id= oauth-client-secret-file= oauth-client-auth= oauth-scope= oauth-refresh-token-file= oauth-param= target= timeout= rps= proxy= ca-file= journal= second-token= second-token-file= revoked-token= revoked-token-file= suite= skip= scenarios= shard= jobs= seed= shuffle settle= depth= no-laws histories= save-histories= max-requests= max-time= list dry-run report= bodies= baseline= update-baseline edition= exit-on= strict require-complete q/quiet v/verbose snapshots= snapshots-strict h/help V/version
end

function __fish_scim_check_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_scim_check_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_scim_check_using_subcommand
    set -l cmd (__fish_scim_check_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c scim-check -n "__fish_scim_check_needs_command" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l second-token -d 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l second-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l revoked-token -d 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l revoked-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l suite -d 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l skip -d 'Cases to leave out: beginnings of ids or globs' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l scenarios -d 'Your own scenarios; they may use the built-in flows and requirements' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l shard -d 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l jobs -d 'Cases at the same time' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l seed -d 'From which names and passwords derive [default: a random one]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l settle -d 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l depth -d 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]' -r -f -a "quick\t'What judges as many MUSTs as few requests can: for each push'
default\t'All but what creates hundreds of users: for each merge'
full\t'Everything: for each night, a release, a submission'"
complete -c scim-check -n "__fish_scim_check_needs_command" -l histories -d 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l save-histories -d 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l max-requests -d 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l max-time -d 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_needs_command" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_needs_command" -l snapshots -d 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing' -r -F
complete -c scim-check -n "__fish_scim_check_needs_command" -l shuffle -d 'Run the cases in a random order, which follows from --seed; reports keep the usual one'
complete -c scim-check -n "__fish_scim_check_needs_command" -l no-laws -d 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests'
complete -c scim-check -n "__fish_scim_check_needs_command" -l list -d 'Only list the cases that would run'
complete -c scim-check -n "__fish_scim_check_needs_command" -l dry-run -d 'Ask the server what it can do and say what would run and what not; no scenario is run'
complete -c scim-check -n "__fish_scim_check_needs_command" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_needs_command" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_needs_command" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_needs_command" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_needs_command" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_needs_command" -l snapshots-strict -d 'Let answers that changed, or are new, fail the run (exit code 5)'
complete -c scim-check -n "__fish_scim_check_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_needs_command" -s V -l version -d 'Print version'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "run" -d 'Run scenarios against a server (the default command)'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "demo" -d 'Run scenarios against the built-in reference server: nothing to install, nothing to configure'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "soak" -d 'Run histories, sequences of what administrators do that nobody wrote down, for as long as --max-time says, and show the shortest that fail'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "serve" -d 'Run the built-in reference server'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "runscope" -d 'Play one of Okta\'s own test files, an export of Runscope: the rehearsal for the links that Okta asks for'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "import-preview" -d 'Read the users of a server as an import into Okta does, and say what it would do; nothing is changed anywhere'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "hook" -d 'Ask a service for Okta\'s import inline hook about recorded users, and judge its answers'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "init" -d 'Write a target file about a server, from what it says of itself, and a CI file that runs it'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "doctor" -d 'Look at what stands between here and a server, from its name to a write, with one fix for each problem'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "list" -d 'List scenarios'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "lint" -d 'Check scenario files and report every mistake'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "explain" -d 'Say what a requirement demands, what Okta does when it is not met, how to fix it, and what checks it; or what a provider sends, when, and who says so'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "requirements" -d 'List all requirements'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "editions" -d 'List the editions of what is demanded, and what each of them brought'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "judge" -d 'Judge a recorded run again: a JSON report made with --bodies all'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "snapshots" -d 'Review the answers that changed since they were accepted, and accept them'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "report" -d 'Write a stored report in other formats: scim-check report --from run.json junit=scim.xml'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "merge" -d 'Make one report of the JSON reports of all shards of a run (--shard), or of a run for each version of SCIM'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "diff" -d 'Compare two runs by their JSON reports: what broke (exit code 1), what was mended, what is new or gone'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "sweep" -d 'Delete what a killed run left on a server, according to its journal'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "exit-codes" -d 'Print what the exit codes mean'
complete -c scim-check -n "__fish_scim_check_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l second-token -d 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l second-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l revoked-token -d 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l revoked-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l suite -d 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l skip -d 'Cases to leave out: beginnings of ids or globs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l scenarios -d 'Your own scenarios; they may use the built-in flows and requirements' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l shard -d 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l jobs -d 'Cases at the same time' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l seed -d 'From which names and passwords derive [default: a random one]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l settle -d 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l depth -d 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]' -r -f -a "quick\t'What judges as many MUSTs as few requests can: for each push'
default\t'All but what creates hundreds of users: for each merge'
full\t'Everything: for each night, a release, a submission'"
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l histories -d 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l save-histories -d 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l max-requests -d 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l max-time -d 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l snapshots -d 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l shuffle -d 'Run the cases in a random order, which follows from --seed; reports keep the usual one'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l no-laws -d 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l list -d 'Only list the cases that would run'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l dry-run -d 'Ask the server what it can do and say what would run and what not; no scenario is run'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -l snapshots-strict -d 'Let answers that changed, or are new, fail the run (exit code 5)'
complete -c scim-check -n "__fish_scim_check_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l quirk -d 'Break the reference server in this way, to see what a failure looks like; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l suite -d 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l skip -d 'Cases to leave out: beginnings of ids or globs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l scenarios -d 'Your own scenarios; they may use the built-in flows and requirements' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l shard -d 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l jobs -d 'Cases at the same time' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l seed -d 'From which names and passwords derive [default: a random one]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l settle -d 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l depth -d 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]' -r -f -a "quick\t'What judges as many MUSTs as few requests can: for each push'
default\t'All but what creates hundreds of users: for each merge'
full\t'Everything: for each night, a release, a submission'"
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l histories -d 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l save-histories -d 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l max-requests -d 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l max-time -d 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l snapshots -d 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l shuffle -d 'Run the cases in a random order, which follows from --seed; reports keep the usual one'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l no-laws -d 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l list -d 'Only list the cases that would run'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l dry-run -d 'Ask the server what it can do and say what would run and what not; no scenario is run'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -l snapshots-strict -d 'Let answers that changed, or are new, fail the run (exit code 5)'
complete -c scim-check -n "__fish_scim_check_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l second-token -d 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l second-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l revoked-token -d 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l revoked-token-file -d 'A file with it' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l suite -d 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l skip -d 'Cases to leave out: beginnings of ids or globs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l scenarios -d 'Your own scenarios; they may use the built-in flows and requirements' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l shard -d 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l jobs -d 'Cases at the same time' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l seed -d 'From which names and passwords derive [default: a random one]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l settle -d 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l depth -d 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]' -r -f -a "quick\t'What judges as many MUSTs as few requests can: for each push'
default\t'All but what creates hundreds of users: for each merge'
full\t'Everything: for each night, a release, a submission'"
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l histories -d 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l save-histories -d 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l max-requests -d 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l max-time -d 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l snapshots -d 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l shuffle -d 'Run the cases in a random order, which follows from --seed; reports keep the usual one'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l no-laws -d 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l list -d 'Only list the cases that would run'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l dry-run -d 'Ask the server what it can do and say what would run and what not; no scenario is run'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -l snapshots-strict -d 'Let answers that changed, or are new, fail the run (exit code 5)'
complete -c scim-check -n "__fish_scim_check_using_subcommand soak" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l port -d 'The port; 0 takes a free one' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l token -d 'The bearer token it accepts [default: made from the seed, and printed]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l user -d 'Demand HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l header -d 'Demand this header as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l second-token -d 'A second credential it accepts' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l revoked-token -d 'A credential it accepted once, and refuses now like any other' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l users -d 'How many users it has from the start' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l groups -d 'How many groups it has from the start' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l seed -d 'From which ids and times derive' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l quirk -d 'A fault to show; `scim-check explain QUIRK` describes it; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l target -d 'Behave like the product that this file describes' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l strangers -d 'Let strangers create and delete resources while lists are read'
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -l hook -d 'Serve Okta\'s import inline hook instead; --token is then the whole value of the Authorization header, and --quirk a fault of the hook (docs/import-hooks.md)'
complete -c scim-check -n "__fish_scim_check_using_subcommand serve" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l var -d 'Set a variable of the test, such as EntitlementEndpoint=/Roles; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l set-script -d 'Which of the file\'s scripts count' -r -f -a "known\t'The two of Okta\'s tests, by what they do; another one is a mistake'
none\t'None'"
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l simulate-okta -d 'Answer the calls to an Okta org here, and send what Okta would send to the server for such an application' -r -f -a "catalogue\t'From the catalogue: users are switched on and off with PATCH'
wizard\t'Made with the wizard: GET and PUT'"
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l seed -d 'From which the random variables derive [default: a random one]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l settle -d 'How many seconds a write may take until reads show it; the pauses of the file are left out' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -l report -d 'Write a report: json=PATH; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -s q -l quiet -d 'Say only what is wrong, and the totals'
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -s v -l verbose -d 'Show every assertion, and what the simulated org sent'
complete -c scim-check -n "__fish_scim_check_using_subcommand runscope" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l okta-users -d 'Okta\'s users: an export as CSV (login,email,firstName,lastName,status,…) or as JSON of Okta\'s API' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l match -d 'What makes an exact match: username, email or custom:ATTRIBUTE; several must all hold [default: username]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l app-safeguard -d 'Stop when more than this share of the application\'s assignments would be removed; `off` never stops' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l org-safeguard -d 'Stop when more than this share of the org\'s assignments would be removed; `off` never stops' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l org-assignments -d 'How many assignments the org has, all applications together [default: those of this application]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l source-profiles -d 'The application is the profile source: what becomes of Okta users who are deactivated or missing in it' -r -f -a "deactivate\t'Deactivated in Okta as well'
suspend\t'Suspended in Okta'
nothing\t'Nothing'"
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l reactivate -d 'Bring back Okta users who are active in the application; repeatable' -r -f -a "suspended\t'Suspended Okta users'
deactivated\t'Deactivated Okta users'"
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l username-format -d 'How Okta makes the user names of imported users: username, email, email-prefix, or custom:TEXT with attributes of the application in braces, such as custom:{givenName}.{familyName}@example.com [default: username]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l auto-confirm -d 'What Okta confirms without an administrator; what it does not is told as pending [default: as if all that matches and all that is new were confirmed]' -r -f -a "exact\t'Exact matches'
partial\t'Partial matches'
new\t'New users'
none\t'Nothing: no box is ticked'"
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l format -d 'How' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook -d 'Where the service for Okta\'s import inline hook is: https://…, or http:// on this machine' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook-token -d 'The secret that Okta sends to it, the whole value of the header [better: SCIM_CHECK_HOOK_TOKEN or --hook-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook-token-file -d 'A file with it; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook-header -d 'The header that holds it, which Okta calls the authentication field [default: Authorization]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook-field -d 'A further header that Okta is told to send: \'NAME: VALUE\'; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l hook-limit -d 'Send at most so many users to the import hook' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l partial -d 'Allow partial matches: the same first and last name'
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -l auto-activate -d 'New users that are confirmed so are activated, too'
complete -c scim-check -n "__fish_scim_check_using_subcommand import-preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l hook -d 'Where the service for Okta\'s import inline hook is: https://…, or http:// on this machine' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l hook-token -d 'The secret that Okta sends to it, the whole value of the header [better: SCIM_CHECK_HOOK_TOKEN or --hook-token-file]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l hook-token-file -d 'A file with it; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l hook-header -d 'The header that holds it, which Okta calls the authentication field [default: Authorization]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l hook-field -d 'A further header that Okta is told to send: \'NAME: VALUE\'; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l target -d 'A target file with `hook`, and the domain of the users in `test-data`' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l list -d 'Only list the cases'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l out -d 'Where the target file is written; `-` is standard output' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l ci -d 'Write a CI file, too: .github/workflows/scim-check.yml or .gitlab-ci.yml [default: none]' -r -f -a "github\t'GitHub Actions'
gitlab\t'GitLab'
none\t'Nowhere'"
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l token-env -d 'The environment variable that holds the credential [default: SCIM_CHECK_TOKEN]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l app -d 'The kind of app that Okta has for the server [default: follows from what the server says of PATCH]' -r -f -a "catalogue\t'From the catalogue: users are switched on and off with PATCH'
wizard\t'Made with the wizard: GET and PUT'"
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l command -d 'What starts the server for a run' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l force -d 'Overwrite what is there'
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -l no-contact -d 'Do not ask the server anything'
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -s y -l yes -d 'Ask no questions on the terminal: defaults for what no option says'
complete -c scim-check -n "__fish_scim_check_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l format -d 'How to tell' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -l read-only -d 'Change nothing: do not create the one user that shows whether writing is allowed'
complete -c scim-check -n "__fish_scim_check_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -l suite -d 'A suite, or several with commas' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -l scenarios -d 'Your own scenarios' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -l format -d 'How' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -l flows -d 'List the flows that scenarios can use instead'
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -l quirks -d 'List the faults that the reference server can show instead'
complete -c scim-check -n "__fish_scim_check_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand lint" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand explain" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand requirements" -l format -d 'How' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand requirements" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand editions" -l format -d 'How' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand editions" -l scenarios -d 'Your own scenarios instead of the built-in ones' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand editions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l from -d 'The report' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l report -d 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l bodies -d 'Which cases\' requests and answers an HTML or JSON report keeps' -r -f -a "failing\t'Of cases with a finding or without a conclusion'
all\t'Of all cases; needed to judge the run again'
none\t'Of none'"
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l baseline -d 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l edition -d 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file\'s, or the newest]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l exit-on -d 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file\'s, or all that are run]' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l scenarios -d 'Your own scenarios instead of the built-in ones' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l target -d 'The target file of the run, whose test data the recorded requests hold' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l update-baseline -d 'Write what fails now into the baseline; reasons and comments stay, stale entries go'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l strict -d 'Let violated SHOULDs fail the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -l require-complete -d 'Exit with 4 when part of the suite was left out'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand judge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -l snapshots -d 'The folder that a run was given' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -f -a "review" -d 'Show what waits to be accepted, field by field, the same change once'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -f -a "accept" -d 'Accept what waits: all, the named cases, or one group of changes'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -f -a "reject" -d 'Throw away what waits'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -f -a "prune" -d 'Delete the snapshots of cases that are not there any more'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and not __fish_seen_subcommand_from review accept reject prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from review" -l snapshots -d 'The folder that a run was given' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from review" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from accept" -l group -d 'The number that `review` gives; the other changes of its cases keep waiting' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from accept" -l snapshots -d 'The folder that a run was given' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from accept" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from reject" -l snapshots -d 'The folder that a run was given' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from reject" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from prune" -l scenarios -d 'Your own scenarios, if snapshots are of them' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from prune" -l snapshots -d 'The folder that a run was given' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "review" -d 'Show what waits to be accepted, field by field, the same change once'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "accept" -d 'Accept what waits: all, the named cases, or one group of changes'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "reject" -d 'Throw away what waits'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Delete the snapshots of cases that are not there any more'
complete -c scim-check -n "__fish_scim_check_using_subcommand snapshots; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c scim-check -n "__fish_scim_check_using_subcommand report" -l from -d 'The JSON report of a run; what can be shown of its exchanges depends on the run\'s --bodies' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand report" -l strict -d 'Let violated SHOULDs count, also where they did not in the run'
complete -c scim-check -n "__fish_scim_check_using_subcommand report" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand report" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand merge" -l scenarios -d 'Your own scenarios, if the shards ran with them' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand merge" -s q -l quiet -d 'Say only what is wrong, and the verdict'
complete -c scim-check -n "__fish_scim_check_using_subcommand merge" -s v -l verbose -d 'Show all of each request and answer'
complete -c scim-check -n "__fish_scim_check_using_subcommand merge" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand diff" -l format -d 'How to say it' -r -f -a "text\t'For a terminal'
markdown\t'For a comment, or the summary of a CI job'
json\t'For programs'"
complete -c scim-check -n "__fish_scim_check_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l base-url -d 'Where SCIM is served, such as https://staging.example.com/scim/v2' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l token -d 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l token-file -d 'A file with the token; `-` reads it from standard input' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l user -d 'Use HTTP Basic with this user name; the token is the password' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l header -d 'A header that carries the credential as it is: \'Authorization: <raw>\'' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-token-url -d 'Where access tokens are issued: one is asked for with the client\'s credentials, or with a refresh token' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-client-id -d 'The client\'s id' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-client-secret-file -d 'A file with the client\'s secret [or: SCIM_CHECK_CLIENT_SECRET]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-client-auth -d 'Where id and secret stand in the request [default: basic]' -r -f -a "basic\t'In an `Authorization: Basic` header'
body\t'In the body'"
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-scope -d 'The scope, its words separated by spaces' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-refresh-token-file -d 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l oauth-param -d 'What else the authorization server wants, such as audience=https://api.example.com; repeatable' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l target -d 'A file that describes the server: address, credential source, features' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l timeout -d 'Give up on a request after this many seconds, as Okta does' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l rps -d 'Send at most this many requests per second' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l proxy -d 'An HTTP proxy; those of the environment are not used' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l journal -d 'Where creations are written down while the run goes on' -r -F
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -l settle -d 'How many seconds what was being created when the run was killed may take until lists show it' -r
complete -c scim-check -n "__fish_scim_check_using_subcommand sweep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scim-check -n "__fish_scim_check_using_subcommand exit-codes" -s h -l help -d 'Print help'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "run" -d 'Run scenarios against a server (the default command)'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "demo" -d 'Run scenarios against the built-in reference server: nothing to install, nothing to configure'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "soak" -d 'Run histories, sequences of what administrators do that nobody wrote down, for as long as --max-time says, and show the shortest that fail'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "serve" -d 'Run the built-in reference server'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "runscope" -d 'Play one of Okta\'s own test files, an export of Runscope: the rehearsal for the links that Okta asks for'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "import-preview" -d 'Read the users of a server as an import into Okta does, and say what it would do; nothing is changed anywhere'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "hook" -d 'Ask a service for Okta\'s import inline hook about recorded users, and judge its answers'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "init" -d 'Write a target file about a server, from what it says of itself, and a CI file that runs it'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "doctor" -d 'Look at what stands between here and a server, from its name to a write, with one fix for each problem'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "list" -d 'List scenarios'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "lint" -d 'Check scenario files and report every mistake'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "explain" -d 'Say what a requirement demands, what Okta does when it is not met, how to fix it, and what checks it; or what a provider sends, when, and who says so'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "requirements" -d 'List all requirements'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "editions" -d 'List the editions of what is demanded, and what each of them brought'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "judge" -d 'Judge a recorded run again: a JSON report made with --bodies all'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "snapshots" -d 'Review the answers that changed since they were accepted, and accept them'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "report" -d 'Write a stored report in other formats: scim-check report --from run.json junit=scim.xml'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "merge" -d 'Make one report of the JSON reports of all shards of a run (--shard), or of a run for each version of SCIM'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "diff" -d 'Compare two runs by their JSON reports: what broke (exit code 1), what was mended, what is new or gone'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "sweep" -d 'Delete what a killed run left on a server, according to its journal'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "exit-codes" -d 'Print what the exit codes mean'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and not __fish_seen_subcommand_from run demo soak serve runscope import-preview hook init doctor list lint explain requirements editions judge snapshots report merge diff sweep exit-codes help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "review" -d 'Show what waits to be accepted, field by field, the same change once'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "accept" -d 'Accept what waits: all, the named cases, or one group of changes'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "reject" -d 'Throw away what waits'
complete -c scim-check -n "__fish_scim_check_using_subcommand help; and __fish_seen_subcommand_from snapshots" -f -a "prune" -d 'Delete the snapshots of cases that are not there any more'
