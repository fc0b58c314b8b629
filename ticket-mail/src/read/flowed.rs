//! Text with flowed lines (RFC 3676).

/// Joins the lines of a `format=flowed` text to paragraphs; quoted ones begin with `> `.
pub(super) fn join(text: &str, delete_space: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    // The depth of the paragraph that goes on in the next line.
    let mut goes_on: Option<usize> = None;
    for line in text.split('\n') {
        let unquoted = line.trim_start_matches('>');
        let depth = line.len() - unquoted.len();
        // One leading space is stuffing.
        let content = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let signature = content == "-- ";
        if goes_on != Some(depth) || signature {
            if goes_on.is_some() {
                end_line(&mut joined);
            }
            joined.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !content.is_empty() {
                joined.push(' ');
            }
        }
        goes_on = (content.ends_with(' ') && !signature).then_some(depth);
        match content.strip_suffix(' ') {
            Some(cut) if goes_on.is_some() && delete_space => joined.push_str(cut),
            Some(_) | None => joined.push_str(content),
        }
        if goes_on.is_none() {
            joined.push('\n');
        }
    }
    // Splitting gives one line more than there are line breaks.
    if joined.ends_with('\n') {
        joined.pop();
    }
    joined
}

/// Ends a paragraph that was cut off by a line of another depth.
fn end_line(joined: &mut String) {
    let end = joined.trim_end_matches(' ').len();
    joined.truncate(end);
    joined.push('\n');
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn a_paragraph_is_one_line() {
        assert_eq!(join("one \ntwo\nthree\n", false), "one two\nthree\n");
        assert_eq!(join("one \ntwo", true), "onetwo");
    }

    #[test]
    fn quotes_keep_their_depth_and_stuffing_goes() {
        assert_eq!(
            join("> a \n> b\n>> c\n From me\n >no quote", false),
            "> a b\n>> c\nFrom me\n>no quote"
        );
        assert_eq!(join("> a \nmine", false), "> a\nmine");
    }

    #[test]
    fn a_signature_mark_is_no_flowed_line() {
        assert_eq!(join("bye \n-- \nAda", false), "bye\n-- \nAda");
    }
}
