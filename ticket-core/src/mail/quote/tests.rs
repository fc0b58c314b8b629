//! What people's mail programs write, and what must come out.

use proptest::collection;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use super::{PartKind, separate, separate_under};

fn shown(text: &str) -> String {
    separate(text).shown()
}

#[test]
fn the_line_over_a_quote_is_known_in_many_languages() {
    let lines = [
        "On Mon, Apr 2, 2012 at 6:26 PM, Ada One <ada@example.org> wrote:",
        "On 04/02/2012 06:26 PM, Ada One wrote:",
        "On 2 Apr 2012, at 18:26, ada wrote:",
        "--- On Tue, 4/3/12, Ada <ada@example.org> wrote:",
        "Ada One <ada@example.org> wrote on 04/02/2012 06:26:11 PM:",
        "Ada One wrote:",
        "Am 02.04.2012 um 18:26 schrieb Ada One <ada@example.org>:",
        "Am Mo., 2. Apr. 2012 um 18:26 Uhr schrieb Ada One <ada@example.org>:",
        "Ada One schrieb am 02.04.12 um 18:26:",
        "Le lun. 2 avr. 2012 à 18:26, Ada One <ada@example.org> a écrit :",
        "Le 02/04/2012 18:26, Ada One a écrit\u{a0}:",
        "El lun, 2 abr 2012 a las 18:26, Ada One (<ada@example.org>) escribió:",
        "Il giorno lun 2 apr 2012 alle ore 18:26 Ada One <ada@example.org> ha scritto:",
        "Em seg., 2 de abr. de 2012 às 18:26, Ada One <ada@example.org> escreveu:",
        "W dniu 2.04.2012 o 18:26, Ada One pisze:",
        "pon., 2 kwi 2012 o 18:26 Ada One <ada@example.org> napisał(a):",
        "Op ma 2 apr 2012 om 18:26 schreef Ada One <ada@example.org>:",
        "Op 2 april 2012 om 18:26 heeft Ada One <ada@example.org> het volgende geschreven:",
        "Den mån 2 apr. 2012 kl 18:26 skrev Ada One <ada@example.org>:",
        "Den man. 2. apr. 2012 kl. 18.26 skrev Ada One <ada@example.org>:",
        "På 2. april 2012 kl. 18:26 skrev Ada One <ada@example.org>:",
        "ma 2. huhtik. 2012 klo 18.26 Ada One (ada@example.org) kirjoitti:",
        "po 2. 4. 2012 v 18:26 odesílatel Ada One <ada@example.org> napsal:",
        "Dne 02.04.2012 v 18:26 Ada One napsal(a):",
        "пн, 2 апр. 2012 г. в 18:26, Ada One <ada@example.org>:",
        "2 апреля 2012 г., 18:26 пользователь Ada One <ada@example.org> написал:",
        "02.04.2012 18:26, Ada One пишет:",
        "2012年4月2日(月) 18:26 Ada One <ada@example.org>:",
        "2012/04/02 18:26、Ada One <ada@example.org>のメール:",
        "Ada One <ada@example.org> 于2012年4月2日周一 18:26写道：",
        "在 2012年4月2日，下午6:26，Ada One <ada@example.org> 写道：",
        "Ada One <ada@example.org> 於 2012年4月2日 週一 下午6:26寫道：",
        "2012-04-02 18:26 GMT+03:00 Ada One <ada@example.org>:",
        "Ada One <ada@example.org> ezt írta (időpont: 2012. ápr. 2., H, 18:26):",
        "Ada One <ada@example.org>, 2 Nis 2012 Pzt, 18:26 tarihinde şunu yazdı:",
        "---- Ada One wrote ----",
        "*On 02.04.2012 18:26, Ada One wrote:*",
    ];
    for line in lines {
        for marked in ["> Was it?\n>\n> Ada\n", "\n> Was it?\n"] {
            let text = format!("It was.\n\n{line}\n{marked}");
            assert_eq!(shown(&text), "It was.", "{line}");
        }
    }
}

#[test]
fn a_wrapped_line_over_a_quote_is_one() {
    for text in [
        "Yes.\n\nOn Tue, Sep 25, 2012 at 8:59 AM, Ada\n<ada@example.org>wrote:\n\n> Well?\n",
        "Yes.\r\n\r\nOn Dec 16, 2011, at 12:47 PM, Ada\r\n<ada@example.org>\r\nwrote:\r\n> x",
        "Yes.\n\nW dniu 28 stycznia 2015 01:53 użytkownik Ada <ada@example.org>\nnapisał:\n\nNo?",
        "Yes.\n\n2014-10-17 11:28 GMT+03:00 Ada <\nada@example.org>:\n\n> x",
    ] {
        assert_eq!(shown(text), "Yes.", "{text}");
    }
}

#[test]
fn a_quote_without_marks_goes_to_the_end() {
    let text = "Ja.\n\nAm 02.04.2012 um 18:26 schrieb Ada <ada@example.org>:\n\nGeht es?\n\nAda\n";
    assert_eq!(shown(text), "Ja.");
    assert!(separate(text).quoted().ends_with("Geht es?\n\nAda"));
}

#[test]
fn header_lines_over_a_quote_are_known_in_many_languages() {
    let blocks = [
        "From: Ada <ada@example.org>\nSent: Monday\nTo: Bob\nSubject: x",
        "From: Ada\nDate: Monday\nSubject: x",
        "*From:* Ada\n*Sent:* Monday\n*To:* Bob\n*Cc:* Carl\n*Subject:* x",
        "**From:** Ada\n\n**Sent:** Monday\n\n**To:** Bob\n\n**Subject:** x",
        "Von: Ada\nGesendet: Montag\nAn: Bob\nBetreff: x",
        "De : Ada\nEnvoyé : lundi\nÀ : Bob\nObjet : x",
        "De: Ada\nEnviado el: lunes\nPara: Bob\nAsunto: x",
        "Da: Ada\nInviato: lunedì\nA: Bob\nOggetto: x",
        "De: Ada\nEnviada em: segunda\nPara: Bob\nAssunto: x",
        "Van: Ada\nVerzonden: maandag\nAan: Bob\nOnderwerp: x",
        "Från: Ada\nSkickat: måndag\nTill: Bob\nÄmne: x",
        "Fra: Ada\nSendt: mandag\nTil: Bob\nEmne: x",
        "Lähettäjä: Ada\nLähetetty: maanantai\nVastaanottaja: Bob\nAihe: x",
        "Od: Ada\nWysłano: poniedziałek\nDo: Bob\nTemat: x",
        "Od: Ada\nOdesláno: pondělí\nKomu: Bob\nPředmět: x",
        "От: Ada\nОтправлено: понедельник\nКому: Bob\nТема: x",
        "差出人: Ada\n送信日時: 2012年4月2日\n宛先: Bob\n件名: x",
        "发件人：Ada\n发送时间：2012年4月2日\n收件人：Bob\n主题：x",
        "Date: Monday\nSubject: x\nFrom: ada@example.org\nTo: bob@example.org",
        "From: Ada\n <ada@example.org>\nSent: Monday\nTo: a@x;\n b@x\nSubject: x",
    ];
    for block in blocks {
        for rule in [
            "",
            "________________________________\n",
            " ------------------------------\n\n",
        ] {
            let text = format!("It was.\n\n{rule}{block}\n\nWas it?\n\nAda\n");
            assert_eq!(shown(&text), "It was.", "{text}");
        }
    }
}

#[test]
fn lines_that_look_like_it_but_are_written_are_shown() {
    for text in [
        "Blah-blah-blah\nOn blah-blah-blah",
        "On Monday I wrote:\n\nfirst this, then that",
        "In your mail of 12.03.2026 10:30 you wrote:\n\nthat it would be sent.",
        "On 12 March we will do the following:\n- this\n- that",
        "Please book:\n\nFrom: Berlin\nTo: Munich\nDate: 12 May\n\nPlease book it.",
        "Come in:\n\nDate: Wednesday\nTime: 7:00\nAddress: 130 Fox St\n\nBring your ID.",
        "The subject:\nfrom here on, to: nowhere",
        "This is -- no signature.\n\nBye",
        "a\n-----\nb\n_____\nc",
        "Sent from my desk, is much easier than my telephone.",
        "It was sent from my old address.\n\nAda",
        "Gesendet\nhabe ich es gestern.",
        "- one\n- two\n\n-- three\n--four",
        "Original message: lost.\nForwarded message\nwas lost too.",
        "    indented: 1\n    code: 2",
    ] {
        assert_eq!(shown(text), text, "{text}");
        assert!(separate(text).parts().iter().all(|part| part.shown));
    }
}

#[test]
fn an_original_message_is_a_quote_to_the_end() {
    for title in [
        "-----Original Message-----",
        "----- Original Message -----",
        "-------- Ursprüngliche Nachricht --------",
        "-----Message d'origine-----",
        "-----Mensaje original-----",
        "-----Messaggio originale-----",
        "-----Mensagem original-----",
        "-----Oorspronkelijk bericht-----",
        "-----Ursprungligt meddelande-----",
        "-----Oprindelig meddelelse-----",
        "-----Opprinnelig melding-----",
        "-----Alkuperäinen viesti-----",
        "-----Wiadomość oryginalna-----",
        "---------- Původní zpráva ----------",
        "-----Исходное сообщение-----",
        "-----元のメッセージ-----",
        "------------------ 原始邮件 ------------------",
        "##- Bitte oberhalb dieser Zeile antworten -##",
    ] {
        let text = format!("Yes.\n\n{title}\nWell?\n\nNot quoted, but old.\n");
        assert_eq!(shown(&text), "Yes.", "{title}");
    }
}

#[test]
fn a_mail_that_is_passed_on_is_shown() {
    for title in [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "Début du message transféré :",
        "---------- Mensaje reenviado ----------",
        "-------- Пересылаемое сообщение --------",
    ] {
        let block =
            "From: Ada\nDate: Monday\nSubject: x\nTo: Bob\n\nHelp!\n> quoted before\n-- \nAda";
        let text = format!("FYI\n\n{title}\n{block}");
        assert_eq!(shown(&text), text, "{title}");
        let below = format!("Yes.\n\n-----Original Message-----\n{title}\n{block}");
        assert_eq!(shown(&below), "Yes.", "a part of what is answered");
    }
}

#[test]
fn outlook_marks_what_is_passed_on_in_the_subject_only() {
    let text = "Please help him.\n\nVon: Ada\nGesendet: Montag\nAn: Bob\nBetreff: x\n\nHelp!";
    for (subject, forward) in [
        ("WG: x", true),
        ("Fwd: Re: x", true),
        ("TR : x", true),
        ("AW: WG: x", false),
        ("x", false),
        ("x: y", false),
    ] {
        let expected = if forward { text } else { "Please help him." };
        assert_eq!(separate_under(subject, text).shown(), expected, "{subject}");
    }
}

#[test]
fn answers_between_quotes_keep_the_quotes_that_they_answer() {
    let text = "On 3/4/12 9:15, Ada wrote:\n> One?\n\nYes.\n\n> Two?\n\nNo.\n\n> Bye\n> Ada\n";
    let separated = separate(text);
    assert!(separated.shown().starts_with("On 3/4/12") && separated.shown().ends_with("No."));
    assert!(separated.shown().contains("> Two?"));
    assert_eq!(separated.quoted(), "> Bye\n> Ada");
}

#[test]
fn a_text_shares_a_line_with_what_is_over_the_quote() {
    for (text, expected) in [
        (
            "reply On Wed, Apr 4, 2012 at 3:59 PM, a@b.example wrote:\n> Hi",
            "reply",
        ),
        (
            "Danke! Am 02.04.2012 um 18:26 schrieb Ada <a@b.example>:\n> Hi\n",
            "Danke!",
        ),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn where_nothing_else_is_left_everything_is_shown() {
    for text in [
        "> only\n> a quote",
        "From: Ada\nSent: Monday\nTo: Bob\nSubject: x\n\nHelp!",
        "\n\n-- \nAda\n",
        "Sent from my iPhone",
    ] {
        assert_eq!(shown(text), text.trim());
    }
    assert_eq!(shown(""), "");
    assert!(separate("").parts().is_empty());
}

#[test]
fn signatures_are_set_apart() {
    let cases = [
        ("Hi\n\n-- \nAda\nACME", "-- \nAda\nACME"),
        ("Hi\r\n--\r\nAda", "--\r\nAda"),
        ("Hi\n\nSent from my iPhone", "Sent from my iPhone"),
        (
            "Hi\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
        ),
        (
            "Hi\n\nVon meinem iPhone gesendet",
            "Von meinem iPhone gesendet",
        ),
        ("Hi\n\nEnvoyé de mon iPhone", "Envoyé de mon iPhone"),
        ("Hi\n\nEnviado desde mi iPhone", "Enviado desde mi iPhone"),
        ("Hi\n\nInviato da iPhone", "Inviato da iPhone"),
        ("Hi\n\nEnviado do meu iPhone", "Enviado do meu iPhone"),
        (
            "Hi\n\nVerstuurd vanaf mijn iPhone",
            "Verstuurd vanaf mijn iPhone",
        ),
        ("Hi\n\nSkickat från min iPhone", "Skickat från min iPhone"),
        ("Hi\n\nSendt fra min iPhone", "Sendt fra min iPhone"),
        ("Hi\n\nLähetetty iPhonesta", "Lähetetty iPhonesta"),
        ("Hi\n\nWysłane z iPhone'a", "Wysłane z iPhone'a"),
        ("Hi\n\nOdesláno z iPhonu", "Odesláno z iPhonu"),
        ("Hi\n\nОтправлено с iPhone", "Отправлено с iPhone"),
        ("Hi\n\niPhoneから送信", "iPhoneから送信"),
        ("Hi\n\n发自我的 iPhone", "发自我的 iPhone"),
        (
            "Hi\n\n_______________________________\nusers list\nusers@x.example",
            "_______________________________\nusers list\nusers@x.example",
        ),
    ];
    for (text, signature) in cases {
        for quote in ["", "\n\nOn 3/4/12 9:15, Ada wrote:\n> Well?\n"] {
            let text = format!("{text}{quote}");
            let separated = separate(&text);
            assert_eq!(
                (separated.shown().as_str(), separated.signature().as_str()),
                ("Hi", signature)
            );
        }
    }
    let below = "Hi\n\nOn 3/4/12 9:15, Ada wrote:\n> Well?\n\n-- \nBob";
    assert_eq!(
        shown(below),
        "Hi",
        "a signature is no answer to the quote above it"
    );
    let long = format!("Hi\n--\n{}", "a line of text\n".repeat(40));
    assert_eq!(shown(&long), long.trim_end(), "too long for a signature");
}

#[test]
fn the_parts_say_what_they_are() {
    let text = "Hi\n-- \nAda\nOn 3/4/12 9:15, Bob wrote:\n> Well?\n";
    let parts: Vec<_> = separate(text)
        .parts()
        .iter()
        .map(|part| (part.kind, part.shown, part.text.len()))
        .collect();
    let expected = [
        (PartKind::Written, true, 3),
        (PartKind::Signature, false, 8),
        (PartKind::Quoted, false, 35),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn indentation_of_the_first_line_is_kept() {
    assert_eq!(shown("\n\n    let x = 1;\n\n> quote\n"), "    let x = 1;");
}

fn piece() -> impl Strategy<Value = String> {
    let known = [
        "> ",
        ">",
        "\n",
        "\r\n",
        "\n\n",
        "-- ",
        "--",
        "_____________________",
        "-----",
        "On ",
        "wrote:",
        "On 3/4/12 9:15, Ada wrote:",
        "schrieb",
        ":",
        "：",
        "From: Ada\n",
        "Subject: x\n",
        "To: Bob\n",
        "-----Original Message-----",
        "Begin forwarded message:",
        "Sent from my iPhone",
        "##- x -##",
        " On ",
        "\u{a0}",
        "é",
        "写道：",
        "@",
        "12:30",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => Just(String::new()),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_and_something_is_shown(pieces in collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        for separated in [separate(&text), separate_under("Fwd: x", &text)] {
            let whole: String = separated.parts().iter().map(|part| part.text).collect();
            assert_eq!(whole, text);
            assert_eq!(separated.shown().is_empty(), text.trim().is_empty());
        }
    }
}
