//! HTML to text, for people who read it and for the separation of quotes.
//!
//! It works on the stream of tokens of html5gum and keeps no tree: no nesting, however deep, can
//! exhaust the stack, and its time grows with the size of the HTML only.

mod element;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use element::{Role, attribute, has_gap, has_rule_above, is_block, is_container, role};

/// Deepest quote that is shown as such.
const QUOTE_DEPTH: usize = 16;
/// Most open containers that are told apart; deeper ones are plain text of the innermost.
const CONTAINERS: usize = 512;
/// The line for `<hr>`; that of Outlook's own texts, so that quotes below are recognized.
const RULE: &str = "________________________________";

/// Makes a text of an HTML body.
///
/// Blocks become lines, quoted containers become lines that begin with `> `: `<blockquote>`, and
/// what Gmail, Yahoo, Zoho and Proton wrap their quotes in. A forwarded mail stays unquoted. The
/// head, scripts, styles and comments are left out; so is what a page hides by CSS, since
/// nothing here reads CSS, except `display:none` where it stands on the element.
///
/// ```
/// let text = ticket_mail::html_to_text("<p>Yes.</p><blockquote>Really?</blockquote>");
/// assert_eq!(text, "Yes.\n\n> Really?\n");
/// ```
pub fn to_text(html: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut text = Writer::default();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => text.open(&tag),
            Token::EndTag(tag) => text.close(&tag.name),
            Token::String(found) => text.write(&String::from_utf8_lossy(&found)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    text.finish()
}

#[derive(Default)]
struct Writer {
    text: String,
    line: String,
    /// Open containers whose end matters, the innermost last.
    open: Vec<(Vec<u8>, Role)>,
    hidden: usize,
    quotes: usize,
    verbatim: usize,
    /// A space is due before the next word of the line.
    space: bool,
    /// An empty line is due before the next line.
    gap: bool,
    /// How deep the last line is quoted; none when it is empty or there is none.
    last_depth: Option<usize>,
    /// The address of the link that is open, and where its text begins in the line.
    link: Option<(String, usize)>,
}

impl Writer {
    fn open(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        match name {
            b"br" => self.end_line(),
            b"hr" => {
                self.end_line();
                self.put(RULE);
                self.end_line();
            }
            b"li" => {
                self.end_open_line();
                self.put("* ");
            }
            b"td" | b"th" => self.space = true,
            b"img" => {}
            b"a" => self.link = attribute(tag, b"href").map(|href| (href, self.line.len())),
            _ if is_block(name) => self.end_open_line(),
            _ => {}
        }
        if has_gap(name) {
            self.gap = true;
        }
        if name == b"div" && has_rule_above(tag) {
            self.put(RULE);
            self.end_line();
        }
        if !tag.self_closing && is_container(name) && self.open.len() < CONTAINERS {
            let role = role(tag);
            self.count(role, true);
            self.open.push((name.to_vec(), role));
        }
    }

    fn close(&mut self, name: &[u8]) {
        if name == b"a" {
            self.end_link();
        }
        if is_block(name) {
            self.end_open_line();
        }
        if has_gap(name) {
            self.gap = true;
        }
        if !is_container(name) {
            return;
        }
        // An end tag closes what was opened last under its name; without one it is stray.
        if let Some(found) = self.open.iter().rposition(|(open, _)| open == name) {
            for (_, role) in self.open.split_off(found) {
                self.count(role, false);
            }
        }
    }

    fn count(&mut self, role: Role, opened: bool) {
        let counter = match role {
            Role::Plain => return,
            Role::Hidden => &mut self.hidden,
            Role::Quote | Role::QuoteUnlessForwarded => &mut self.quotes,
            Role::Verbatim => &mut self.verbatim,
        };
        *counter = if opened {
            *counter + 1
        } else {
            counter.saturating_sub(1)
        };
    }

    fn write(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.verbatim > 0 {
            let mut lines = text.split('\n');
            self.put(lines.next().unwrap_or_default());
            for line in lines {
                self.end_line();
                self.put(line);
            }
            return;
        }
        if text.starts_with(is_space) {
            self.space = true;
        }
        let mut words = text
            .split(is_space)
            .filter(|word| !word.is_empty())
            .peekable();
        while let Some(word) = words.next() {
            self.release_forward(word);
            self.put(word);
            self.space = words.peek().is_some() || text.ends_with(is_space);
        }
    }

    /// The first word inside a container decides whether it is a forwarded mail.
    fn release_forward(&mut self, word: &str) {
        let Some((_, role)) = self
            .open
            .iter_mut()
            .rev()
            .find(|(_, role)| *role != Role::Plain)
        else {
            return;
        };
        if *role == Role::QuoteUnlessForwarded {
            if word.starts_with("----") {
                *role = Role::Plain;
                self.quotes = self.quotes.saturating_sub(1);
            } else {
                *role = Role::Quote;
            }
        }
    }

    fn put(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.space && !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
        self.space = false;
        // A no-break space is a space for whoever reads a text.
        self.line
            .extend(text.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
    }

    /// Shows where a link goes, unless its text says so.
    fn end_link(&mut self) {
        let Some((href, start)) = self.link.take() else {
            return;
        };
        let shown = self.line.get(start..).unwrap_or_default().trim();
        let target = href.trim_start_matches("mailto:");
        let plain = |url: &str| {
            let url = url
                .trim_start_matches("https://")
                .trim_start_matches("http://");
            url.trim_end_matches('/').to_lowercase()
        };
        let absolute = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| href.starts_with(scheme));
        if absolute && !shown.is_empty() && plain(shown) != plain(target) {
            let note = format!("<{target}>");
            self.space = true;
            self.put(&note);
        }
    }

    fn end_open_line(&mut self) {
        if !self.line.trim().is_empty() {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        self.space = false;
        if self.hidden > 0 {
            return;
        }
        if let Some((_, start)) = &mut self.link {
            *start = 0;
        }
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        let depth = self.quotes.min(QUOTE_DEPTH);
        let gap = std::mem::take(&mut self.gap);
        if line.is_empty() || gap {
            self.empty_line(depth);
        }
        if !line.is_empty() {
            self.text.push_str(&"> ".repeat(depth));
            self.text.push_str(line);
            self.text.push('\n');
            self.last_depth = Some(depth);
        }
    }

    /// Adds an empty line after a line with text; between quotes of two depths it belongs to the
    /// shallower one.
    fn empty_line(&mut self, depth: usize) {
        if let Some(last) = self.last_depth.take() {
            self.text.push_str("> ".repeat(last.min(depth)).trim_end());
            self.text.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.end_open_line();
        let end = self.text.trim_end_matches(['\n', ' ', '>']).len();
        self.text.truncate(end);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}
