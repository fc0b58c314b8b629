//! Reading a mail, and separating what is new in it, never panics and loses nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    if let Ok(mail) = ticket_mail::read(raw) {
        let separated = ticket_core::mail::separate(&mail.text);
        let whole: String = separated.parts().iter().map(|part| part.text).collect();
        assert_eq!(whole, mail.text);
    }
});
