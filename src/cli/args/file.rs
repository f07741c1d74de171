//! The configuration file of `collect`: its keys become flags, behind those that were typed, which
//! win. So each value is read and checked by one piece of code, wherever it was written.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::file::{File, FileError, Key, Output, Scalar};
use crate::config::keys::NO_KEYS;
use crate::config::near::did_you_mean;
use crate::config::output::OutputSetting;
use crate::config::router::RouterSetting;

/// Flags that say the same thing in different words: one of them typed replaces all in the file.
const LOG_LEVEL: [&str; 3] = ["quiet", "verbose", "log-level"];

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    Flag,
    /// It stands in this line of the file.
    File(usize),
}

/// What the file has that flags do not, and where each value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FromFile {
    /// The file, if one was named.
    pub path: Option<PathBuf>,
    /// Outputs; none where they were typed.
    pub outputs: Vec<OutputSetting>,
    /// Entries about routers.
    pub routers: Vec<RouterSetting>,
    /// Where values come from, by key; the others are defaults. Of lists and tables also by their
    /// numbers, from 0: `router[0]`.
    pub origins: HashMap<String, Origin>,
}

impl FromFile {
    fn tell(&mut self, kind: &str, lines: impl Iterator<Item = usize>) {
        for (number, line) in lines.enumerate() {
            self.origins.insert(format!("{kind}[{number}]"), Origin::File(line));
            self.origins.entry(kind.into()).or_insert(Origin::File(line));
        }
    }
}

/// Parses a command line, and the file that it names.
///
/// # Errors
/// [`clap::Error`], also for what is wrong in the file: with its line.
pub(super) fn parse(
    command: &mut Command,
    mut typed: Vec<OsString>,
) -> Result<(ArgMatches, FromFile), clap::Error> {
    let matches = command.try_get_matches_from_mut(&typed)?;
    let mut from = FromFile::default();
    let Some(("collect", collect)) = matches.subcommand() else { return Ok((matches, from)) };
    let flags = Flags::of(command);
    for flag in &flags.0 {
        if collect.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine) {
            from.origins.insert(name_of(flag).to_owned(), Origin::Flag);
        }
    }
    let Some(path) = collect.get_one::<PathBuf>("config").cloned() else {
        return Ok((matches, from));
    };
    let file = read(&path, collect.get_flag("check"))?;
    let more = flags.arguments(command, file, &mut from);
    typed.extend(more.map_err(|error| file_error(&path, &error))?);
    from.path = Some(path);
    Ok((command.try_get_matches_from_mut(typed)?, from))
}

/// Reads a file. A pipe would do for once, but it is empty when it is read again.
fn read(path: &Path, once: bool) -> Result<File, clap::Error> {
    let wrong = |error: &dyn std::fmt::Display| {
        let text = format!("{}: the configuration file cannot be read: {error}\n", path.display());
        clap::Error::raw(ErrorKind::Io, text)
    };
    let is_file = std::fs::metadata(path).map_err(|error| wrong(&error))?.is_file();
    if !is_file && !once {
        return Err(wrong(&"it is no file, and it has to be there when it is read again"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    File::parse(&text).map_err(|error| file_error(path, &error))
}

fn file_error(path: &Path, error: &FileError) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{}:{error}\n", path.display()))
}

/// A flag's name without dashes.
fn name_of(flag: &Arg) -> &str {
    flag.get_long().unwrap_or_default()
}

/// The flags of `collect` that are keys.
struct Flags(Vec<Arg>);

impl Flags {
    fn of(command: &Command) -> Self {
        let all = command.find_subcommand("collect").into_iter().flat_map(Command::get_arguments);
        Self(all.filter(|flag| !NO_KEYS.contains(&name_of(flag))).cloned().collect())
    }

    /// What a file says as arguments, but for what was typed; the rest goes into `from`.
    fn arguments(
        &self,
        command: &Command,
        file: File,
        from: &mut FromFile,
    ) -> Result<Vec<OsString>, FileError> {
        let mut arguments = Vec::new();
        let level_typed = LOG_LEVEL.iter().any(|name| from.origins.contains_key(*name));
        for key in &file.keys {
            let flag = self.find(key)?;
            let own = as_arguments(command, flag, key)?;
            let is_typed = from.origins.get(&key.name) == Some(&Origin::Flag)
                || level_typed && LOG_LEVEL.contains(&key.name.as_str());
            if !is_typed {
                from.origins.insert(key.name.clone(), Origin::File(key.line));
                arguments.extend(own);
            }
        }
        from.outputs = outputs(&file)?;
        if from.origins.contains_key("output") {
            from.outputs.clear();
        } else {
            from.tell("output", file.outputs.iter().map(line_of));
        }
        from.routers = file.routers.iter().map(RouterSetting::new).collect::<Result<_, _>>()?;
        from.tell("router", file.routers.iter().map(|table| table.line));
        Ok(arguments)
    }

    fn find(&self, key: &Key) -> Result<&Arg, FileError> {
        self.0.iter().find(|flag| name_of(flag) == key.name).ok_or_else(|| {
            let known = self.0.iter().map(name_of).chain(["router"]);
            let hint = did_you_mean(&key.name, known);
            let what = format!(
                "the key '{}' is not known{hint}; keys are the flags of `ribcage collect --help` \
                 without their dashes",
                key.name
            );
            FileError::at(key.line, what)
        })
    }
}

fn line_of(output: &Output) -> usize {
    match output {
        Output::Text(text) => text.line,
        Output::Table(table) => table.line,
    }
}

fn outputs(file: &File) -> Result<Vec<OutputSetting>, FileError> {
    let read = |output: &Output| match output {
        Output::Text(text) => Ok((text.line, OutputSetting::Text(text.text.clone()))),
        Output::Table(table) => Ok((table.line, OutputSetting::new(table)?)),
    };
    let read: Vec<_> = file.outputs.iter().map(read).collect::<Result<_, _>>()?;
    for ((line, setting), output) in read.iter().zip(&file.outputs) {
        let spec = crate::output::OutputSpec::parse_with(&setting.text(), setting.options());
        spec.map_err(|error| FileError::at(line_of_option(output, *line, &error.0), error.0))?;
    }
    Ok(read.into_iter().map(|(_, setting)| setting).collect())
}

/// The line of the option that an error names in quotes or begins with, else that of its output.
fn line_of_option(output: &Output, line: usize, error: &str) -> usize {
    let Output::Table(table) = output else { return line };
    let what = error.split_once("': ").map_or(error, |(_output, what)| what);
    let begins =
        |name: &str| what.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ':']));
    let is_named = |key: &&Key| error.contains(&format!("option '{}'", key.name));
    let named = table.keys.iter().find(is_named);
    let named = named.or_else(|| table.keys.iter().find(|key| begins(&key.name)));
    named.map_or(line, |key| key.line)
}

/// A key as it would be typed.
fn as_arguments(command: &Command, flag: &Arg, key: &Key) -> Result<Vec<OsString>, FileError> {
    let name = &key.name;
    match flag.get_action() {
        ArgAction::SetTrue => {
            let is_set = key.flag()?;
            Ok(is_set.then(|| format!("--{name}").into()).into_iter().collect())
        }
        ArgAction::Count => {
            let right = || key.error("write a whole number, such as 1");
            let times = key.text()?.parse::<u8>().map_err(|_| right())?;
            Ok(vec![format!("--{name}").into(); times.into()])
        }
        action => {
            if !matches!(action, ArgAction::Append) {
                key.text()?;
            }
            let scalars = key.scalars();
            let typed = |scalar: &Scalar| OsString::from(format!("--{name}={}", scalar.text));
            // All at once, for lists may be long; one by one only to tell which is wrong.
            if parses(command, scalars.iter().map(typed)).is_err() {
                for scalar in &scalars {
                    parses(command, std::iter::once(typed(scalar))).map_err(|error| {
                        FileError::at(scalar.line, format!("{name}: {}", reason(&error)))
                    })?;
                }
            }
            Ok(scalars.iter().map(typed).collect())
        }
    }
}

fn parses(
    command: &Command,
    arguments: impl Iterator<Item = OsString>,
) -> Result<ArgMatches, clap::Error> {
    let typed = ["ribcage", "collect"].map(OsString::from).into_iter().chain(arguments);
    command.clone().try_get_matches_from(typed)
}

/// What is wrong with a value, without the words for a command line.
fn reason(error: &clap::Error) -> String {
    if let Some(source) = std::error::Error::source(error) {
        return source.to_string();
    }
    let value = error.get(ContextKind::InvalidValue);
    let known = error.get(ContextKind::ValidValue);
    match (value, known) {
        (Some(ContextValue::String(value)), Some(ContextValue::Strings(known))) => {
            format!("`{value}` is not known: write {}", known.join(", "))
        }
        _ => {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Cli, Command as Subcommand, HelpTables, parse as parse_all};
    use super::*;
    use crate::config::CollectConfig;
    use crate::config::keys::KEYS;
    use crate::telemetry::log::LogLevel;

    /// A file that goes when it is dropped.
    struct Written(PathBuf);

    impl Written {
        fn new(text: &str) -> Self {
            use std::sync::atomic::{AtomicUsize, Ordering};
            static NUMBER: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("ribcage-config-{}-{number}.toml", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for Written {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// What a file and flags come to.
    fn parsed(text: &str, flags: &str) -> Result<Cli, String> {
        let file = Written::new(text);
        let path = file.0.to_str().unwrap();
        let typed = ["ribcage", "collect", "-c", path].into_iter().chain(flags.split_whitespace());
        parse_all(HelpTables::default(), typed).map_err(|error| {
            assert_eq!(error.exit_code(), 2, "{text}");
            error.to_string().replace(path, "FILE")
        })
    }

    fn config(text: &str, flags: &str) -> CollectConfig {
        let Subcommand::Collect(args) = parsed(text, flags).unwrap().command else { panic!() };
        CollectConfig::new(args.into()).unwrap()
    }

    #[test]
    fn every_flag_has_a_key_and_every_key_a_flag() {
        let mut command = super::super::command(HelpTables::default());
        command.build();
        let flags = Flags::of(&command);
        let flags: BTreeSet<_> = flags.0.iter().map(name_of).collect();
        let keys: BTreeSet<_> = KEYS.iter().map(|row| row.name).collect();
        assert_eq!(flags, keys, "src/config/keys.rs has a row for each flag");
        let all = command.find_subcommand("collect").unwrap().get_arguments();
        let all: BTreeSet<_> = all.map(name_of).collect();
        assert!(NO_KEYS.iter().all(|name| all.contains(name)), "{all:?}");
    }

    #[test]
    fn every_key_means_what_its_flag_means() {
        let (keys, flags) = (
            "listen = [\"[::]:0\", \"127.0.0.1:1790\"]\nconnect = \"192.0.2.7:1790%vrf\"\n\
             output = [\"bmp=null:\"]\nreactor-cores = \"0-2\"\nwriter-cores = 3\n\
             batch-memory = \"1GiB\"\nflush-interval = \"5ms\"\nmax-frame = \"64KiB\"\n\
             drain-timeout = \"1m\"\nbusy-poll = true\n\
             allow = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n\
             max-routers = 7\nmax-routers-per-source = 2\naccept-rate = \"9/s\"\n\
             idle-timeout = \"1h\"\nkeepalive = \"30s,5s,3\"\nreceive-buffer = \"4MiB\"\n\
             dscp = 48\nbmp-v4 = \"draft-20\"\nrel-type = 9\nfilter = \"view=loc-rib\"\n\
             verbose = 2\nlog-format = \"json\"\n\
             color = \"never\"\n",
            "-l [::]:0 -l 127.0.0.1:1790 --connect 192.0.2.7:1790%vrf -o bmp=null: \
             --reactor-cores 0-2 --writer-cores 3 --batch-memory 1GiB --flush-interval 5ms \
             --max-frame 64KiB --drain-timeout 1m --busy-poll --allow 192.0.2.0/24 \
             --allow 2001:db8::/32 --max-routers 7 --max-routers-per-source 2 --accept-rate 9/s \
             --idle-timeout 1h --keepalive 30s,5s,3 --receive-buffer 4MiB --dscp 48 \
             --bmp-v4 draft-20 --rel-type 9 --filter view=loc-rib -vv \
             --log-format json --color never",
        );
        assert_eq!(config(keys, ""), config("", flags));
        let log = |keys, flags| parsed(keys, flags).unwrap().log.config();
        assert_eq!(log(keys, ""), log("", flags));
        assert_ne!(config(keys, ""), config("", ""));
    }

    #[test]
    fn flags_win_over_the_file_and_lists_are_replaced_whole() {
        let file = "listen = [\"[::]:1\", \"[::]:2\"]\nmax-routers = 7\noutput = \"bmp=null:\"\n\
                    verbose = 2\nidle-timeout = \"1h\"";
        let flags = "-l [::]:3 --max-routers 9 -o pmacct-json=null: -q";
        let config = config(file, flags);
        assert_eq!((config.listen.len(), config.listen[0].address.port()), (1, 3));
        assert_eq!((config.limits.max_routers, config.outputs.len()), (9, 1));
        assert_eq!(config.limits.idle_timeout.unwrap().as_secs(), 3600, "from the file");
        assert_eq!(parsed(file, flags).unwrap().log.config().level, LogLevel::Warn);
        let Subcommand::Collect(args) = parsed(file, flags).unwrap().command else { panic!() };
        let origins = args.from_file.origins;
        assert_eq!(origins.get("listen"), Some(&Origin::Flag));
        assert_eq!(origins.get("idle-timeout"), Some(&Origin::File(5)));
        assert_eq!((origins.get("verbose"), origins.get("dscp")), (None, None));
    }

    #[test]
    fn mistakes_have_their_line_and_a_remedy() {
        for (text, part) in [
            ("x = 1", "FILE:1: the key 'x' is not known"),
            (
                "\nmax_frame = \"1MiB\"",
                "FILE:2: the key 'max_frame' is not known (did you mean 'max-frame'?)",
            ),
            ("routers = 1", "(did you mean 'router'?)"),
            ("check = true", "the key 'check' is not known"),
            (
                "flush-interval = 10",
                "FILE:1: flush-interval: `10` has no unit: write 10s for seconds",
            ),
            ("listen = [\"[::]:1\",\n\"11019\"]", "FILE:2: listen: "),
            (
                "bmp-v4 = \"draft-18\"",
                "FILE:1: bmp-v4: `draft-18` is not known: write auto, draft-17",
            ),
            ("busy-poll = 1", "FILE:1: busy-poll: is either on or off: write true or false"),
            ("max-routers = [1]", "leave the brackets out"),
            (
                "flush-interval = \"10ms\"\nmax-routers = \"many\"",
                "FILE:2: max-routers: `many` is no whole number from 1 to 1000000",
            ),
            ("max-routers = 0", "FILE:1: max-routers: `0` is no whole number from 1 to 1000000"),
            ("max-routers = 1.5", "FILE:1: max-routers: a value of the kind float"),
            ("dscp = \"ef\"", "FILE:1: dscp: `ef` is no whole number from 0 to 63"),
            ("verbose = \"much\"", "whole number"),
            ("quiet = true\nverbose = 1", "cannot be used with"),
            ("a = 1\na = 2", "FILE:2: this is no TOML"),
            ("[listen]", "FILE:1: there is no table 'listen'"),
            ("output = [\"bmp=nul:\"]", "FILE:1: output 'bmp=nul:': "),
            (
                "[[output]]\nformat = \"bmp\"\nurl = \"null:\"\nnamed = \"x\"",
                "FILE:4: output 'bmp=null:': the option 'named' is not known (did you mean",
            ),
            (
                "[[output]]\nformat = \"bmp\"\nurl = \"null:\"\nfilter = \"peer\"",
                "FILE:4: output 'bmp=null:': filter 'peer': at character 5",
            ),
            (
                "[[output]]\nrotate = \"0s\"\nformat = \"bmp\"\nurl = \"file:/tmp/x\"",
                "FILE:2: output 'bmp=file:/tmp/x': rotate is 1s or more",
            ),
            ("[[output]]\nurl = \"null:\"", "FILE:1: [[output]] has no format"),
            (
                "\n[[router]]\nsys-name = \"x\"",
                "FILE:3: the key 'sys-name' is not known (did you mean 'sysname'?)",
            ),
        ] {
            let error = parsed(text, "").unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let folder = std::env::temp_dir();
        let folder = ["ribcage", "collect", "-c", folder.to_str().unwrap()];
        let error = parse_all(HelpTables::default(), folder).unwrap_err().to_string();
        assert!(error.contains("it is no file"), "{error}");
        let missing = parse_all(HelpTables::default(), ["ribcage", "collect", "-c", "/nowhere/x"]);
        assert!(missing.unwrap_err().to_string().contains("/nowhere/x: the configuration file"));
    }
}
