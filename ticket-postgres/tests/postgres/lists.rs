//! What a list costs does not grow with the tickets that are not in it.

use ticket_core::authority::{Reach, TeamReach};
use ticket_core::port::{TicketRepository, TicketSearch};
use ticket_core::query::{Comparison, PageRequest, Query, SortKey, Test, normalize};
use ticket_core::ticket::Priority;
use ticket_core::value::TenantId;
use ticket_core::workflow::Category;
use uuid::Uuid;

use crate::plans;
use crate::world::World;

const EVERYTHING: Reach = Reach::Team(TeamReach::Everything);

/// How many tickets are alike.
const MANY: i64 = 6_000;

/// A desk where all tickets are alike, but for five; one of five is open, and says nothing of paper.
async fn fill(world: &World) {
    let desk = world.desk().await;
    let number = desk.next_number().await.expect("a number");
    let plan = plans::open(number, "It is stuck.");
    desk.commit(&plan, None).await.expect("opened");
    let columns = "created_at, updated_at, public_updated_at, status_since, found_by, json";
    world
        .run(&format!(
            "INSERT INTO tickets (tenant, number, id, version, queue, status, category, priority, \
                 done, refound, requester, organization, assignee, {columns}) \
             SELECT tenant, n, gen_random_uuid(), 1, \
                 CASE WHEN rare THEN 'billing' ELSE 'support' END, \
                 CASE WHEN rare THEN 'pending' WHEN open THEN 'open' ELSE 'closed' END, \
                 CASE WHEN rare THEN 2 WHEN open THEN 1 ELSE 5 END, \
                 CASE WHEN rare THEN 3 ELSE 1 END, NOT (rare OR open), refound, \
                 CASE WHEN rare THEN 'eve' ELSE 'ada' END, \
                 CASE WHEN rare THEN 'globex' ELSE 'acme' END, \
                 CASE WHEN rare THEN 'bob' ELSE 'kim' END, {columns} \
             FROM tickets, generate_series(2, {MANY}) n, \
                 LATERAL (SELECT n % 1200 = 7 AS rare, n % 5 = 0 AS open) k; \
             INSERT INTO public_words SELECT tenant, number, id, 0, 0, \
                 CASE WHEN number % 5 = 0 THEN ' printer jam ' ELSE ' printer jam paper ' END \
             FROM tickets WHERE number > 1; ANALYZE"
        ))
        .await;
}

/// How many entries of the tickets' indexes are read.
const ENTRIES: &str = "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes \
    WHERE schemaname = current_schema() AND relname = 'tickets'";

/// How often something is looked up in an index.
const LOOKUPS: &str = "SELECT sum(idx_scan)::bigint FROM pg_stat_user_indexes \
    WHERE schemaname = current_schema()";

/// What the first page of a list costs, and how many tickets it has.
async fn cost(world: &World, of: &str, query: &Query) -> (i64, usize) {
    let before = world.number(of).await;
    let name = Uuid::now_v7().to_string();
    let mut url: url::Url = world.url().parse().expect("a URL");
    url.query_pairs_mut().append_pair("application_name", &name);
    let store = world.options_at(url.as_str()).connect().await;
    let store = store.expect("a store");
    let desk = store.tenant(TenantId::default());
    let page = desk.find(query, &EVERYTHING, &PageRequest::first(50)).await;
    store.close().await;
    // A session tells what it read when it ends.
    let sessions =
        format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    while world.number(&sessions).await > 0 {}
    let cost = world.number(of).await - before;
    (cost, page.expect("found").rows.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_list_is_read_without_the_others() {
    let Some(world) = World::new() else { return };
    fill(&world).await;
    let all = Query::all;
    let pending = ["pending", "on_hold"].map(|key| key.parse().expect("a key"));
    let queue = Test::Queue(["billing".parse().expect("a key")].into());
    for query in [
        all().and(queue.clone()),
        all().and(Test::Status(pending.into())),
        all().and(Test::Priority(Comparison::Equal, Priority::Urgent)),
        all().and(Test::Assignee(["bob".parse().expect("an id")].into())),
        all().and(Test::Requester(["eve".parse().expect("an id")].into())),
        all().and(Test::Organization(
            ["globex".parse().expect("an id")].into(),
        )),
        all()
            .and(queue)
            .and(Test::Text(normalize("printer jam")))
            .and(Test::Category([Category::Pending].into())),
    ] {
        for key in [SortKey::Number, SortKey::Created, SortKey::Updated] {
            let query = query.clone().sorted(key, true);
            let (cost, found) = cost(&world, ENTRIES, &query).await;
            assert_eq!(found, 5);
            assert!(cost < 500, "{cost} entries for {query:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_looked_for_in_the_shorter_list() {
    let Some(world) = World::new() else { return };
    fill(&world).await;
    let open = [Category::New, Category::Open];
    let query = Query::all().and(Test::Category(open.into()));
    let query = query.and(Test::Text(normalize("paper")));
    let (cost, found) = cost(&world, LOOKUPS, &query).await;
    assert_eq!(found, 0, "none that is open");
    assert!(cost < MANY / 2, "{cost} look-ups");
}
