//! How SQLite answers the views that people keep open, by what it says of its plans.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;
use ticket_core::authority::{CustomerReach, Reach, TeamReach};
use ticket_core::port::TicketSearch;
use ticket_core::query::{Cursor, DueTest, PageRequest, Query, SortKey, Test, normalize};
use ticket_core::value::{TenantId, TicketNumber, Timestamp};
use ticket_core::workflow::Category;

use super::filter::Wanted;
use super::route::{List, Route};
use super::{Statement, statement};
use crate::words::Documents;
use crate::{SqliteStore, SqliteTenant};

const ALL: Reach = Reach::Team(TeamReach::Everything);

struct World {
    tenant: SqliteTenant,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let store = SqliteStore::open(folder.path().join("desk.sqlite")).await;
        Self {
            tenant: store.expect("a store").tenant(TenantId::default()),
            _folder: folder,
        }
    }

    async fn plan(&self, statement: &Statement) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
        let mut reader = self.tenant.reader().await.expect("a reader");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut *reader)
            .await
            .expect("a plan");
        let steps = rows.iter().map(|row| row.get::<String, _>("detail"));
        steps.collect::<Vec<_>>().join("\n")
    }

    async fn list(&self, query: &Query, reach: &Reach) -> String {
        self.list_after(query, reach, None).await
    }

    /// The plan of the first part of a list, as it is read when few tickets have each word and tag.
    async fn list_after(&self, query: &Query, reach: &Reach, after: Option<Cursor>) -> String {
        let wanted = Wanted::of(query, reach);
        let list = List::of((0, documents()), &wanted, reach, query);
        let mut reader = self.tenant.reader().await.expect("a reader");
        let number = after.map(|cursor| crate::row::number(cursor.number));
        let mut windows = list.begin(&mut reader, number).await.expect("begun");
        let route = list.next(&mut reader, &mut windows).await.expect("a route");
        let route = route.expect("at least one");
        let rows = statement::rows(&list, &route, after, 26);
        self.plan(&rows).await
    }

    /// The plan of one of many parts of a list.
    async fn part(&self, query: &Query, reach: &Reach) -> String {
        let wanted = Wanted::of(query, reach);
        let list = List::of((0, documents()), &wanted, reach, query);
        let route = Route {
            leader: None,
            numbers: 5..=900,
            asks_each: true,
            asks_words: false,
        };
        self.plan(&statement::rows(&list, &route, None, 26)).await
    }
}

fn documents() -> Documents {
    Documents::of(1).expect("a slot")
}

fn open() -> Query {
    let open = [
        Category::New,
        Category::Open,
        Category::Pending,
        Category::OnHold,
    ];
    Query::all().and(Test::Category(open.into()))
}

fn set<T: Ord + std::str::FromStr>(texts: &[&str]) -> BTreeSet<T> {
    let read = |text: &&str| text.parse().unwrap_or_else(|_| panic!("{text}"));
    texts.iter().map(read).collect()
}

fn queue(names: &[&str]) -> Test {
    Test::Queue(set(names))
}

fn mine() -> Test {
    Test::Assignee(set(&["ada"]))
}

#[tokio::test]
async fn views_of_open_tickets_never_look_at_closed_ones() {
    let world = World::new().await;
    let lists = [
        (open(), "open_number (tenant=?)"),
        (
            open().sorted(SortKey::Updated, true),
            "open_updated (tenant=?)",
        ),
        (
            open().sorted(SortKey::Created, true),
            "open_queue (tenant=?)",
        ),
        (
            open().sorted(SortKey::Priority, true),
            "open_queue (tenant=?)",
        ),
        (open().sorted(SortKey::Due, false), "open_queue (tenant=?)"),
        (
            open().and(queue(&["a"])),
            "open_queue (tenant=? AND queue=?)",
        ),
        (
            open().and(queue(&["a"])).sorted(SortKey::Updated, true),
            "open_queue_updated (tenant=? AND queue=?)",
        ),
        (
            open()
                .and(queue(&["a", "b"]))
                .sorted(SortKey::Updated, true),
            "open_updated (tenant=?)",
        ),
        (
            open().and(mine()),
            "open_assignee (tenant=? AND assignee=?)",
        ),
        (
            open().and(mine()).sorted(SortKey::Updated, true),
            "open_updated (tenant=?)",
        ),
        (
            open().and_not(Test::Assigned),
            "open_assignee (tenant=? AND assignee=?)",
        ),
        (
            open().and(Test::Tag(set(&["vip"]))),
            "open_number (tenant=?)",
        ),
    ];
    for (query, index) in lists {
        let plan = world.list(&query, &ALL).await;
        let expected = format!("SEARCH t USING COVERING INDEX {index}");
        assert!(plan.contains(&expected), "{query:?}\n{plan}");
    }
}

#[tokio::test]
async fn every_list_is_led_by_an_index_of_its_own() {
    let world = World::new().await;
    let updated = |query: Query| query.sorted(SortKey::Updated, true);
    let lists = [
        (Query::all(), "sqlite_autoindex_tickets_1 (tenant=?)"),
        (updated(Query::all()), "tickets_updated (tenant=?)"),
        (
            Query::all().sorted(SortKey::Created, true),
            "tickets_created (tenant=?)",
        ),
        (
            Query::all().and(queue(&["a"])),
            "tickets_queue (tenant=? AND queue=?)",
        ),
        (
            updated(Query::all().and(queue(&["a"]))),
            "tickets_queue_updated (tenant=? AND queue=?)",
        ),
        (
            updated(Query::all().and(Test::Requester(set(&["ada"])))),
            "tickets_requester (tenant=? AND requester=?)",
        ),
        (
            updated(Query::all().and(Test::Organization(set(&["acme"])))),
            "tickets_organization (tenant=? AND organization=?)",
        ),
        (
            updated(Query::all().and(mine())),
            "tickets_assignee (tenant=? AND assignee=?)",
        ),
        (
            updated(Query::all().and(Test::Snoozed)),
            "tickets_snoozed (tenant=? AND snoozed_until>?)",
        ),
        (
            updated(Query::all().and(Test::Tag(set(&["vip"])))),
            "sqlite_autoindex_tickets_1 (tenant=? AND number=?)",
        ),
        (
            updated(Query::all().and(Test::Text(normalize("printer jam")))),
            "sqlite_autoindex_tickets_1 (tenant=? AND number=?)",
        ),
    ];
    for (query, index) in lists {
        let plan = world.list(&query, &ALL).await;
        assert!(plan.contains(index), "{query:?}\n{plan}");
        assert!(!plan.contains("SCAN t"), "{query:?}\n{plan}");
    }
}

#[tokio::test]
async fn the_next_page_begins_where_the_last_one_ended() {
    let world = World::new().await;
    let cursor = |query: &Query| Cursor {
        sort: query.sort,
        value: 1,
        number: TicketNumber::new(4).expect("a number"),
    };
    let lists = [
        (open(), "number<?"),
        (
            open().and(queue(&["a"])).sorted(SortKey::Updated, true),
            "(updated_at,number)<(?,?)",
        ),
        (Query::all().and(queue(&["a"])), "number<?"),
    ];
    for (query, bound) in lists {
        let after = Some(cursor(&query));
        let plan = world.list_after(&query, &ALL, after).await;
        assert!(plan.contains(bound), "{query:?}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{query:?}\n{plan}");
    }
}

#[tokio::test]
async fn common_words_are_looked_for_among_some_tickets_at_a_time() {
    let world = World::new().await;
    let words = || Query::all().and(Test::Text(normalize("printer jam")));
    let tagged = words().and(Test::Tag(set(&["vip"])));
    let unwanted = words().and_not(Test::Text(normalize("paper")));
    let index = "sqlite_autoindex_tickets_1 (tenant=? AND number>? AND number<?)";
    for (query, index) in [
        (words(), index),
        (tagged, index),
        (unwanted, index),
        (words().sorted(SortKey::Number, false), index),
        (words().sorted(SortKey::Relevance, true), index),
        (
            words().and(queue(&["a"])),
            "tickets_queue (tenant=? AND queue=? AND number>? AND number<?)",
        ),
        (
            words().and(open().conditions[0].test.clone()),
            "open_number (tenant=? AND number>? AND number<?)",
        ),
    ] {
        let plan = world.part(&query, &ALL).await;
        let first = plan.lines().find(|step| step.contains(" t USING"));
        assert!(
            first.is_some_and(|step| step.contains(index)),
            "{query:?}\n{plan}"
        );
        assert!(
            !plan.contains("TEMP B-TREE FOR ORDER BY"),
            "{query:?}\n{plan}"
        );
        assert!(plan.contains("VIRTUAL TABLE INDEX"), "{plan}");
        assert!(
            !plan.contains("CORRELATED"),
            "each list is made once: {plan}"
        );
    }
}

#[tokio::test]
async fn the_search_index_is_walked_in_its_own_order() {
    let world = World::new().await;
    for direction in ["DESC", "ASC"] {
        let mut sql = Statement::new("SELECT rowid FROM public_words WHERE words MATCH ");
        sql.push_bind("jam").push(" AND rowid BETWEEN ");
        sql.push_bind(1).push(" AND ").push_bind(9);
        sql.push(" ORDER BY rowid ").push(direction);
        let plan = world.plan(&sql).await;
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn a_scope_narrows_the_same_indexes() {
    let world = World::new().await;
    let agent = Reach::Team(TeamReach::Queues {
        queues: set(&["a", "b"]),
        assigned_to: None,
    });
    let plan = world
        .list(&Query::all().and(queue(&["b", "c"])), &agent)
        .await;
    assert!(
        plan.contains("tickets_queue (tenant=? AND queue=?)"),
        "{plan}"
    );

    let customer = Reach::Customer(CustomerReach {
        participant: "ada".parse().expect("an id"),
        organization: Some("acme".parse().expect("an id")),
    });
    let plan = world
        .list(&Query::all().sorted(SortKey::Updated, true), &customer)
        .await;
    for step in [
        "tickets_requester (tenant=? AND requester=?)",
        "tickets_organization (tenant=? AND organization=?)",
        "SEARCH terms USING PRIMARY KEY (tenant=? AND kind=? AND name=? AND term=?)",
        "SEARCH t USING INDEX sqlite_autoindex_tickets_1 (tenant=? AND number=?)",
    ] {
        assert!(plan.contains(step), "{step}\n{plan}");
    }
}

#[tokio::test]
async fn what_is_due_is_found_by_its_time() {
    let world = World::new().await;
    let tests = [
        (
            DueTest::SnoozeOver,
            "tickets_snoozed (tenant=? AND snoozed_until<?)",
        ),
        (
            DueTest::InStatus {
                status: "solved".parse().expect("a status"),
                queues: set(&["a", "b"]),
                since: Timestamp::MAX,
            },
            "tickets_status (tenant=? AND status=? AND queue=? AND status_since<?)",
        ),
    ];
    for (test, index) in tests {
        let plan = world
            .plan(&statement::due(0, &test, Timestamp::MAX, 10))
            .await;
        assert!(plan.contains(index), "{plan}");
    }
}

#[tokio::test]
async fn what_no_ticket_can_be_is_answered_in_every_order() {
    let world = World::new().await;
    let nothing = Reach::Team(TeamReach::Nothing);
    let no_queue = Reach::Team(TeamReach::Queues {
        queues: BTreeSet::new(),
        assigned_to: None,
    });
    let closed = Test::Category([Category::Closed].into());
    let queries = [
        (open(), &nothing),
        (open(), &no_queue),
        (open().and(closed.clone()), &ALL),
        (open().and(queue(&[])), &ALL),
        (open().and(closed).and(Test::Text(normalize("jam"))), &ALL),
    ];
    for (query, reach) in queries {
        for key in [SortKey::Number, SortKey::Updated, SortKey::Priority] {
            let query = query.clone().sorted(key, true);
            let first = PageRequest::first(9);
            let page = world.tenant.find(&query, reach, &first).await;
            assert_eq!(page.expect("found").rows, [], "{query:?}");
            let count = world.tenant.count(&query, reach, 9).await;
            assert_eq!(count.expect("counted"), 0, "{query:?}");
        }
    }
}
