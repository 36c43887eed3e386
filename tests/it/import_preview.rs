//! What an import into Okta would do: the rules as tables, the reading of pages against references that are right and wrong,
//! and the command as it is used.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use proptest::prelude::*;
use scim_check::okta::import::matching::{
    AutoConfirm, Builder, Built, By, Criterion, Decision, Dormant, Guard, Limit, Partial, Pending, Rules, Scope,
    Sourcing, assigned, begin, decide, guard, removals,
};
use scim_check::okta::import::rows::{Accounts, Active, AppUser, Counter, Format, OktaRow, read_okta_users, read_page};
use scim_check::reference::{Options, Quirk, Server, serve};
use serde_json::{Value, json};

/// Okta's users of the tables: one for each way to be.
const PEOPLE: &str = "\
login,email,firstName,lastName,status,employeeNumber,externalId,assigned
ann@x.example,ann@x.example,Ann,Ash,ACTIVE,1,,true
bob@x.example,bob@mail.example,Bob,Birch,ACTIVE,2,,true
sue@x.example,sue@x.example,Sue,Sorb,SUSPENDED,3,,true
dan@x.example,dan@x.example,Dan,Date,DEPROVISIONED,4,,true
lea@x.example,lea@x.example,Lea,Larch,ACTIVE,5,app-lea,true
liv@x.example,liv@x.example,Liv,Lime,SUSPENDED,6,app-liv,true
leo@x.example,leo@x.example,Leo,Laurel,DEPROVISIONED,7,app-leo,true
tim1@x.example,tim@x.example,Tim,Teak,ACTIVE,8,,true
tim2@x.example,tim@x.example,Tim,Teak,ACTIVE,8,,true
";

fn rules() -> Rules {
    Rules::default()
}

fn by(exact: &[Criterion]) -> Rules {
    Rules { exact: exact.to_vec(), ..Rules::default() }
}

fn partial() -> Rules {
    Rules { partial: Partial::Allowed, ..Rules::default() }
}

fn sourcing(sourcing: Sourcing, reactivate: &[Dormant]) -> Rules {
    Rules { sourcing, reactivate: reactivate.iter().copied().collect(), ..Rules::default() }
}

/// An account with everything a new Okta user needs: id, user name and address are `name`, the others as given.
fn account(name: &str, given: &str, family: &str) -> AppUser {
    AppUser {
        id: format!("id-of-{name}"),
        user_name: name.to_owned(),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        email: name.to_owned(),
        active: Active::Yes,
        ..AppUser::default()
    }
}

fn rows(text: &str, format: Format, attribute: Option<&str>) -> (Vec<OktaRow>, Vec<String>) {
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    let read = read_okta_users(text.as_bytes(), format, attribute, &mut |row| match row {
        Ok(row) => rows.push(row),
        Err(mistake) => mistakes.push(mistake.to_string()),
    });
    read.expect("a text can be read to its end");
    (rows, mistakes)
}

fn built(text: &str, rules: &Rules) -> Built {
    let mut builder = Builder::new(rules);
    read_okta_users(text.as_bytes(), Format::Csv, rules.attribute(), &mut |row| builder.add(row))
        .expect("a text can be read to its end");
    builder.finish()
}

/// What becomes of each account, and of each of Okta's users who is assigned and not found.
fn import(people: &str, rules: &Rules, accounts: &[AppUser]) -> (Vec<String>, Vec<String>) {
    let users = built(people, rules).expect("the people of these tests are well written");
    let mut import = begin(&users, rules);
    let mut decided = Vec::new();
    for account in accounts {
        decided.push(match decide(&mut import, account) {
            Decision::Inactive => "inactive".to_owned(),
            Decision::Created => "created".to_owned(),
            Decision::Matched { okta, by, remark: None } => format!("{by:?} {}", users.login(okta)),
            Decision::Matched { okta, by, remark: Some(remark) } => format!("{by:?} {} {remark:?}", users.login(okta)),
            Decision::Partial { okta } => format!("partial {}", users.login(okta)),
            Decision::Reactivated { okta } => format!("reactivated {}", users.login(okta)),
            Decision::Pending(why) => format!("pending {}", why.id()),
        });
    }
    let gone = removals(&import).map(|gone| format!("{} {:?} {:?}", users.login(gone.okta), gone.why, gone.then));
    (decided, gone.collect())
}

/// Demands what becomes of each account.
fn check(rules: &Rules, cases: &[(AppUser, &str)]) {
    for (account, expected) in cases {
        let (decided, _) = import(PEOPLE, rules, std::slice::from_ref(account));
        assert_eq!(decided, [*expected], "{account:?} by {rules:?}");
    }
}

#[test]
fn the_user_name_matches_by_itself() {
    check(
        &rules(),
        &[
            (account("ann@x.example", "Other", "Name"), "Exact ann@x.example"),
            (AppUser { email: "else@x.example".into(), ..account("ann@x.example", "A", "B") }, "Exact ann@x.example"),
            (account("new@x.example", "Ann", "Ash"), "created"),
            (AppUser { email: "ann@x.example".into(), ..account("new@x.example", "Ann", "Ash") }, "created"),
            (AppUser { user_name: String::new(), ..account("ann@x.example", "Ann", "Ash") }, "pending incomplete"),
        ],
    );
}

#[test]
fn all_criteria_have_to_hold() {
    let both = by(&[Criterion::UserName, Criterion::Email]);
    let bob = AppUser { email: "bob@mail.example".into(), ..account("bob@x.example", "Bob", "Birch") };
    check(
        &both,
        &[
            (bob.clone(), "Exact bob@x.example"),
            // Only the address differs. The user name is not free for a new user.
            (account("bob@x.example", "Bob", "Birch"), "pending user-name-taken"),
            (AppUser { user_name: "new@x.example".into(), ..bob.clone() }, "created"),
            (AppUser { email: String::new(), ..bob.clone() }, "pending user-name-taken"),
        ],
    );
    check(&rules(), &[(account("bob@x.example", "Bob", "Birch"), "Exact bob@x.example")]);
    check(&by(&[Criterion::Email]), &[(AppUser { user_name: "new@x.example".into(), ..bob }, "Exact bob@x.example")]);
}

#[test]
fn an_attribute_matches_to_the_letter() {
    let number = by(&[Criterion::Attribute("employeeNumber".into())]);
    let numbered = |number: &str| AppUser { attribute: number.into(), ..account("new@x.example", "N", "W") };
    check(
        &number,
        &[
            (numbered("2"), "Exact bob@x.example"),
            (numbered("02"), "created"),
            (numbered(""), "created"),
            (numbered("8"), "pending several-exact-matches"),
        ],
    );
    let letters = "login,badge\nann@x.example,Ab1\n";
    let badge = by(&[Criterion::Attribute("badge".into())]);
    assert_eq!(import(letters, &badge, &[numbered("Ab1")]).0, ["Exact ann@x.example"]);
    assert_eq!(import(letters, &badge, &[numbered("aB1")]).0, ["created"]);
}

#[test]
fn letter_case_of_user_names_is_remarked_on() {
    check(
        &rules(),
        &[
            (account("Ann@X.example", "A", "B"), "Exact ann@x.example LetterCase"),
            (account("ann@x.example", "A", "B"), "Exact ann@x.example"),
        ],
    );
}

#[test]
fn names_match_partially_if_allowed() {
    let new = account("new@x.example", "Ann", "Ash");
    check(&partial(), &[(new.clone(), "partial ann@x.example")]);
    check(&rules(), &[(new.clone(), "created")]);
    check(
        &partial(),
        &[
            (AppUser { family_name: "Oak".into(), ..new.clone() }, "created"),
            (AppUser { given_name: "Anna".into(), ..new.clone() }, "created"),
            (AppUser { given_name: String::new(), ..new }, "pending incomplete"),
            // An exact match goes before.
            (account("bob@x.example", "Ann", "Ash"), "Exact bob@x.example"),
            (account("new@x.example", "Tim", "Teak"), "pending several-partial-matches"),
            // Who is deactivated in Okta is not offered.
            (account("new@x.example", "Dan", "Date"), "created"),
        ],
    );
}

#[test]
fn several_exact_matches_are_left_pending() {
    let email = by(&[Criterion::Email]);
    check(
        &email,
        &[
            (account("tim@x.example", "Tim", "Teak"), "pending several-exact-matches"),
            (account("ann@x.example", "Tim", "Teak"), "Exact ann@x.example"),
        ],
    );
}

#[test]
fn an_okta_user_is_matched_once() {
    let twin = |id: &str| AppUser { id: id.into(), ..account("ann@x.example", "Ann", "Ash") };
    let (decided, _) = import(PEOPLE, &rules(), &[twin("1"), twin("2"), account("bob@x.example", "B", "B")]);
    assert_eq!(decided, ["Exact ann@x.example", "pending already-matched", "Exact bob@x.example"]);
    let (decided, _) = import(PEOPLE, &partial(), &[twin("1"), account("new@x.example", "Ann", "Ash")]);
    assert_eq!(decided, ["Exact ann@x.example", "created"], "a partial match, too, is with somebody who is free");
}

#[test]
fn only_active_users_are_imported() {
    let inactive = |name: &str| AppUser { active: Active::No, ..account(name, "A", "B") };
    let unsaid = AppUser { active: Active::Unsaid, ..account("ann@x.example", "A", "B") };
    check(
        &rules(),
        &[
            (inactive("new@x.example"), "inactive"),
            (inactive("ann@x.example"), "inactive"),
            (unsaid, "Exact ann@x.example"),
        ],
    );
    let people = "login\nann@x.example\nbob@x.example\ncal@x.example\n";
    let (_, gone) = import(people, &rules(), &[inactive("ann@x.example"), account("bob@x.example", "B", "B")]);
    assert_eq!(gone, ["ann@x.example Inactive Unassigned", "cal@x.example Unlisted Unassigned"]);
}

#[test]
fn who_was_linked_before_stays_linked() {
    let renamed = |id: &str| AppUser { id: id.into(), ..account("other@x.example", "Other", "Name") };
    check(
        &rules(),
        &[
            (renamed("app-lea"), "Link lea@x.example"),
            (renamed("app-nobody"), "created"),
            (renamed("app-liv"), "Link liv@x.example StaysSuspended"),
            (renamed("app-leo"), "Link leo@x.example StaysDeactivated"),
        ],
    );
}

#[test]
fn a_new_user_needs_names_and_an_address() {
    let new = account("new@x.example", "New", "User");
    check(
        &rules(),
        &[
            (new.clone(), "created"),
            (AppUser { given_name: String::new(), ..new.clone() }, "pending incomplete"),
            (AppUser { family_name: "N/A".into(), ..new.clone() }, "pending incomplete"),
            (AppUser { email: " ".into(), ..new }, "pending incomplete"),
            // Who is matched needs nothing.
            (AppUser { email: String::new(), ..account("ann@x.example", "", "") }, "Exact ann@x.example"),
        ],
    );
}

#[test]
fn reactivation_needs_profile_sourcing_and_an_exact_match() {
    let all = [Dormant::Suspended, Dormant::Deactivated];
    let on = sourcing(Sourcing::Nothing, &all);
    let (dan, sue) = (account("dan@x.example", "Dan", "Date"), account("sue@x.example", "Sue", "Sorb"));
    check(&on, &[(dan.clone(), "reactivated dan@x.example"), (sue.clone(), "reactivated sue@x.example")]);
    let only_suspended = sourcing(Sourcing::Deactivate, &[Dormant::Suspended]);
    check(&only_suspended, &[(dan.clone(), "pending deactivated-in-okta"), (sue.clone(), "reactivated sue@x.example")]);
    let only_deactivated = sourcing(Sourcing::Deactivate, &[Dormant::Deactivated]);
    check(
        &only_deactivated,
        &[(dan.clone(), "reactivated dan@x.example"), (sue.clone(), "Exact sue@x.example StaysSuspended")],
    );
    // Without sourcing the application has no say, whatever else is set.
    let off = sourcing(Sourcing::Off, &all);
    check(&off, &[(dan, "pending deactivated-in-okta"), (sue, "Exact sue@x.example StaysSuspended")]);

    // Linked before, and no exact match any more.
    let renamed = |id: &str| AppUser { id: id.into(), ..account("other@x.example", "Other", "Name") };
    let same = |id: &str, name: &str| AppUser { id: id.into(), ..account(name, "Other", "Name") };
    check(
        &on,
        &[
            (renamed("app-leo"), "pending pending-activation"),
            (renamed("app-liv"), "pending pending-activation"),
            (same("app-leo", "leo@x.example"), "reactivated leo@x.example"),
            (same("app-liv", "liv@x.example"), "reactivated liv@x.example"),
        ],
    );
    // The same names are not enough.
    let on_partial = Rules { partial: Partial::Allowed, ..on };
    check(
        &on_partial,
        &[
            (account("new@x.example", "Dan", "Date"), "pending pending-activation"),
            (account("new@x.example", "Ann", "Ash"), "partial ann@x.example"),
        ],
    );
}

#[test]
fn profile_sourcing_decides_what_becomes_of_those_who_are_gone() {
    let people =
        "login,status\nann@x.example,ACTIVE\nsue@x.example,SUSPENDED\ndan@x.example,DEPROVISIONED\nbob@x.example,\n";
    let here = [account("bob@x.example", "B", "B")];
    for (sourced, ann, sue) in [
        (Sourcing::Off, "Unassigned", "Unassigned"),
        (Sourcing::Nothing, "Unassigned", "Unassigned"),
        (Sourcing::Deactivate, "Deactivated", "Deactivated"),
        (Sourcing::Suspend, "Suspended", "Unassigned"),
    ] {
        let (_, gone) = import(people, &sourcing(sourced, &[]), &here);
        // Who is deactivated has no assignment that could be removed.
        assert_eq!(
            gone,
            [format!("ann@x.example Unlisted {ann}"), format!("sue@x.example Unlisted {sue}")],
            "{sourced:?}"
        );
    }
}

#[test]
fn assignments_are_what_the_file_says_or_else_everybodys() {
    let count = |text: &str| assigned(&built(text, &rules()).expect("well written"));
    assert_eq!(count("login,status\na@x,ACTIVE\nb@x,SUSPENDED\nc@x,DEPROVISIONED\n"), 2);
    assert_eq!(count("login,assigned\na@x,true\nb@x,no\nc@x,\n"), 1);
    assert_eq!(count("login,externalId\na@x,1\nb@x,\n"), 1);
    assert_eq!(count("login,externalId,assigned\na@x,1,false\nb@x,2,yes\n"), 1);
    let (_, gone) = import("login,assigned\nann@x.example,no\nbob@x.example,yes\n", &rules(), &[]);
    assert_eq!(gone, ["bob@x.example Unlisted Unassigned"]);
}

#[test]
fn an_account_that_is_left_pending_is_not_taken_for_gone() {
    let people =
        "login,email\nann@x.example,ann@mail.example\ntim1@x.example,tim@x.example\ntim2@x.example,tim@x.example\n";
    let both = by(&[Criterion::UserName, Criterion::Email]);
    let (decided, gone) = import(people, &both, &[account("ann@x.example", "A", "A")]);
    assert_eq!(decided, ["pending user-name-taken"]);
    assert_eq!(gone.len(), 2);
    let (decided, gone) = import(people, &by(&[Criterion::Email]), &[account("tim@x.example", "A", "A")]);
    assert_eq!(decided, ["pending several-exact-matches"]);
    assert_eq!(gone, ["ann@x.example Unlisted Unassigned"]);
}

#[test]
fn safeguards_at_the_edge() {
    let twenty: Limit = "20%".parse().expect("a percentage");
    assert_eq!(twenty, Limit::default());
    for (scope, limit, removed, of, expected) in [
        (Scope::App, "20%", 100, 100, Guard::Idle),
        (Scope::App, "20%", 21, 101, Guard::Stops),
        (Scope::App, "20%", 20, 101, Guard::Passes),
        (Scope::App, "20%", 40, 200, Guard::AtLimit),
        (Scope::App, "20%", 41, 200, Guard::Stops),
        (Scope::App, "20%", 39, 200, Guard::Passes),
        (Scope::Org, "20%", 99, 99, Guard::Idle),
        (Scope::Org, "20%", 20, 100, Guard::AtLimit),
        (Scope::Org, "20%", 21, 100, Guard::Stops),
        (Scope::App, "12.5", 25, 200, Guard::AtLimit),
        (Scope::App, "12.5", 26, 200, Guard::Stops),
        (Scope::App, "0%", 1, 200, Guard::Stops),
        (Scope::App, "0%", 0, 200, Guard::Passes),
        (Scope::App, "100%", 200, 200, Guard::AtLimit),
        (Scope::App, "off", 200, 200, Guard::Off),
        (Scope::Org, "20%", u64::MAX, u64::MAX, Guard::Stops),
    ] {
        let limit: Limit = limit.parse().expect("a percentage");
        assert_eq!(guard(scope, limit, removed, of), expected, "{scope:?} {limit} {removed} of {of}");
    }
    for wrong in ["", "many", "-1%", "101%", "NaN", "inf", "20%%"] {
        assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
    }
}

#[test]
fn headers_are_known_in_any_case_and_by_several_names() {
    for header in ["login,email,firstName,lastName,status", "LOGIN,EMAIL,FIRSTNAME,LASTNAME,STATUS"] {
        let (read, mistakes) = rows(&format!("{header}\r\na@x,b@x,Ann,Ash,Suspended\r\n"), Format::Csv, None);
        assert_eq!((read.len(), mistakes.len()), (1, 0), "{header}: {mistakes:?}");
        let row = &read[0];
        assert_eq!((row.login.as_str(), row.email.as_str(), row.line), ("a@x", "b@x", 2));
        assert_eq!((row.first_name.as_str(), row.last_name.as_str()), ("Ann", "Ash"));
    }
    let text = "\u{feff}\"Username\",Primary email,First name,Last_Name,Employee Number\n\"a@x\", b@x ,\"A, B\",\"C\"\"D\",7\n";
    let (read, mistakes) = rows(text, Format::Csv, Some("employeeNumber"));
    assert_eq!(mistakes, Vec::<String>::new());
    assert_eq!((read[0].login.as_str(), read[0].email.as_str()), ("a@x", "b@x"));
    assert_eq!((read[0].first_name.as_str(), read[0].last_name.as_str()), ("A, B", "C\"D"));
    assert_eq!(read[0].attribute.as_deref(), Some("7"));
}

#[test]
fn json_of_the_api_is_read_for_users_and_for_application_users() {
    let text = r#"[
      {"id":"00u1","status":"ACTIVE","profile":{"login":"a@x","email":"a@x","firstName":"A","lastName":"B","badge":7}},
      {"id":"00u2","externalId":"app-2","status":"PROVISIONED","scope":"USER","credentials":{"userName":"b@x"},
       "profile":{"email":"b@x","givenName":"C","familyName":"D"}}
    ]"#;
    let (read, mistakes) = rows(text, Format::Json, Some("badge"));
    assert_eq!(mistakes, Vec::<String>::new());
    assert_eq!(
        (read[0].login.as_str(), read[0].first_name.as_str(), read[0].attribute.as_deref()),
        ("a@x", "A", Some("7"))
    );
    assert_eq!((read[1].login.as_str(), read[1].last_name.as_str(), read[1].app_id.as_str()), ("b@x", "D", "app-2"));
    assert_eq!(rows("[]", Format::Json, Some("badge")), (Vec::new(), Vec::new()));
}

/// All mistakes in a file, at once.
fn mistakes(text: &str, format: Format, rules: &Rules) -> Vec<String> {
    let mut builder = Builder::new(rules);
    let read = read_okta_users(text.as_bytes(), format, rules.attribute(), &mut |row| builder.add(row));
    read.expect("a text can be read to its end");
    match builder.finish() {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn all_bad_rows_are_told_at_once_with_their_lines() {
    let text = "login,status,assigned\na@x,ACTIVE,\n,ACTIVE,\nb@x,ASLEEP,\nc@x\nd@x,ACTIVE,maybe\n\"e\ne@x\",ACTIVE,\nA@X,ACTIVE,\n";
    assert_eq!(
        mistakes(text, Format::Csv, &rules()),
        [
            "line 3: it has no user name (`login`)",
            "line 4: `ASLEEP` is no status of an Okta user",
            "line 5: it has 1 fields, and the header has 3",
            "line 6: `assigned` is true or false, not `maybe`",
            "line 9: the user name `A@X` is on line 2, too",
        ]
    );
    let attribute = by(&[Criterion::Attribute("badge".into())]);
    for (text, format, rules, expected) in [
        ("", Format::Csv, &rules(), "line 1: there is no header"),
        ("email\na@x\n", Format::Csv, &rules(), "line 1: the header has no column `login`"),
        (
            "login,userName\na,b\n",
            Format::Csv,
            &rules(),
            "line 1: the header has two columns for the user name, `login` or `username`",
        ),
        ("login\na\n", Format::Csv, &attribute, "line 1: the header has no column `badge`, which is to be matched"),
        (
            "login\na\n",
            Format::Csv,
            &by(&[Criterion::Email]),
            "line 1: no user has a value for `e-mail`, which is to be matched",
        ),
        (
            "[{\"profile\":{\"login\":\"a\"}}]",
            Format::Json,
            &attribute,
            "line 1: no user has `badge`, which is to be matched",
        ),
        (
            "[{\"profile\":{\"login\":\"a\"}},\n7]",
            Format::Json,
            &rules(),
            "line 2: it is no user: an object is expected",
        ),
        ("[{\"profile\":{}}]", Format::Json, &rules(), "line 1: it has no user name (`login`)"),
        (
            "[{\"profile\":{\"login\":\"a\"}},\n",
            Format::Json,
            &rules(),
            "line 2: it is no JSON array of users: EOF while parsing a value",
        ),
        (
            "{}",
            Format::Json,
            &rules(),
            "line 1: it is no JSON array of users: invalid type: map, expected an array of users",
        ),
        ("[]x", Format::Json, &rules(), "line 1: it is no JSON array of users: trailing characters"),
        (
            "login,externalId\na,7\nb,7\n",
            Format::Csv,
            &rules(),
            "line 3: the id in the application `7` is on line 2, too",
        ),
    ] {
        assert_eq!(mistakes(text, format, rules), [expected], "{text}");
    }
    let (_, told) = {
        let mut told = Vec::new();
        let read =
            read_okta_users(&b"login\n\xff\xfe\nok@x\n"[..], Format::Csv, None, &mut |row| told.push(row.is_ok()));
        (read.expect("it can be read to its end"), told)
    };
    assert_eq!(told, [false, true], "a row that is not UTF-8 does not spoil the next");
    for end in ["\n", "\r\n"] {
        let text = ["login,status", "", "a@x,ASLEEP", "", "", "\"b", "b@x\",", "c@x,AWAKE", "d@x,GONE"].join(end);
        let told = mistakes(&text, Format::Csv, &rules());
        let lines: Vec<&str> = told.iter().filter_map(|told| told.split(':').next()).collect();
        assert_eq!(lines, ["line 3", "line 8", "line 9"], "{end:?}");
    }
    let long = format!("login\n{}\n", "x".repeat(70_000));
    assert_eq!(mistakes(&long, Format::Csv, &rules()), ["line 2: a field has more than 65,534 bytes"]);
}

#[test]
fn pages_are_read_whatever_their_fields_are() {
    let page = json!({
        "totalResults": "3", "startIndex": 1, "itemsPerPage": -1,
        "Resources": [
            {"id": 7, "userName": "a", "name": {"givenName": "A", "familyName": "B"}, "active": "False",
             "emails": [{"value": "x@x"}, {"value": "y@x", "primary": true}],
             "urn:x:2.0:User": {"employeeNumber": 12}},
            {"id": "8", "userName": null, "name": "A B", "emails": {"value": "z@x"}, "active": 1, "employeenumber": "13"},
            "nobody",
        ],
    });
    let read = read_page(page.to_string().as_bytes(), Some("employeeNumber"), Accounts::default()).expect("a list");
    assert_eq!(
        (read.total, read.start_index, read.items_per_page),
        (Counter::Quoted(3), Counter::Number(1), Counter::Odd)
    );
    let first = &read.users[0];
    assert_eq!((first.id.as_str(), first.email.as_str(), first.attribute.as_str()), ("7", "y@x", "12"));
    assert_eq!((first.given_name.as_str(), first.active), ("A", Active::No));
    assert_eq!((read.users[1].attribute.as_str(), read.users[1].active), ("13", Active::Unsaid));
    assert_eq!(read.users[2], AppUser::default());
    assert_eq!(read_page(br#"{"totalResults":0}"#, None, Accounts::default()).map(|page| page.users.len()), Ok(0));
    for body in ["", " ", "null", "[]", "{}", "<html>", r#"{"totalResults":1,"Resources":{}}"#, r#"{"Resources":[}"#] {
        assert!(read_page(body.as_bytes(), None, Accounts::default()).is_err(), "{body}");
    }
}

proptest! {
    #[test]
    fn no_file_and_no_page_makes_it_panic(bytes: Vec<u8>, text in "[\\[\\]{}\",:a-z0-9\n]{0,80}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            for format in [Format::Csv, Format::Json] {
                let mut builder = Builder::new(&partial());
                let _ = read_okta_users(bytes, format, Some("a"), &mut |row| builder.add(row));
                let _ = builder.finish();
            }
            let _ = read_page(bytes, Some("a"), Accounts::Kept);
        }
    }

    #[test]
    fn everybody_is_decided_on_and_removed_at_most_once(names in prop::collection::vec(0_usize..12, 0..40)) {
        let people: String = (0..12).map(|n| format!("u{n}@x,u{n}@x,F{},L\n", n % 3)).collect();
        let people = format!("login,email,firstName,lastName\n{people}");
        let accounts: Vec<AppUser> = names
            .iter()
            .enumerate()
            .map(|(id, n)| AppUser { id: id.to_string(), ..account(&format!("u{}@x", n + 4), &format!("F{}", n % 3), "L") })
            .collect();
        let (decided, gone) = import(&people, &partial(), &accounts);
        prop_assert_eq!(decided.len(), accounts.len());
        let linked: Vec<&String> = decided.iter().filter(|d| d.starts_with("Exact") || d.starts_with("partial")).collect();
        let whom: BTreeSet<&str> = linked.iter().filter_map(|d| d.split(' ').nth(1)).collect();
        prop_assert_eq!(whom.len(), linked.len(), "nobody is linked twice");
        for line in &gone {
            let login = line.split(' ').next().unwrap_or_default();
            prop_assert!(!whom.contains(login), "{} is linked and removed", login);
        }
    }
}

/// Where the references of these tests live.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

const TOKEN: &str = "import-preview-token-1b";

fn reference(users: usize, quirks: &[Quirk]) -> Server {
    let options = Options { users, quirks: quirks.to_vec(), token: Some(TOKEN.to_owned()), ..Options::default() };
    RUNTIME.block_on(serve(options)).expect("a free port on 127.0.0.1")
}

/// What the JSON is documented to be.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let text = include_str!("../../schemas/import-preview-1.schema.json");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// A preview as it came out.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, which fits the schema.
    pub(crate) fn json(&self) -> Value {
        let told = serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out));
        let unfit: Vec<String> = SCHEMA.iter_errors(&told).map(|error| error.to_string()).collect();
        assert!(unfit.is_empty(), "{unfit:?}: {}", self.out);
        told
    }
}

/// Calls the program with `okta.csv` of that content, and demands an exit code.
fn preview(base_url: &str, people: &str, more: &[&str], code: i32) -> Said {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    std::fs::write(folder.path().join("okta.csv"), people).expect("the folder can be written");
    let mut arguments = vec!["import-preview", "--base-url", base_url, "--okta-users", "okta.csv"];
    arguments.extend(more);
    let said = run(&arguments, folder.path());
    assert_eq!(said.code, Some(code), "{arguments:?}\n{}{}", said.out, said.err);
    assert!(!said.err.contains("panicked") && !said.err.contains(TOKEN), "{}", said.err);
    said
}

fn run(arguments: &[&str], folder: &Path) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-check"));
    command.args(arguments).stdin(Stdio::null()).current_dir(folder);
    for name in ["SCIM_CHECK_BASE_URL", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.env("SCIM_CHECK_TOKEN", TOKEN).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Okta's users who are the reference's first, and some who are not.
fn people(known: usize, gone: usize) -> String {
    let mut text = "login,email,firstName,lastName,status\n".to_owned();
    for number in 1..=known {
        text.push_str(&format!("user{number:05}@seed.example,user{number:05}@seed.example,G,F,ACTIVE\n"));
    }
    for number in 1..=gone {
        text.push_str(&format!("gone{number}@okta.example,gone{number}@okta.example,Gone,{number},ACTIVE\n"));
    }
    text
}

#[test]
fn a_preview_of_the_reference_counts_right_and_only_reads() {
    let server = reference(250, &[]);
    let arguments = ["--source-profiles", "deactivate", "--format", "json"];
    let said = preview(server.base_url(), &people(200, 5), &arguments, 0);
    let told = said.json();
    assert_eq!(told["format"], "scim-check.import-preview/1");
    assert_eq!(told["list"]["pages"], 3);
    assert_eq!(told["list"]["faults"], json!([]));
    // Every eighth of the 250 is inactive, 25 of them among the 200 that Okta knows.
    let totals = json!({
        "matched": 175, "partial": 0, "created": 44, "reactivated": 0, "pending": 0, "inactive": 31,
        "deactivated": 30, "suspended": 0, "unassigned": 0,
    });
    assert_eq!(told["totals"], totals);
    assert_eq!(told["users"].as_array().map(Vec::len), Some(250));
    assert_eq!(told["removals"].as_array().map(Vec::len), Some(30));
    assert_eq!(told["safeguards"]["app"], json!({"result": "passes", "removed": 30, "assigned": 205}));
    assert_eq!(told["verdict"], "goes-on");
    let first = &told["users"][0];
    assert_eq!((first["outcome"].as_str(), first["by"].as_str()), (Some("matched"), Some("exact")));
    let log = server.request_log();
    assert!(log.iter().all(|(method, _)| method == "GET"), "{log:?}");
    let paths: Vec<&str> = log.iter().map(|(_, path)| path.as_str()).collect();
    let asked = |start: u64| format!("/scim/v2/Users?startIndex={start}&count=100");
    // Three pages as an import asks for them; then what comes after the end, and the first once more for its order.
    assert_eq!(paths, [asked(1), asked(101), asked(201), asked(251), asked(1)]);
}

#[test]
fn people_are_shown_counts_and_the_first_few_names() {
    let server = reference(250, &[]);
    let said = preview(server.base_url(), &people(150, 60), &[], 1);
    assert!(
        said.out.contains("matched            132  linked to an Okta user: user00001@seed.example, "),
        "{}",
        said.out
    );
    assert!(said.out.contains(" and 129 more\n"), "{}", said.out);
    assert!(
        said.out.contains("app safeguard  20%, the import is STOPPED: 78 of 210 assignments removed (37.14%)"),
        "{}",
        said.out
    );
    assert!(said.out.contains("verdict: the app safeguard stops the import"), "{}", said.out);
    assert!(said.out.lines().count() < 25, "{}", said.out);
}

#[test]
fn each_safeguard_can_stop_an_import_and_be_switched_off() {
    let server = reference(250, &[]);
    let verdict = |arguments: &[&str], code: i32| {
        let mut all = vec!["--format", "json"];
        all.extend(arguments);
        preview(server.base_url(), &people(150, 60), &all, code).json()["verdict"].clone()
    };
    assert_eq!(verdict(&[], 1), "stopped-by-app-safeguard");
    assert_eq!(verdict(&["--app-safeguard", "off"], 1), "stopped-by-org-safeguard");
    assert_eq!(verdict(&["--app-safeguard", "50%", "--org-safeguard", "off"], 0), "goes-on");
    assert_eq!(verdict(&["--app-safeguard", "50%", "--org-assignments", "5000"], 0), "goes-on");
    assert_eq!(verdict(&["--app-safeguard", "50%", "--org-assignments", "390"], 3), "undecided");
}

#[test]
fn faults_of_the_list_are_reported_and_nothing_else_is() {
    for (quirk, users, faults) in [
        (Quirk::TotalIsPageSize, 250, &["total-too-low"][..]),
        (Quirk::TotalNegative, 250, &["total-absent"]),
        (Quirk::ListCountersAsStrings, 250, &["counter-quoted"]),
        (Quirk::ItemsPerPageEchoesCount, 250, &["items-per-page"]),
        (Quirk::PagesOverlap, 250, &["overlap"]),
        (Quirk::StartIndexZeroBased, 250, &["total-too-high"]),
        (Quirk::PagesCutAt50, 250, &["page-too-short"]),
        (Quirk::CountIgnored, 250, &["page-too-long"]),
        (Quirk::PagingIgnored, 250, &["page-too-long"]),
        (Quirk::StartIndexIgnored, 250, &["endless"]),
        (Quirk::OrderUnstable, 250, &["order"]),
        (Quirk::OrderUnstable, 20, &["order"]),
        (Quirk::PastTheEnd400, 250, &["past-the-end"]),
        (Quirk::PastTheEnd404, 250, &["past-the-end"]),
        (Quirk::PastTheEndRepeatsLastPage, 250, &["past-the-end"]),
        // Accepted by Okta, and no fault of the list.
        (Quirk::LowerCaseKeys, 250, &[]),
        (Quirk::StartIndexMissing, 250, &[]),
        (Quirk::IdNumeric, 250, &[]),
    ] {
        let server = reference(users, &[quirk]);
        let code = if faults.is_empty() { 0 } else { 1 };
        let arguments = ["--format", "json", "--app-safeguard", "off", "--org-safeguard", "off"];
        let told = preview(server.base_url(), &people(200, 0), &arguments, code).json();
        let found: Vec<&str> =
            told["list"]["faults"].as_array().into_iter().flatten().filter_map(|f| f["fault"].as_str()).collect();
        assert_eq!(found, faults, "{quirk:?}: {}", told["list"]);
        let log = server.request_log();
        assert!(log.len() < 20 && log.iter().all(|(method, _)| method == "GET"), "{quirk:?}: {log:?}");
    }
}

#[test]
fn a_list_that_lost_users_trips_the_safeguard() {
    let server = reference(250, &[Quirk::ListTruncatedAt100]);
    let told = preview(server.base_url(), &people(200, 0), &["--format", "json"], 1).json();
    assert_eq!(told["list"]["faults"], json!([]), "from outside it is a right list");
    assert_eq!(told["verdict"], "stopped-by-app-safeguard");
}

#[test]
fn what_others_may_have_caused_is_not_held_against_the_server() {
    let options = Options { users: 250, strangers: true, token: Some(TOKEN.to_owned()), ..Options::default() };
    for seed in 0..6 {
        let server = RUNTIME.block_on(serve(Options { seed, ..options.clone() })).expect("a free port on 127.0.0.1");
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        std::fs::write(folder.path().join("okta.csv"), people(200, 0)).expect("the folder can be written");
        let said = run(
            &["import-preview", "--base-url", server.base_url(), "--okta-users", "okta.csv", "--format", "json"],
            folder.path(),
        );
        let told = said.json();
        let blamed = told["list"]["faults"].as_array().into_iter().flatten().any(|fault| fault["to_blame"] == "server");
        assert!(!blamed && matches!(said.code, Some(0 | 3)), "seed {seed}: {}", told["list"]);
    }
}

/// A server that answers everything with the same body.
fn parrot(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    let at = listener.local_addr().expect("a bound address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0; 4096];
            let _ = stream.read(&mut piece);
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    format!("http://{at}")
}

#[test]
fn a_server_that_repeats_itself_is_left_soon() {
    for resources in [json!([{"userName": "a"}, {}]), json!([{"id": "1"}]), json!([1, null]), json!([])] {
        let list = json!({"totalResults": u64::MAX, "startIndex": 1, "itemsPerPage": 1, "Resources": resources});
        let said = preview(&parrot("200 OK", list.to_string()), &people(3, 0), &["--format", "json"], 1);
        let told = said.json();
        assert!(told["list"]["pages"].as_u64() <= Some(3), "{told}");
        assert_ne!(told["list"]["faults"], json!([]), "{told}");
    }
}

#[test]
fn missing_ids_are_reported() {
    let list =
        json!({"totalResults": 2, "startIndex": 1, "itemsPerPage": 2, "Resources": [{"userName": "a"}, {"id": "1"}]});
    let said = preview(&parrot("200 OK", list.to_string()), &people(3, 0), &[], 1);
    assert!(said.out.contains("error: users have no id"), "{}", said.out);
    assert!(said.out.contains("error: users have no userName"), "{}", said.out);
}

#[test]
fn a_list_that_cannot_be_read_is_undecided_and_the_json_is_whole() {
    let bodies = [
        ("401 Unauthorized", "{}".to_owned()),
        ("500 Internal Server Error", "{}".to_owned()),
        ("404 Not Found", String::new()),
        ("200 OK", "<html>".to_owned()),
        ("200 OK", "null".to_owned()),
    ];
    for (status, body) in bodies {
        let base_url = parrot(status, body);
        let told = preview(&base_url, &people(200, 0), &["--format", "json"], 3).json();
        assert_eq!((&told["verdict"], &told["list"]["complete"]), (&json!("undecided"), &json!(false)), "{status}");
        assert_eq!(told["safeguards"]["app"]["result"], "unknown", "{status}");
        assert_eq!(told["removals"], json!([]), "{status}: who is missing is not known");
        preview(&base_url, &people(3, 0), &[], 3);
    }
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let said = preview(&format!("http://{nobody}"), &people(3, 0), &[], 3);
    assert!(said.err.contains("nobody listens"), "{}", said.err);
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let server = reference(3, &[]);
    let at = server.base_url();
    let refused = |people: &str, more: &[&str], expected: &str| {
        let said = preview(at, people, more, 2);
        assert!(said.out.is_empty() && said.err.contains(expected), "{more:?}: {}{}", said.out, said.err);
    };
    refused("login\na@x\nb@x,c\n", &[], "a mistake in okta.csv\n  line 3: it has 2 fields, and the header has 1");
    refused("login\n,\n\"\"\nb@x,c\n", &[], "3 mistakes in okta.csv");
    refused("login\n\u{1b}[2Jx,ASLEEP\n", &[], "mistake");
    refused(&people(1, 0), &["--match", "name"], "--match is username, email or custom:<attribute>, not `name`");
    refused(&people(1, 0), &["--match", "custom:"], "not `custom:`");
    refused(&people(1, 0), &["--match", "custom:a", "--match", "custom:b"], "Okta matches one");
    refused(&people(1, 0), &["--match", "custom:badge"], "no column `badge`");
    refused(
        &people(1, 0),
        &["--app-safeguard", "lots"],
        "--app-safeguard is a percentage such as 20%, or off, not `lots`",
    );
    refused(&people(1, 0), &["--org-safeguard", "120"], "--org-safeguard is a percentage between 0 and 100");
    refused(&people(1, 0), &["--reactivate", "suspended"], "--source-profiles");
    refused(&people(1, 0), &["--source-profiles", "delete"], "possible values");
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let said = run(&["import-preview", "--base-url", at, "--okta-users", "nowhere.csv"], folder.path());
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("nowhere.csv cannot be read"), "{}", said.err);
    assert_eq!(server.request_log(), Vec::new());
}

#[test]
fn json_is_accepted_as_a_file_and_matches_by_an_attribute_of_an_extension() {
    let server = reference(16, &[]);
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let user = |n: usize| {
        json!({"id": format!("00u{n}"), "status": "ACTIVE", "profile": {
            "login": format!("other{n}@okta.example"), "email": format!("other{n}@okta.example"),
            "firstName": "O", "lastName": "K", "department": "Engineering", "badge": format!("seed-{n:05}")}})
    };
    let users = json!([user(1), user(2)]);
    std::fs::write(folder.path().join("okta.json"), users.to_string()).expect("the folder can be written");
    let told = |attribute: &str| {
        let arguments =
            ["import-preview", "--base-url", server.base_url(), "--okta-users", "okta.json", "--match", attribute];
        let said = run(&[&arguments[..], &["--format", "json"]].concat(), folder.path());
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.json()["totals"].clone()
    };
    // Both of Okta's are of that department, and so are four of the reference's, all active.
    let by_department = told("custom:department");
    assert_eq!((&by_department["pending"], &by_department["matched"]), (&json!(4), &json!(0)));
}

#[test]
fn what_nobody_confirms_waits_for_an_administrator() {
    let server = reference(16, &[]);
    // One who matches exactly, and the others are new.
    let people = "login,email,firstName,lastName,status\nuser00001@seed.example,a@x,G,F,ACTIVE\n";
    let told = |more: &[&str]| {
        let arguments = [&["--format", "json"], more].concat();
        preview(server.base_url(), people, &arguments, 0).json()
    };
    let counted = |told: &Value, reason: &str| {
        let users = told["users"].as_array().expect("a list");
        users.iter().filter(|user| user["reason"] == reason && user["outcome"] == "pending").count()
    };
    let none = told(&["--auto-confirm", "none"]);
    assert_eq!((counted(&none, "confirm-exact-match"), counted(&none, "confirm-new-user")), (1, 13), "{none}");
    assert_eq!((&none["totals"]["created"], &none["totals"]["matched"]), (&json!(0), &json!(0)));
    assert_eq!(none["totals"]["unassigned"], 0, "who waits to be confirmed is not gone");
    let exact = told(&["--auto-confirm", "exact"]);
    assert_eq!((&exact["totals"]["matched"], counted(&exact, "confirm-new-user")), (&json!(1), 13));
    let staged = told(&["--auto-confirm", "exact,new"]);
    assert_eq!((counted(&staged, "activate-new-user"), &staged["totals"]["created"]), (13, &json!(0)));
    let all = told(&["--auto-confirm", "exact,new", "--auto-activate"]);
    assert_eq!((&all["totals"]["created"], &all["totals"]["pending"]), (&json!(13), &json!(0)));
    assert_eq!(all["settings"]["auto_confirm"], json!(["exact", "new"]));
    let text = preview(server.base_url(), people, &["--auto-confirm", "new"], 0).out;
    assert!(text.contains("confirmed without an administrator: new users\n"), "{text}");
    assert!(text.contains("an exact match, which an administrator has to confirm: user00001@seed.example"), "{text}");
}

#[test]
fn partial_matches_are_confirmed_or_wait() {
    let partial = || Decision::Partial { okta: 3 };
    let ticked = AutoConfirm { partial: true, ..AutoConfirm::default() };
    assert_eq!(ticked.apply(partial()), Decision::Matched { okta: 3, by: By::Partial, remark: None });
    assert_eq!(AutoConfirm::default().apply(partial()), Decision::Pending(Pending::ConfirmPartial(3)));
    let linked = || Decision::Matched { okta: 3, by: By::Link, remark: None };
    assert_eq!(AutoConfirm::default().apply(linked()), linked(), "who was linked before needs no confirmation");
    assert_eq!(AutoConfirm::default().apply(Decision::Inactive), Decision::Inactive);
}

#[test]
fn the_format_of_user_names_decides_who_matches_and_who_is_new() {
    let server = reference(3, &[]);
    let people = "login,email,firstName,lastName,status\nuser00001,a@x,G,F,ACTIVE\n";
    let told = |format: &str| {
        let arguments = ["--format", "json", "--username-format", format];
        preview(server.base_url(), people, &arguments, 0).json()
    };
    let prefix = told("email-prefix");
    let first = &prefix["users"][0];
    assert_eq!((&first["outcome"], &first["login"]), (&json!("matched"), &json!("user00001")), "{first}");
    assert_eq!(told("username")["totals"]["matched"], 0);
    let custom = told("custom:{familyName}-{userName}");
    let login = custom["users"][1]["login"].as_str().expect("another login");
    assert!(login.ends_with("-user00002@seed.example") && login.len() > 24, "{login}");
    for wrong in ["mail", "custom:", "custom:fixed"] {
        let said = preview(server.base_url(), people, &["--username-format", wrong], 2);
        assert!(said.err.contains("--username-format is username, email"), "{}", said.err);
    }
    let said = preview(server.base_url(), people, &["--auto-confirm", "exact", "--auto-activate"], 2);
    assert!(said.err.contains("--auto-activate needs --auto-confirm new"), "{}", said.err);
    preview(server.base_url(), people, &["--auto-confirm", "none,new"], 2);
}
