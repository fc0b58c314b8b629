//! Secrets: from the environment, from a file that the environment names, or made by us.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use ticket_core::mail::SigningKey;
use ticket_core::port::Ids as _;
use ticket_core::system::RandomIds;

/// The file of the key in the data folder.
const FILE: &str = "secret.key";

/// The environment variable that replaces the file.
const VARIABLE: &str = "TICKETD_SECRET_KEY";

/// Fewest different characters of a key; fewer are no random text.
const VARIETY: usize = 8;

/// A secret by the variable `name`, or from the file that the variable `name_FILE` names.
pub(crate) fn from_environment(name: &str) -> anyhow::Result<Option<String>> {
    let file = format!("{name}_FILE");
    match (std::env::var_os(name), std::env::var_os(&file)) {
        (Some(_), Some(_)) => bail!("{name} and {file} are both set; one is enough"),
        (Some(secret), None) => {
            let secret = secret.into_string();
            Ok(Some(
                secret.map_err(|_| anyhow::anyhow!("{name} is no UTF-8"))?,
            ))
        }
        (None, Some(path)) => {
            let secret = fs::read_to_string(&path);
            let secret = secret.with_context(|| format!("reading the file that {file} names"))?;
            Ok(Some(secret.trim_end_matches(['\r', '\n']).to_owned()))
        }
        (None, None) => Ok(None),
    }
}

/// The key of a desk.
#[derive(Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) signing: SigningKey,
    /// The file that was made for it just now.
    made: Option<PathBuf>,
}

impl Key {
    /// Removes the file again that was made for a key that is of no use.
    #[cfg(feature = "postgres")]
    pub(crate) fn forget(&self) {
        if let Some(path) = &self.made
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(%error, "{} is of no use and could not be removed", path.display());
        }
    }
}

/// The key of the desk: from the environment, or from the data folder, where it is made unless the
/// desk has begun already: what was signed with a lost key can't be known again.
pub(crate) fn key(data: &Path, has_begun: bool) -> anyhow::Result<Key> {
    if let Some(secret) = from_environment(VARIABLE)? {
        let signing = checked(&secret).with_context(|| format!("{VARIABLE} is no good key"))?;
        return Ok(Key {
            signing,
            made: None,
        });
    }
    let path = data.join(FILE);
    let (secret, made) = match fs::read_to_string(&path) {
        Ok(secret) => (secret, None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if has_begun {
                bail!(
                    "{} is missing, but there is a database; restore the file or copy it from \
                     another node, or set {VARIABLE}",
                    path.display()
                );
            }
            let secret = make_folder(data).and_then(|()| make(&path));
            let secret = secret.with_context(|| format!("making {}", path.display()))?;
            (secret, Some(path.clone()))
        }
        Err(error) => {
            return Err(error).with_context(|| format!("reading {}", path.display()));
        }
    };
    let signing =
        checked(&secret).with_context(|| format!("{} holds no good key", path.display()))?;
    Ok(Key { signing, made })
}

/// Makes a folder that only its owner enters.
pub(crate) fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn checked(secret: &str) -> anyhow::Result<SigningKey> {
    let mut characters: Vec<char> = secret.trim().chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < VARIETY {
        bail!("it is not random; make one with: head -c 32 /dev/urandom | base64");
    }
    Ok(SigningKey::from_secret(secret)?)
}

/// Makes the file, whole or not at all; of two programs that do it at once, both use the same.
fn make(path: &Path) -> std::io::Result<String> {
    let mut secret: String = RandomIds
        .secret()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    secret.push('\n');
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    // Unlike a rename, a link fails when another program was faster.
    let linked = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(fs::read_to_string(path)?),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = key(folder.path(), false).expect("a key");
        let found = key(folder.path(), true).expect("the key");
        assert_eq!(made.signing.loop_marker(), found.signing.loop_marker());
        assert!(made.made.is_some() && found.made.is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = fs::metadata(folder.path().join(FILE)).expect("the file");
            assert_eq!(file.permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced_in_silence() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = key(folder.path(), true).expect_err("a refusal");
        assert!(
            error.to_string().contains("secret.key is missing"),
            "{error}"
        );
    }

    #[test]
    fn a_key_that_is_not_random_is_refused() {
        for bad in [
            "",
            "short",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0000000000000001",
        ] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
        assert!(checked("q8Zr0vT1mXc9Lp2S").is_ok());
    }
}
