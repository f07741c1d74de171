//! The known word that was probably meant.

/// A hint at the known word that is meant, if one is close: ` (did you mean 'listen'?)`.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let close = known.into_iter().map(|k| (distance(word, k), k)).min();
    match close {
        Some((d, k)) if d <= 1 + word.len() / 4 && d < k.len() => {
            format!(" (did you mean '{k}'?)")
        }
        _ => String::new(),
    }
}

/// Edits (insert, delete, replace) between two words.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_close_words_are_hinted_at() {
        let known = ["listen", "max-frame", "dscp"];
        assert_eq!(did_you_mean("max_frame", known), " (did you mean 'max-frame'?)");
        assert_eq!(did_you_mean("listens", known), " (did you mean 'listen'?)");
        assert_eq!(did_you_mean("port", known), "");
    }
}
