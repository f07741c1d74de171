//! A line diff: what only one side has, in order (Myers, "An O(ND) difference algorithm").

use std::collections::HashMap;

/// Lines that only one side has, by index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    pub(crate) left: Vec<usize>,
    pub(crate) right: Vec<usize>,
}

/// The smallest difference between `left` and `right`.
pub(crate) fn diff<T: AsRef<str>>(left: &[T], right: &[T]) -> Diff {
    let mut seen: HashMap<&str, (usize, [bool; 2])> = HashMap::new();
    for (side, lines) in [left, right].into_iter().enumerate() {
        for line in lines {
            let id = seen.len();
            seen.entry(line.as_ref()).or_insert((id, [false; 2])).1[side] = true;
        }
    }
    // A line that one side does not have at all can match nothing: only the others are aligned.
    let mut result = Diff::default();
    let mut common = |lines: &[T], only: fn(&mut Diff) -> &mut Vec<usize>| {
        let mut kept = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match seen[line.as_ref()] {
                (id, [true, true]) => kept.push((id, index)),
                _ => only(&mut result).push(index),
            }
        }
        kept
    };
    let (a, b) = (common(left, |d| &mut d.left), common(right, |d| &mut d.right));
    align(&a, &b, &mut result);
    result.left.sort_unstable();
    result.right.sort_unstable();
    result
}

/// Walks the edit graph furthest first, then back along the trace.
fn align(a: &[(usize, usize)], b: &[(usize, usize)], result: &mut Diff) {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let mut trace: Vec<Vec<isize>> = Vec::new();
    let mut v = vec![0_isize; (2 * (n + m) + 3) as usize];
    let zero = n + m + 1;
    let at = |k: isize| (zero + k) as usize;
    'search: for d in 0..=n + m {
        trace.push(v[at(-d - 1)..=at(d + 1)].to_vec());
        for k in (-d..=d).step_by(2) {
            let down = k == -d || (k != d && v[at(k - 1)] < v[at(k + 1)]);
            let mut x = if down { v[at(k + 1)] } else { v[at(k - 1)] + 1 };
            while x < n && x - k < m && a[x as usize].0 == b[(x - k) as usize].0 {
                x += 1;
            }
            v[at(k)] = x;
            if x >= n && x - k >= m {
                break 'search;
            }
        }
    }
    let (mut x, mut y) = (n, m);
    for (d, v) in trace.iter().enumerate().rev() {
        let (d, k) = (d as isize, x - y);
        let before = |k: isize| v[(k + d + 1) as usize];
        if d == 0 {
            break;
        }
        let down = k == -d || (k != d && before(k - 1) < before(k + 1));
        let from = if down { k + 1 } else { k - 1 };
        (x, y) = (before(from), before(from) - from);
        match down {
            true => result.right.push(b[y as usize].1),
            false => result.left.push(a[x as usize].1),
        }
    }
}

#[test]
fn the_smallest_difference_is_found() {
    let check = |left: &str, right: &str, want: (&[usize], &[usize])| {
        let split = |s: &str| s.chars().map(String::from).collect::<Vec<_>>();
        let found = diff(&split(left), &split(right));
        assert_eq!((found.left.as_slice(), found.right.as_slice()), want, "{left} {right}");
    };
    check("", "", (&[], &[]));
    check("abc", "abc", (&[], &[]));
    check("abc", "", (&[0, 1, 2], &[]));
    check("", "ab", (&[], &[0, 1]));
    check("axbyc", "abzc", (&[1, 3], &[2]));
    check("aab", "ab", (&[1], &[]));
    check("abab", "baba", (&[0], &[3]));
    let found = diff(&["a", "b", "c", "a", "b", "b", "a"], &["c", "b", "a", "b", "a", "c"]);
    assert_eq!(found.left.len() + found.right.len(), 5, "the paper's example: {found:?}");
}
