//! Secrets in outgoing mail by which a reply is known to be one.
//!
//! Three forms, each with a MAC label of its own, so that none passes for another:
//!
//! | where | bytes, in base32 | proves |
//! | --- | --- | --- |
//! | Message-ID of a notice | notice, ticket, holder MAC, MAC of all that | we sent it; to whom |
//! | root of a thread | ticket, holder MAC, MAC of all that | we sent it; to whom |
//! | reply address | ticket, MAC of ticket and holder | to whom we gave it |
//!
//! The holder MAC covers the person, so whether somebody is the holder can be asked without the
//! mail naming anybody. All are HMAC-SHA-256 (RFC 2104), cut to at least 80 bits: guessing needs
//! a mail for each try. The first two characters name the form and its version.

use std::fmt;

use data_encoding::{BASE32_NOPAD_NOCASE, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::MailMessageId;
use crate::value::{EmailAddress, Invalid, NoticeId, PersonId, TicketId};

/// Fewest characters of a secret text.
const SECRET_MIN: usize = 16;
/// Longest local part of an address, in octets (RFC 5321, 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Longest domain that goes into an id, in octets (RFC 5321, 4.5.3.1.2).
const DOMAIN_MAX: usize = 255;
/// A UUID, in bytes.
const ID: usize = 16;
/// MAC over the holder: 80 bits.
const HOLDER: usize = 10;
/// MAC over a whole Message-ID, 104 bits: with it the base32 form has no odd bits.
const NOTICE_MAC: usize = 13;
/// MAC over a whole thread root, 112 bits: with it the base32 form has no odd bits.
const ROOT_MAC: usize = 14;

/// Lower case, and read in any case: some hosts change the case of what they pass on.
const BASE32: Encoding = BASE32_NOPAD_NOCASE;

/// What a MAC is for; the label keeps MACs of different purposes apart.
#[derive(Clone, Copy)]
enum Purpose {
    NoticeHolder,
    Notice,
    RootHolder,
    Root,
    Address,
    Loop,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::NoticeHolder => b"ticket mail 1: holder of a notice\0",
            Self::Notice => b"ticket mail 1: message-id of a notice\0",
            Self::RootHolder => b"ticket mail 1: holder of a thread\0",
            Self::Root => b"ticket mail 1: root of a thread\0",
            Self::Address => b"ticket mail 1: reply address\0",
            Self::Loop => b"ticket mail 1: loop marker\0",
        }
    }
}

/// Marks of the forms and their version; they can't be mistaken for one another.
const NOTICE_FORM: &str = "n1";
const ROOT_FORM: &str = "r1";
const ADDRESS_FORM: &str = "t1";

/// The secret by which a desk signs its mail.
///
/// Whoever knows it can write into every ticket. With another one, replies to mail that was sent
/// before are known only by the Message-IDs that the desk has stored.
#[derive(Clone)]
pub struct SigningKey([u8; 64]);

/// A Message-ID of ours: a notice's, or the root of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedId {
    /// The ticket that the mail was about.
    pub ticket: TicketId,
    /// The notice that the mail told; none for the root of a thread.
    pub notice: Option<NoticeId>,
    holder: [u8; HOLDER],
}

/// A reply address as found in a mail; only [`SigningKey::gave_address`] tells whether it is real.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressToken {
    /// The ticket that it names.
    pub ticket: TicketId,
    mac: [u8; HOLDER],
}

impl SigningKey {
    /// Takes 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        // HMAC fills a key with zeros up to the hash's block size (RFC 2104, 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&secret);
        Self(block)
    }

    /// Makes a key of a secret text, which is hashed but not stretched: a random one is needed.
    ///
    /// # Errors
    /// When it has fewer than 16 characters; the error does not repeat it.
    pub fn from_secret(secret: &str) -> Result<Self, Invalid> {
        let length = secret.trim().chars().count();
        if length < SECRET_MIN {
            return Err(Invalid::new(
                "secret",
                &format!("{length} characters"),
                "at least 16 random characters are",
            ));
        }
        let mut hash = Sha256::new();
        hash.update(b"ticket mail 1: key\0");
        hash.update(secret.trim());
        Ok(Self::new(hash.finalize().into()))
    }

    /// The Message-ID of the mail that tells a notice to a person: the same each time.
    pub fn message_id(
        &self,
        notice: NoticeId,
        ticket: TicketId,
        person: &PersonId,
        domain: &str,
    ) -> MailMessageId {
        let mut bytes = [
            notice.uuid().as_bytes().as_slice(),
            ticket.uuid().as_bytes(),
        ]
        .concat();
        let holder: [u8; HOLDER] =
            self.mac(Purpose::NoticeHolder, &[&bytes, person.as_str().as_bytes()]);
        bytes.extend(holder);
        let mac: [u8; NOTICE_MAC] = self.mac(Purpose::Notice, &[&bytes]);
        bytes.extend(mac);
        id_of(NOTICE_FORM, &bytes, domain)
    }

    /// The id that all mails to a person about a ticket name first in `References`.
    ///
    /// No mail has it; it keeps them in one thread when the ticket did not begin by mail.
    pub fn thread_root(&self, ticket: TicketId, person: &PersonId, domain: &str) -> MailMessageId {
        let mut bytes = ticket.uuid().as_bytes().to_vec();
        let holder: [u8; HOLDER] =
            self.mac(Purpose::RootHolder, &[&bytes, person.as_str().as_bytes()]);
        bytes.extend(holder);
        let mac: [u8; ROOT_MAC] = self.mac(Purpose::Root, &[&bytes]);
        bytes.extend(mac);
        id_of(ROOT_FORM, &bytes, domain)
    }

    /// Reads an id that this key signed; `None` for any other.
    pub fn read_message_id(&self, id: &MailMessageId) -> Option<SignedId> {
        let (local, _) = id.as_str().split_once('@')?;
        let form = local.get(..2)?;
        let code = local.get(2..)?;
        if form.eq_ignore_ascii_case(NOTICE_FORM) {
            self.read_notice(code)
        } else if form.eq_ignore_ascii_case(ROOT_FORM) {
            self.read_root(code)
        } else {
            None
        }
    }

    fn read_notice(&self, code: &str) -> Option<SignedId> {
        let bytes: [u8; 2 * ID + HOLDER + NOTICE_MAC] = decode(code)?;
        let (signed, mac) = bytes.split_at(2 * ID + HOLDER);
        let expected: [u8; NOTICE_MAC] = self.mac(Purpose::Notice, &[signed]);
        let genuine = bool::from(expected.ct_eq(mac));
        genuine.then_some(())?;
        Some(SignedId {
            notice: Some(NoticeId::new(uuid_at(signed, 0)?)),
            ticket: TicketId::new(uuid_at(signed, ID)?),
            holder: signed.get(2 * ID..)?.try_into().ok()?,
        })
    }

    fn read_root(&self, code: &str) -> Option<SignedId> {
        let bytes: [u8; ID + HOLDER + ROOT_MAC] = decode(code)?;
        let (signed, mac) = bytes.split_at(ID + HOLDER);
        let expected: [u8; ROOT_MAC] = self.mac(Purpose::Root, &[signed]);
        let genuine = bool::from(expected.ct_eq(mac));
        genuine.then_some(())?;
        Some(SignedId {
            notice: None,
            ticket: TicketId::new(uuid_at(signed, 0)?),
            holder: signed.get(ID..)?.try_into().ok()?,
        })
    }

    /// Whether the mail with this id was sent to that person.
    pub fn sent_to(&self, id: &SignedId, person: &PersonId) -> bool {
        let person = person.as_str().as_bytes();
        let ticket = id.ticket.uuid();
        let expected: [u8; HOLDER] = match id.notice {
            Some(notice) => self.mac(
                Purpose::NoticeHolder,
                &[notice.uuid().as_bytes(), ticket.as_bytes(), person],
            ),
            None => self.mac(Purpose::RootHolder, &[ticket.as_bytes(), person]),
        };
        expected.ct_eq(&id.holder).into()
    }

    /// The address for a person's replies to a ticket: the queue's, with a secret after a plus.
    ///
    /// The queue's own address where the secret does not fit into 64 octets before the `@`.
    pub fn reply_address(
        &self,
        queue: &EmailAddress,
        ticket: TicketId,
        person: &PersonId,
    ) -> EmailAddress {
        let mac: [u8; HOLDER] = self.address_mac(ticket, person);
        let bytes = [ticket.uuid().as_bytes().as_slice(), &mac].concat();
        let code = encode(&bytes);
        let Some((local, domain)) = queue.as_written().rsplit_once('@') else {
            return queue.clone();
        };
        let local = format!("{local}+{ADDRESS_FORM}{code}");
        if local.len() > LOCAL_MAX {
            return queue.clone();
        }
        // A quoted local part can't be extended like this.
        let address = format!("{local}@{domain}").parse();
        address.unwrap_or_else(|_| queue.clone())
    }

    /// Reads a reply address of one of our queues; whether it is real is not known yet.
    pub fn read_address(address: &EmailAddress, ours: &[EmailAddress]) -> Option<AddressToken> {
        let (base, detail) = address.local().rsplit_once('+')?;
        let known = ours
            .iter()
            .any(|queue| queue.local() == base && queue.domain() == address.domain());
        known.then_some(())?;
        let bytes: [u8; ID + HOLDER] = decode(detail.strip_prefix(ADDRESS_FORM)?)?;
        let (ticket, mac) = bytes.split_at(ID);
        Some(AddressToken {
            ticket: TicketId::new(uuid_at(ticket, 0)?),
            mac: mac.try_into().ok()?,
        })
    }

    /// Whether this reply address was given to that person.
    pub fn gave_address(&self, token: &AddressToken, person: &PersonId) -> bool {
        self.address_mac(token.ticket, person)
            .ct_eq(&token.mac)
            .into()
    }

    /// The value of the [loop header](super::LOOP_HEADER): the same in all mails of this desk.
    pub fn loop_marker(&self) -> String {
        let marker: [u8; HOLDER] = self.mac(Purpose::Loop, &[]);
        encode(&marker)
    }

    fn address_mac(&self, ticket: TicketId, person: &PersonId) -> [u8; HOLDER] {
        let ticket = ticket.uuid();
        self.mac(
            Purpose::Address,
            &[ticket.as_bytes(), person.as_str().as_bytes()],
        )
    }

    /// The first bytes of the MAC; only the last part may have any length.
    fn mac<const N: usize>(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&self.0).into());
        mac.update(purpose.label());
        for part in parts {
            mac.update(part);
        }
        let whole = mac.finalize().into_bytes();
        let mut cut = [0; N];
        for (to, from) in cut.iter_mut().zip(whole) {
            *to = from;
        }
        cut
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn id_of(form: &str, bytes: &[u8], domain: &str) -> MailMessageId {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let domain: String = domain.chars().filter(allowed).take(DOMAIN_MAX).collect();
    let domain = if domain.is_empty() {
        "localhost"
    } else {
        &domain
    };
    MailMessageId::made_here(format!("{form}{}@{domain}", encode(bytes)))
}

fn encode(bytes: &[u8]) -> String {
    BASE32.encode(bytes).to_ascii_lowercase()
}

fn decode<const N: usize>(code: &str) -> Option<[u8; N]> {
    // The length is compared first, so that a huge id costs nothing.
    if code.len() != BASE32.encode_len(N) {
        return None;
    }
    BASE32.decode(code.as_bytes()).ok()?.try_into().ok()
}

fn uuid_at(bytes: &[u8], at: usize) -> Option<Uuid> {
    Uuid::from_slice(bytes.get(at..at + ID)?).ok()
}
