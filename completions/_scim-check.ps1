
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'scim-check' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'scim-check'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'scim-check' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--second-token', '--second-token', [CompletionResultType]::ParameterName, 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]')
            [CompletionResult]::new('--second-token-file', '--second-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--revoked-token', '--revoked-token', [CompletionResultType]::ParameterName, 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]')
            [CompletionResult]::new('--revoked-token-file', '--revoked-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Cases to leave out: beginnings of ids or globs')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios; they may use the built-in flows and requirements')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Cases at the same time')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which names and passwords derive [default: a random one]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]')
            [CompletionResult]::new('--histories', '--histories', [CompletionResultType]::ParameterName, 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]')
            [CompletionResult]::new('--save-histories', '--save-histories', [CompletionResultType]::ParameterName, 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing')
            [CompletionResult]::new('--shuffle', '--shuffle', [CompletionResultType]::ParameterName, 'Run the cases in a random order, which follows from --seed; reports keep the usual one')
            [CompletionResult]::new('--no-laws', '--no-laws', [CompletionResultType]::ParameterName, 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Only list the cases that would run')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Ask the server what it can do and say what would run and what not; no scenario is run')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--snapshots-strict', '--snapshots-strict', [CompletionResultType]::ParameterName, 'Let answers that changed, or are new, fail the run (exit code 5)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run scenarios against a server (the default command)')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Run scenarios against the built-in reference server: nothing to install, nothing to configure')
            [CompletionResult]::new('soak', 'soak', [CompletionResultType]::ParameterValue, 'Run histories, sequences of what administrators do that nobody wrote down, for as long as --max-time says, and show the shortest that fail')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the built-in reference server')
            [CompletionResult]::new('runscope', 'runscope', [CompletionResultType]::ParameterValue, 'Play one of Okta''s own test files, an export of Runscope: the rehearsal for the links that Okta asks for')
            [CompletionResult]::new('import-preview', 'import-preview', [CompletionResultType]::ParameterValue, 'Read the users of a server as an import into Okta does, and say what it would do; nothing is changed anywhere')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'Ask a service for Okta''s import inline hook about recorded users, and judge its answers')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a target file about a server, from what it says of itself, and a CI file that runs it')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look at what stands between here and a server, from its name to a write, with one fix for each problem')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List scenarios')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Check scenario files and report every mistake')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say what a requirement demands, what Okta does when it is not met, how to fix it, and what checks it; or what a provider sends, when, and who says so')
            [CompletionResult]::new('requirements', 'requirements', [CompletionResultType]::ParameterValue, 'List all requirements')
            [CompletionResult]::new('editions', 'editions', [CompletionResultType]::ParameterValue, 'List the editions of what is demanded, and what each of them brought')
            [CompletionResult]::new('judge', 'judge', [CompletionResultType]::ParameterValue, 'Judge a recorded run again: a JSON report made with --bodies all')
            [CompletionResult]::new('snapshots', 'snapshots', [CompletionResultType]::ParameterValue, 'Review the answers that changed since they were accepted, and accept them')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write a stored report in other formats: scim-check report --from run.json junit=scim.xml')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Make one report of the JSON reports of all shards of a run (--shard), or of a run for each version of SCIM')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two runs by their JSON reports: what broke (exit code 1), what was mended, what is new or gone')
            [CompletionResult]::new('sweep', 'sweep', [CompletionResultType]::ParameterValue, 'Delete what a killed run left on a server, according to its journal')
            [CompletionResult]::new('exit-codes', 'exit-codes', [CompletionResultType]::ParameterValue, 'Print what the exit codes mean')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'scim-check;run' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--second-token', '--second-token', [CompletionResultType]::ParameterName, 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]')
            [CompletionResult]::new('--second-token-file', '--second-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--revoked-token', '--revoked-token', [CompletionResultType]::ParameterName, 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]')
            [CompletionResult]::new('--revoked-token-file', '--revoked-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Cases to leave out: beginnings of ids or globs')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios; they may use the built-in flows and requirements')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Cases at the same time')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which names and passwords derive [default: a random one]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]')
            [CompletionResult]::new('--histories', '--histories', [CompletionResultType]::ParameterName, 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]')
            [CompletionResult]::new('--save-histories', '--save-histories', [CompletionResultType]::ParameterName, 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing')
            [CompletionResult]::new('--shuffle', '--shuffle', [CompletionResultType]::ParameterName, 'Run the cases in a random order, which follows from --seed; reports keep the usual one')
            [CompletionResult]::new('--no-laws', '--no-laws', [CompletionResultType]::ParameterName, 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Only list the cases that would run')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Ask the server what it can do and say what would run and what not; no scenario is run')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--snapshots-strict', '--snapshots-strict', [CompletionResultType]::ParameterName, 'Let answers that changed, or are new, fail the run (exit code 5)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;demo' {
            [CompletionResult]::new('--quirk', '--quirk', [CompletionResultType]::ParameterName, 'Break the reference server in this way, to see what a failure looks like; repeatable')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Cases to leave out: beginnings of ids or globs')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios; they may use the built-in flows and requirements')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Cases at the same time')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which names and passwords derive [default: a random one]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]')
            [CompletionResult]::new('--histories', '--histories', [CompletionResultType]::ParameterName, 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]')
            [CompletionResult]::new('--save-histories', '--save-histories', [CompletionResultType]::ParameterName, 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing')
            [CompletionResult]::new('--shuffle', '--shuffle', [CompletionResultType]::ParameterName, 'Run the cases in a random order, which follows from --seed; reports keep the usual one')
            [CompletionResult]::new('--no-laws', '--no-laws', [CompletionResultType]::ParameterName, 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Only list the cases that would run')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Ask the server what it can do and say what would run and what not; no scenario is run')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--snapshots-strict', '--snapshots-strict', [CompletionResultType]::ParameterName, 'Let answers that changed, or are new, fail the run (exit code 5)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;soak' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--second-token', '--second-token', [CompletionResultType]::ParameterName, 'A second credential of the same tenant, valid beside the one in use and sent like it: it has to be accepted, and find the same users [better: SCIM_CHECK_SECOND_TOKEN or --second-token-file]')
            [CompletionResult]::new('--second-token-file', '--second-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--revoked-token', '--revoked-token', [CompletionResultType]::ParameterName, 'A credential of the same tenant that you took back, sent like the one in use: it has to be refused [better: SCIM_CHECK_REVOKED_TOKEN or --revoked-token-file]')
            [CompletionResult]::new('--revoked-token-file', '--revoked-token-file', [CompletionResultType]::ParameterName, 'A file with it')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'A suite, several with commas, or `all` [default: that of the provider whose `app` the target file names, or else okta; with --scenarios: all]')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Cases to leave out: beginnings of ids or globs')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios; they may use the built-in flows and requirements')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Run the cases of one shard only, such as 2/4: the second of four, which are run elsewhere at the same time; `scim-check merge` makes one report of theirs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Cases at the same time')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which names and passwords derive [default: a random one]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds a write may take until reads show it [default: 5; of the built-in server 1]')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How much is run: all but what is costly; all of it; or what judges as many MUSTs as can be had for about 150 requests and 25 created users [default: default, or full with --report oin=PATH]')
            [CompletionResult]::new('--histories', '--histories', [CompletionResultType]::ParameterName, 'Run so many histories of each provider besides the cases: sequences of what its administrators do that nobody wrote down, held against the laws. One that finds what no case tells is made as short as it gets. They follow from --seed, and are the same in each run without it [default: a few, more with --depth full, none with --depth quick or where cases are selected]')
            [CompletionResult]::new('--save-histories', '--save-histories', [CompletionResultType]::ParameterName, 'Write the histories that fail into this folder, as scenarios to be kept: `--scenarios DIR` runs them')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'End the run after so many requests, in good order: what was decided stands, the rest is told as not reached, and the verdict is `undecided` at best. What the run created is removed all the same; these requests are not counted')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'The same after so much time: 90s, 3m, 1h. A request that is on its way is waited for')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'Compare what the server answers with what was accepted in this folder; what differs waits there for `scim-check snapshots review`, and fails nothing')
            [CompletionResult]::new('--shuffle', '--shuffle', [CompletionResultType]::ParameterName, 'Run the cases in a random order, which follows from --seed; reports keep the usual one')
            [CompletionResult]::new('--no-laws', '--no-laws', [CompletionResultType]::ParameterName, 'Judge what scenarios say, and nothing else. Otherwise every write is held against what none of them says: what it asked for is there, nothing else changed, a refused write changed nothing. Saves some 90 requests')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Only list the cases that would run')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Ask the server what it can do and say what would run and what not; no scenario is run')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--snapshots-strict', '--snapshots-strict', [CompletionResultType]::ParameterName, 'Let answers that changed, or are new, fail the run (exit code 5)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;serve' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port; 0 takes a free one')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token it accepts [default: made from the seed, and printed]')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Demand HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Demand this header as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--second-token', '--second-token', [CompletionResultType]::ParameterName, 'A second credential it accepts')
            [CompletionResult]::new('--revoked-token', '--revoked-token', [CompletionResultType]::ParameterName, 'A credential it accepted once, and refuses now like any other')
            [CompletionResult]::new('--users', '--users', [CompletionResultType]::ParameterName, 'How many users it has from the start')
            [CompletionResult]::new('--groups', '--groups', [CompletionResultType]::ParameterName, 'How many groups it has from the start')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which ids and times derive')
            [CompletionResult]::new('--quirk', '--quirk', [CompletionResultType]::ParameterName, 'A fault to show; `scim-check explain QUIRK` describes it; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Behave like the product that this file describes')
            [CompletionResult]::new('--strangers', '--strangers', [CompletionResultType]::ParameterName, 'Let strangers create and delete resources while lists are read')
            [CompletionResult]::new('--hook', '--hook', [CompletionResultType]::ParameterName, 'Serve Okta''s import inline hook instead; --token is then the whole value of the Authorization header, and --quirk a fault of the hook (docs/import-hooks.md)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;runscope' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--var', '--var', [CompletionResultType]::ParameterName, 'Set a variable of the test, such as EntitlementEndpoint=/Roles; repeatable')
            [CompletionResult]::new('--set-script', '--set-script', [CompletionResultType]::ParameterName, 'Which of the file''s scripts count')
            [CompletionResult]::new('--simulate-okta', '--simulate-okta', [CompletionResultType]::ParameterName, 'Answer the calls to an Okta org here, and send what Okta would send to the server for such an application')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'From which the random variables derive [default: a random one]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds a write may take until reads show it; the pauses of the file are left out')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: json=PATH; `-` is standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the totals')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the totals')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show every assertion, and what the simulated org sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show every assertion, and what the simulated org sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;import-preview' {
            [CompletionResult]::new('--okta-users', '--okta-users', [CompletionResultType]::ParameterName, 'Okta''s users: an export as CSV (login,email,firstName,lastName,status,…) or as JSON of Okta''s API')
            [CompletionResult]::new('--match', '--match', [CompletionResultType]::ParameterName, 'What makes an exact match: username, email or custom:ATTRIBUTE; several must all hold [default: username]')
            [CompletionResult]::new('--app-safeguard', '--app-safeguard', [CompletionResultType]::ParameterName, 'Stop when more than this share of the application''s assignments would be removed; `off` never stops')
            [CompletionResult]::new('--org-safeguard', '--org-safeguard', [CompletionResultType]::ParameterName, 'Stop when more than this share of the org''s assignments would be removed; `off` never stops')
            [CompletionResult]::new('--org-assignments', '--org-assignments', [CompletionResultType]::ParameterName, 'How many assignments the org has, all applications together [default: those of this application]')
            [CompletionResult]::new('--source-profiles', '--source-profiles', [CompletionResultType]::ParameterName, 'The application is the profile source: what becomes of Okta users who are deactivated or missing in it')
            [CompletionResult]::new('--reactivate', '--reactivate', [CompletionResultType]::ParameterName, 'Bring back Okta users who are active in the application; repeatable')
            [CompletionResult]::new('--username-format', '--username-format', [CompletionResultType]::ParameterName, 'How Okta makes the user names of imported users: username, email, email-prefix, or custom:TEXT with attributes of the application in braces, such as custom:{givenName}.{familyName}@example.com [default: username]')
            [CompletionResult]::new('--auto-confirm', '--auto-confirm', [CompletionResultType]::ParameterName, 'What Okta confirms without an administrator; what it does not is told as pending [default: as if all that matches and all that is new were confirmed]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How')
            [CompletionResult]::new('--hook', '--hook', [CompletionResultType]::ParameterName, 'Where the service for Okta''s import inline hook is: https://…, or http:// on this machine')
            [CompletionResult]::new('--hook-token', '--hook-token', [CompletionResultType]::ParameterName, 'The secret that Okta sends to it, the whole value of the header [better: SCIM_CHECK_HOOK_TOKEN or --hook-token-file]')
            [CompletionResult]::new('--hook-token-file', '--hook-token-file', [CompletionResultType]::ParameterName, 'A file with it; `-` reads it from standard input')
            [CompletionResult]::new('--hook-header', '--hook-header', [CompletionResultType]::ParameterName, 'The header that holds it, which Okta calls the authentication field [default: Authorization]')
            [CompletionResult]::new('--hook-field', '--hook-field', [CompletionResultType]::ParameterName, 'A further header that Okta is told to send: ''NAME: VALUE''; repeatable')
            [CompletionResult]::new('--hook-limit', '--hook-limit', [CompletionResultType]::ParameterName, 'Send at most so many users to the import hook')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--partial', '--partial', [CompletionResultType]::ParameterName, 'Allow partial matches: the same first and last name')
            [CompletionResult]::new('--auto-activate', '--auto-activate', [CompletionResultType]::ParameterName, 'New users that are confirmed so are activated, too')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;hook' {
            [CompletionResult]::new('--hook', '--hook', [CompletionResultType]::ParameterName, 'Where the service for Okta''s import inline hook is: https://…, or http:// on this machine')
            [CompletionResult]::new('--hook-token', '--hook-token', [CompletionResultType]::ParameterName, 'The secret that Okta sends to it, the whole value of the header [better: SCIM_CHECK_HOOK_TOKEN or --hook-token-file]')
            [CompletionResult]::new('--hook-token-file', '--hook-token-file', [CompletionResultType]::ParameterName, 'A file with it; `-` reads it from standard input')
            [CompletionResult]::new('--hook-header', '--hook-header', [CompletionResultType]::ParameterName, 'The header that holds it, which Okta calls the authentication field [default: Authorization]')
            [CompletionResult]::new('--hook-field', '--hook-field', [CompletionResultType]::ParameterName, 'A further header that Okta is told to send: ''NAME: VALUE''; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A target file with `hook`, and the domain of the users in `test-data`')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Only list the cases')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;init' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Where the target file is written; `-` is standard output')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Write a CI file, too: .github/workflows/scim-check.yml or .gitlab-ci.yml [default: none]')
            [CompletionResult]::new('--token-env', '--token-env', [CompletionResultType]::ParameterName, 'The environment variable that holds the credential [default: SCIM_CHECK_TOKEN]')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The kind of app that Okta has for the server [default: follows from what the server says of PATCH]')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'What starts the server for a run')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite what is there')
            [CompletionResult]::new('--no-contact', '--no-contact', [CompletionResultType]::ParameterName, 'Do not ask the server anything')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask no questions on the terminal: defaults for what no option says')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask no questions on the terminal: defaults for what no option says')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;doctor' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to tell')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Change nothing: do not create the one user that shows whether writing is allowed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;list' {
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'A suite, or several with commas')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How')
            [CompletionResult]::new('--flows', '--flows', [CompletionResultType]::ParameterName, 'List the flows that scenarios can use instead')
            [CompletionResult]::new('--quirks', '--quirks', [CompletionResultType]::ParameterName, 'List the faults that the reference server can show instead')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;lint' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;explain' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;requirements' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;editions' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios instead of the built-in ones')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;judge' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'The report')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report: text, html, markdown, json, junit, har, badge or oin; `-` is standard output')
            [CompletionResult]::new('--bodies', '--bodies', [CompletionResultType]::ParameterName, 'Which cases'' requests and answers an HTML or JSON report keeps')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known failures (YAML), which do not fail the run; new ones do, and entries that hold no longer')
            [CompletionResult]::new('--edition', '--edition', [CompletionResultType]::ParameterName, 'Score what was demanded in this edition, such as 2026.12; what came later is judged and reported, and fails nothing [default: the target file''s, or the newest]')
            [CompletionResult]::new('--exit-on', '--exit-on', [CompletionResultType]::ParameterName, 'Providers, or providers with a kind of app (`okta/catalogue`), that decide verdict and exit code; the others are reported all the same [default: the target file''s, or all that are run]')
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios instead of the built-in ones')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The target file of the run, whose test data the recorded requests hold')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what fails now into the baseline; reasons and comments stay, stale entries go')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs fail the run')
            [CompletionResult]::new('--require-complete', '--require-complete', [CompletionResultType]::ParameterName, 'Exit with 4 when part of the suite was left out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;snapshots' {
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'The folder that a run was given')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Show what waits to be accepted, field by field, the same change once')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Accept what waits: all, the named cases, or one group of changes')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Throw away what waits')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete the snapshots of cases that are not there any more')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'scim-check;snapshots;review' {
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'The folder that a run was given')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;snapshots;accept' {
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'The number that `review` gives; the other changes of its cases keep waiting')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'The folder that a run was given')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;snapshots;reject' {
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'The folder that a run was given')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;snapshots;prune' {
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios, if snapshots are of them')
            [CompletionResult]::new('--snapshots', '--snapshots', [CompletionResultType]::ParameterName, 'The folder that a run was given')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;snapshots;help' {
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Show what waits to be accepted, field by field, the same change once')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Accept what waits: all, the named cases, or one group of changes')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Throw away what waits')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete the snapshots of cases that are not there any more')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'scim-check;snapshots;help;review' {
            break
        }
        'scim-check;snapshots;help;accept' {
            break
        }
        'scim-check;snapshots;help;reject' {
            break
        }
        'scim-check;snapshots;help;prune' {
            break
        }
        'scim-check;snapshots;help;help' {
            break
        }
        'scim-check;report' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'The JSON report of a run; what can be shown of its exchanges depends on the run''s --bodies')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Let violated SHOULDs count, also where they did not in the run')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;merge' {
            [CompletionResult]::new('--scenarios', '--scenarios', [CompletionResultType]::ParameterName, 'Your own scenarios, if the shards ran with them')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show all of each request and answer')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;diff' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to say it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;sweep' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where SCIM is served, such as https://staging.example.com/scim/v2')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The bearer token (`ps` shows it to others on this machine; better: SCIM_CHECK_TOKEN or --token-file)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with the token; `-` reads it from standard input')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Use HTTP Basic with this user name; the token is the password')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header that carries the credential as it is: ''Authorization: <raw>''')
            [CompletionResult]::new('--oauth-token-url', '--oauth-token-url', [CompletionResultType]::ParameterName, 'Where access tokens are issued: one is asked for with the client''s credentials, or with a refresh token')
            [CompletionResult]::new('--oauth-client-id', '--oauth-client-id', [CompletionResultType]::ParameterName, 'The client''s id')
            [CompletionResult]::new('--oauth-client-secret-file', '--oauth-client-secret-file', [CompletionResultType]::ParameterName, 'A file with the client''s secret [or: SCIM_CHECK_CLIENT_SECRET]')
            [CompletionResult]::new('--oauth-client-auth', '--oauth-client-auth', [CompletionResultType]::ParameterName, 'Where id and secret stand in the request [default: basic]')
            [CompletionResult]::new('--oauth-scope', '--oauth-scope', [CompletionResultType]::ParameterName, 'The scope, its words separated by spaces')
            [CompletionResult]::new('--oauth-refresh-token-file', '--oauth-refresh-token-file', [CompletionResultType]::ParameterName, 'A file with a refresh token, which is then used in place of the client credentials grant [or: SCIM_CHECK_REFRESH_TOKEN]')
            [CompletionResult]::new('--oauth-param', '--oauth-param', [CompletionResultType]::ParameterName, 'What else the authorization server wants, such as audience=https://api.example.com; repeatable')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'A file that describes the server: address, credential source, features')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up on a request after this many seconds, as Okta does')
            [CompletionResult]::new('--rps', '--rps', [CompletionResultType]::ParameterName, 'Send at most this many requests per second')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'An HTTP proxy; those of the environment are not used')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates (PEM) to trust besides the system''s')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'Where creations are written down while the run goes on')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How many seconds what was being created when the run was killed may take until lists show it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'scim-check;exit-codes' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'scim-check;help' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run scenarios against a server (the default command)')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Run scenarios against the built-in reference server: nothing to install, nothing to configure')
            [CompletionResult]::new('soak', 'soak', [CompletionResultType]::ParameterValue, 'Run histories, sequences of what administrators do that nobody wrote down, for as long as --max-time says, and show the shortest that fail')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the built-in reference server')
            [CompletionResult]::new('runscope', 'runscope', [CompletionResultType]::ParameterValue, 'Play one of Okta''s own test files, an export of Runscope: the rehearsal for the links that Okta asks for')
            [CompletionResult]::new('import-preview', 'import-preview', [CompletionResultType]::ParameterValue, 'Read the users of a server as an import into Okta does, and say what it would do; nothing is changed anywhere')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'Ask a service for Okta''s import inline hook about recorded users, and judge its answers')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a target file about a server, from what it says of itself, and a CI file that runs it')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look at what stands between here and a server, from its name to a write, with one fix for each problem')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List scenarios')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Check scenario files and report every mistake')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say what a requirement demands, what Okta does when it is not met, how to fix it, and what checks it; or what a provider sends, when, and who says so')
            [CompletionResult]::new('requirements', 'requirements', [CompletionResultType]::ParameterValue, 'List all requirements')
            [CompletionResult]::new('editions', 'editions', [CompletionResultType]::ParameterValue, 'List the editions of what is demanded, and what each of them brought')
            [CompletionResult]::new('judge', 'judge', [CompletionResultType]::ParameterValue, 'Judge a recorded run again: a JSON report made with --bodies all')
            [CompletionResult]::new('snapshots', 'snapshots', [CompletionResultType]::ParameterValue, 'Review the answers that changed since they were accepted, and accept them')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write a stored report in other formats: scim-check report --from run.json junit=scim.xml')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Make one report of the JSON reports of all shards of a run (--shard), or of a run for each version of SCIM')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two runs by their JSON reports: what broke (exit code 1), what was mended, what is new or gone')
            [CompletionResult]::new('sweep', 'sweep', [CompletionResultType]::ParameterValue, 'Delete what a killed run left on a server, according to its journal')
            [CompletionResult]::new('exit-codes', 'exit-codes', [CompletionResultType]::ParameterValue, 'Print what the exit codes mean')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'scim-check;help;run' {
            break
        }
        'scim-check;help;demo' {
            break
        }
        'scim-check;help;soak' {
            break
        }
        'scim-check;help;serve' {
            break
        }
        'scim-check;help;runscope' {
            break
        }
        'scim-check;help;import-preview' {
            break
        }
        'scim-check;help;hook' {
            break
        }
        'scim-check;help;init' {
            break
        }
        'scim-check;help;doctor' {
            break
        }
        'scim-check;help;list' {
            break
        }
        'scim-check;help;lint' {
            break
        }
        'scim-check;help;explain' {
            break
        }
        'scim-check;help;requirements' {
            break
        }
        'scim-check;help;editions' {
            break
        }
        'scim-check;help;judge' {
            break
        }
        'scim-check;help;snapshots' {
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Show what waits to be accepted, field by field, the same change once')
            [CompletionResult]::new('accept', 'accept', [CompletionResultType]::ParameterValue, 'Accept what waits: all, the named cases, or one group of changes')
            [CompletionResult]::new('reject', 'reject', [CompletionResultType]::ParameterValue, 'Throw away what waits')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete the snapshots of cases that are not there any more')
            break
        }
        'scim-check;help;snapshots;review' {
            break
        }
        'scim-check;help;snapshots;accept' {
            break
        }
        'scim-check;help;snapshots;reject' {
            break
        }
        'scim-check;help;snapshots;prune' {
            break
        }
        'scim-check;help;report' {
            break
        }
        'scim-check;help;merge' {
            break
        }
        'scim-check;help;diff' {
            break
        }
        'scim-check;help;sweep' {
            break
        }
        'scim-check;help;exit-codes' {
            break
        }
        'scim-check;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
