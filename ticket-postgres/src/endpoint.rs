//! Where the servers are.

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::error::Error;

/// Reads a URL; several hosts, as libpq writes them, become several endpoints in their order.
pub(crate) fn endpoints(url: &str) -> Result<Vec<PgConnectOptions>, Error> {
    let urls = single_hosts(url).unwrap_or_else(|| vec![url.to_owned()]);
    urls.iter().map(|url| endpoint(url)).collect()
}

fn endpoint(url: &str) -> Result<PgConnectOptions, Error> {
    let options: PgConnectOptions = url.parse().map_err(|_| Error::Address)?;
    // Poolers refuse a login with settings that they don't know, and what this one changes is how
    // numbers are written as text.
    Ok(options
        .extra_float_digits(None)
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

/// `postgres://user@one:5432,two:5433/db` as one URL for each host; none when there is one host.
fn single_hosts(url: &str) -> Option<Vec<String>> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    if !hosts.contains(',') {
        return None;
    }
    let one = |host| format!("{scheme}://{user}{host}{path}");
    Some(hosts.split(',').map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> Vec<(String, u16)> {
        let endpoints = endpoints(url).expect("a URL");
        let host = |own: &PgConnectOptions| (own.get_host().to_owned(), own.get_port());
        endpoints.iter().map(host).collect()
    }

    #[test]
    fn several_hosts_are_tried_in_their_order() {
        let one = |host: &str, port| (host.to_owned(), port);
        assert_eq!(hosts("postgres://u:p@one/db"), [one("one", 5432)]);
        assert_eq!(
            hosts("postgres://u:p%40@one:5433,two,[::1]:5434/db?sslmode=disable"),
            [one("one", 5433), one("two", 5432), one("[::1]", 5434)]
        );
    }

    #[test]
    fn what_is_no_url_is_refused_without_its_secrets() {
        let error = endpoints("postgres://u:secret@one:port/db").expect_err("no port");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(endpoints("one").is_err());
    }
}
