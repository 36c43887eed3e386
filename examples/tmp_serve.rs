use scim_check::reference::*;
#[tokio::main]
async fn main() {
    let mut keep = vec![];
    let mut all: Vec<(String, Vec<Quirk>)> =
        vec![("right".into(), vec![]), ("right2".into(), vec![])];
    if std::env::args().nth(1).as_deref() != Some("one") {
        all.extend(Quirk::ALL.iter().map(|q| (q.id().to_owned(), vec![*q])));
    }
    let users = std::env::args().nth(2).map_or(130, |n| n.parse().unwrap());
    for (id, quirks) in all {
        let s = serve(Options {
            quirks,
            users,
            groups: 2,
            token: Some("token".into()),
            delay: std::time::Duration::from_millis(30),
            ..Options::default()
        })
        .await
        .unwrap();
        println!("{id} {}", s.base_url());
        keep.push(s);
    }
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
}
