//! The difference of two texts, as `diff -u` shows it.

/// How many equal lines stand around a difference.
const CONTEXT: usize = 3;

/// How many lines are shown at most.
const SHOWN: usize = 200;

/// How large the table of the comparison may become. Larger differences are shown as one: all old lines, all new.
const CELLS: usize = 4 << 20;

/// One line of either text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Both(&'a str),
    Old(&'a str),
    New(&'a str),
}

impl<'a> Line<'a> {
    fn parts(self) -> (char, &'a str) {
        match self {
            Line::Both(text) => (' ', text),
            Line::Old(text) => ('-', text),
            Line::New(text) => ('+', text),
        }
    }
}

/// Shows how to come from `old` to `new`; nothing when their lines are the same. Cut off after 200 lines.
pub(super) fn unified(old: (&str, &str), new: (&str, &str)) -> String {
    let ((old_name, old), (new_name, new)) = (old, new);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lines = compare(&old, &new);
    let hunks = hunks(&lines);
    if hunks.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = hunks.lines().take(SHOWN).collect();
    let more = hunks.lines().count() - shown.len();
    let rest = if more > 0 { format!("… and {more} more lines\n") } else { String::new() };
    format!("--- {old_name}\n+++ {new_name}\n{}\n{rest}", shown.join("\n"))
}

/// Writes the differences with what stands around them.
fn hunks(lines: &[Line<'_>]) -> String {
    let differs = |line: &Line<'_>| !matches!(line, Line::Both(_));
    let is_near = |at: usize| {
        let around = at.saturating_sub(CONTEXT)..lines.len().min(at + CONTEXT + 1);
        lines[around].iter().any(differs)
    };
    let mut text = String::new();
    // How many lines of each text stand before the present one.
    let (mut old, mut new) = (0, 0);
    let mut at = 0;
    while at < lines.len() {
        let end = (at..lines.len()).find(|line| !is_near(*line)).unwrap_or(lines.len());
        let hunk = &lines[at..end];
        let of_old = hunk.iter().filter(|line| !matches!(line, Line::New(_))).count();
        let of_new = hunk.iter().filter(|line| !matches!(line, Line::Old(_))).count();
        if !hunk.is_empty() {
            text.push_str(&format!("@@ -{} +{} @@\n", range(old, of_old), range(new, of_new)));
        }
        for (sign, line) in hunk.iter().map(|line| line.parts()) {
            text.push_str(format!("{sign}{line}").trim_end());
            text.push('\n');
        }
        // The line at `end` is far from any difference, and in both.
        (old, new, at) = (old + of_old + 1, new + of_new + 1, end + 1);
    }
    text
}

/// Writes `count` lines after `before` others.
fn range(before: usize, count: usize) -> String {
    match count {
        0 => format!("{before},0"),
        1 => (before + 1).to_string(),
        count => format!("{},{count}", before + 1),
    }
}

/// Finds the lines that both have, as many as there can be.
fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let same = |(old, new): &(&&str, &&str)| old == new;
    let before = old.iter().zip(new).take_while(same).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let after = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
    let (old_rest, tail) = old_rest.split_at(old_rest.len() - after);
    let new_rest = &new_rest[..new_rest.len() - after];
    let mut lines: Vec<Line<'a>> = old[..before].iter().copied().map(Line::Both).collect();
    match (old_rest.len() + 1).saturating_mul(new_rest.len() + 1) <= CELLS {
        true => lines.extend(longest(old_rest, new_rest)),
        false => {
            lines.extend(old_rest.iter().copied().map(Line::Old));
            lines.extend(new_rest.iter().copied().map(Line::New));
        }
    }
    lines.extend(tail.iter().copied().map(Line::Both));
    lines
}

/// Compares by the longest common subsequence.
fn longest<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    // How many lines two rests have in common at most, by where they begin.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for left in (0..old.len()).rev() {
        for right in (0..new.len()).rev() {
            common[left * width + right] = match old[left] == new[right] {
                true => common[(left + 1) * width + right + 1] + 1,
                false => common[(left + 1) * width + right].max(common[left * width + right + 1]),
            };
        }
    }
    let (mut left, mut right) = (0, 0);
    let mut lines = Vec::with_capacity(old.len() + new.len());
    while left < old.len() || right < new.len() {
        if left < old.len() && right < new.len() && old[left] == new[right] {
            lines.push(Line::Both(old[left]));
            (left, right) = (left + 1, right + 1);
        } else if right == new.len()
            || (left < old.len() && common[(left + 1) * width + right] >= common[left * width + right + 1])
        {
            lines.push(Line::Old(old[left]));
            left += 1;
        } else {
            lines.push(Line::New(new[right]));
            right += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn numbered(count: usize) -> Vec<String> {
        (1..=count).map(|line| format!("line {line}\n")).collect()
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(unified(("a", "x\ny\n"), ("b", "x\r\ny")), "");
    }

    #[test]
    fn a_difference_stands_between_three_lines_on_each_side() {
        let old = numbered(20);
        let mut new = old.clone();
        new[9] = "ten\n".to_owned();
        new.insert(10, "ten and a half\n".to_owned());
        let shown = unified(("old", &old.concat()), ("new", &new.concat()));
        let expected = "--- old\n+++ new\n@@ -7,7 +7,8 @@\n line 7\n line 8\n line 9\n-line 10\n+ten\n+ten and a half\n \
                        line 11\n line 12\n line 13\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn differences_far_apart_are_shown_apart() {
        let old = numbered(30);
        let mut new = old.clone();
        new.remove(0);
        new.push("line 31\n".to_owned());
        let shown = unified(("old", &old.concat()), ("new", &new.concat()));
        assert_eq!(
            shown,
            "--- old\n+++ new\n@@ -1,4 +1,3 @@\n-line 1\n line 2\n line 3\n line 4\n@@ -28,3 +27,4 @@\n line 28\n line 29\n \
             line 30\n+line 31\n"
        );
    }

    #[test]
    fn a_new_text_is_all_new_and_a_long_one_is_cut_off() {
        let shown = unified(("none", ""), ("new", "a\nb\n"));
        assert_eq!(shown, "--- none\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n");
        let long = unified(("none", ""), ("new", &numbered(SHOWN + 9).concat()));
        assert_eq!(long.lines().count(), 2 + SHOWN + 1);
        assert!(long.ends_with("… and 10 more lines\n"), "{long}");
    }

    #[test]
    fn texts_too_large_to_compare_are_shown_whole() {
        let old: Vec<String> = (0..3000).map(|line| format!("old {line}")).collect();
        let new: Vec<String> = (0..3000).map(|line| format!("new {line}")).collect();
        let (old, new): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let compared = compare(&old, &new);
        assert_eq!(compared.len(), 6000);
        assert_eq!((compared[2999], compared[3000]), (Line::Old("old 2999"), Line::New("new 0")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn both_texts_come_out_of_the_comparison(old in vec("[abc]", 0..12), new in vec("[abc]", 0..12)) {
            let (old, new): (Vec<&str>, Vec<&str>) =
                (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
            let lines = compare(&old, &new);
            let pick = |without: char| -> Vec<&str> {
                let parts = lines.iter().map(|line| line.parts());
                parts.filter(|(sign, _)| *sign != without).map(|(_, text)| text).collect()
            };
            prop_assert_eq!(pick('+'), old);
            prop_assert_eq!(pick('-'), new);
        }
    }
}
