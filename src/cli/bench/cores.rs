//! Which CPUs the collector has, and which the routers and the receiver: apart, wherever there are
//! two.

use serde::Serialize;

use crate::config::units::CpuList;

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes<'a> {
    pub(super) reactors: Option<&'a CpuList>,
    pub(super) writers: Option<&'a CpuList>,
    pub(super) generator: Option<&'a CpuList>,
}

/// Who runs where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Cores {
    #[serde(serialize_with = "as_text")]
    pub(super) reactors: CpuList,
    #[serde(serialize_with = "as_text")]
    pub(super) writers: CpuList,
    /// The threads that send.
    #[serde(serialize_with = "as_text")]
    pub(super) generator: CpuList,
    /// The thread that receives.
    pub(super) sink: usize,
    /// CPUs that both sides use: none of them is measured alone.
    #[serde(serialize_with = "as_text")]
    pub(super) shared: CpuList,
}

fn as_text<S: serde::Serializer>(cpus: &CpuList, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(cpus)
}

impl Cores {
    /// The collector has the first half of what is allowed, and one more of an odd number; the last
    /// of its CPUs is the writers'. The rest plays routers, and its last CPU receives. Where one
    /// would be left without, CPUs do two things: on two CPUs the collector's does both of its
    /// own (see [`Cores::only`]), on one everything shares it.
    pub(super) fn choose(allowed: &CpuList, wishes: Wishes<'_>) -> Self {
        let or = |list: CpuList, other: &CpuList| match list.is_empty() {
            true => other.clone(),
            false => list,
        };
        let mut of_collector: CpuList = [wishes.reactors, wishes.writers]
            .into_iter()
            .flatten()
            .fold(CpuList::default(), |all, some| all.or(some));
        let rest = allowed.minus(&of_collector);
        if wishes.reactors.is_some() != wishes.writers.is_some() && rest.len() > 1 {
            // The other of the two needs one as well.
            of_collector = of_collector.or(&rest.iter().take(1).collect());
        }
        let generator = match wishes.generator {
            Some(cpus) => cpus.clone(),
            None if of_collector.is_empty() => {
                or(allowed.iter().skip(allowed.len().div_ceil(2)).collect(), allowed)
            }
            None => or(allowed.minus(&of_collector), allowed),
        };
        let collector = or(allowed.minus(&generator), allowed);
        let writers = wishes.writers.cloned().unwrap_or_else(|| {
            let free = match wishes.reactors {
                Some(reactors) if reactors.len() == 1 => or(collector.minus(reactors), reactors),
                Some(reactors) => {
                    or(or(collector.minus(reactors), &allowed.minus(reactors)), reactors)
                }
                None => collector.clone(),
            };
            last(&free).into_iter().collect()
        });
        let reactors = wishes.reactors.cloned();
        let reactors = reactors.unwrap_or_else(|| or(collector.minus(&writers), &writers));
        let sink = last(&generator).unwrap_or_default();
        let sending = generator.minus(&[sink].into_iter().collect());
        let generator = or(sending, &generator);
        let both = generator.or(&[sink].into_iter().collect());
        let shared = both.and(&reactors.or(&writers));
        Self { reactors, writers, generator, sink, shared }
    }

    /// The one CPU on which the collector does everything; then it may be allowed no other, for it
    /// keeps reactors and writers apart wherever it has two.
    pub(super) fn only(&self) -> Option<usize> {
        match *self.reactors.as_slice() {
            [only] if self.writers == self.reactors => Some(only),
            _ => None,
        }
    }
}

fn last(cpus: &CpuList) -> Option<usize> {
    cpus.as_slice().last().copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        CpuList::from_kernel(text).unwrap()
    }

    fn chosen(allowed: &str, wishes: Wishes<'_>) -> String {
        let Cores { reactors, writers, generator, sink, shared } =
            Cores::choose(&list(allowed), wishes);
        format!("{reactors} {writers} {generator} {sink} {shared}")
    }

    #[test]
    fn both_sides_are_apart_wherever_there_are_two_cpus() {
        for (allowed, expected) in [
            ("3", "3 3 3 3 3"),
            ("0-1", "0 0 1 1 "),
            ("0-2", "0 1 2 2 "),
            ("0-3", "0 1 2 3 "),
            ("0-4", "0-1 2 3 4 "),
            ("2,4,6,8,10,12,14,16", "2,4,6 8 10,12,14 16 "),
        ] {
            assert_eq!(chosen(allowed, Wishes::default()), expected, "{allowed}");
        }
    }

    #[test]
    fn one_cpu_for_both_is_the_only_one() {
        let only = |allowed: &str| Cores::choose(&list(allowed), Wishes::default()).only();
        assert_eq!((only("3"), only("0-1"), only("0-2")), (Some(3), Some(0), None));
    }

    #[test]
    fn what_was_asked_for_is_done_and_the_rest_goes_around_it() {
        let (a, b, c) = (list("2"), list("3"), list("0"));
        let reactors = Wishes { reactors: Some(&a), ..Wishes::default() };
        assert_eq!(chosen("0-3", reactors), "2 0 1 3 ");
        assert_eq!(chosen("2-3", reactors), "2 2 3 3 ");
        let writers = Wishes { writers: Some(&b), ..Wishes::default() };
        assert_eq!(chosen("0-3", writers), "0 3 1 2 ");
        let (two, rest) = (list("0-1"), list("2-3"));
        let several = Wishes { reactors: Some(&two), ..Wishes::default() };
        assert_eq!(chosen("0-2", several), "0-1 2 2 2 2");
        let apart = Wishes { generator: Some(&rest), ..several };
        assert_eq!(chosen("0-3", apart), "0-1 3 2 3 3");
        let both = Wishes { reactors: Some(&a), writers: Some(&b), ..Wishes::default() };
        assert_eq!(chosen("0-3", both), "2 3 0 1 ");
        let generator = Wishes { generator: Some(&c), ..Wishes::default() };
        assert_eq!(chosen("0-3", generator), "1-2 3 0 0 ");
        let all = Wishes { generator: Some(&a), ..both };
        assert_eq!(chosen("0-3", all), "2 3 2 2 2");
    }
}
