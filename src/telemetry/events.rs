//! The words of the log: one table of events with their levels, keys and meanings.
//!
//! A log line's event is the message of a `tracing` macro, and it is a word of this table. A test
//! compares the table with the sources.

use tracing::Level;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct EventInfo {
    /// The event, as it stands in the log.
    pub word: &'static str,
    /// Its level.
    pub level: Level,
    /// The keys that it may carry, in the order in which they are written.
    pub keys: &'static [&'static str],
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// Whether more than a few of them within a second are summed up by one line with `repeated`.
    pub collapse: bool,
}

/// The event of libraries' messages, which are sentences and not words of ours.
pub const LIBRARY_MESSAGE: &str = "library-message";

/// The event that tells of lines which the log itself could not take.
pub const LOG_LINES_DROPPED: &str = "log-lines-dropped";

/// The row of an event word and its place in [`EVENTS`].
#[must_use]
pub fn find(word: &str) -> Option<(usize, &'static EventInfo)> {
    EVENTS.iter().enumerate().find(|(_, event)| event.word == word)
}

/// The documentation of every event: what the help and the manual print.
#[must_use]
pub fn help_text() -> String {
    let mut text = String::new();
    for EventInfo { word, level, keys, meaning, .. } in EVENTS {
        text.push_str(&format!("{word} ({level}) {}\n    {meaning}\n", keys.join(" ")));
    }
    text
}

/// Declares the table: `LEVEL "word" [keys] "meaning"` is one row; `each` keeps a row's lines from
/// being summed up.
macro_rules! events {
    (@collapse) => { true };
    (@collapse each) => { false };
    ($($level:ident $word:literal [$($key:literal)*] $($each:ident)? $meaning:literal;)+) => {
        /// Every event, roughly in the order in which a run meets them.
        pub static EVENTS: &[EventInfo] = &[$(EventInfo {
            word: $word,
            level: Level::$level,
            keys: &[$($key),*],
            meaning: $meaning,
            collapse: events!(@collapse $($each)?),
        }),+];
    };
}

events! {
    INFO "collector-started" ["version" "listen" "connect" "max_routers" "reactors" "writers"] each
        "The collector runs: its version, addresses, routers it connects to, the most it takes, and the CPUs of its reactors and writers.";
    INFO "placement" ["reactors" "writers" "reasons"] each
        "The CPUs of reactors and writers, best first, and why these: what `ribcage plan` tells in full.";
    INFO "listening" ["address"] each
        "Router connections are accepted on this address; port 0 has become a real one.";
    INFO "listening-ended" ["address"] each
        "The configuration was read again and names this address no more; sessions that came by it stay.";
    ERROR "listen-failed" ["address" "error"] each
        "An address that came with the configuration cannot be listened on; it is tried again when the configuration is read again.";
    WARN "socket-options-stay" ["error"]
        "What the configuration now sets on routers' connections could not be set on a listening socket.";
    DEBUG "memlock-not-raised" ["error"]
        "The limit on locked memory could not be raised to its hard limit; the reactors may still start.";
    DEBUG "huge-pages-stay" ["error"]
        "Transparent huge pages could not be switched off for this process: it holds more memory than it uses.";
    ERROR "accept-failed" ["error" "retry_ms" "hint"]
        "A router connection could not be accepted; accepting goes on after retry_ms.";
    WARN "receive-buffer-capped" ["asked" "given" "hint"]
        "The kernel gives the sockets of routers a smaller receive buffer than --receive-buffer asks for, in octets.";
    WARN "max-routers-lowered" ["asked" "limit" "open_files"]
        "The limit of open files allows fewer router sessions than --max-routers asks for; limit is what holds.";
    WARN "router-not-allowed" ["router"]
        "A router's connection was closed: no --allow has its address.";
    WARN "router-refused" ["router" "reason" "limit"]
        "A router's connection was closed, because there are as many sessions as the limit allows; the reason names the flag.";
    WARN "accept-rate-reached" ["rate"]
        "Routers connect faster than --accept-rate: they wait in the kernel's backlog, none is refused.";
    DEBUG "dialing" ["router" "attempt"]
        "A connection to a router is being made (--connect).";
    WARN "dial-failed" ["router" "error" "retry_ms"]
        "A router could not be connected to; it is tried again after retry_ms.";
    DEBUG "dial-rests" ["router" "retry_ms"]
        "A session with a dialed router is over, or was refused; it is dialed again after retry_ms.";
    ERROR "poll-failed" ["error"]
        "The system could not wait for connections and signals; it is asked again.";
    ERROR "engine-failed" ["detail"] each
        "A thread of the collector has died: a defect. The collector drains and ends.";
    WARN "service-notify-failed" ["error"]
        "The service manager could not be told how the collector fares (NOTIFY_SOCKET).";
    WARN "thread-still" ["thread" "still_ms"]
        "A reactor or writer has not moved for so long; until it does, the watchdog is not fed.";
    INFO "thread-moves-again" ["thread" "still_ms"]
        "It moves again, after so long.";
    INFO "session-open" ["router" "session" "reactor"]
        "A router has connected.";
    INFO "session-close" ["router" "session" "reason" "messages" "octets"]
        "A router session has ended; messages and octets are those of its whole life.";
    INFO "session-moved" ["router" "session" "from" "to"]
        "A busy reactor has given a session up to a less busy one; nothing of it is lost or reordered.";
    DEBUG "session-not-moved" ["router" "session" "from" "to" "reason"]
        "A session was to move to another reactor and stays where it is.";
    WARN "session-reset" ["router" "session" "error"]
        "A router's connection broke; what it sent before is passed on.";
    WARN "session-broken-framing" ["router" "session" "offset" "reason"]
        "What a router sent is not BMP from this octet of the session on; the session is ended.";
    WARN "odd-message" ["router" "session" "ordinal" "offset" "reason" "sample"]
        "A message breaks a rule inside a sound frame; it is counted and passed on raw. The sample is its first octets in hex.";
    INFO "peer-add-path-switched" ["router" "session" "peer" "view" "family" "from" "to"]
        "NLRI of a peer turned out to be with (or without) path identifiers, against its Peer Up.";
    WARN "peer-limit" ["router" "session" "limit"]
        "A router has more peers than are kept; those beyond are decoded without their Peer Up.";
    WARN "state-limit" ["router" "session" "limit"]
        "Initiation and Peer Up messages of a router exceed what is kept of them, in octets.";
    WARN "sequence-gap" ["router" "session" "ordinal" "expected" "found"]
        "The sequence numbers of a router's messages (BMP version 4) leave some out, at the session's beginning or later, or begin again: the router has lost messages.";
    WARN "backpressure-start" ["reactor"]
        "No empty batch is left: a reactor stops reading, and TCP holds its routers back.";
    INFO "backpressure-end" ["reactor" "held_ms" "stalls"]
        "A reactor reads again; it stood still for held_ms in all, in so many stalls.";
    WARN "lane-dropping" ["output" "records"]
        "An output that may drop is too slow; these records were not given to it.";
    INFO "lane-dropping-end" ["output" "records"]
        "The output keeps up again; records is what it missed since the last line.";
    INFO "output-connected" ["output" "target" "resent"]
        "An output is connected; so many records are sent once more.";
    WARN "output-disconnected" ["output" "target" "error" "retry_ms"]
        "An output's connection is gone or could not be made; it is tried again after retry_ms.";
    ERROR "output-write-failed" ["output" "target" "error" "retry_ms"]
        "A write failed and is tried again after retry_ms; nothing is lost yet.";
    INFO "output-recovered" ["output" "target"]
        "Writing works again.";
    WARN "output-dropped" ["output" "records" "reason"]
        "Records were given up by an output.";
    WARN "output-preamble-incomplete" ["output" "target"]
        "Sessions have more peers than are remembered: a receiver that comes back misses some Peer Ups.";
    WARN "output-preamble-share-full" ["output" "target" "session"]
        "One session has more peers than its share holds: a receiver that comes back misses some of its Peer Ups.";
    WARN "output-file-trouble" ["output" "target" "error"]
        "A file was removed by somebody else, one that is not to be kept cannot be removed, or the end of one was no whole record after a crash and was cut off.";
    WARN "output-reader-gone" ["output"]
        "The reader of standard output is gone for good.";
    INFO "signal" ["name" "action"] each
        "A signal arrived, and what is done about it.";
    INFO "config-reloaded" ["keys"] each
        "The configuration was read again, and these keys have changed and hold now: at once, or for sessions that begin.";
    WARN "config-needs-restart" ["keys"] each
        "These keys have changed in the configuration and do not hold before the collector is started again.";
    ERROR "config-reload-failed" ["error"] each
        "The configuration could not be read again; everything stays as it was.";
    ERROR "output-reload-failed" ["output" "error"] each
        "A file that an output's options name could not be read again; what was read before holds on.";
    INFO "reopened" ["output"] each
        "An output has opened its target anew.";
    INFO "status" [
        "reactor" "sessions_open" "sessions_opened" "sessions_closed" "octets_received" "messages"
        "routes_announced" "routes_withdrawn" "end_of_rib" "odd_messages" "malformed_updates"
        "unknown_messages" "broken_framing" "idle_timeouts" "backpressure_stalls" "backpressure_ns" "batches_sealed"
        "batches_in_flight" "sessions_moved" "busy_ns" "output" "batches" "taken_records" "records" "octets" "dropped_records"
        "skipped_records" "left_out_routes" "pending_records" "filtered_records" "queued_records"
        "sessions" "accepted" "dialed"
        "dial_failures" "refused_not_allowed" "refused_max_routers" "refused_per_source"
        "accept_rate_waits"
    ] each
        "The counters of the acceptor, of one reactor or of one output, on request.";
    INFO "collector-stopping" ["sessions" "drain_timeout_ms"] each
        "No connection is accepted any more; open sessions are closed, what is on its way is delivered.";
    ERROR "drain-timeout" ["timeout_ms" "sessions"] each
        "Outputs did not take everything in time; what is left is given up.";
    ERROR "output-undelivered" ["output" "records" "pending" "queued"] each
        "The end came with these records not delivered: pending were rendered, queued are BMP messages.";
    INFO "collector-stopped" ["undelivered" "sessions_cut" "took_ms"] each
        "The last line of a run; took_ms is the time since collector-stopping.";
    WARN "input-fault" ["file" "error"]
        "A file is damaged or ends too early; what came before was decoded.";
    WARN "input-gap" ["file" "streams"]
        "Packets are missing in a capture: these streams end there.";
    WARN "input-records-skipped" ["file" "records" "first"]
        "Records of an MRT file, messages of OpenBMP or lines of RIS Live make no sense and were skipped; the first is named.";
    WARN "input-no-bmp" ["file"]
        "A file holds no BMP.";
    WARN "input-cut-short" ["router" "session" "octets"]
        "A stream ends inside a message, of which so many octets are there.";
    DEBUG "decoded" [
        "sessions" "messages" "octets" "routes_announced" "routes_withdrawn" "end_of_rib"
        "odd_messages" "malformed_updates" "unknown_messages"
    ] each
        "What was decoded in all.";
    INFO "sink-listening" ["target"] each
        "`load` listens there for what the collector writes.";
    INFO "load-progress" [
        "connected" "ended" "messages" "routes" "messages_per_second" "routes_per_second"
        "received_routes" "p99_us"
    ] each
        "How a load run stands, every few seconds where there is no terminal for a bar.";
    WARN "bench-cores-shared" ["cpus"] each
        "`bench` has too few CPUs: the collector and the routers share these, and neither is measured alone.";
    INFO "bench-run" ["run" "runs" "rate"] each
        "A run of `bench` begins: a collector is started and played to at this rate.";
    WARN "library-message" ["source" "text"]
        "A library had something to say; source is its module.";
    WARN "log-lines-dropped" ["lines"] each
        "Standard error was too slow, and these log lines were given up.";
}

/// Words that no line of the sources uses yet.
#[cfg(test)]
const RESERVED: &[&str] = &[];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// A use of a tracing macro: where, its level, its message and its keys.
    #[derive(Debug, PartialEq, Eq)]
    struct Use {
        level: String,
        message: Option<String>,
        keys: Vec<String>,
    }

    #[test]
    fn rows_are_unique_and_documented() {
        for (i, event) in EVENTS.iter().enumerate() {
            assert_eq!(find(event.word).map(|(at, _)| at), Some(i), "{} is twice", event.word);
            assert!(
                event.word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{} is not a word",
                event.word
            );
            assert!(event.meaning.ends_with('.'), "{}", event.word);
            for key in event.keys {
                assert!(!["time", "level", "event", "repeated"].contains(key), "{key} is taken");
            }
            assert!(help_text().contains(event.word));
        }
        assert!(find(LIBRARY_MESSAGE).is_some() && find(LOG_LINES_DROPPED).is_some());
    }

    #[test]
    fn every_event_of_the_sources_is_in_the_table() {
        let mut wrong = Vec::new();
        for (path, text) in sources() {
            for used in uses(&text) {
                if let Err(why) = check(&used) {
                    wrong.push(format!("{}: {why}", path.display()));
                }
            }
            // Rooms below the log hand their event words up as data.
            for word in words_as_data(&text) {
                if find(&word).is_none() {
                    wrong.push(format!("{}: `{word}` is not in the table", path.display()));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn every_word_of_the_table_is_used() {
        let sources = sources();
        for EventInfo { word, .. } in EVENTS {
            let literal = format!("\"{word}\"");
            let used = sources.iter().any(|(path, text)| {
                // In this file the rows themselves do not count, but its named words do.
                let named = format!("str = {literal};");
                let wanted = if path.ends_with("telemetry/events.rs") { &named } else { &literal };
                text.contains(wanted.as_str())
            });
            assert!(used != RESERVED.contains(word), "{word}: used is {used}; is it reserved?");
        }
    }

    #[test]
    fn the_scan_understands_the_macros() {
        let text = r#"
            tracing::warn!(router = %addr, ?reason, a.len = l.iter().map(|(a, _)| a).sum::<u64>(),
                text = "a, b", "odd-message");
            // tracing::info!("not-code");
            debug!("session-open");
            tracing::info!(target: "x", %output, "{}", event.word);
        "#;
        let found = uses(text);
        assert_eq!(
            found[0],
            Use {
                level: "WARN".into(),
                message: Some("odd-message".into()),
                keys: ["router", "reason", "a.len", "text"].map(String::from).to_vec(),
            }
        );
        assert_eq!(found[1].message.as_deref(), Some("session-open"));
        assert_eq!(found[2].message.as_deref(), Some("{}"));
        assert_eq!(found[2].keys, ["output"]);
        assert_eq!(found.len(), 3);

        let wrong = |text: &str| check(&uses(text)[0]).unwrap_err();
        assert!(wrong(r#"info!("no-such-word");"#).contains("not in the table"));
        assert!(wrong(r#"error!(router = 1, "session-open");"#).contains("is INFO"));
        assert!(wrong(r#"info!(colour = 1, "session-open");"#).contains("`colour`"));
        assert!(wrong("info!(reactor = 1);").contains("no message"));
        assert_eq!(words_as_data("E { word: \"peer-limit\", x }"), ["peer-limit"]);
    }

    /// Every source file but this one's tests, without comments.
    fn sources() -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    // Tests may log whatever they like.
                    let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
                    files.push((path, code));
                }
            }
        }
        assert!(files.len() > 5);
        files
    }

    fn check(used: &Use) -> Result<(), String> {
        let Some(word) = &used.message else {
            return Err(format!("an event with {:?} has no message", used.keys));
        };
        if word.starts_with('{') && word.ends_with('}') {
            return Ok(()); // the word is data: see `words_as_data`
        }
        let (_, event) = find(word).ok_or(format!("`{word}` is not in the table"))?;
        if used.level != event.level.as_str() {
            return Err(format!("`{word}` is {} in the table, not {}", event.level, used.level));
        }
        match used.keys.iter().find(|key| !event.keys.contains(&key.as_str())) {
            Some(key) => Err(format!("`{word}` has no key `{key}` in the table")),
            None => Ok(()),
        }
    }

    /// Literals after `word:`, as the sans-io rooms write their events.
    fn words_as_data(text: &str) -> Vec<String> {
        text.split("word: \"").skip(1).filter_map(|t| Some(t.split_once('"')?.0.into())).collect()
    }

    fn uses(text: &str) -> Vec<Use> {
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let mut found = Vec::new();
        for level in ["error", "warn", "info", "debug", "trace"] {
            let name = format!("{level}!(");
            for (at, _) in code.match_indices(&name) {
                let before = code[..at].chars().next_back().unwrap_or(' ');
                if before.is_alphanumeric() || before == '_' {
                    continue;
                }
                found.push((at, parse(level, arguments(&code[at + name.len()..]))));
            }
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, used)| used).collect()
    }

    /// The arguments of a macro up to its closing parenthesis.
    fn arguments(text: &str) -> Vec<String> {
        let (mut depth, mut quoted, mut escaped) = (0, false, false);
        let mut found = vec![String::new()];
        for c in text.chars() {
            match c {
                _ if quoted => {
                    quoted = escaped || c != '"';
                    escaped = c == '\\' && !escaped;
                }
                '"' => quoted = true,
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(String::new());
                    continue;
                }
                _ => {}
            }
            found.last_mut().unwrap().push(c);
        }
        found.into_iter().map(|a| a.trim().to_owned()).filter(|a| !a.is_empty()).collect()
    }

    fn parse(level: &str, arguments: Vec<String>) -> Use {
        let mut used = Use { level: level.to_uppercase(), message: None, keys: Vec::new() };
        for argument in arguments {
            if let Some(literal) = argument.strip_prefix('"') {
                used.message = Some(literal.trim_end_matches('"').to_owned());
                break; // what follows are the message's own arguments
            }
            let name: String = argument
                .trim_start_matches(['%', '?'])
                .chars()
                .take_while(|c| c.is_alphanumeric() || "_.".contains(*c))
                .collect();
            let after = argument.trim_start_matches(['%', '?'])[name.len()..].trim_start();
            if !after.starts_with(':') {
                used.keys.push(name); // `target:` and `parent:` are no keys
            }
        }
        used
    }
}
