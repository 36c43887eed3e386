//! What of a server's inside shows in the text of an error: stack traces, paths of files, statements of its database.
//!
//! Each pattern is one that a sentence for an administrator does not hold by chance, not even one that repeats a value, a
//! filter, a path of SCIM or a URL of the request. What is not sure is let pass.

use std::sync::LazyLock;

use regex::Regex;

/// What a text tells of the inside, in the words of a finding.
pub(super) fn told_by(text: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|(_, pattern)| pattern.is_match(text)).map(|(what, _)| *what)
}

const TRACE: &str = "a stack trace";
const FILE: &str = "the path of a file on the server";
const QUERY: &str = "a statement or error of the server's database";

/// Endings of files that hold code.
const CODE: &str = "(?:py|rb|js|mjs|cjs|ts|jsx|tsx|java|kt|scala|go|rs|php|cs|fs|vb|ex|exs|pl|cpp|cc|c)";

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let table: &[(&str, String)] = &[
        // Libraries of databases come first: their errors look like any other.
        (QUERY, r"\b(?:psycopg2|psycopg|asyncpg|sqlalchemy|sqlite3|pymysql|pymongo)\.[\w.]*\w".to_owned()),
        // Python.
        (TRACE, r"Traceback \(most recent call last\)".to_owned()),
        (TRACE, r#"\bFile "[^"]+", line \d+"#.to_owned()),
        // Java and its kin.
        (
            TRACE,
            r"\bat [\w$.<>/]+\((?:[\w$]+\.(?:java|kt|scala|groovy|clj):\d+|Native Method|Unknown Source)\)".to_owned(),
        ),
        (TRACE, r"\b(?:[a-z][a-z0-9_]*\.){2,}[A-Z][\w$]*(?:Exception|Error)\b".to_owned()),
        // .NET.
        (TRACE, r"\b(?:System|Microsoft)\.(?:[A-Z]\w*\.)*[A-Z]\w*Exception\b".to_owned()),
        (TRACE, r"\bin [^\n]*\.(?:cs|fs|vb):line \d+".to_owned()),
        // JavaScript.
        (TRACE, r"\bat (?:[^\n()]+ \()?(?:file://|node:|/|[A-Za-z]:\\)[^\s()]*:\d+:\d+\)?".to_owned()),
        // Go, Rust, Ruby, PHP.
        (TRACE, r"\bgoroutine \d+ \[".to_owned()),
        (TRACE, r"\bthread '[^']*' panicked at ".to_owned()),
        (TRACE, r"\.rb:\d+:in [`']".to_owned()),
        (TRACE, r"\.php(?:\(\d+\)| on line \d+)".to_owned()),
        // A file of code with the number of a line; what precedes it is no URL.
        (TRACE, format!(r#"(?:^|[\s"'(\[])(?:\.{{0,2}}/)?(?:[\w.@-]+/)+[\w.@-]+\.{CODE}:\d+\b"#)),
        // Files: below a folder of the system and with an ending, for paths of URLs may begin like this too.
        (
            FILE,
            format!(
                r#"(?:^|[\s"'(\[=:])/(?:usr|home|var|opt|srv|root|app|etc|tmp|workspace)/(?:[\w.@-]+/)*[\w@-]+\.(?:{CODE}|so|jar|war|class|conf|cfg|ini|ya?ml|toml|env|db|sqlite3?|sock|log|pem|key)\b"#
            ),
        ),
        (FILE, r"\b[A-Za-z]:\\(?:[\w .-]+\\)+[\w.-]+".to_owned()),
        // Databases.
        (QUERY, r"\bSELECT\s[^;]{1,4000}?\sFROM\s[^;]{1,4000}?\s(?:WHERE|LIMIT|JOIN|ORDER BY|GROUP BY)\s".to_owned()),
        (QUERY, r"\bINSERT INTO\s+[^\s(]+\s*\(".to_owned()),
        (QUERY, r"\bUPDATE\s+\S+\s+SET\s+\S+\s*=".to_owned()),
        (QUERY, r"\bDELETE FROM\s+\S+\s+WHERE\b".to_owned()),
        (QUERY, r"\bSQLSTATE\b".to_owned()),
        (QUERY, r"\bORA-\d{5}\b".to_owned()),
        (QUERY, r"\bviolates (?:unique|not-null|foreign key|check|exclusion) constraint\b".to_owned()),
        (QUERY, r"\b(?:UNIQUE|NOT NULL|FOREIGN KEY|CHECK) constraint failed\b".to_owned()),
        (QUERY, r"\bDuplicate entry '[^']*' for key\b".to_owned()),
        (QUERY, r"\bsyntax error at or near\b".to_owned()),
        (QUERY, r"\bE11000 duplicate key\b".to_owned()),
        (QUERY, r"\b(?:PG|ActiveRecord|Mysql2|SQLite3|Mongoid)::[A-Z]\w*".to_owned()),
        (QUERY, r"\bPrisma(?:Client\w*)?Error\b".to_owned()),
    ];
    // A pattern that is no regular expression is a fault of this table, and the test below sees it.
    table.iter().filter_map(|(what, pattern)| Some((*what, Regex::new(pattern).ok()?))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_a_regular_expression() {
        assert_eq!(PATTERNS.len(), 28);
    }

    #[test]
    fn what_frameworks_and_databases_print_is_told() {
        for (what, text) in [
            (
                TRACE,
                "Traceback (most recent call last):\n  File \"/srv/scim/views.py\", line 88, in post\nKeyError: 'name'",
            ),
            (TRACE, "File \"users.py\", line 3, in create"),
            (TRACE, "java.lang.NullPointerException: Cannot invoke \"String.length()\""),
            (TRACE, "failed at com.example.scim.UserService.create(UserService.java:42)"),
            (TRACE, "org.springframework.dao.DataIntegrityViolationException: could not execute statement"),
            (TRACE, "System.NullReferenceException: Object reference not set"),
            (TRACE, "   at Scim.Users.Create(User u) in C:\\src\\Users.cs:line 12"),
            (TRACE, "TypeError: x is undefined\n    at createUser (/app/src/users.js:17:9)"),
            (TRACE, "at file:///srv/scim/index.mjs:10:3"),
            (TRACE, "panic: goroutine 19 [running]:"),
            (TRACE, "thread 'main' panicked at src/users.rs:9:5"),
            (TRACE, "/usr/lib/ruby/scim.rb:12:in `create'"),
            (TRACE, "Uncaught Error in /var/www/scim/User.php on line 12"),
            (TRACE, "nil pointer (internal/scim/users.go:118)"),
            (FILE, "could not open /var/lib/scim/users.db"),
            (FILE, "No such file or directory: '/app/config/mapping.yaml'"),
            (FILE, "Access to the path 'C:\\inetpub\\scim\\users.mdb' is denied"),
            (QUERY, "error in: SELECT id, name FROM users WHERE name = $1"),
            (QUERY, "INSERT INTO users (user_name, email) VALUES ($1, $2)"),
            (QUERY, "UPDATE users SET active = false"),
            (QUERY, "SQLSTATE[23000]: Integrity constraint violation"),
            (QUERY, "ORA-00001: unique constraint (SCIM.USERS_UK) violated"),
            (QUERY, "ERROR: duplicate key value violates unique constraint \"users_user_name_key\""),
            (QUERY, "UNIQUE constraint failed: users.user_name"),
            (QUERY, "Duplicate entry 'jane@example.com' for key 'users.user_name'"),
            (QUERY, "E11000 duplicate key error collection: scim.users"),
            (QUERY, "(sqlalchemy.exc.IntegrityError) something failed"),
            (QUERY, "ActiveRecord::RecordInvalid: Validation failed"),
        ] {
            assert_eq!(told_by(text), Some(what), "{text}");
        }
    }

    #[test]
    fn sentences_for_administrators_are_let_pass() {
        for text in [
            "",
            "User not found",
            "User 2819c223-7f76-453a-919d-413861904646 does not exist",
            "a User of this name exists already",
            "The attribute urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department is unknown",
            "name.formatted is required",
            "GET /scim/v2/Users/2819c223-7f76-453a-919d-413861904646 is not supported",
            "https://api.example.com/app/scim/v2/Users/1 was deleted",
            "https://scim.example.rs:8443/scim/v2/Users/1 was deleted",
            "scim.example.rs:8443 cannot be reached",
            "/Users/jane.js does not exist",
            "/app/scim/v2/Users was not found",
            "filter=userName eq \"bjensen\" cannot be parsed: unexpected token at position 9",
            "syntax error in the filter near \"eq\"",
            "the filter members[value eq \"2f8c\"] selects nothing",
            "Select a role from the list before you assign it",
            "SELECT ONE FROM THE LIST is not a role",
            "Update the user with SET active to false",
            "Request failed with error 500 at 10:42:17",
            "Invalid token: line 1, column 14",
            "Error: value 'O'Brien' for key 'name' is too long",
            "duplicate userName: the value violates the uniqueness of userName",
            "A user with this e-mail address exists already (jane.error@example.com)",
            "Unauthorized: the token for com.example.scim.Client has expired",
            "Internal error, reference 4f3a1c; contact support at https://example.com/support",
            "The file users.csv has no column userName",
            "ÄÖÜ ✓ Zoë Łukasiewicz-Sørensen <b>Doe</b> & Roe \"the 2nd\" \\ Roe",
        ] {
            assert_eq!(told_by(text), None, "{text}");
        }
    }
}
