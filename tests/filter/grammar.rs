//! From text to filters and back.

use proptest::prelude::*;
use ribcage::filter::{Filter, TERMS, help_text};

fn parsed(text: &str) -> Filter {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn error(text: &str) -> String {
    text.parse::<Filter>().expect_err(text).to_string()
}

#[test]
fn words_may_touch_signs_and_stand_in_quotes() {
    for (typed, canonical) in [
        ("router=192.0.2.1", "router = 192.0.2.1"),
        ("  router  in  192.0.2.0/24  ", "router = 192.0.2.0/24"),
        ("router in(192.0.2.1,192.0.2.1)", "router = 192.0.2.1"),
        ("router-name=\"core 1\"", "router-name = \"core 1\""),
        ("router-name = \"and\"", "router-name = \"and\""),
        (r#"router-name = "a\"b\\""#, r#"router-name = "a\"b\\""#),
        ("router-name = \"core\"", "router-name = core"),
        ("router-name = \"\"", "router-name = \"\""),
        ("not(view=loc-rib)and message=peer-up", "not view = loc-rib and message = peer-up"),
        ("peer in (2001:db8::1, 10.0.0.0/8)", "peer in (10.0.0.0/8, 2001:db8::1)"),
        ("peer-as in (3, 1..2, 9)", "peer-as in (1..3, 9)"),
        ("family in (1/1, 1/99, evpn)", "family in (ipv4, 1/99, evpn)"),
        ("community has (no-export, 1:2)", "community has (1:2, 65535:65281)"),
        ("message in (withdraw, announce)", "message in (announce, withdraw)"),
        ("rd = 65000:1", "rd = 0:65000:1"),
    ] {
        assert_eq!(parsed(typed).to_string(), canonical, "{typed}");
        assert_eq!(parsed(canonical), parsed(typed));
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_the_remedy() {
    for (text, column, remedy) in [
        ("", 1, "prefix within 10.0.0.0/8"),
        ("ruter = 192.0.2.1", 1, "terms are router router-name peer"),
        ("prefix has 10.0.0.0/8", 8, "`prefix =`, `prefix in`, `prefix within`, `prefix covers`"),
        ("as-path = 1", 9, "`as-path has`"),
        ("router", 7, "the filter ends where `router =`, `router in` is expected"),
        ("router =", 9, "a value is expected"),
        ("router = and", 10, "`and` where a value is expected"),
        ("router = 192.0.2.1 peer-as = 1", 20, "`and`, `or` or the end of the filter"),
        ("(router = 192.0.2.1", 20, "the `)` of character 1"),
        ("router = 192.0.2.1)", 19, "the end of the filter"),
        ("router in (192.0.2.1, x)", 23, "`x` is no address and no prefix"),
        ("router in (192.0.2.1 192.0.2.2)", 22, "`,` or `)`"),
        ("router in ()", 12, "a value is expected"),
        ("router in (192.0.2.1,)", 22, "a value is expected"),
        ("not", 4, "a term"),
        ("router = 192.0.2.1 and", 23, "a term"),
        ("= 1", 1, "a term"),
        ("view = adj-rib-in", 8, "adj-rib-in-pre"),
        ("message = update", 11, "announce withdraw end-of-rib"),
        ("family = ipv5", 10, "ipv4 ipv4-multicast"),
        ("router-name = \"core", 15, "not closed"),
        ("prefix != 10.0.0.0/8", 8, "`prefix =`"),
        ("peer-as > 1", 9, "`peer-as =`"),
        ("ä = 1", 1, "is no term"),
        ("router-name = \"ä\" x", 19, "the end of the filter"),
    ] {
        let error = error(text);
        let place = format!("at character {column}: ");
        assert!(error.starts_with(&place) && error.contains(remedy), "{text}: {error}");
    }
    for deep in ["(", "not "] {
        assert!(error(&deep.repeat(100_000)).contains("more than 50"));
    }
}

#[test]
fn every_term_is_in_the_help() {
    let help = help_text();
    for term in TERMS {
        assert!(help.contains(&format!("{} {} ", term.name, term.op.sign())), "{}", term.name);
    }
}

/// Terms of every kind with values that come and go.
fn test() -> impl Strategy<Value = String> {
    let listed = |values: Vec<String>| match values.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    };
    let net = prop_oneof![
        (any::<[u8; 4]>(), 0..=32_u32).prop_map(|(octets, len)| {
            let bits = u32::from_be_bytes(octets) & u32::MAX.checked_shl(32 - len).unwrap_or(0);
            format!("{}/{len}", std::net::Ipv4Addr::from(bits))
        }),
        any::<[u8; 16]>().prop_map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
    ];
    let number = (any::<u32>(), 0..9_u32).prop_map(|(first, more)| match more {
        0 => first.to_string(),
        more => format!("{first}..{}", first.saturating_add(more)),
    });
    let community = prop_oneof![
        (any::<u16>(), any::<u16>()).prop_map(|(a, b)| format!("{a}:{b}")),
        any::<u16>().prop_map(|a| format!("{a}:*")),
        any::<[u32; 3]>().prop_map(|[a, b, c]| format!("{a}:{b}:{c}")),
        any::<u16>().prop_map(|a| format!("*:*:{a}")),
        any::<u16>().prop_map(|a| format!("rt:{a}:*")),
        Just("blackhole".to_owned()),
    ];
    let rd = prop_oneof![
        any::<(u16, u32)>().prop_map(|(a, b)| format!("{a}:{b}")),
        any::<([u8; 4], u16)>().prop_map(|(a, b)| format!("{}:{b}", std::net::Ipv4Addr::from(a))),
        any::<(u32, u16)>().prop_map(|(a, b)| format!("2:{a}:{b}")),
    ];
    let words = |words: &'static [&'static str]| {
        prop::sample::select(words).prop_map(str::to_owned).boxed()
    };
    let several = move |value: BoxedStrategy<String>| prop::collection::vec(value, 1..5);
    let kinds = [
        (&["router =", "peer in", "prefix =", "prefix within", "prefix covers"][..], net.boxed()),
        (&["peer-as =", "origin-as in", "as-path has"], number.boxed()),
        (&["prefix-length in"], (0..=128_u8).prop_map(|n| n.to_string()).boxed()),
        (&["community has"], community.boxed()),
        (&["rd =", "peer-rd in"], rd.boxed()),
        (&["view ="], words(&["adj-rib-in-pre", "adj-rib-out-post", "loc-rib"])),
        (&["message in"], words(&["announce", "peer-up", "other", "statistics"])),
        (&["family ="], words(&["ipv4", "ipv6-vpn", "7/9", "evpn"])),
        (&["router-name ="], "\"[ -~&&[^\"\\\\]]{0,6}[äß*]?\"".prop_map(|s| s).boxed()),
    ];
    let kinds = kinds.map(|(heads, value)| {
        (prop::sample::select(heads), several(value))
            .prop_map(move |(head, values)| format!("{head} {}", listed(values)))
            .boxed()
    });
    prop::strategy::Union::new(kinds)
}

fn expression() -> impl Strategy<Value = String> {
    test().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.join(" and ")),
            prop::collection::vec(inner, 1..4).prop_map(|all| format!("({})", all.join(" or "))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_displayed_is_parsed_to_the_same(text in expression()) {
        let filter = parsed(&text);
        let shown = filter.to_string();
        prop_assert_eq!(&parsed(&shown), &filter, "{}", text);
        prop_assert_eq!(parsed(&shown).to_string(), shown);
    }

    #[test]
    fn no_text_panics(text in "[ -~ä]{0,40}") {
        let _ = text.parse::<Filter>();
    }

    #[test]
    fn no_words_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "and", "or", "not", "(", ")", ",", "=", "in", "within", "prefix", "10.0.0.0/8",
                "router-name", "\"", "\\", "community", "has", "1:*", "*",
            ]),
            0..12,
        ),
    ) {
        if let Ok(filter) = words.join(" ").parse::<Filter>() {
            prop_assert_eq!(parsed(&filter.to_string()), filter);
        }
    }
}
